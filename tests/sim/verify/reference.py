"""The reference tables as rows with types. They are copies of the project's collection and never our own output."""

import csv
from itertools import accumulate
from pathlib import Path
from typing import Final, TypeVar

import msgspec

DATA: Final = Path(__file__).resolve().parents[1] / "data"
Row = TypeVar("Row", bound=msgspec.Struct)


class MoveRow(msgspec.Struct, frozen=True):
    """One rest-to-rest move: its duration by the closed form of Peters 1995, checked by bisection, and its peaks."""

    d_m: float
    v_mps: float
    a_mps2: float
    j_mps3: float
    T_closed_s: float
    v_peak_mps: float
    a_peak_mps2: float


class StopsRow(msgspec.Struct, frozen=True):
    """Expected stops and highest reversal floor of `N` equal floors; *_poisson: `P` is the mean of a Poisson law."""

    N: int
    P: float
    S: float
    H: float
    S_poisson: float
    H_poisson: float


class TripRow(msgspec.Struct, frozen=True):
    """An up-peak case, and the mean round trip of a Monte Carlo of it with its standard error."""

    case: str
    N: int
    P: float
    df_m: float
    v: float
    a: float
    j: float
    t_open: float
    t_close: float
    t_adv: float
    t_start: float
    t_level: float
    tp_in: float
    tp_out: float
    RTT_mc_s: float
    RTT_mc_se: float


class WaitRow(msgspec.Struct, frozen=True):
    """Up-peak of a group at one rate of arrivals: load, interval, and waiting over interval by both definitions."""

    lam_per_s: float
    load_pct: float
    INT_s: float
    to_opening: float = msgspec.field(name="cibse_over_INT")
    to_boarding: float = msgspec.field(name="boarding_over_INT")


KHALEEL_CASE: Final = TripRow(
    case="Khaleel 2013",
    N=14,
    P=16.8,
    df_m=0.0,
    v=4.0,
    a=1.0,
    j=1.0,
    t_open=2.0,
    t_close=3.0,
    t_adv=0.0,
    t_start=0.5,
    t_level=0.0,
    tp_in=1.2,
    tp_out=1.2,
    RTT_mc_s=176.409,
    RTT_mc_se=0.040,
)
"""Khaleel, Al-Sharif, Salahat, 3rd Symposium on Lift and Escalator Technologies 2013, section 6. Published: RTT
176.33 s, their Monte Carlo 176.377 s; reproduced for this project: 176.409 +- 0.040 s. Its floors differ in height
and in people, so that `df_m` says nothing."""
KHALEEL_HEIGHTS_M: Final = tuple(accumulate([0.0, 5.0, *[4.5] * 10, *[4.0] * 3]))
KHALEEL_PEOPLE: Final = (150, 150, *[100] * 10, 50, 50)
KHALEEL_RTT_S: Final = (176.33, 176.41)


def moves() -> list[MoveRow]:
    """kinematics.csv."""
    return _rows("kinematics.csv", MoveRow)


def stops() -> list[StopsRow]:
    """sh_table.csv."""
    return _rows("sh_table.csv", StopsRow)


def trips() -> list[TripRow]:
    """uppeak_rtt.csv."""
    return _rows("uppeak_rtt.csv", TripRow)


def waits() -> list[WaitRow]:
    """uppeak_awt.csv."""
    return _rows("uppeak_awt.csv", WaitRow)


def _rows(name: str, row: type[Row]) -> list[Row]:
    text = (DATA / name).read_text(encoding="utf-8")
    return [msgspec.convert(line, row, strict=False) for line in csv.DictReader(text.splitlines())]
