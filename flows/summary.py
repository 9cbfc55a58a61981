"""What the published warehouse holds, in numbers, and the summary that a run ends with."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.quality.findings import COVERAGE
from flows.records import Outcome

if TYPE_CHECKING:
    from flows.annual_cycle import CycleResult
    from flows.settings import Settings


@dataclasses.dataclass(frozen=True, slots=True)
class Totals:
    """Counts over the published copy."""

    reports: int
    bodies: int
    figures: int
    checks: dict[str, int]
    expectations: dict[str, int]
    coverage: dict[str, int]

    def as_markdown(self) -> str:
        """The counts as a small Markdown table."""
        rows = [
            ("reports", f"{self.reports}"),
            ("bodies", f"{self.bodies}"),
            ("figures", f"{self.figures}"),
            ("checks", outcomes_in_words(self.checks)),
            ("expectations", outcomes_in_words(self.expectations)),
        ]
        return "\n".join(["| what | count |", "|---|---|", *(f"| {what} | {count} |" for what, count in rows)])

    def coverage_rows(self) -> list[dict[str, str | int]]:
        """One row a state of the expected reports."""
        return [{"coverage_state": state, "reports": count} for state, count in self.coverage.items()]


def totals(published: Path) -> Totals:
    """Count what the published copy holds."""
    from flows.warehouse.connection import reading

    with reading(published) as connection:

        def counted(query: str) -> dict[str, int]:
            return {str(key): int(count) for key, count in connection.execute(query).fetchall()}

        def one(query: str) -> int:
            row = connection.execute(query).fetchone()
            return int(row[0]) if row else 0

        return Totals(
            reports=one("select count(*) from marts.fct_report"),
            bodies=one("select count(distinct body_id) from marts.fct_report"),
            figures=one("select count(*) from marts.fct_cell where cell_kind in ('number', 'zero')"),
            checks=counted("select outcome, count(*) from marts.fct_check_result group by all order by all"),
            expectations=counted(
                "select outcome, count(*) from marts.fct_expectation_result group by all order by all"
            ),
            coverage=counted(COVERAGE),
        )


def outcomes_in_words(counts: dict[str, int]) -> str:
    """`12 passed, 1 failed, 3 not assessable, 0 error`."""
    return ", ".join(f"{counts.get(outcome, 0):,} {outcome.value.replace('_', ' ')}" for outcome in Outcome)


def in_words(result: CycleResult, settings: Settings, seconds: float) -> str:
    """The summary that a person reads at the end of a run."""
    collected, was_read, held = result.collected, result.read, result.totals
    coverage = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in held.coverage.items())
    fetched = (
        f"{collected.fetched_new} fetched, {collected.fetched_changed} changed since, "
        f"{collected.unchanged} answers unchanged"
    )
    lines = [
        f"The annual cycle took {seconds:.0f} s.",
        "",
        f"  portals       {collected.portals} asked, {collected.portals_refused} refused us",
        f"  reports       {collected.reports_listed} listed, {collected.titles_refused} other titles refused",
        f"                {fetched}",
        f"                {was_read.documents} documents read now, {was_read.reports} of them reports",
        f"  warehouse     {held.reports} reports of {held.bodies} bodies, {held.figures:,} figures",
        f"  checks        {outcomes_in_words(held.checks)}",
        f"  expectations  {outcomes_in_words(held.expectations)}",
        f"  coverage      {coverage or 'nothing expected'}",
    ]
    if not result.has_changed_tables:
        lines += ["", "  Nothing has changed since the last run: no table was touched."]
    stages = (collected, was_read, result.loaded, result.notified)
    problems = list(dict.fromkeys(problem for stage in stages for problem in stage.problems))
    if problems:
        lines += ["", "  What did not go as it should:", *(f"    - {problem}" for problem in problems)]
    lines += ["", *_places(result.notified.written, settings), "", *_next_steps(settings)]
    return "\n".join(lines)


def _places(digests: Sequence[str], settings: Settings) -> list[str]:
    return [
        *(f"  digest        {path} (and .html)" for path in digests),
        f"  Data Docs     {settings.data_docs / 'index.html'}",
        f"  archive       {settings.archive}",
        f"  warehouse     {settings.published}  (read-only copy; open this one)",
    ]


def _next_steps(settings: Settings) -> list[str]:
    home = f" --home {settings.home}" if settings.home != Path("data") else ""
    home += f" --registry {settings.registry}" if "registry" in settings.model_fields_set else ""
    return [
        "  Next:",
        f"    .venv/bin/gongkai{home} portals list",
        "    .venv/bin/gongkai check REPORT.html       (the balances of one file, offline)",
        f"    .venv/bin/gongkai{home} backfill --years 2021-2024 --plan",
        "    .venv/bin/gongkai --help",
    ]
