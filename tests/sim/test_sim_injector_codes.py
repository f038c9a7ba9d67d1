"""Every event that a lift can cause is reached by a cause: played on the plant, with the truth showing it.

The codes are those of lift_standards.md, section 3; what each looks like in truth and perfect signals is written here
by its trigger there, and knows nothing of stimuli.
"""

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import msgspec
import pytest
from msgspec.structs import replace
from sim_witness import HOUSE, QUIET_HOUSE, S

from protocols.lift.vocabulary import ServiceMode
from sim.building import RescueDevice, load_building
from sim.injector.injector import Injector
from sim.injector.model import Occasion, load_faults
from sim.injector.occasions import Wanted, When
from sim.plant import Plant
from sim.signals import PlantSignals
from sim.stimuli import Stimulus
from sim.truth import TruthKind, TruthRecord

MODEL = load_faults("china-residential")
EVERY = (
    {f"A{i:02}" for i in range(1, 6)}
    | {f"F{i:02}" for i in range(1, 27)}
    | {f"E{i}" for i in range(40, 49)}
    | {"B01", "B02"}
    | {f"D{i:02}" for i in range(1, 9)}
)
RATED_MPS = HOUSE.drive.rated_speed_mps
FULL_TRAVEL_S = 16.6
"""24 m at 1.75 m/s, 0.8 m/s2 and 1.2 m/s3: 24 / 1.75 + 1.75 / 0.8 + 0.8 / 1.2 = 16.6 s."""
HOUSES = (HOUSE, replace(HOUSE, main_floor=8), replace(HOUSE, rescue_device=RescueDevice()))
"""People live above the main floor or below it: most trips are to it. In the last a battery rescues."""
FOR_AN_IDLE_LIFT = {Stimulus.TECHNICIAN_VISIT, Stimulus.INSPECTION_ON, Stimulus.CLEANING, Stimulus.CABINET_DOOR}


class Scene(msgspec.Struct):
    """What happened from a cause on, and what perfect sensors said at each event and half way between."""

    truth: list[TruthRecord]
    looks: list[PlantSignals]

    def tells(self, kind: TruthKind, **data: object) -> bool:
        return any(record.kind is kind and data.items() <= record.data.items() for record in self.truth)

    def shows(self, is_so: Callable[[PlantSignals], bool], lasting_s: float = 0.0) -> bool:
        """Whether it was so at a look, and at all looks for so long."""
        since: int | None = None
        for look in self.looks:
            since = (look.t_ns if since is None else since) if is_so(look) else None
            if since is not None and look.t_ns - since >= lasting_s * S:
                return True
        return False

    def turns(self, before: Callable[[PlantSignals], bool], after: Callable[[PlantSignals], bool]) -> bool:
        return any(before(one) and after(two) for one, two in pairwise(self.looks))

    def closings_in_a_stop(self) -> int:
        """How often at most the door began to close between two departures."""
        most = here = 0
        for record in self.truth:
            here = 0 if record.kind is TruthKind.DEPARTED else here + (record.kind is TruthKind.DOOR_CLOSING)
            most = max(most, here)
        return most

    def reopenings_in_a_row(self) -> int:
        """How often at most the door opened again before it had closed."""
        most = here = 0
        before = TruthKind.DOOR_CLOSED
        for kind in (record.kind for record in self.truth if record.kind.value.startswith("door_")):
            if kind is TruthKind.DOOR_CLOSED:
                here = 0
            elif (before, kind) == (TruthKind.DOOR_CLOSING, TruthKind.DOOR_OPENING):
                here += 1
            most, before = max(most, here), kind
        return most

    def a_call_outlives_its_answers(self, lasting_s: float, answers: int) -> bool:
        """Whether some landing's call stood for so long whenever the car was elsewhere, and was answered so often."""
        return any(self._outlives(floor, round(lasting_s * S), answers) for floor in range(len(HOUSE.floors)))

    def _outlives(self, floor: int, lasting_ns: int, answers: int) -> bool:
        opened = [one.t_ns for one in self.truth if one.kind is TruthKind.DOOR_OPEN and one.data["floor"] == floor]
        since: int | None = None
        for look in self.looks:
            if look.floor != floor and not look.hall_calls >> floor & 1:
                since = None
            elif since is None:
                since = look.t_ns
            elif look.t_ns - since >= lasting_ns and sum(since <= t_ns <= look.t_ns for t_ns in opened) >= answers:
                return True
        return False

    def stop_opens_nothing(self) -> bool:
        """Whether the chain stays closed while a stop switch is held off (10 s on a maintenance visit)."""
        held = [record.t_ns for record in self.truth if record.data.get("stimulus") == "stop_switch"]
        seen = [look.safety_chain for look in self.looks for t_ns in held if t_ns < look.t_ns < t_ns + 10 * S]
        return bool(seen) and all(seen)


def stands(look: PlantSignals) -> bool:
    return not look.moving


def is_trapped(look: PlantSignals) -> bool:
    return stands(look) and look.persons > 0 and not look.door_open


EFFECTS: dict[str, Callable[[Scene], bool]] = {
    "A01": lambda s: (
        s.tells(TruthKind.TRAPPED_SINCE, door_zone=False) and s.shows(lambda n: is_trapped(n) and not n.door_zone, 60)
    ),
    "A02": lambda s: (
        s.tells(TruthKind.TRAPPED_SINCE, door_zone=True) and s.shows(lambda n: is_trapped(n) and n.door_zone, 90)
    ),
    "A03": lambda s: s.shows(lambda n: n.alarm_button),
    "A04": lambda s: s.shows(lambda n: is_trapped(n) and not n.mains, 60),
    "A05": lambda s: s.tells(TruthKind.TRAPPED_SINCE) and s.tells(TruthKind.FREED),
    "F01": lambda s: s.shows(lambda n: n.moving and not n.safety_chain),
    "F02": lambda s: s.reopenings_in_a_row() >= 3,
    "F03": lambda s: (
        s.tells(TruthKind.TRAPPED_SINCE, door_zone=True)
        and s.shows(lambda n: stands(n) and n.door_zone and n.persons > 0 and not n.door_open, 20)
    ),
    "F04": lambda s: s.shows(lambda n: stands(n) and not n.door_zone and n.mode is not ServiceMode.INSPECTION, 15),
    "F05": lambda s: s.shows(lambda n: n.moving and not n.door_closed and not n.door_zone),
    "F06": lambda s: s.tells(TruthKind.TRIPPED, device="run_limiter"),
    "F07": lambda s: s.shows(lambda n: not n.floor_known),
    "F08": lambda s: s.shows(lambda n: n.mode is ServiceMode.OUT_OF_SERVICE and n.safety_chain and n.door_zone, 60),
    "F09": lambda s: s.shows(lambda n: n.position_m > HOUSE.heights_m[-1] + 0.05),
    "F10": lambda s: s.shows(lambda n: n.position_m < -0.05),
    "F11": lambda s: s.shows(lambda n: n.speed_mps > 1.15 * RATED_MPS),
    "F12": lambda s: s.shows(lambda n: n.speed_mps > 1.05 * RATED_MPS),
    "F13": lambda s: s.shows(lambda n: n.speed_mps > 0.3 and not n.door_closed and not n.door_zone),
    "F14": lambda s: s.shows(lambda n: n.moving and not n.landing_lock),
    "F15": lambda s: s.shows(lambda n: n.door_open and n.landing_lock),
    "F16": Scene.stop_opens_nothing,
    "F17": lambda s: (
        s.shows(lambda n: n.bypass and n.mode is ServiceMode.NORMAL and n.speed_mps > 0.63)
        and s.shows(lambda n: n.door_open and n.landing_lock and not n.landing_made and not n.zone_bridged)
    ),
    "F18": lambda s: s.closings_in_a_stop() >= 3,
    "F19": lambda s: s.shows(lambda n: n.door_open, 120),
    "F21": lambda s: s.shows(lambda n: n.contactor_closed, FULL_TRAVEL_S + 5),
    "F22": lambda s: s.shows(lambda n: n.brake_open is not n.brake_command, 2),
    "F23": lambda s: s.shows(lambda n: bool(n.faults) and n.mode is ServiceMode.OUT_OF_SERVICE),
    "F24": lambda s: s.a_call_outlives_its_answers(lasting_s=1800, answers=3),
    "F25": lambda s: s.tells(TruthKind.TRIPPED, device="safety_gear"),
    "F26": lambda s: s.shows(lambda n: stands(n) and n.door_closed and n.persons > 0 and n.door_zone, 300),
    "E40": lambda s: s.turns(lambda n: n.mode is not ServiceMode.NORMAL, lambda n: n.mode is ServiceMode.NORMAL),
    "E41": lambda s: s.shows(lambda n: not n.mains),
    "E42": lambda s: s.shows(lambda n: n.mode is ServiceMode.OUT_OF_SERVICE),
    "E43": lambda s: s.shows(lambda n: n.mode is ServiceMode.INSPECTION),
    "E44": lambda s: s.shows(lambda n: n.mode is ServiceMode.FIRE_RECALL),
    "E45": lambda s: s.shows(lambda n: n.mode is ServiceMode.FIREFIGHTER),
    "E46": lambda s: s.shows(lambda n: n.mode is ServiceMode.EMERGENCY_POWER),
    "E47": lambda s: s.shows(lambda n: n.mode is ServiceMode.EARTHQUAKE),
    "E48": lambda s: s.shows(lambda n: n.mode is ServiceMode.UNKNOWN, 60),
    "B01": lambda s: s.tells(TruthKind.WAITING, thing="e_bike"),
    "B02": lambda s: s.shows(lambda n: stands(n) and n.persons > 0 and not n.door_closed and not n.door_zone),
    "D02": lambda s: s.shows(lambda n: not n.controller_up, 20),
    "D08": lambda s: s.shows(lambda n: n.cabinet_door),
}


def test_every_event_has_an_origin() -> None:
    caused = {code for cause in MODEL.causes.values() for code in cause.codes}
    assert caused | set(MODEL.elsewhere) == EVERY
    assert not caused & set(MODEL.elsewhere)
    assert caused == set(EFFECTS)


@cache
def scene(name: str, house: int = 0) -> Scene:
    """Six hours from the cause on: in a house with people, but for what is done to an idle lift."""
    cause = MODEL.causes[name]
    idle = any(deed.stimulus in FOR_AN_IDLE_LIFT for deed in cause.does)
    occasion = Occasion.OCCUPIED if cause.occasion is None else cause.occasion
    truth: list[TruthRecord] = []
    wanted = Wanted(name, 10 * S if idle else When(occasion))
    injector = Injector(MODEL, 5, at_random=False, wanted=[wanted])
    plant = Plant(QUIET_HOUSE if idle else HOUSES[house], 5, truth.append, injector)
    looks: list[PlantSignals] = []
    while (due_ns := plant.next_event_ns()) is not None and due_ns < 6 * 3600 * S:
        for look_ns in ((plant.now_ns + due_ns) // 2, due_ns):
            plant.advance_to(look_ns)
            if injector.struck:
                looks.append(plant.signals())
    assert injector.struck, "never struck"
    from_ns = injector.struck[0].t_ns
    return Scene([record for record in truth if record.t_ns >= from_ns], looks)


@pytest.mark.parametrize(
    ("name", "code"), [(name, code) for name, cause in MODEL.causes.items() for code in cause.codes]
)
def test_a_cause_does_what_its_events_are_told_from(name: str, code: str) -> None:
    """In one of the houses."""
    assert any(EFFECTS[code](scene(name, house)) for house in range(len(HOUSES))), f"{name} does not lead to {code}"


def test_a_stop_that_is_not_bridged_opens_the_chain() -> None:
    assert not scene("maintenance").stop_opens_nothing()


def test_nothing_of_it_is_seen_without_a_cause() -> None:
    """But for people who come with the door held or stand about, an undisturbed lift shows none of this."""
    truth: list[TruthRecord] = []
    plant = Plant(HOUSE, 5, truth.append)
    looks: list[PlantSignals] = []
    while (due_ns := plant.next_event_ns()) is not None and due_ns < 6 * 3600 * S:
        for look_ns in ((plant.now_ns + due_ns) // 2, due_ns):
            looks.append(plant.signals(look_ns))
    undisturbed = Scene(truth, looks)
    assert {code for code, effect in EFFECTS.items() if effect(undisturbed)} == set()


def test_a_lift_that_levels_badly_loses_its_level() -> None:
    """F20 needs no cause: more than 20 mm off (EN 81-20 5.12.1.1.4), and nothing brings it back."""
    truth: list[TruthRecord] = []
    building = load_building("old-1990s")
    Plant(building, 1, truth.append).advance_to(24 * 3600 * S)
    heights_m = dict(enumerate(building.heights_m))
    stops = [record.data for record in truth if record.kind is TruthKind.STOPPED]
    assert max(abs(float(str(stop["position_m"])) - heights_m[int(str(stop["floor"]))]) for stop in stops) > 0.02
