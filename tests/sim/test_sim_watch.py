"""Watching a plant: told just before each decision, and what is foreseen holds until then."""

from sim_witness import HOUSE, QUIET_HOUSE, S

from sim.plant import Plant
from sim.stimuli import Stimulus
from sim.truth import TruthRecord


def test_a_watcher_is_told_before_anything_is_decided() -> None:
    happened: list[str] = []
    plant = Plant(HOUSE, 1, lambda record: happened.append(f"truth {record.t_ns}"))
    plant.watch(lambda t_ns: happened.append(f"told {t_ns}"))
    plant.advance_to(600 * S)
    plant.apply(Stimulus.IDLE_PERSON)
    plant.advance_to(601 * S + 1)
    plant.person_comes(3, 5)
    told = 0
    for kind, instant in (one.split() for one in happened):
        if kind == "told":
            told = int(instant)
        else:
            assert int(instant) == told
    assert told == 601 * S + 1


def test_what_is_foreseen_is_what_comes_when_nothing_is_decided() -> None:
    plant = Plant(QUIET_HOUSE, 1)
    plant.apply(Stimulus.PERSON_ENTERS)
    plant.advance_to(S // 2)  # the door is opening, until 1.96 s
    foreseen = [plant.foreseen(S // 2 + step * S // 10) for step in range(14)]
    assert foreseen == [plant.signals(one.t_ns) for one in foreseen]
    assert foreseen[0].door_fraction < foreseen[-1].door_fraction


def test_a_watched_plant_does_what_an_unwatched_one_does() -> None:
    logs: list[list[TruthRecord]] = [[], []]
    for log in logs:
        plant = Plant(HOUSE, 7, log.append)
        if log is logs[1]:
            plant.watch(lambda _: None)
        plant.advance_to(3600 * S)
    assert logs[0] == logs[1]
    assert logs[0]
