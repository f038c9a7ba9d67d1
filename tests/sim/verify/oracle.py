"""Lift kinematics a second and a third time, sharing nothing with sim/kinematics.py.

The closed form is written down from Peters 1995. The numeric one assumes no shape of the move: in the plane of speed
and acceleration the quickest way from rest to a speed `p` under limits a and j keeps its acceleration at
min(a, sqrt(2 j v), sqrt(2 j (p - v))); time and distance are integrals over the speed, and the highest speed reached
is the one whose two ramps fit into the distance, found by bisection.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Final

_PANELS: Final = 7
"""An odd number to begin with, so that no symmetry of a move hides between the points."""
_DEEPEST: Final = 48


def closed_form_s(d_m: float, v: float, a: float, j: float) -> float:
    """The duration by Peters' three cases, with a' = sqrt(v j) where v j < a^2."""
    a = min(a, math.sqrt(v * j))
    if d_m <= 0:
        return 0.0
    if d_m >= v * v / a + v * a / j:
        return d_m / v + v / a + a / j
    if d_m >= 2 * a**3 / j**2:
        return a / j + math.sqrt(4 * d_m / a + (a / j) ** 2)
    return float((32 * d_m / j) ** (1 / 3))


def integrated_s(d_m: float, v: float, a: float, j: float) -> float:
    """The duration by numeric integration in the plane of speed and acceleration."""
    ramp_s, ramp_m = _ramp(v, a, j)
    if 2 * ramp_m <= d_m:
        return 2 * ramp_s + (d_m - 2 * ramp_m) / v
    low, high = 0.0, v
    for _ in range(60):
        middle = (low + high) / 2
        if 2 * _ramp(middle, a, j)[1] <= d_m:
            low = middle
        else:
            high = middle
    return 2 * _ramp(low, a, j)[0]


def _ramp(peak: float, a: float, j: float) -> tuple[float, float]:
    """Time and distance from rest to steady `peak`; with v = peak sin^2(u) nothing is singular at the ends.

    The quarter turn is cut where the limit on the acceleration begins and ends to hold, so that each piece is smooth.
    """
    if peak <= 0:
        return 0.0, 0.0
    full = math.sqrt(2 * j * peak)
    corner = math.asin(min(a / full, math.sqrt(0.5)))
    seconds = metres = 0.0
    cuts = (0.0, corner, math.pi / 2 - corner, math.pi / 2)
    for begin, end in pairwise(cuts):
        for u, weight in _gauss(begin, end):
            sine, cosine = math.sin(u), math.cos(u)
            step_s = weight * 2 * peak * sine * cosine / min(a, full * sine, full * cosine)
            seconds += step_s
            metres += step_s * peak * sine * sine
    return seconds, metres


_NODES: Final = tuple(
    (sign * x, w)
    for x, w in (
        (0.1488743389816312, 0.2955242247147529),
        (0.4333953941292472, 0.2692667193099963),
        (0.6794095682990244, 0.2190863625159820),
        (0.8650633666889845, 0.1494513491505806),
        (0.9739065285171717, 0.0666713443086881),
    )
    for sign in (1, -1)
)
"""Ten-point Gauss-Legendre, Abramowitz and Stegun table 25.4."""


def _gauss(begin: float, end: float) -> list[tuple[float, float]]:
    middle, half = (begin + end) / 2, (end - begin) / 2
    return [(middle + half * x, half * w) for x, w in _NODES]


def area(curve: Callable[[float], float], begin: float, end: float, error: float) -> float:
    """The integral by adaptive Simpson: it finds the corners of a curve by itself."""
    width = (end - begin) / _PANELS
    return math.fsum(
        _simpson(curve, begin + i * width, begin + (i + 1) * width, error / _PANELS) for i in range(_PANELS)
    )


def _simpson(curve: Callable[[float], float], begin: float, end: float, error: float) -> float:
    total = 0.0
    first, mid, last = curve(begin), curve((begin + end) / 2), curve(end)
    todo = [(begin, end, first, mid, last, error, 0)]
    while todo:
        left, right, f0, f2, f4, most, depth = todo.pop()
        middle, quarter = (left + right) / 2, (right - left) / 4
        f1, f3 = curve(left + quarter), curve(right - quarter)
        whole = (right - left) * (f0 + 4 * f2 + f4) / 6
        halves = (right - left) * (f0 + 4 * f1 + 2 * f2 + 4 * f3 + f4) / 12
        if abs(halves - whole) <= 15 * most or depth == _DEEPEST:
            total += halves + (halves - whole) / 15
        else:
            todo.append((left, middle, f0, f1, f2, most / 2, depth + 1))
            todo.append((middle, right, f2, f3, f4, most / 2, depth + 1))
    return total
