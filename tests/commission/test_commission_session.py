"""A visit can be broken off, a step done anew, and nothing that was recorded is lost or counted twice."""

from edge_agent.commission.record import Record
from edge_agent.commission.session import Session
from edge_agent.local.views import BlockView, LiftBlocks
from tests.commission.commission_bench import LIFT, PROFILES


class Visit:
    """A session whose device says the same all the time."""

    def __init__(self, record: Record | None = None) -> None:
        self.session = Session(LIFT, PROFILES, "2026-11-25T10:00:00Z", record)
        self.t_ns = 0

    def tick(self) -> None:
        self.t_ns += 100_000_000
        block = BlockView("io", "discrete_inputs", 2, 0, [0] * 16, self.t_ns, self.t_ns)
        self.session.take(LiftBlocks("lift-1", "", False, self.t_ns, [block]))

    def upto(self, name: str) -> None:
        self.tick()
        while (step := self.session.step) is not None and step.name != name:
            self.tick()
            self.session.confirm(self.t_ns)

    @property
    def name(self) -> str:
        assert self.session.step is not None
        return self.session.step.name

    def done(self) -> list[str]:
        return [step.name for step in self.session.record.steps]


def test_a_step_at_rest_is_done_anew_by_itself() -> None:
    visit = Visit()
    visit.upto("ride_up_3")
    done = visit.done()
    visit.session.again()

    assert (visit.name, visit.done()) == ("ride_up_3", done)
    assert {len(trace.word) for trace in visit.session.so_far().values()} == {1}, "the word begins anew"


def test_a_step_that_hangs_on_others_is_done_anew_with_them() -> None:
    visit = Visit()
    visit.upto("landing_lock")
    visit.session.again()

    assert visit.name == "inspection_on"
    assert visit.done()[-1] == "cabinet_shut"


def test_one_step_back_does_the_one_before_anew() -> None:
    visit = Visit()
    visit.upto("ride_up_3")
    visit.session.back()

    assert visit.name == "ride_up_2"


def test_what_needs_a_step_that_was_left_out_is_left_out() -> None:
    visit = Visit()
    visit.upto("stop_press")
    visit.session.decline()

    assert visit.name == "inspection_off"
    assert visit.session.record.declined == {
        "stop_press",
        "landing_lock",
        "landing_lock_back",
        "car_contact",
        "car_contact_back",
        "stop_release",
    }


def test_a_visit_that_was_broken_off_goes_on_where_the_lift_was_at_rest() -> None:
    before = Visit()
    before.upto("alarm_release")
    after = Visit(before.session.record)
    after.session.resume()

    assert after.name == "alarm_press"
    assert after.session.record.began == "2026-11-25T10:00:00Z"


def test_a_mandatory_step_that_was_left_out_is_asked_for_once_more() -> None:
    before = Visit()
    before.upto("ride_up_2")
    before.session.decline()
    before.upto("overload")
    before.session.decline()
    after = Visit(before.session.record)
    after.session.resume()

    assert after.name == "ride_up_2"
    assert after.session.record.declined == {"overload", "unload"}, "what may be left out stays left out"
