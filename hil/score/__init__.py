"""How well the diagnosis names what is wrong: bench situations whose true cause is known, and the score over them."""
