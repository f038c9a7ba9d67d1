"""What hands do to the lift, and what is seen of it: for the tests of a technician's work."""

from sim_witness import HOUSE, Witness

from sim.stimuli import Stimulus

TOP_M = HOUSE.heights_m[-1]
BUTTONS = [
    (Stimulus.OPEN_BUTTON, "door_open_button", 3.0),
    (Stimulus.ALARM_BUTTON, "alarm_button", 2.0),
    (Stimulus.CABINET_DOOR, "cabinet_door", 10.0),
    (Stimulus.OVERLOAD, "overload", 10.0),
]
DOOR_HOLDERS = [Stimulus.OPEN_BUTTON, Stimulus.OVERLOAD]
CHAIN_OPENERS = [
    (Stimulus.STOP_SWITCH, {"safety_chain", "landing_lock", "car_lock"}, 5.0),
    (Stimulus.LANDING_LOCK, {"safety_chain", "landing_lock", "car_lock"}, 3.0),
    (Stimulus.CAR_CONTACT, {"safety_chain", "car_lock"}, 3.0),
]
CHAIN = {"safety_chain", "landing_lock", "car_lock"}
DRIVING = {"moving", "brake_command", "brake_open", "contactor_command", "contactor_closed"}


def parked_at(witness: Witness, floor: int) -> None:
    """Ride there."""
    while witness.now.floor < floor:
        witness.apply(Stimulus.RIDE_UP)
        witness.run(60)


def false_of(witness: Witness, items: set[str]) -> set[str]:
    """Those of `items` that are false now."""
    values = witness.now.values()
    return {item for item in items if values[item] is False}
