import pytest

from sim import SimError
from sim.agenda import Agenda


def test_what_is_due_at_the_instant_itself_happens() -> None:
    agenda, done = Agenda(), []
    agenda.at(10, lambda: done.append(agenda.now_ns))
    agenda.advance_to(9)
    assert done == []
    agenda.advance_to(10)
    assert done == [10]


def test_one_instant_keeps_the_order_in_which_things_were_planned() -> None:
    agenda, done = Agenda(), []
    for name in "abc":
        agenda.at(5, lambda name=name: done.append(name))
    agenda.advance_to(5)
    assert done == ["a", "b", "c"]


def test_an_appointment_made_for_now_happens_in_the_same_advance() -> None:
    agenda, done = Agenda(), []
    agenda.at(5, lambda: agenda.at(5, lambda: done.append(agenda.now_ns)))
    agenda.advance_to(5)
    assert done == [5]


def test_a_cancelled_appointment_does_not_happen() -> None:
    agenda, done = Agenda(), []
    appointment = agenda.at(5, lambda: done.append(1))
    appointment.cancel()
    agenda.advance_to(10)
    appointment.cancel()
    assert done == []


def test_the_present_moves_on_without_events() -> None:
    agenda, done = Agenda(), []
    agenda.advance_to(7)
    agenda.at(9, lambda: done.append(agenda.now_ns))
    agenda.advance_to(20)
    assert (agenda.now_ns, done, agenda.next_ns()) == (20, [9], None)


def test_time_does_not_run_back() -> None:
    agenda = Agenda()
    agenda.advance_to(7)
    with pytest.raises(SimError):
        agenda.advance_to(6)
