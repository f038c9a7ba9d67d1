"""What `make scenarios` writes: every run that did not pass, and every run that was not the same again."""

from run_catalogue import Played, Session, page, play_all

NAME = "idle-person"


def session(*played: Played) -> Session:
    return Session(range(1, 3), 2, ("broker-away-for-a-day",), played)


def test_a_run_that_failed_is_written_with_its_seed_and_why() -> None:
    one = session(Played(NAME, 1, "pass", "", "a"), Played(NAME, 2, "fail", "F26.long-stay: never came", "b"))
    assert [run.seed for run in one.failed] == [2]
    assert "- idle-person, seed 2: fail. F26.long-stay: never came" in page(one)
    assert "| idle-person | 1 | 2 |" in page(one)


def test_a_run_whose_trace_was_not_the_same_again_is_a_flake() -> None:
    same = (Played(NAME, 1, "pass", "", "a"), Played(NAME, 1, "pass", "", "a"), Played(NAME, 2, "pass", "", "b"))
    assert session(*same).flakes == []
    assert session(*same, Played(NAME, 2, "pass", "", "c")).flakes == [(NAME, 2)]


def test_what_was_left_out_is_said() -> None:
    assert "| left out | broker-away-for-a-day |" in page(session(Played(NAME, 1, "pass", "", "a")))


def test_workers_with_hash_seeds_of_their_own_play_the_same_run() -> None:
    first, again = play_all([(NAME, 5), (NAME, 5)], workers=2)
    assert first == again
    assert first.outcome == "pass"
