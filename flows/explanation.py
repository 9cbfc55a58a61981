"""How each row of a report was aligned and which balances prove it: `--explain`, as a table or as data."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from flows.formats import balance_rules
from flows.records import Outcome
from flows.terminal import cut, table

if TYPE_CHECKING:
    from flows.quality.balances import CheckResult
    from flows.reports.aligned import AlignedColumn, AlignedRow
    from flows.reports.reader import Reading

_HEADS = ("row of the format", "printed label", "alike", "group", "score", "margin", "otherwise", "balances", "place")
_LABEL_WIDTH = 26
"""Columns of the terminal that a printed label takes at most; a Chinese character takes two."""
_GROUP_WIDTH = 16


@dataclasses.dataclass(frozen=True, slots=True)
class ExplainedRow:
    """One row with the balances that its cells stand in, each rule with the number of its rows and columns."""

    row: AlignedRow
    passed: dict[str, int]
    failed: dict[str, int]


def explain(reading: Reading, results: Iterable[CheckResult]) -> list[ExplainedRow]:
    """The rows of a reading with the outcomes of its balances; one that cannot be assessed proves nothing."""
    counts: dict[tuple[str, str], dict[Outcome, Counter[str]]] = {}
    balances = {rule.rule_id for rule in balance_rules()}
    for result in results:
        if result.rule_id not in balances:
            continue
        own = {(cell.table_key, cell.row_key) for cell in result.cells if cell.year_offset == 0}
        for key in own:
            counts.setdefault(key, {}).setdefault(Outcome(result.outcome), Counter())[result.rule_id] += 1
    explained = []
    for row in reading.rows:
        of_row = counts.get((row.table_key, row.row_key), {})
        passed, failed = (dict(sorted(of_row.get(o, Counter()).items())) for o in (Outcome.PASSED, Outcome.FAILED))
        explained.append(ExplainedRow(row, passed, failed))
    return explained


def as_data(explained: Iterable[ExplainedRow]) -> list[dict[str, Any]]:
    """The rows as JSON has them."""
    return [
        {
            **dataclasses.asdict(item.row),
            "balances_passed": item.passed,
            "balances_failed": item.failed,
        }
        for item in explained
    ]


def as_words(explained: Sequence[ExplainedRow], reading: Reading) -> str:
    """The rows as tables for a terminal, with the heads of their columns, then what was left over."""
    parts = []
    for table_key in dict.fromkeys(item.row.table_key for item in explained):
        rows = [item for item in explained if item.row.table_key == table_key]
        parts += [f"{table_key}: {len(rows)} rows", *table([_HEADS, *map(_line, rows)])]
        parts += [f"  columns of {rows_of}: {heads}" for heads, rows_of in _column_heads(rows).items()]
        parts.append("")
    parts.append(f"left over: {len(reading.leftovers)}")
    parts += [f"  {item.place}: {item.raw_text!r} ({item.reason})" for item in reading.leftovers]
    return "\n".join(parts) + "\n"


def _line(item: ExplainedRow) -> tuple[str, ...]:
    row = item.row
    return (
        row.row_key,
        cut(row.label, _LABEL_WIDTH) or "(lost)",
        f"{row.label_score:.2f}",
        cut(row.group, _GROUP_WIDTH),
        f"{row.score:.2f}",
        f"{row.margin:.2f}",
        row.next_key or "left over",
        _balances(item),
        row.place,
    )


def _balances(item: ExplainedRow) -> str:
    passed = [rule if times == 1 else f"{rule} x{times}" for rule, times in item.passed.items()]
    failed = [f"{rule} FAILS" if times == 1 else f"{rule} FAILS x{times}" for rule, times in item.failed.items()]
    return ", ".join([*failed, *passed]) or "none"


def _column_heads(rows: Sequence[ExplainedRow]) -> dict[str, str]:
    """For each way in which columns were told, the rows that have it."""
    found: dict[str, list[str]] = {}
    for item in rows:
        heads = ", ".join(_column(column) for column in item.row.columns)
        found.setdefault(f"by {item.row.columns_told_by}: {heads}", []).append(item.row.row_key)
    everything = len(found) == 1
    return {heads: "all rows" if everything else ", ".join(keys) for heads, keys in found.items()}


def _column(column: AlignedColumn) -> str:
    if not column.head:
        return f"{column.column_key} (no head)"
    return f"{column.column_key} = {cut(column.head, _LABEL_WIDTH)} {column.head_score:.2f}"
