"""`junit.xml`: all runs together, as CI systems read it. One test case a run, one suite a bench.

What failed is a failure; what shows nothing (INCONCLUSIVE) and what broke the bench (ERROR) is an error, since neither
says that the agent is wrong; what the bench cannot do is skipped. The text ends with the command that runs it again.
The requirements are properties of the test case, which pytest's dialect of the format has too.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from hil.report import figures
from hil.scenario.record import RunRecord
from hil.scenario.verdicts import Outcome, Verdict

JUNIT_FILE: Final = "junit.xml"
_ELEMENTS: Final = {
    Outcome.FAIL: "failure",
    Outcome.INCONCLUSIVE: "error",
    Outcome.ERROR: "error",
    Outcome.SKIPPED: "skipped",
}
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (2.2) cannot hold."""


def write_junit(records: Sequence[RunRecord], directory: Path) -> Path:
    """Write `junit.xml` for all of them. Raises OSError."""
    path = directory / JUNIT_FILE
    path.write_bytes(junit(records))
    return path


def junit(records: Sequence[RunRecord]) -> bytes:
    """All runs as one document, UTF-8."""
    root = ET.Element("testsuites", {"name": "liftwarden hil", **_sums(records)})
    for bench, group in groupby(sorted(records, key=_bench_of), key=_bench_of):
        mine = list(group)
        suite = ET.SubElement(root, "testsuite", {"name": f"liftwarden hil {bench}", **_sums(mine)})
        for record in mine:
            _add_case(suite, record)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _bench_of(record: RunRecord) -> str:
    return record.bench


def _sums(records: Sequence[RunRecord]) -> dict[str, str]:
    elements = [_ELEMENTS.get(one.outcome) for one in records]
    return {
        "tests": str(len(records)),
        "failures": str(elements.count("failure")),
        "errors": str(elements.count("error")),
        "skipped": str(elements.count("skipped")),
        "time": f"{sum(one.real_s for one in records):.3f}",
    }


def _add_case(suite: ET.Element, record: RunRecord) -> None:
    name = f"{record.name}[{record.bench}-{record.seed}]"
    case = ET.SubElement(suite, "testcase", classname=f"hil.{record.bench}", name=name, time=f"{record.real_s:.3f}")
    properties = ET.SubElement(case, "properties")
    for key, value in _properties(record):
        ET.SubElement(properties, "property", name=key, value=_xml(value))
    element = _ELEMENTS.get(record.outcome)
    if element is None:
        return
    told = [_told(one) for one in record.verdicts if one.outcome is not Outcome.PASS]
    first = next(iter([*record.reasons, *told]), record.outcome.value)
    problem = ET.SubElement(case, element, message=_xml(first), type=record.outcome.value)
    problem.text = _xml("\n".join([*record.reasons, *told, record.replay]))


def _properties(record: RunRecord) -> list[tuple[str, str]]:
    requirements = dict.fromkeys(one.requirement for one in record.scenario.expect)
    return [
        *(("requirement", one) for one in requirements),
        ("bench", record.bench),
        ("seed", str(record.seed)),
        ("shuffle", str(record.shuffle).lower()),
        ("trace_hash", record.trace_hash),
        ("config_hash", record.config_hash),
    ]


def _told(verdict: Verdict) -> str:
    """An expectation that was not met, in one line."""
    seen, most, u = figures.observed(verdict), figures.limit(verdict), figures.uncertainty(verdict)
    numbers = f" (observed {seen or 'nothing'}, limit {most}, uncertainty {u})" if most else ""
    return f"{verdict.outcome.value.upper()}  {verdict.requirement}  {verdict.kind}: {verdict.said}{numbers}"


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
