"""What each rule finds and whom it blames wrongly: `python -m tests.mutations.run --reports 2000 --seed 1`.

Clean reports, half of them spoilt by one typed fault each, are staged and loaded as any others, and dbt builds the
marts of all of them at once: the rules are those of production. The counts go to flows/quality/proof.csv, of which
docs/rules.md is made; the command fails where a balance misses a changed sum or blames a clean report.
"""

from __future__ import annotations

import argparse
import copy
import csv
import dataclasses
import datetime as dt
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from flows.batches import staged_batches
from flows.formats import rules
from flows.quality.rule_page import CLEAN, PROOF, page
from flows.settings import PROJECT_ROOT, Settings
from flows.warehouse.connection import reading
from flows.warehouse.dbt import WITHOUT_UNIT_TESTS, run_dbt
from flows.warehouse.loader import load_batches
from tests.mutations.faults import FAULTS, aggregate_too_small
from tests.mutations.reports import MadeReport, Pair, clean_pairs
from tests.mutations.staging import stage_reports

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
BALANCES = ("B01", "B02", "B03", "D01")
"""The balances within a report: every changed sum is found, no clean report blamed."""
OF_SEVERAL = frozenset({"X01", "X02", "X03", "X05"})
"""Rules on other bodies too: a clean report may be the source of a copied table, or miss a neighbour."""
ONLY_FAILURES = frozenset({"A05", "B05", "F09"})
"""Rules with a row only where there is something to say; their alarms are counted against all clean reports."""


@dataclasses.dataclass(frozen=True)
class Spoilt:
    """A report with a fault, and the rules that must fail because of it."""

    report: MadeReport
    fault: str
    rules: frozenset[str]


def seeded(rng: random.Random, pairs: Sequence[Pair], clean: Sequence[Pair]) -> Iterator[Spoilt]:
    """Spoil the own reports of `pairs` in place, the faults in turn; one that has no place for any stays clean."""
    turn = 0
    for pair in pairs:
        for _ in FAULTS:
            name, fault = list(FAULTS.items())[turn % len(FAULTS)]
            turn += 1
            if pair.below:  # few enough that the fault of aggregates is theirs alone
                name, fault = aggregate_too_small.__name__, aggregate_too_small
            tried = copy.deepcopy(pair)
            found = fault(rng, tried, clean)
            if found:
                pair.own = tried.own
                yield Spoilt(pair.own, name, frozenset(found))
                break


def build(pairs: Sequence[Pair], home: Path) -> Path:
    """Stage, load and build all reports; returns the warehouse."""
    settings = Settings(_env_file=None, home=home)
    reports = [report for pair in pairs for report in (pair.before, pair.own) if report]
    stage_reports(settings.staged, reports)
    loaded = load_batches(settings.warehouse, staged_batches(settings.staged), now=NOW)
    if loaded.refused:
        raise SystemExit("; ".join(loaded.refused))
    run_dbt(settings, args=WITHOUT_UNIT_TESTS, variables={"as_of": NOW.date().isoformat()})
    return settings.warehouse


def counted(warehouse: Path, spoilt: Sequence[Spoilt]) -> list[tuple[str, str, int, int]]:
    """Rule, fault, reports seeded (or checks on clean reports) and those that failed."""
    with reading(warehouse) as connection:
        rows = connection.execute(
            "select body_id, report_year, rule_id, outcome, count(*) from marts.fct_check_result"
            " where outcome in ('passed', 'failed') and body_id is not null group by all"
        ).fetchall()
    checks: Counter[str] = Counter()
    alarms: Counter[str] = Counter()
    failed: set[tuple[str, int, str]] = set()
    clean_reports: set[tuple[str, int]] = set()
    # of a body with a fault neither year is clean: rules over two years speak of both
    touched = {one.report.body_id for one in spoilt}
    for body_id, year, rule_id, outcome, count in rows:
        if body_id not in touched and rule_id not in OF_SEVERAL:
            clean_reports.add((body_id, year))
            checks[rule_id] += count
            alarms[rule_id] += count * (outcome == "failed")
        if outcome == "failed":
            failed.add((body_id, year, rule_id))
    for rule_id in ONLY_FAILURES:
        checks[rule_id] = len(clean_reports)
    seeds: Counter[tuple[str, str]] = Counter()
    finds: Counter[tuple[str, str]] = Counter()
    for one in spoilt:
        for rule_id in one.rules:
            seeds[one.fault, rule_id] += 1
            finds[one.fault, rule_id] += (one.report.body_id, one.report.year, rule_id) in failed
    clean = [(rule.rule_id, CLEAN, checks[rule.rule_id], alarms[rule.rule_id]) for rule in rules()]
    found = [(rule_id, fault, seeds[fault, rule_id], finds[fault, rule_id]) for fault, rule_id in sorted(seeds)]
    return [row for row in clean if row[2]] + found


def verdict(rows: Sequence[tuple[str, str, int, int]]) -> list[str]:
    """What falls short of the goals, one sentence each."""
    severities = {rule.rule_id: rule.severity for rule in rules()}
    short = []
    for rule_id, fault, seeded_count, found_count in rows:
        if fault == CLEAN and rule_id in BALANCES and found_count:
            short.append(f"{rule_id} blames {found_count} sums of clean reports.")
        elif fault == CLEAN and severities[rule_id] == "warning" and found_count > 0.02 * seeded_count:
            short.append(f"{rule_id} blames {found_count} of {seeded_count} clean reports.")
        elif fault != CLEAN and rule_id in BALANCES and found_count < seeded_count:
            short.append(f"{rule_id} misses {seeded_count - found_count} of {seeded_count} with {fault}.")
    return short


def main() -> None:
    """Run the bench, write its counts and the page, and print what falls short."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=2000, help="bodies, each with the reports of two years")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder in which the warehouse is kept")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    pairs = list(clean_pairs(rng, asked.reports))
    made_up = [pair for pair in pairs if pair.size != "real"]
    rng.shuffle(made_up)
    half = len(made_up) // 2
    spoilt = list(seeded(rng, made_up[:half], [pair for pair in made_up[half:] if pair.size == "large"]))
    home = asked.keep or Path(tempfile.mkdtemp(prefix="gongkai-mutations-"))
    try:
        rows = counted(build(pairs, home), spoilt)
    finally:
        if not asked.keep:
            shutil.rmtree(home, ignore_errors=True)
    with PROOF.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(["rule_id", "fault", "seeded", "found"])
        writer.writerows(rows)
    text = page()
    (PROJECT_ROOT / "docs" / "rules.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text[text.index("## Proof") :])
    short = verdict(rows)
    sys.stdout.write("\n".join(["", *(short or ["All goals are met."]), ""]))
    sys.exit(bool(short))


if __name__ == "__main__":
    main()
