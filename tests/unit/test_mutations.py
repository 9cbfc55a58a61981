"""The mutation bench seeds what it says into reports that are clean."""

import copy
import random

import pytest

from flows.quality.balances import outcomes
from flows.records import Outcome
from tests.benchmarks.localising import as_cells
from tests.mutations.faults import FAULTS
from tests.mutations.reports import Pair, clean_pairs, net_changes
from tests.mutations.run import seeded, verdict

PAIRS = list(clean_pairs(random.Random(7), 120))


def failing(pair: Pair) -> set[str]:
    """Balances that fail, as `gongkai check` evaluates them."""
    own, before = (
        as_cells({key: "" if value is None else f"{value:f}" for key, value in report.figures.items()})
        if report
        else None
        for report in (pair.own, pair.before)
    )
    assert own is not None
    return {result.rule_id for result in outcomes(own, before) if result.outcome == Outcome.FAILED}


def test_clean_reports_are_clean_and_of_all_sizes() -> None:
    assert {pair.size for pair in PAIRS} == {"none", "tiny", "middle", "large", "real", "aggregate"}
    assert [pair.own.body_name for pair in PAIRS if failing(pair)] == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_exactly_the_balances_that_it_says(name: str) -> None:
    rng = random.Random(11)
    found = 0
    for pair in PAIRS:
        spoilt = copy.deepcopy(pair)
        rules = FAULTS[name](rng, spoilt, [other for other in PAIRS if other.size == "large"])
        if not rules:
            continue
        found += 1
        assert (spoilt.own, spoilt.before) != (pair.own, pair.before)
        of_sums = set(net_changes(pair.own.figures, spoilt.own.figures))
        assert of_sums <= failing(spoilt)
        assert {rule for rule in rules if rule in {"B01", "B02", "B03", "D01"}} <= of_sums
    assert found


def test_faults_take_turns_and_spoil_one_report_each() -> None:
    pairs = copy.deepcopy(PAIRS[:100])
    spoilt = list(seeded(random.Random(3), pairs[:80], pairs[80:]))
    assert len({one.fault for one in spoilt}) > 20
    assert len({one.report.body_id for one in spoilt}) == len(spoilt)


def test_goals() -> None:
    assert verdict([("B01", "none", 10, 0), ("F06", "none", 100, 2), ("B01", "digit_dropped", 5, 5)]) == []
    assert verdict([("B02", "none", 10, 1), ("F06", "none", 100, 3), ("B03", "digit_dropped", 5, 4)]) == [
        "B02 blames 1 sums of clean reports.",
        "F06 blames 3 of 100 clean reports.",
        "B03 misses 1 of 5 with digit_dropped.",
    ]
