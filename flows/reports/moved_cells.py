"""Rows in which a cell may be missing, or stand for several, so that the values behind it may have moved.

Such a row looks whole: only beside the other rows of its table does it stand out. It is doubted, and read only where
its own sums prove it.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence

from flows.documents import GridCell
from flows.formats import FormatCell
from flows.reports.figures import is_nought, read_figure
from flows.reports.placement import Placed
from flows.reports.rows import Row

MISSING = "its last cell is blank as in hardly another row: a cell before it may be missing"
WRITTEN_OUT = "the same figure in cells that stand side by side, where merged cells are written out: it may be one"
_RARE = 3
"""One row in so many, and always one, may be an exception."""
_MANY = 6
"""So many rows show which columns of a table are in use."""
_RUN_OF_CAPTION = 3
"""So many equal labels side by side are one merged cell, written once for each column that it covers."""


def doubted(rows: Sequence[Row], least_run: int, is_proven: Callable[[Row], bool] = lambda row: False) -> list[Row]:
    """The rows of a table, with a doubt where a cell may be missing or stand for at least `least_run` others.

    `is_proven` says whether the sum of a row proves it.
    """
    short = _short(rows)
    kept: list[Row] = []
    heads: dict[int, str] = {}
    is_written_out = any(_has_run(row) for row in rows if not row.has_figures)
    for row in rows:
        if not row.has_figures:
            heads = {cell.column_index: cell.text for cell in (*row.label_cells, *row.values)}
        doubt = MISSING if id(row) in short else ""
        if is_written_out and any(_is_one_cell(run, heads) for run in _runs(row.values) if len(run) >= least_run):
            doubt = WRITTEN_OUT
        kept.append(dataclasses.replace(row, doubt=doubt) if doubt and not row.doubt and not is_proven(row) else row)
    return kept


def _short(rows: Sequence[Row]) -> set[int]:
    """Rows with a blank at their end, where hardly any other has one, that stand otherwise than the others.

    Either they have no other blank in a table that has none, or a figure in a column where no other row has any.
    """
    of_values = [row for row in rows if row.has_figures and len(row.values) > 1]
    short = [row for row in of_values if not row.values[-1].text]
    if not short or len(short) > max(1, len(of_values) // _RARE):
        return set()
    others = [row for row in of_values if row.values[-1].text]
    stated = {position for row in others for position in _stated(row)}
    are_full = all(_is_full(row.values) for row in others)
    return {
        id(row)
        for row in short
        if (are_full and _is_full(row.values[:-1])) or (others and not stated.issuperset(_stated(row)))
    }


def _is_full(cells: Sequence[GridCell]) -> bool:
    return all(cell.text for cell in cells)


def _stated(row: Row) -> list[tuple[int, int]]:
    """Where a row has a figure, told by how wide the row is too."""
    return [(len(row.values), at) for at, cell in enumerate(row.values) if cell.text]


def _has_run(row: Row) -> bool:
    return any(len(run) >= _RUN_OF_CAPTION for run in _runs((*row.label_cells, *row.values)))


def _runs(cells: Sequence[GridCell]) -> Iterator[list[GridCell]]:
    """Cells that stand side by side and say the same."""
    for text, run in itertools.groupby(cells, key=lambda cell: cell.text):
        if text:
            yield list(run)


def _is_one_cell(run: Sequence[GridCell], heads: dict[int, str]) -> bool:
    """Whether equal figures other than noughts stand under different heads: one head may have been merged as they."""
    above = [heads.get(cell.column_index, "") for cell in run]
    return not is_nought(run[0].text) and not (above[0] and len(set(above)) == 1)


def unlikely(columns: Sequence[FormatCell], placed: Placed) -> str:
    """Why values cannot be those of their columns, so that they may have moved; empty if they can be."""
    stated: list[str] = []
    for column, cell in zip(columns, placed, strict=True):
        if cell is None or not cell.text:
            continue
        stated.append(column.measure_kind)
        value = read_figure(cell.text, column.measure_kind, column.unit).value
        if value is not None and column.measure_kind == "count" and (value < 0 or value != int(value)):
            return "a count is negative or has a fraction: the values may have moved"
    if stated == ["change"] and len(columns) > 1:
        return "a change stands without anything that changed: the values may have moved"
    return ""


def are_loose(rows: Sequence[tuple[Row, Sequence[GridCell], int]]) -> bool:
    """Whether blank cells stand at different places of a table that has blank values too.

    Each row comes with its heads and the number of its values. Then no row with a cell more than values says which of
    its blanks are values.
    """
    has_blank_values = any(len(_filled(row)) < count for row, _, count in rows)
    return has_blank_values and any(
        len(row.values) > count == len(heads)
        and not {cell.column_index for cell in _filled(row)} <= {head.column_index for head in heads}
        for row, heads, count in rows
    )


def _filled(row: Row) -> list[GridCell]:
    return [cell for cell in row.values if cell.text]
