"""Proof that rows without labels are the rows of the format in its order: their number, and the sums of the columns.

Labels that are lost, or parted from their values, leave nothing but order to go by. If there are exactly as many rows
as the format has, and the columns balance in that order, it is the order of the format: a row too many or too few
moves all behind it, and no column would balance. Where some rows are too many, each choice of them is tried, and only
one may balance.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache

from flows.formats import rule_terms, rules
from flows.reports.alignment import Alignment, Found, Match, Wanted
from flows.reports.figures import holds_number, read_figure
from flows.reports.labels import best, similarity
from flows.reports.placement import Placed
from flows.reports.rows import GENERATIONS, Row, is_common
from flows.reports.table_reading import LABEL_SURE, wanted_rows

TABLE = "requests"
NO_ROW = "a row that the format does not have: the columns balance without it"
_CHOICES_MOST = 400
_LABEL_LEAST = 0.5
_APART = 0.05

Values = dict[str, Decimal | None]
Settled = list[Match | str]
"""For each row its match with that of the format, or why it is none."""


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """The values of one row on the columns of the format; `reason` says why they are on none."""

    cells: Placed
    order: tuple[str, ...]
    adds_up: bool | None
    confidence: float
    told_by: str
    """What says which value stands where."""
    reason: str = ""

    @property
    def values(self) -> Values | None:
        """Values by column key, None for a blank; nothing if one of them cannot be told."""
        values: Values = {}
        for key, cell in zip(self.order, self.cells, strict=True):
            value = read_figure(cell.text, "count", "件").value if cell and cell.text else None
            if value is None and cell and holds_number(cell.text):
                return None
            values[key] = value
        return None if self.reason else values


def order_proven(
    found: Sequence[Found],
    lines: Sequence[Line],
    alignment: Alignment,
    rows: Sequence[Row],
    settled: Settled,
    generation: str,
) -> tuple[Settled, str]:
    """The rows of the format that the found ones are, and the generation: where their order is proven, by that.

    Otherwise `settled` and `generation`, what `alignment` by labels alone makes of them; a proof against a sure label
    is none. `rows` are all rows of the table: labels that stand apart from their values tell the generation.
    """
    proven = _proven(found, lines, alignment, rows)
    if proven is None:
        return settled, generation
    told = {match.found_index: match for match in alignment.matches} if proven[0] == generation else {}
    by_order: Settled = [NO_ROW] * len(found)
    for wanted_index, i in enumerate(proven[1]):
        match = told.get(i)
        is_same = match is not None and match.wanted_index == wanted_index
        by_order[i] = match if match and is_same else Match(i, wanted_index, 0.0, 0.0, 0.0, None)
    return by_order, proven[0]


def _proven(
    found: Sequence[Found], lines: Sequence[Line], alignment: Alignment, rows: Sequence[Row]
) -> tuple[str, Sequence[int]] | None:
    """The generation, and the index of the found row for each row of the format."""
    whole = [i for i, item in enumerate(found) if item.place_count >= len(lines[i].cells) and _may_be_row(item)]
    values = {i: lines[i].values for i in whole}
    if any(value is None for value in values.values()):
        return None
    labelled = {match.found_index for match in alignment.matches if match.label_score >= LABEL_SURE}
    stated = [i for i in whole if found[i].labels or found[i].value_count]
    generations = generations_told(rows)
    for spare in (0, 1, 2):
        proven: dict[tuple[object, ...], tuple[str, Sequence[int]]] = {}
        for generation, pool in itertools.product(generations, (whole, stated)):
            keys = [wanted.key for wanted in wanted_rows(generation, TABLE)]
            if len(pool) - spare != len(keys) or math.comb(len(pool), spare) > _CHOICES_MOST:
                continue
            for dropped in itertools.combinations([i for i in pool if i not in labelled], spare):
                kept = [i for i in pool if i not in dropped]
                if not _agree(found, kept, generation):
                    continue
                table = {key: values[i] or {} for key, i in zip(keys, kept, strict=True)}
                if _is_balanced(table, is_strict=spare > 0):
                    content = tuple((key, tuple(row.items())) for key, row in table.items())
                    proven[content] = generation, kept
        if len(proven) == 1:
            return proven.popitem()[1]
        if proven:
            return None
    return None


def generations_told(rows: Sequence[Row]) -> tuple[str, ...]:
    """The generation of which alone there are labels, beside their values or apart from them; otherwise all."""
    told = [
        generation
        for generation, labels in _own_labels().items()
        if any(best(row.label, labels)[1] >= LABEL_SURE for row in rows if row.label)
    ]
    return tuple(told) if len(told) == 1 else GENERATIONS


@cache
def _own_labels() -> dict[str, tuple[str, ...]]:
    """Labels of rows that one generation alone has."""
    labels = {g: {wanted.key: wanted.labels[0] for wanted in wanted_rows(g, TABLE)} for g in GENERATIONS}
    return {
        generation: tuple(
            label
            for key, label in own.items()
            if all(key not in labels[other] for other in GENERATIONS if other != generation) and not is_common(label)
        )
        for generation, own in labels.items()
    }


def _may_be_row(item: Found) -> bool:
    """Whether a row has no label, or one that may be that of a row of the format."""
    return not item.labels or max(_likeness(item, generation) for generation in GENERATIONS) >= _LABEL_LEAST


def _likeness(item: Found, generation: str) -> float:
    """How alike a label is to that of any row of a generation."""
    return max(_alike(item, wanted) for wanted in wanted_rows(generation, TABLE))


def _alike(item: Found, wanted: Wanted) -> float:
    return max(similarity(text, label) for text in item.labels for label in wanted.labels)


def _agree(found: Sequence[Found], kept: Sequence[int], generation: str) -> bool:
    """Whether no label speaks against the order: each is that of its row, or as like it as any."""
    return all(
        not found[i].labels or _alike(found[i], wanted) >= max(_LABEL_LEAST, _likeness(found[i], generation) - _APART)
        for i, wanted in zip(kept, wanted_rows(generation, TABLE), strict=True)
    )


def _is_balanced(table: dict[str, Values], *, is_strict: bool) -> bool:
    """Whether more columns balance than do not: a publisher's mistake spoils two, a row out of place all of them.

    A table of noughts is balanced. `is_strict` allows for no mistake.
    """
    told = columns_told(table)
    wrong = told.count(False)
    if is_strict:
        return wrong == 0 and any(told)
    return 2 * wrong < len(told) or not told


def columns_told(table: Mapping[str, Values]) -> list[bool]:
    """For each rule on columns, and each column of which it says anything, whether it holds."""
    columns = dict.fromkeys(column for values in table.values() for column in values)
    return [balance for column in columns for balance in _balances(table, column)]


def _balances(table: Mapping[str, Values], column: str) -> Iterator[bool]:
    """For each rule on columns whether it holds; nothing of a column of noughts, or without totals or parts."""
    for terms in _column_rules():
        cells = [(coefficient, table[row].get(column)) for row, coefficient in terms if row in table]
        if any(coefficient < 0 and value is None for coefficient, value in cells) or not any(v for _, v in cells):
            continue
        if all(value is None for coefficient, value in cells if coefficient > 0):
            continue
        yield sum(coefficient * (value or Decimal(0)) for coefficient, value in cells) == 0


@cache
def _column_rules() -> tuple[tuple[tuple[str, int], ...], ...]:
    """Row keys and coefficients of the rules that hold in each column of one report."""
    asked = [
        r.rule_id for r in rules() if (r.table_key, r.rule_kind, r.instance_axis) == (TABLE, "in_report", "column")
    ]
    return tuple(
        tuple((term.row_key, term.coefficient) for term in rule_terms() if term.rule_id == rule_id)
        for rule_id in asked
    )
