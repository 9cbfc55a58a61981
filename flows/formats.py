"""The seeds of the dbt project that Python reads too: format cells, rules and the terms of balances, divisions.

One list serves both, so that a reader and a mart can never disagree about what a cell is called.
"""

from __future__ import annotations

import csv
import dataclasses
from functools import cache

from flows.paths import SEEDS

GENERATIONS = ("2019", "2021")
"""Generations of which the cells are listed, oldest first."""


@dataclasses.dataclass(frozen=True, slots=True)
class FormatCell:
    """One cell that a format generation prescribes (notices 国办公开办函〔2019〕60号 and 〔2021〕30号)."""

    generation: str
    table_key: str
    row_key: str
    column_key: str
    row_label: str
    column_label: str
    group_label: str
    """Labels above or left of the row, outermost first, parted by `/`."""
    measure_kind: str
    """count, amount or change (the only one that may be negative)."""
    unit: str
    is_total: bool


@cache
def format_cells(generation: str) -> tuple[FormatCell, ...]:
    """Cells of one generation in printed order."""
    with (SEEDS / "format_cells.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            FormatCell(**{**row, "is_total": row["is_total"] == "true"})  # type: ignore[arg-type]
            for row in csv.DictReader(lines)
            if row["generation"] == generation
        )


@cache
def labelled_cells() -> dict[tuple[str, str, str], FormatCell]:
    """Format cells by table, row and column, of the newest generation that has them: its labels are those of both."""
    return {
        (cell.table_key, cell.row_key, cell.column_key): cell
        for generation in GENERATIONS
        for cell in format_cells(generation)
    }


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """One rule that reports are held against (docs/rules.md)."""

    rule_id: str
    rule_version: int
    """Raised when the meaning of the rule changes."""
    rule_kind: str
    """format, in_report, cross_year, cross_report, narrative or timeliness."""
    severity: str
    """error, warning or info (kept, never mailed)."""
    computed_by: str
    """terms, conditions, the name of a model, or not_built."""
    table_key: str
    """Of terms: the table whose cells the rule speaks of."""
    instance_axis: str
    """Of terms: row or column, the key that `*` stands for in them."""
    comparison: str
    """Of terms: equal (they sum to zero) or at_least (to zero or more)."""
    statement_zh: str
    statement_en: str
    formula: str
    cells: str
    """What it looks at."""
    source: str
    advice_zh: str
    advice_en: str
    """What a reader should do about a failure."""
    not_built_reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class RuleTerm:
    """One term of a balance: the coefficient of a cell, `*` standing for the instance's own row or column."""

    rule_id: str
    row_key: str
    column_key: str
    year_offset: int
    """0 the report's own year, -1 the report of the year before."""
    coefficient: int


@dataclasses.dataclass(frozen=True, slots=True)
class KnownFault:
    """A rule of which a known share of the checks of some report years fails in the real world."""

    rule_id: str
    first_report_year: int
    last_report_year: int | None
    """None while it holds."""
    tolerated_share: float
    reason: str
    note: str


@dataclasses.dataclass(frozen=True, slots=True)
class Division:
    """One administrative division of GB/T 2260 (source and date: docs/sources.md)."""

    division_code: str
    division_name: str
    level: str
    parent_division_code: str
    is_current: bool
    """False for a code that a later list no longer has (a county that became a district)."""


@cache
def rules() -> tuple[Rule, ...]:
    """All rules in the order of their names."""
    with (SEEDS / "rules.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            Rule(**{**row, "rule_version": int(row["rule_version"])})  # type: ignore[arg-type]
            for row in csv.DictReader(lines)
        )


def balance_rules() -> tuple[Rule, ...]:
    """The rules that are sums of terms."""
    return tuple(rule for rule in rules() if rule.computed_by == "terms")


@cache
def known_faults() -> tuple[KnownFault, ...]:
    """The known faults in the order of the seed."""
    with (SEEDS / "known_faults.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            KnownFault(
                rule_id=row["rule_id"],
                first_report_year=int(row["first_report_year"]),
                last_report_year=int(row["last_report_year"]) if row["last_report_year"] else None,
                tolerated_share=float(row["tolerated_share"]),
                reason=row["reason"],
                note=row["note"],
            )
            for row in csv.DictReader(lines)
        )


@cache
def rule_terms() -> tuple[RuleTerm, ...]:
    """The terms of all balances."""
    with (SEEDS / "rule_terms.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            RuleTerm(
                rule_id=row["rule_id"],
                row_key=row["row_key"],
                column_key=row["column_key"],
                year_offset=int(row["year_offset"]),
                coefficient=int(row["coefficient"]),
            )
            for row in csv.DictReader(lines)
        )


@cache
def figure_cells() -> tuple[tuple[str, str, str, str, int], ...]:
    """Figure, table, row, column and coefficient of each cell that a figure is summed from."""
    with (SEEDS / "figure_cells.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            (row["figure_key"], row["table_key"], row["row_key"], row["column_key"], int(row["coefficient"]))
            for row in csv.DictReader(lines)
        )


@cache
def figure_names() -> dict[str, str]:
    """What each figure is called in Chinese."""
    with (SEEDS / "figures.csv").open(encoding="utf-8", newline="") as lines:
        return {row["figure_key"]: row["name_zh"] for row in csv.DictReader(lines)}


@cache
def divisions() -> tuple[Division, ...]:
    """All divisions down to the county."""
    with (SEEDS / "divisions.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            Division(**{**row, "is_current": row["is_current"] == "true"})  # type: ignore[arg-type]
            for row in csv.DictReader(lines)
        )
