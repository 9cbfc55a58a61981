"""Which blank cells of a row are those of a label that was lost, and no values.

A row without a label may begin with a blank cell that was its label's, or with a blank value. Three things tell: how
many values the rows with labels have, the heads above the values, and, where no row has a label, the widths of the
rows, which are those of the official form only if each has the form's label cells and nothing is missing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from functools import cache

from flows.reports.rows import GENERATIONS, Row
from flows.reports.table_reading import named_in, rows_of_format

_LABELLED_LEAST = 5
"""So many rows with labels say how many values a row has."""
_USUAL_SHARE = 0.75
"""Share of them that must have as many."""
_LABEL_CELLS_MOST = 4


def without_label_cells(rows: Sequence[Row], table_key: str, labels: Sequence[str]) -> list[Row]:
    """Rows without the blank cells of lost labels; each that was told has `values_told`.

    `labels` are those of the columns of the format.
    """
    count = len(labels)
    heads = {grid_place: _heads(rows, grid_place, labels) for grid_place in {row.grid_place for row in rows}}
    widths = _widths(rows, table_key, count)
    kept = []
    for row in rows:
        spare = None
        if not row.labels and id(row) in widths:
            spare = len(row.values) - widths[id(row)]
        elif not row.labels:
            spare = _before_heads(row, heads[row.grid_place])
        if spare is None or not 0 <= spare <= _LABEL_CELLS_MOST or any(cell.text for cell in row.values[:spare]):
            kept.append(row)
        else:
            kept.append(dataclasses.replace(row, values=row.values[spare:], values_told=True))
    return kept


def _heads(rows: Sequence[Row], grid_place: str, labels: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Grid column and span of the head of each column of the format, where each has one of its own in a grid."""
    told: dict[int, set[tuple[int, int]]] = {}
    for row in rows if grid_place else ():
        if row.grid_place == grid_place and not row.has_figures:
            for cell, position in named_in(row, labels):
                told.setdefault(position, set()).add((cell.column_index, cell.colspan))
    if sorted(told) != list(range(len(labels))) or any(len(places) > 1 for places in told.values()):
        return ()
    return tuple(place for _, (place,) in sorted(told.items()))


def _before_heads(row: Row, heads: tuple[tuple[int, int], ...]) -> int | None:
    """Cells of a row before those under the heads, if those are the last ones and stand exactly under them."""
    spare = len(row.values) - len(heads)
    is_under = spare >= 0 and tuple((cell.column_index, cell.colspan) for cell in row.values[spare:]) == heads
    return spare if heads and is_under else None


def _widths(rows: Sequence[Row], table_key: str, count: int) -> dict[int, int]:
    """By row without a label how many of its cells are values, where the rows around it tell."""
    labelled = [row for row in rows if row.labels and len(row.values) >= count]
    if len(labelled) >= _LABELLED_LEAST:
        return _as_labelled(rows, labelled)
    wide = [row for row in rows if not row.labels and len(row.values) >= count]
    with_label = any(row.labels and row.has_figures for row in rows)
    if with_label or not wide:
        return {}
    if all(len(row.values) == count for row in wide) and any(row.values[0].text for row in wide):
        return dict.fromkeys(map(id, wide), count)  # a label's cell would be blank in every row
    for generation in GENERATIONS:
        cells = _label_cells(generation, table_key)
        values = {len(row.values) - more for row, more in zip(wide, cells, strict=False)}
        if len(wide) == len(cells) and len(values) == 1 and (width := values.pop()) >= count:
            return dict.fromkeys(map(id, wide), width)
    return {}


def _as_labelled(rows: Sequence[Row], labelled: Sequence[Row]) -> dict[int, int]:
    """The width of rows with labels, for those without that have at least one cell more."""
    width, times = Counter(len(row.values) for row in labelled).most_common(1)[0]
    if times < _USUAL_SHARE * len(labelled):
        return {}
    beside_labels = {row.grid_place for row in labelled}
    return {
        id(row): width
        for row in rows
        if not row.labels and len(row.values) >= width + (row.grid_place in beside_labels)
    }


@cache
def _label_cells(generation: str, table_key: str) -> tuple[int, ...]:
    """For each row of the official form the label cells that begin in it: its own, and those of groups."""
    cells = []
    before: list[str] = []
    for row in rows_of_format(generation, table_key).values():
        groups = row[0].group_label.split("/") if row[0].group_label else []
        cells.append(1 + sum(group not in before for group in groups))
        before = groups
    return tuple(cells)
