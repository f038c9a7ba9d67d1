"""The table of service modes: every event in every state, and what reads how."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.lift.vocabulary import ServiceMode
from sim.modes import RULES, Doors, Event, Mode, Service, after, mode_of
from sim.stimuli import Stimulus

SWITCHES = [mode for mode in Mode if mode is not Mode.NORMAL]
PAIRS = [
    (Event.INSPECTION_ON, Event.INSPECTION_OFF, Mode.INSPECTION),
    (Event.EMERGENCY_ELECTRICAL_ON, Event.EMERGENCY_ELECTRICAL_OFF, Mode.EMERGENCY_ELECTRICAL),
    (Event.BATTERY_ON, Event.BATTERY_OFF, Mode.BATTERY_RESCUE),
    (Event.EARTHQUAKE, Event.EARTHQUAKE_END, Mode.EARTHQUAKE),
    (Event.FIRE_RECALL, Event.FIRE_END, Mode.FIRE_RECALL),
    (Event.MODE_SELECTOR_BROKEN, Event.MODE_SELECTOR_MENDED, Mode.UNKNOWN),
    (Event.REPAIR_BEGINS, Event.REPAIR_ENDS, Mode.UNDER_REPAIR),
    (Event.OUT_OF_SERVICE, Event.IN_SERVICE, Mode.OUT_OF_SERVICE),
    (Event.INDEPENDENT_ON, Event.INDEPENDENT_OFF, Mode.INDEPENDENT),
    (Event.ATTENDANT_ON, Event.ATTENDANT_OFF, Mode.ATTENDANT),
]


@pytest.mark.parametrize(("on", "off", "mode"), PAIRS)
def test_a_switch_makes_its_mode_and_its_end_makes_normal(on: Event, off: Event, mode: Mode) -> None:
    standing = after(frozenset(), on)
    assert mode_of(standing) is mode
    assert mode_of(after(standing, off)) is Mode.NORMAL


@pytest.mark.parametrize(("higher", "lower"), list(itertools.combinations(PAIRS, 2)))
def test_the_higher_switch_rules_and_gives_way_to_the_lower_one_when_it_ends(
    higher: tuple[Event, Event, Mode], lower: tuple[Event, Event, Mode]
) -> None:
    for order in ((higher[0], lower[0]), (lower[0], higher[0])):
        standing = frozenset[Mode]()
        for event in order:
            standing = after(standing, event)
        assert mode_of(standing) is higher[2]
        assert mode_of(after(standing, higher[1])) is lower[2]


def test_a_firefighter_takes_over_only_a_recalled_car() -> None:
    assert mode_of(after(frozenset(), Event.FIREFIGHTER)) is Mode.NORMAL
    recalled = after(frozenset(), Event.FIRE_RECALL)
    fighting = after(recalled, Event.FIREFIGHTER)
    assert mode_of(fighting) is Mode.FIREFIGHTER
    assert mode_of(after(fighting, Event.FIRE_END)) is Mode.NORMAL
    assert mode_of(after(after(recalled, Event.INSPECTION_ON), Event.FIREFIGHTER)) is Mode.INSPECTION


@given(st.frozensets(st.sampled_from(SWITCHES)), st.sampled_from(Event))
def test_an_event_twice_is_the_event_once(standing: frozenset[Mode], event: Event) -> None:
    once = after(standing, event)
    assert after(once, event) == once
    assert mode_of(once) in {*once, Mode.NORMAL}


@given(st.lists(st.sampled_from(Event)))
def test_everything_off_is_normal(events: list[Event]) -> None:
    service = Service()
    for event in events:
        service.step(event)
        assert (service.mode, service.rules) == (mode_of(service.standing), RULES[service.mode])
    for event in Event:
        if event.value.endswith(("_off", "_end", "_ends", "_mended")) or event is Event.IN_SERVICE:
            service.step(event)
    assert service.mode is Mode.NORMAL


@pytest.mark.parametrize(
    ("mode", "number"),
    [
        (Mode.OUT_OF_SERVICE, 0),
        (Mode.UNDER_REPAIR, 0),
        (Mode.NORMAL, 1),
        (Mode.INSPECTION, 2),
        (Mode.FIRE_RECALL, 3),
        (Mode.FIREFIGHTER, 4),
        (Mode.BATTERY_RESCUE, 5),
        (Mode.EARTHQUAKE, 6),
        (Mode.UNKNOWN, 7),
        (Mode.ATTENDANT, 1),  # the standard's list has neither
        (Mode.INDEPENDENT, 1),
        (Mode.EMERGENCY_ELECTRICAL, 2),  # practice
    ],
)
def test_a_mode_reads_as_its_number_in_the_standard(mode: Mode, number: int) -> None:
    """GB/T 24476-2017 Service_Mode."""
    assert RULES[mode].reads_as is ServiceMode(number)


def test_only_a_mode_that_takes_calls_lets_people_in() -> None:
    for rules in RULES.values():
        assert rules.car_calls or not rules.boards
        assert rules.car_calls or rules.doors is not Doors.UNTIL_CAR_CALL
        assert rules.boards or not rules.hall_calls


def test_every_switch_outside_has_a_stimulus_of_its_name() -> None:
    inside = {Event.BATTERY_ON, Event.BATTERY_OFF}
    names = {stimulus.value for stimulus in Stimulus}
    assert {event.value for event in Event if event not in inside} <= names
