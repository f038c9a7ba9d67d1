"""Known-bad agents fail, each by its named scenario; the production agent passes it."""

import pytest
from generate_mutants import TARGET, page
from mutants.table import MUTANTS, Mutant

from hil.benches.bench import Settings
from hil.benches.virtual import VirtualBench
from hil.scenario.loader import load_scenario
from hil.scenario.run import run
from hil.scenario.verdicts import Outcome


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_a_bad_agent_fails_by_its_scenario(mutant: Mutant) -> None:
    record = run(load_scenario(mutant.scenario), VirtualBench(mutant.make_agent), Settings(1)).record
    failed = [one.requirement for one in record.verdicts if one.outcome is Outcome.FAIL]
    assert record.outcome is Outcome.FAIL
    assert mutant.requirement in failed


@pytest.mark.parametrize("name", sorted({one.scenario for one in MUTANTS}))
def test_the_production_agent_passes_where_a_bad_one_fails(name: str) -> None:
    record = run(load_scenario(name), VirtualBench(), Settings(1)).record
    assert (record.outcome, record.reasons) == (Outcome.PASS, [])


def test_the_document_is_what_the_table_says() -> None:
    assert TARGET.read_text(encoding="utf-8") == page(), "run `make schemas`"
