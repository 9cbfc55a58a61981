"""The balance rules evaluated on one report, and on last year's beside it.

The same rules, terms and outcomes as the model `fct_check_result` of the dbt project, for a single file without a
warehouse. A missing value is never taken as 0 and never a pass.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache

from flows.formats import GENERATIONS, FormatCell, Rule, RuleTerm, balance_rules, format_cells, rule_terms
from flows.quality.verdicts import Evidence, verdicts
from flows.records import Agreement, Cell, CellKind, Outcome

_KINDS_IN_WORDS = (
    (CellKind.BLANK, "blank"),
    (CellKind.NOT_APPLICABLE, "not applicable"),
    (CellKind.TEXT, "text"),
    (CellKind.ABSENT, "absent"),
)
_NO_REPORT_BEFORE = "no report of the year before"
_NOT_IN_FORMAT = "not in the format of its report"


@dataclasses.dataclass(frozen=True, slots=True)
class CheckedTerm:
    """One term of a balance with the cell that it takes its value from."""

    table_key: str
    row_key: str
    column_key: str
    year_offset: int
    coefficient: int
    cell_kind: str | None
    """None where there is no such cell: no report, or another format."""
    printed: str
    value: Decimal | None
    second_value: str | None
    """What the second reading takes the cell for."""
    second_number: Decimal | None
    agreement: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class CheckResult:
    """Outcome of one rule on one row or column."""

    rule_id: str
    instance_key: str
    statement_zh: str
    statement_en: str
    formula: str
    severity: str
    outcome: Outcome
    reason: str | None
    """What is missing; it may stand beside a failure that the known values prove."""
    difference: Decimal | None
    """Of a balance the sum of the known terms, of a claim what the text says less the cell; None elsewhere."""
    cells: tuple[CheckedTerm, ...]
    verdict: str | None = None
    """Whose fault a failure is: publisher, reader or undecided; None where nothing failed or no cell is concerned."""
    evidence: str | None = None
    """Of a failure what was found, where cells do not say it."""


def evaluate(cells: Sequence[Cell], previous: Sequence[Cell] | None = None) -> list[CheckResult]:
    """All balances of one report, rules in the order of the seed, instances in the order of the format.

    `cells` are those of one reading, `previous` those of the same body's report of the year before, under whatever
    generation that has. A term of the report's own year stands only where the generation of its table has the cell,
    so one rule serves both formats.
    """
    results = outcomes(cells, previous)
    failed = [result for result in results if result.outcome == Outcome.FAILED]
    told = dict(
        zip(map(id, failed), verdicts([_evidence(result) for result in failed]) if failed else [], strict=True)
    )
    return [dataclasses.replace(result, verdict=told.get(id(result))) for result in results]


def outcomes(cells: Sequence[Cell], previous: Sequence[Cell] | None = None) -> list[CheckResult]:
    """The same without verdicts."""
    own = _by_key(cells)
    before = _by_key(previous) if previous is not None else None
    generations = {
        table: tuple(dict.fromkeys(cell.generation for cell in cells if cell.table_key == table))
        for table in {cell.table_key for cell in cells}
    }
    return [
        _result(rule, instance_key, terms, own, before)
        for rule in balance_rules()
        for generation in generations.get(rule.table_key, ())
        for instance_key, terms in _instances(rule, generation)
    ]


def _evidence(result: CheckResult) -> Evidence:
    """What two readings say of the cells of a check, as the model `fct_check_result` counts it."""
    disagreed = [term.agreement == Agreement.DISAGREED for term in result.cells]
    seconds = [
        term.second_number if differs else term.value for term, differs in zip(result.cells, disagreed, strict=True)
    ]
    return Evidence(
        outcome=result.outcome.value,
        cell_count=len(result.cells),
        agreed_count=sum(term.agreement == Agreement.AGREED for term in result.cells),
        disagreed_count=sum(disagreed),
        second_missing_count=sum(value is None for value in seconds),
        second_sum=sum(
            (term.coefficient * (value or Decimal(0)) for term, value in zip(result.cells, seconds, strict=True)),
            Decimal(0),
        ),
    )


_Key = tuple[str, str, str]


def _by_key(cells: Iterable[Cell]) -> dict[_Key, Cell]:
    return {(cell.table_key, cell.row_key, cell.column_key): cell for cell in cells}


@cache
def _measure_kinds() -> dict[_Key, str]:
    """What each cell measures; the same in every generation that has it."""
    return {
        (cell.table_key, cell.row_key, cell.column_key): cell.measure_kind
        for generation in GENERATIONS
        for cell in format_cells(generation)
    }


def measure_kind(table_key: str, row_key: str, column_key: str) -> str:
    """What a cell of any generation measures: count, amount or change (the only one that may be negative)."""
    return _measure_kinds()[table_key, row_key, column_key]


@cache
def comparison_of(rule_id: str) -> str:
    """Whether the terms of a balance must sum to zero (`equal`) or to zero at least (`at_least`)."""
    return next(rule.comparison for rule in balance_rules() if rule.rule_id == rule_id)


@cache
def _instances(rule: Rule, generation: str) -> tuple[tuple[str, tuple[RuleTerm, ...]], ...]:
    """The rows (or columns) that a rule applies to in a generation, each with the terms it has there."""
    table = [cell for cell in format_cells(generation) if cell.table_key == rule.table_key]
    terms = [term for term in rule_terms() if term.rule_id == rule.rule_id]
    keys = dict.fromkeys(
        cell.row_key if rule.instance_axis == "row" else cell.column_key
        for cell in table
        if any(_stands_for(term, cell) for term in terms if term.year_offset == 0)
    )
    known = {(cell.row_key, cell.column_key) for cell in table}
    kinds = _measure_kinds()
    instances = []
    for key in keys:
        applied = [
            dataclasses.replace(
                term,
                row_key=key if term.row_key == "*" else term.row_key,
                column_key=key if term.column_key == "*" else term.column_key,
            )
            for term in terms
        ]
        kept = tuple(
            term
            for term in applied
            if ((term.row_key, term.column_key) in known)
            or (term.year_offset != 0 and (rule.table_key, term.row_key, term.column_key) in kinds)
        )
        instances.append((key, kept))
    return tuple(instances)


def _stands_for(term: RuleTerm, cell: FormatCell) -> bool:
    return term.row_key in {"*", cell.row_key} and term.column_key in {"*", cell.column_key}


def _result(
    rule: Rule, instance_key: str, terms: Sequence[RuleTerm], own: dict[_Key, Cell], before: dict[_Key, Cell] | None
) -> CheckResult:
    checked = [_checked(rule.table_key, term, own, before) for term in terms]
    known = sum((term.coefficient * term.value for term in checked if term.value is not None), Decimal(0))
    outcome = _outcome(checked, known, is_at_least=rule.comparison == "at_least")
    return CheckResult(
        rule_id=rule.rule_id,
        instance_key=instance_key,
        statement_zh=rule.statement_zh,
        statement_en=rule.statement_en,
        formula=rule.formula,
        severity=rule.severity,
        outcome=outcome,
        reason=_what_is_missing(checked, has_before=before is not None) or None,
        difference=None if outcome == Outcome.NOT_ASSESSABLE else known,
        cells=tuple(checked),
    )


def _checked(table_key: str, term: RuleTerm, own: dict[_Key, Cell], before: dict[_Key, Cell] | None) -> CheckedTerm:
    year = own if term.year_offset == 0 else before or {}
    cell = year.get((table_key, term.row_key, term.column_key))
    return CheckedTerm(
        table_key,
        term.row_key,
        term.column_key,
        term.year_offset,
        term.coefficient,
        str(cell.cell_kind) if cell else None,
        cell.printed if cell else "",
        cell.value if cell else None,
        cell.second_value if cell else None,
        cell.second_number if cell else None,
        cell.agreement if cell else None,
    )


def _outcome(terms: Sequence[CheckedTerm], known: Decimal, *, is_at_least: bool) -> Outcome:
    """The terms sum to zero, or to zero at least.

    A missing count or amount is unknown but not negative, so it can only push the sum its coefficient's way.

    Where every missing term pushes further from zero, nothing it could be restores the balance. A change may be
    negative, so a missing one proves nothing.
    """
    missing = [term for term in terms if term.value is None]
    if not missing:
        return Outcome.PASSED if known == 0 or (is_at_least and known > 0) else Outcome.FAILED
    if any(measure_kind(term.table_key, term.row_key, term.column_key) == "change" for term in missing):
        return Outcome.NOT_ASSESSABLE
    only_adds = known > 0 and not is_at_least and all(term.coefficient > 0 for term in missing)
    only_subtracts = known < 0 and all(term.coefficient < 0 for term in missing)
    return Outcome.FAILED if only_adds or only_subtracts else Outcome.NOT_ASSESSABLE


def _what_is_missing(terms: Sequence[CheckedTerm], *, has_before: bool) -> str:
    missing = [term for term in terms if term.value is None]
    no_cell = [term for term in missing if term.cell_kind is None and (has_before or term.year_offset == 0)]
    words = [_NO_REPORT_BEFORE] if any(t.year_offset != 0 and not has_before for t in missing) else []
    words.append(_in_words(len(no_cell), _NOT_IN_FORMAT))
    words += [_in_words(sum(term.cell_kind == kind for term in missing), what) for kind, what in _KINDS_IN_WORDS]
    return ", ".join(word for word in words if word)


def _in_words(count: int, what: str) -> str:
    return "" if not count else f"{count} cell{'' if count == 1 else 's'} {what}"
