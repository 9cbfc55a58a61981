"""All rules that can be applied to one file, with last year's beside it: balances, conditions, claims of its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from flows.formats import Rule, rules
from flows.quality.balances import CheckedTerm, CheckResult, evaluate
from flows.quality.conditions import FileRecords, evaluate_conditions
from flows.records import Outcome


def check(own: FileRecords, previous: FileRecords | None = None) -> list[CheckResult]:
    """Outcomes by rule: balances in the order of the seed, then conditions and claims by rule and instance."""
    year = own.report.report_year or 0
    return [
        *evaluate(own.cells, previous.cells if previous else None),
        *(_result(row, year) for row in evaluate_conditions(own, previous)),
    ]


def balances_among(results: Sequence[CheckResult]) -> list[CheckResult]:
    """Those that are of balances: sums of cells."""
    return [result for result in results if _by_id()[result.rule_id].computed_by == "terms"]


def has_fault(result: CheckResult) -> bool:
    """Whether a result is a fault of the report: a balance that failed, or any other rule of severity error."""
    is_serious = result.severity == "error" or _by_id()[result.rule_id].computed_by == "terms"
    return result.outcome == Outcome.FAILED and is_serious


def _result(row: Mapping[str, Any], report_year: int) -> CheckResult:
    rule = _by_id()[row["rule_id"]]
    return CheckResult(
        rule_id=rule.rule_id,
        instance_key=row["instance_key"],
        statement_zh=rule.statement_zh,
        statement_en=rule.statement_en,
        formula=rule.formula,
        severity=rule.severity,
        outcome=Outcome(row["outcome"]),
        reason=row["reason"],
        difference=row["difference"],
        cells=tuple(_term(cell, report_year) for cell in row["cells"] or ()),
        verdict=row["verdict"],
        evidence=row["evidence"],
    )


def _term(cell: Mapping[str, Any], report_year: int) -> CheckedTerm:
    second = cell["second_value"]
    return CheckedTerm(
        table_key=cell["table_key"],
        row_key=cell["row_key"],
        column_key=cell["column_key"],
        year_offset=cell["report_year"] - report_year,
        coefficient=cell["coefficient"],
        cell_kind=cell["cell_kind"],
        printed=cell["printed"],
        value=cell["value"],
        second_value=second,
        second_number=Decimal(second) if second and second.isdecimal() else None,
        agreement=cell["agreement"],
    )


@cache
def _by_id() -> dict[str, Rule]:
    return {rule.rule_id: rule for rule in rules()}
