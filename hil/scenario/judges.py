"""Judges each kind of expectation: pure functions of one trace and the bench's uncertainty u.

What has a limit goes by the rule of `hil.scenario.verdicts`. What has none (order, counts, never) is INCONCLUSIVE when
an instant lies within u of the edge that decides. A premise that never happened, and a run that ended before the limit
had passed, are INCONCLUSIVE: they show nothing.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from hil.scenario.expectations import AlwaysWhile, Counted, Expectation, Latency, Never, Span, StateAt, Within
from hil.scenario.matching import Evidence
from hil.scenario.parts import duration_of, ns_of
from hil.scenario.signs import LANES, Sign
from hil.scenario.verdicts import Outcome, Verdict, compare, worst
from hil.trace import Lane
from protocols.upstream.messages import Text

_P95: Final = 0.95


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    outcome: Outcome
    said: Text
    observed: int | None = None
    limit: int | None = None
    t_ns: int | None = None


def judge(expectations: Sequence[Expectation], evidence: Evidence, u_ns: int) -> list[Verdict]:
    """One verdict for each, in their order."""
    return [_verdict(one, evidence, u_ns) for one in expectations]


def _verdict(one: Expectation, evidence: Evidence, u_ns: int) -> Verdict:
    if one.within is not None:
        found = _within(one.within, evidence, u_ns)
    elif one.never is not None:
        found = _never(one.never, evidence, u_ns)
    elif one.always_while is not None:
        found = _always(one.always_while, evidence, u_ns)
    elif one.order is not None:
        found = _order(one.order, evidence, u_ns)
    elif one.latency is not None:
        found = _latency(one.latency, evidence, u_ns)
    elif one.state_at is not None:
        found = _state_at(one.state_at, evidence, u_ns)
    else:
        found = _counted(one, evidence, u_ns)
    return Verdict(
        requirement=one.requirement,
        kind=one.kind,
        outcome=found.outcome,
        said=found.said.en,
        said_zh=found.said.zh,
        observed=found.observed,
        limit=found.limit,
        uncertainty_ns=u_ns,
        t_ns=found.t_ns,
    )


_NO_PREMISE: Final = Text("作为起点的情况未发生", "what it counts from never happened")
_NEVER: Final = Text("未出现", "never came")
_CHANGED: Final = Text("恰在此时变化", "changed about then")


def _times(count: int) -> Text:
    return Text(f"{count} 次", "once" if count == 1 else f"{count} times")


def _ended_before(t_ns: int) -> Text:
    at = duration_of(t_ns)
    return Text(f"运行在 {at} 之前结束", f"the run ended before {at}")


# within


def _within(one: Within, evidence: Evidence, u_ns: int) -> _Found:
    limit_ns = ns_of(one.limit)
    start_ns = 0 if one.after is None else evidence.first(one.after)
    if start_ns is None:
        return _Found(outcome=Outcome.INCONCLUSIVE, said=_NO_PREMISE, limit=limit_ns)
    seen_ns = evidence.first(one.event, start_ns)
    if seen_ns is None:
        return _missing(start_ns, limit_ns, evidence.end_ns, u_ns)
    observed_ns = seen_ns - start_ns
    outcome = compare(observed_ns, limit_ns, u_ns)
    waited = duration_of(observed_ns)
    said = Text(f"{waited} 后出现", f"came after {waited}")
    if one.not_before is not None:
        early = compare(-observed_ns, -ns_of(one.not_before), u_ns)
        if early is not Outcome.PASS:
            said = Text(f"{said.zh}, 早于 {one.not_before}", f"{said.en}, before {one.not_before}")
        outcome = worst((outcome, early))
    return _Found(outcome=outcome, said=said, observed=observed_ns, limit=limit_ns, t_ns=seen_ns)


def _missing(start_ns: int, limit_ns: int, end_ns: int, u_ns: int) -> _Found:
    waited_ns = end_ns - start_ns
    if waited_ns - u_ns > limit_ns:
        return _Found(outcome=Outcome.FAIL, said=_NEVER, limit=limit_ns, t_ns=start_ns)
    waited = duration_of(waited_ns)
    said = Text(f"运行在 {waited} 后结束时仍未出现", f"had not come {waited} later, when the run ended")
    return _Found(outcome=Outcome.INCONCLUSIVE, said=said, limit=limit_ns, t_ns=start_ns)


# spans


class _Edges(msgspec.Struct, frozen=True):
    """A span, and how well its edges are known: those of the run itself are sharp."""

    from_ns: int
    to_ns: int
    from_u_ns: int
    to_u_ns: int

    def surely(self, t_ns: int) -> bool:
        """Whether an instant is in the span."""
        return self.from_ns + self.from_u_ns <= t_ns <= self.to_ns - self.to_u_ns

    def perhaps(self, t_ns: int) -> bool:
        """Whether it is in the span or so near that nobody can tell."""
        return self.from_ns - self.from_u_ns <= t_ns <= self.to_ns + self.to_u_ns


def _edges(span: Span, evidence: Evidence, u_ns: int) -> _Edges | None:
    """None if it never begins."""
    since_ns = 0 if span.since is None else evidence.first(span.since)
    if since_ns is None:
        return None
    from_ns = since_ns + (0 if span.settle is None else ns_of(span.settle))
    until_ns = None if span.until is None else evidence.first(span.until, since_ns)
    to_ns = evidence.end_ns if until_ns is None else until_ns
    is_whole = span.since is None and span.settle is None
    edges = _Edges(from_ns, to_ns, 0 if is_whole else u_ns, 0 if until_ns is None else u_ns)
    return edges if from_ns <= to_ns else None


_NO_SPAN: Final = _Found(
    outcome=Outcome.INCONCLUSIVE, said=Text("所述时段未曾开始", "the span that it is about never began")
)


def _split(times: Sequence[int], edges: _Edges) -> tuple[list[int], list[int]]:
    """Those in the span for sure, and those of which nobody can tell."""
    sure = [t for t in times if edges.surely(t)]
    near = [t for t in times if edges.perhaps(t) and not edges.surely(t)]
    return sure, near


def _never(one: Never, evidence: Evidence, u_ns: int) -> _Found:
    edges = _edges(one, evidence, u_ns)
    if edges is None:
        return _NO_SPAN
    sure, near = _split(evidence.times(one.event), edges)
    if sure:
        first, times = duration_of(sure[0]), _times(len(sure))
        said = Text(f"出现 {times.zh}, 首次在 {first}", f"came {times.en}, first at {first}")
        return _Found(outcome=Outcome.FAIL, said=said, observed=len(sure), limit=0, t_ns=sure[0])
    if near:
        first = duration_of(near[0])
        said = Text(f"在 {first} 出现, 恰在时段边缘", f"came at {first}, at the very edge")
        return _Found(outcome=Outcome.INCONCLUSIVE, said=said, observed=len(near), limit=0, t_ns=near[0])
    return _Found(outcome=Outcome.PASS, said=_NEVER, observed=0, limit=0)


def _counted(one: Expectation, evidence: Evidence, u_ns: int) -> _Found:
    counted: Counted = getattr(one, one.kind)
    edges = _edges(counted, evidence, u_ns)
    if edges is None:
        return _NO_SPAN
    sure, near = _split(evidence.times(counted.event), edges)
    least, most = len(sure), len(sure) + len(near)
    fits = {"exactly": int.__eq__, "at_least": int.__ge__, "at_most": int.__le__}[one.kind]
    answers = {bool(fits(n, counted.count)) for n in range(least, most + 1)}
    outcome = Outcome.INCONCLUSIVE if len(answers) > 1 else Outcome.PASS if answers == {True} else Outcome.FAIL
    at_ns = next(iter(sure or near), None)
    said = Text(f"出现 {least} 至 {most} 次", f"came {least} to {most} times")
    if least == most:
        said = Text(f"出现 {_times(least).zh}", f"came {_times(least).en}")
    return _Found(outcome=outcome, said=said, observed=least, limit=counted.count, t_ns=at_ns)


# what a retained message says


def _always(one: AlwaysWhile, evidence: Evidence, u_ns: int) -> _Found:
    edges = _edges(one, evidence, u_ns)
    if edges is None:
        return _NO_SPAN
    wrong = _not_so(evidence.history(one.look), edges.to_ns + edges.to_u_ns + 1)
    sure = [
        begin for begin, end in wrong if begin < edges.to_ns - edges.to_u_ns and end > edges.from_ns + edges.from_u_ns
    ]
    near = [
        begin for begin, end in wrong if begin <= edges.to_ns + edges.to_u_ns and end > edges.from_ns - edges.from_u_ns
    ]
    if sure:
        at_ns = max(sure[0], edges.from_ns)
        at = duration_of(at_ns)
        return _Found(outcome=Outcome.FAIL, said=Text(f"在 {at} 不成立", f"was not so at {at}"), t_ns=at_ns)
    if near and u_ns:
        at_ns = near[0]
        at = duration_of(at_ns)
        said = Text(f"在 {at} 不成立, 恰在时段边缘", f"was not so at {at}, at the very edge")
        return _Found(outcome=Outcome.INCONCLUSIVE, said=said, t_ns=at_ns)
    return _Found(outcome=Outcome.PASS, said=Text("始终成立", "was so all the time"))


def _not_so(history: Sequence[tuple[int, bool]], until_ns: int) -> list[tuple[int, int]]:
    """The stretches in which it was not so; before the first message it was not."""
    changes = [(-1, False), *history, (until_ns, True)]
    return [
        (begin_ns, end_ns) for (begin_ns, is_so), (end_ns, _) in pairwise(changes) if not is_so and begin_ns < end_ns
    ]


def _state_at(one: StateAt, evidence: Evidence, u_ns: int) -> _Found:
    after_ns = 0 if one.after is None else evidence.first(one.after)
    if after_ns is None:
        return _Found(outcome=Outcome.INCONCLUSIVE, said=_NO_PREMISE)
    at_ns = after_ns + ns_of(one.at)
    if at_ns > evidence.end_ns:
        return _Found(outcome=Outcome.INCONCLUSIVE, said=_ended_before(at_ns))
    history = evidence.history(one.look)
    answers = {_so_at(history, at_ns)} | {is_so for t_ns, is_so in history if at_ns - u_ns <= t_ns <= at_ns + u_ns}
    answers.add(_so_at(history, at_ns - u_ns))
    outcome = Outcome.INCONCLUSIVE if len(answers) > 1 and u_ns else _pass_if(_so_at(history, at_ns))
    said = {Outcome.PASS: Text("成立", "was so"), Outcome.FAIL: Text("不成立", "was not so")}.get(outcome, _CHANGED)
    return _Found(outcome=outcome, said=said, t_ns=at_ns)


def _so_at(history: Sequence[tuple[int, bool]], t_ns: int) -> bool:
    return next((is_so for since_ns, is_so in reversed(history) if since_ns <= t_ns), False)


def _pass_if(is_so: bool) -> Outcome:
    return Outcome.PASS if is_so else Outcome.FAIL


# order and latency


def _order(signs: Sequence[Sign], evidence: Evidence, u_ns: int) -> _Found:
    at_ns, tight = 0, False
    lane: Lane | None = None
    for index, sign in enumerate(signs):
        times = evidence.times(sign)
        blurred_ns = 0 if LANES[sign.key] is lane else u_ns  # one observer knows in which order it saw
        lane = LANES[sign.key]
        seen_ns = next((t for t in times if t >= at_ns), None)
        if seen_ns is None:
            near = index > 0 and any(t >= at_ns - blurred_ns for t in times)
            what = Text("第 1 项未出现", "number 1 never came")
            if index:
                en = f"number {index + 1} did not come after number {index}"
                what = Text(f"第 {index + 1} 项未在第 {index} 项之后出现", en)
            outcome = Outcome.INCONCLUSIVE if near else Outcome.FAIL
            return _Found(outcome=outcome, said=what, observed=index, limit=len(signs), t_ns=at_ns)
        tight |= index > 0 and seen_ns - at_ns < blurred_ns
        at_ns = seen_ns
    outcome = Outcome.INCONCLUSIVE if tight else Outcome.PASS
    said = Text("间隔太短, 无法分辨先后", "closer together than can be told") if tight else Text("顺序正确", "in order")
    return _Found(outcome=outcome, said=said, observed=len(signs), limit=len(signs), t_ns=at_ns)


def _latency(one: Latency, evidence: Evidence, u_ns: int) -> _Found:
    begun, ended = evidence.times(one.from_), evidence.times(one.to)
    most_ns = max(ns_of(limit) for limit in (one.p95, one.max) if limit is not None)
    waits: list[int] = []
    index = 0
    for t_ns in begun:
        while index < len(ended) and ended[index] < t_ns:
            index += 1
        if index < len(ended):
            waits.append(ended[index] - t_ns)
        elif evidence.end_ns - t_ns - u_ns > most_ns:
            return _Found(
                outcome=Outcome.FAIL, said=Text("有一次没有后续", "one was never followed"), limit=most_ns, t_ns=t_ns
            )
    if not waits:
        return _Found(outcome=Outcome.INCONCLUSIVE, said=_NO_PREMISE, limit=most_ns)
    waits.sort()
    p95_ns, max_ns = waits[math.ceil(_P95 * len(waits)) - 1], waits[-1]
    outcomes = [compare(max_ns, ns_of(one.max), u_ns)] if one.max is not None else []
    outcomes += [compare(p95_ns, ns_of(one.p95), u_ns)] if one.p95 is not None else []
    p95, most = duration_of(p95_ns), duration_of(max_ns)
    said = Text(f"{len(waits)} 次; p95 {p95}, 最大 {most}", f"{len(waits)} times; p95 {p95}, at most {most}")
    observed_ns = max_ns if one.max is not None else p95_ns
    return _Found(outcome=worst(outcomes), said=said, observed=observed_ns, limit=most_ns)
