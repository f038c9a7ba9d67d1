"""A fault model: which causes there are, how often each strikes, what it does, and who comes. From configs/faults."""

import enum
from typing import Annotated, Final, Literal

import msgspec

from protocols.nearest import hint
from protocols.resources import config_text, text_of
from protocols.strictyaml import load_yaml
from sim import SimError
from sim.building import NotNegative, Positive, Title
from sim.stimuli import Stimulus

DAYS_PER_YEAR: Final = 365
NS_PER_YEAR: Final = DAYS_PER_YEAR * 86_400 * 1_000_000_000

Code = Annotated[str, msgspec.Meta(pattern="^[ABDEF][0-9]{2}$")]
"""An event's code in the catalogue."""
Confidence = Literal["A", "B", "C", "M", "D"]
"""A read at the source, B in a secondary source, C recalled, M measured for this project, D a design value of ours."""


class Booked(enum.Enum):
    """Under what the statistics of rescue platforms book a cause (Jiangsu 2023)."""

    MISUSE = "misuse"
    DOOR_SYSTEM = "door_system"
    CONTROL_SYSTEM = "control_system"
    ELECTRICAL = "electrical"
    TRACTION = "traction"
    OTHER_EQUIPMENT = "other_equipment"
    EXTERNAL = "external"
    OPERATION = "operation"
    """Nothing is wrong: somebody who may do so uses, tests or serves the lift."""


class Symptom(enum.Enum):
    """What those at the lift see of it, whatever it is booked under."""

    STOP = "stop"
    DOOR = "door"
    DARK = "dark"
    MOTION = "motion"
    BUTTON = "button"
    SIGNAL = "signal"
    MODE = "mode"


class Driver(enum.Enum):
    """What a rate counts: time, starts, or door cycles."""

    HOUR = "hour"
    START = "start"
    DOOR_CYCLE = "door_cycle"


class Occasion(enum.Enum):
    """What something waits for before it strikes; the last two with a number."""

    OCCUPIED = "occupied"
    """A trip with somebody in the car is under way."""
    RUNNING = "running"
    """A trip is under way."""
    DOORS_OPEN = "doors_open"
    FLOOR = "floor"
    """The car arrives at that floor, counted from 0."""
    STARTS = "starts"
    """The car has started that often."""

    @property
    def is_numbered(self) -> bool:
        """Whether it says nothing without a number."""
        return self in {Occasion.FLOOR, Occasion.STARTS}


class Ending(enum.Enum):
    """Who ends what a cause did."""

    TECHNICIAN = "technician"
    MAINS = "mains"
    ITSELF = "itself"


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often, and where that is from. It follows starts or door cycles by the model's usage."""

    per_lift_year: Annotated[float, msgspec.Meta(gt=0, le=10_000)]
    driver: Driver
    origin: str
    confidence: Confidence


class Deed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a cause does to the lift."""

    stimulus: Stimulus
    after_s: NotNegative = 0.0
    lasts_s: Positive | None = None


class Cause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that goes wrong. Without a rate it strikes only when somebody asks for it."""

    title: Title
    booked: Booked
    symptom: Symptom
    does: Annotated[tuple[Deed, ...], msgspec.Meta(min_length=1)]
    codes: tuple[Code, ...] = ()
    """The catalogue's events that it can lead to."""
    occasion: Occasion | None = None
    ends: Ending = Ending.TECHNICIAN
    rate: Rate | None = None
    whole_feeder: bool = False
    """It comes by time, the same for every lift of a feeder, and not more often to some lifts than to others."""

    @property
    def is_building_wide(self) -> bool:
        """Whether it comes to all lifts of a building at once."""
        return self.whole_feeder or self.does[0].stimulus.is_building_wide

    def __post_init__(self) -> None:
        if self.occasion is not None and self.occasion.is_numbered:
            raise ValueError(f"a cause cannot wait for {self.occasion.value}: that wants a number")
        if self.does[0].after_s:
            raise ValueError("the first thing that a cause does comes at once: leave its after_s out")
        if self.whole_feeder and (self.rate is None or self.rate.driver is not Driver.HOUR):
            raise ValueError("what comes to a whole feeder has a rate that counts hours")


class Lognormal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time whose logarithm, of the number of `unit`, is normal with mean `mu` and standard deviation `sigma`."""

    mu: Annotated[float, msgspec.Meta(ge=-10, le=10)]
    sigma: Annotated[float, msgspec.Meta(ge=0, le=4)]
    unit: Literal["min", "h"]
    origin: str
    confidence: Confidence

    @property
    def unit_s(self) -> float:
        """Seconds in one unit."""
        return 60.0 if self.unit == "min" else 3600.0


class Technician(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From the call until somebody is there, from then until people are out, and until the lift is repaired."""

    arrival: Lognormal
    release: Lognormal
    repair: Lognormal


class Heterogeneity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lifts differ: each has a factor on all its rates, gamma distributed with mean 1."""

    shape: Annotated[float, msgspec.Meta(ge=0.1, le=1000)]
    origin: str
    confidence: Confidence


class Usage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The traffic behind rates per lift-year: it makes them rates per start and per door cycle."""

    starts_per_day: Annotated[float, msgspec.Meta(gt=0, le=10_000)]
    door_cycles_per_day: Annotated[float, msgspec.Meta(gt=0, le=10_000)]


class FaultModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can go wrong at one kind of place."""

    name: str
    title: Title
    usage: Usage
    heterogeneity: Heterogeneity
    technician: Technician
    mains_return: Lognormal
    """How long a power cut lasts."""
    causes: Annotated[dict[str, Cause], msgspec.Meta(min_length=1)]
    elsewhere: dict[Code, str] = {}
    """Events of the catalogue that no cause here leads to, and where they come from."""

    def cause(self, name: str) -> Cause:
        """The cause of that name. Raises SimError, with the nearest name."""
        try:
            return self.causes[name]
        except KeyError:
            raise SimError(f"no cause {name!r} in {self.name}; {hint(name, sorted(self.causes))}") from None

    def per_unit(self, rate: Rate) -> float:
        """The rate per nanosecond, per start or per door cycle."""
        match rate.driver:
            case Driver.HOUR:
                return rate.per_lift_year / NS_PER_YEAR
            case Driver.START:
                return rate.per_lift_year / (self.usage.starts_per_day * DAYS_PER_YEAR)
            case Driver.DOOR_CYCLE:
                return rate.per_lift_year / (self.usage.door_cycles_per_day * DAYS_PER_YEAR)


def load_faults(name_or_path: str) -> FaultModel:
    """A shipped fault model by its name, or one from a YAML file. Raises SimError or ConfigError."""
    if not name_or_path.endswith((".yaml", ".yml")):
        return load_yaml(*config_text("faults", name_or_path), FaultModel)
    try:
        text = text_of(name_or_path)
    except OSError as error:
        raise SimError(f"cannot read faults {name_or_path}: {error.strerror}; name a readable YAML file") from error
    return load_yaml(text, name_or_path, FaultModel)
