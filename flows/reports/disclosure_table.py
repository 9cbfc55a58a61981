"""Section two: what was disclosed proactively, in blocks by item of article 20, each block with heads of its own."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from flows.documents import GridCell
from flows.formats import FormatCell
from flows.reports.aligned import PlacedRow
from flows.reports.alignment import Wanted, align
from flows.reports.label_variants import label_variants
from flows.reports.labels import best, similarity
from flows.reports.moved_cells import MISSING, are_loose, doubted, unlikely
from flows.reports.placement import BY_HEADS, Pattern, Placed, place
from flows.reports.rows import GENERATIONS, Row, group_labels
from flows.reports.table_reading import (
    LABEL_SURE,
    MARGIN_LEAST,
    MARGIN_LEAST_UNLABELLED,
    TWO_TABLES,
    UNLABELLED_CONFIDENCE,
    TableReading,
    choose_table,
    found_rows,
    repeated_tables,
    rows_of_format,
    searched,
)

TABLE = "proactive_disclosure"
_FORMATS = {generation: rows_of_format(generation, TABLE) for generation in GENERATIONS}
_ROW_KEYS = (
    "regulations",
    "normative_documents",
    "licensing",
    "other_services",
    "penalties",
    "coercion",
    "fees",
    "procurement",
)
"""Rows of both generations in printed order."""
_WANTED = tuple(
    Wanted(
        key,
        (
            *label_variants(TABLE).get(key, ()),
            *dict.fromkeys(rows[key][0].row_label for rows in _FORMATS.values() if key in rows),
        ),
        next(rows[key][0].group_label for rows in _FORMATS.values() if key in rows),
        max(len(rows[key]) for rows in _FORMATS.values() if key in rows),
        min(len(rows[key]) for rows in _FORMATS.values() if key in rows),
    )
    for key in _ROW_KEYS
)
_ROW_LABELS = tuple(wanted.labels[-1] for wanted in _WANTED)
_IN_ONE = {key for key in _ROW_KEYS if sum(key in rows for rows in _FORMATS.values()) == 1}
"""Rows that only one generation has."""
_RUN_OF_MERGED = 3
"""So many equal figures side by side may be one merged cell: two are too often alike, and no sum proves them."""
_LONGEST_LABEL = 250
"""A longer text is like no label, wherever it is cut off."""
_HEAD_ALIKE = 0.7
_HEAD_EVIDENT = 0.9
_HEAD_MARGIN = 0.05
_OTHER_COUNT = 0.15
_FIRST_HEAD = "信息内容"
_GROUPS = group_labels(TABLE)
_CHANGE_AT = 1
"""Position of the one column whose figures may be negative, 本年增/减, in the rows that have it."""
_COLUMN_LABELS = {
    generation: tuple(dict.fromkeys(cell.column_label for cells in rows.values() for cell in cells))
    for generation, rows in _FORMATS.items()
}
_OWN_HEADS = {
    generation: tuple(
        label
        for label in labels
        if all(best(label, others)[1] < _HEAD_EVIDENT for g, others in _COLUMN_LABELS.items() if g != generation)
    )
    for generation, labels in _COLUMN_LABELS.items()
}
"""Heads of columns that are those of one generation alone."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Block:
    """Rows under the same heads; `generation` is the heads' own, None when they do not tell."""

    heads: tuple[GridCell, ...]
    generation: str | None


def read_disclosure(rows: Sequence[Row], report_year: int | None, otherwise: str | None) -> TableReading:
    """Cells of the proactive disclosure table. `otherwise` is the generation to take where nothing else tells."""
    reading = TableReading(TABLE)
    tables = repeated_tables(rows, _ROW_LABELS)
    chosen = choose_table(tables, report_year, _CHANGE_AT)
    for index, table in enumerate(tables):
        if index != chosen:
            reason = "another table of the same kind" if chosen is not None else TWO_TABLES
            reading.leave((cell for row in table for cell in row.values), reason)
    if chosen is None:
        return reading
    own = doubted(searched(tables[chosen], reading), _RUN_OF_MERGED)
    found = found_rows(own, _ROW_LABELS)
    told = _generations_told(own)
    if not told and otherwise:
        told = {otherwise}
    wanted = [row for row in _WANTED if not told or any(row.key in _FORMATS[generation] for generation in told)]
    alignment = align([item for _, item in found], wanted, groups_bind=True)
    matched: list[tuple[str, Row, _Block, float]] = []
    at = {id(row): index for index, row in enumerate(own)}
    matches = {match.found_index: match for match in alignment.matches}
    for index, (row, item) in enumerate(found):
        match = matches.get(index)
        if match is None or match.margin < (MARGIN_LEAST if item.labels else MARGIN_LEAST_UNLABELLED):
            reading.leave(row.values, "no row of the format fits it" if match is None else "its row is not clear")
            continue
        if row.doubt and row.doubt != MISSING:
            reading.leave(row.values, row.doubt)
            continue
        if not item.labels and _is_below_group(own[: at[id(row)]]):
            reading.leave(row.values, "it has no label and stands above the heads of its group")
            continue
        key = wanted[match.wanted_index].key
        sure = max(match.label_score, 0.5) if item.labels else UNLABELLED_CONFIDENCE
        block = _block(own[: at[id(row)]], key, row)
        if not item.labels and _head_generation(block.heads, key) != block.generation:
            reading.leave(row.values, "its label is lost, and the heads above are of another format")
            continue
        matched.append((key, row, block, sure))
        reading.rows[key] = PlacedRow(match, item, wanted, row.place, block.heads)
    votes = Counter(block.generation for _, _, block, _ in matched if block.generation)
    reading.generation = max(votes, key=lambda generation: votes[generation]) if votes else otherwise
    _put_rows(matched, reading)
    return reading


def _put_rows(matched: Sequence[tuple[str, Row, _Block, float]], reading: TableReading) -> None:
    """Put the rows of which nothing says that a cell is missing or too many."""
    counted = [(row, block.heads, len(_columns(key, block, reading))) for key, row, block, _ in matched]
    with_loose_blanks = are_loose(counted)
    for (key, row, block, sure), (_, _, count) in zip(matched, counted, strict=True):
        has_all = count == sum(bool(cell.text) for cell in row.values)
        if row.doubt and not has_all:
            reading.leave(row.values, row.doubt)
        elif with_loose_blanks and len(row.values) > count > 1:
            reading.leave(row.values, "blank cells stand anywhere in the table, and no head says which are values")
        else:
            _put_row(key, row, block, sure, reading)


def _columns(key: str, block: _Block, reading: TableReading) -> Sequence[FormatCell]:
    """Columns of a row in the generation of its heads or of the table; none where neither says which it is."""
    generation = block.generation or reading.generation
    return _FORMATS[generation].get(key, ()) if generation else ()


def _is_below_group(before: Sequence[Row]) -> bool:
    """Whether a row follows the heading of a group (第二十条第（六）项), where the format has the heads of columns.

    A number there is one of a page that was broken.
    """
    return bool(before) and not before[-1].has_figures and best(before[-1].label, _GROUPS)[1] >= LABEL_SURE


def _generations_told(rows: Sequence[Row]) -> set[str]:
    """Generations that heads of columns or labels of rows tell, where the two differ."""
    told: set[str] = set()
    for row in rows:
        if row.has_figures:
            told |= _told_by_label(row.label[:_LONGEST_LABEL])
        else:
            for cell in row.label_cells:
                told |= _told_by_head(cell.text[:_LONGEST_LABEL])
    return told


@lru_cache(maxsize=4096)
def _told_by_label(label: str) -> frozenset[str]:
    key = next((w.key for w in _WANTED if max(similarity(label, one) for one in w.labels) >= LABEL_SURE), "")
    return frozenset(g for g in GENERATIONS if key in _IN_ONE and key in _FORMATS[g])


@lru_cache(maxsize=4096)
def _told_by_head(head: str) -> frozenset[str]:
    return frozenset(g for g, labels in _OWN_HEADS.items() if _is_head(head, labels))


def _is_head(text: str, labels: tuple[str, ...]) -> bool:
    return best(text, labels)[1] >= _HEAD_EVIDENT


def _block(before: Sequence[Row], key: str, row: Row) -> _Block:
    """Heads of the block that a row stands in, and the generation that they and the row are of."""
    heads: tuple[GridCell, ...] = ()
    for head in reversed(before):
        if (
            not head.has_figures
            and len(head.labels) > 1
            and (similarity(head.labels[0], _FIRST_HEAD) >= LABEL_SURE or _head_generation(head.label_cells[1:], key))
        ):
            heads = head.label_cells[1:]
            break
    with_row = [generation for generation in GENERATIONS if key in _FORMATS[generation]]
    if len(with_row) == 1:
        return _Block(heads, with_row[0])
    generation = _head_generation(heads, key)
    if generation is None:
        filled = [cell.text for cell in row.values if cell.text]
        is_one = len({head.text for head in heads}) == len(set(filled)) == 1  # a converter has repeated both
        fitting = [g for g in with_row if len(_FORMATS[g][key]) == (1 if is_one else len(filled))]
        generation = fitting[0] if len(fitting) == 1 else None
    return _Block(heads, generation)


def _head_generation(heads: Sequence[GridCell], key: str) -> str | None:
    """Generation whose columns of a row the heads are most like; None when both or neither.

    A head that a converter has repeated is one; other heads than columns speak against a generation.
    """
    texts = tuple(dict.fromkeys(head.text for head in heads))
    scores = {}
    for generation in GENERATIONS:
        labels = tuple(cell.column_label for cell in _FORMATS[generation].get(key, ()))
        alike = [best(text, labels)[1] for text in texts]
        scores[generation] = sum(alike) / len(alike) - _OTHER_COUNT * (len(texts) != len(labels)) if alike else 0.0
    (first, most), (_, second) = sorted(scores.items(), key=lambda item: -item[1])
    return first if most >= _HEAD_ALIKE and most - second >= _HEAD_MARGIN else None


def _put_row(key: str, row: Row, block: _Block, sure: float, reading: TableReading) -> None:
    columns = _columns(key, block, reading)
    if not columns:
        reading.leave(row.values, "the heads do not say which format it is of")
        return
    if columns[0].generation != reading.generation:
        reading.row_generations[key] = columns[0].generation
    keys = tuple(cell.column_key for cell in columns)
    labels = tuple(cell.column_label for cell in columns)
    values = _unrepeated(row.values, block.heads, len(columns))
    filled = tuple(cell for cell in values if cell.text)
    order = _order(block.heads, labels)
    if len(columns) > 1 and len(block.heads) != len(columns) and order:
        by_head = next((cells for cells in (values, filled) if len(cells) == len(block.heads)), None)
        if by_head is not None:
            _put_by_heads(key, keys, by_head, order, sure, reading)
            return
    if len(columns) > 1 and _has_gap(values, len(columns), block.heads):
        reading.leave(values, "a blank stands between the values, and no head says which is which")
        return
    pattern = Pattern(tuple(head.column_index for head in block.heads)) if len(block.heads) == len(columns) else None
    placement = place(values, len(columns), pattern)
    if placement.reason:
        reading.leave(values, placement.reason)
        return
    told_by = placement.told_by
    if order and sorted(order) == list(range(len(columns))):
        told_by = placement.told_by if order == sorted(order) else BY_HEADS
        keys, columns = tuple(keys[index] for index in order), [columns[index] for index in order]
    if reason := unlikely(columns, placement.cells):
        reading.leave(values, reason)
        return
    reading.put(key, keys, placement.cells, min(sure, 1.0) * placement.confidence, told_by)
    used: Placed = placement.cells
    repeated = {cell.text for cell in used if cell} if len(columns) == 1 else set()
    reading.leave(
        (cell for cell in values if cell.text not in repeated and not any(cell is one for one in used)),
        "a value beside those of the row",
    )


def _has_gap(values: Sequence[GridCell], count: int, heads: Sequence[GridCell]) -> bool:
    """Whether a row wider than the format has a blank between values that do not stand under its heads."""
    filled = [index for index, cell in enumerate(values) if cell.text]
    if len(values) <= count or not filled or filled[-1] - filled[0] + 1 == len(filled):
        return False
    return [values[index].column_index for index in filled] != [head.column_index for head in heads]


def _unrepeated(values: Sequence[GridCell], heads: Sequence[GridCell], count: int) -> tuple[GridCell, ...]:
    """Values without those that a converter has written once for each column a cell covers, as it has the heads."""
    pairs = list(zip(values, heads, strict=False))
    first = [i == 0 or heads[i].text != heads[i - 1].text for i in range(len(pairs))]
    are_same = all(new or values[i].text == values[i - 1].text for i, new in enumerate(first))
    if len(values) != len(heads) or sum(first) != count or not are_same:
        return tuple(values)
    return tuple(value for value, new in zip(values, first, strict=True) if new)


def _order(heads: Sequence[GridCell], labels: tuple[str, ...]) -> list[int]:
    """For each head the column of the format that it names, -1 for none; empty when two heads name the same."""
    order = []
    for head in heads:
        index, alike = best(head.text, labels)
        order.append(index if alike >= _HEAD_ALIKE else -1)
    named = [index for index in order if index >= 0]
    return order if named and len(named) == len(set(named)) else []


def _put_by_heads(
    key: str,
    keys: Sequence[str],
    filled: Sequence[GridCell],
    order: Sequence[int],
    sure: float,
    reading: TableReading,
) -> None:
    """As many values as heads, but not as many as the format has: each value goes where its head says."""
    reading.told_by[key] = BY_HEADS
    for cell, index in zip(filled, order, strict=True):
        if index < 0:
            reading.leave([cell], "a column that the format does not have")
        else:
            reading.cells[key, keys[index]] = (cell, round(min(sure, 1.0) * 0.9, 3))
