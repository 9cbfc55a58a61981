"""A column that the requests table has beyond those of its format: a sub-total of all organizations."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from flows.documents import GridCell
from flows.reports.labels import best
from flows.reports.placement import Placed
from flows.reports.rows import Row
from flows.reports.table_reading import LABEL_SURE, TableReading, named_in

SUBTOTALS = ("小计", "合计", "法人小计")
ORGANIZATIONS = "法人或其他组织"
"""Head over the columns of organizations: all but the first and the last."""


def without_subtotal(
    rows: Sequence[Row],
    labels: Sequence[str],
    balance: Callable[[Placed], bool | None],
    reading: TableReading,
) -> list[Row]:
    """Rows without a sub-total; `labels` are those of the columns of the format, in order.

    Which of the cells it is, is told by its head or by the one way in which every row adds up. Where a head says that
    there is one, but not which, or where a row has not as many cells as the others, the row is left over.
    """
    width = len(labels) + 1
    with_figures = [row for row in rows if row.has_figures]
    if 2 * sum(len(row.values) >= width for row in with_figures) <= len(with_figures):
        return list(rows)
    full = [filled(row) for row in with_figures if len(filled(row)) == width]
    has_head, extra = _by_head(rows, labels)
    if extra is not None and 2 * sum(balance(_without(cells, extra)) is False for cells in full) > len(full):
        extra = None
    if extra is None and 2 * len(full) >= len(with_figures):
        extra = _by_sums(full, balance)
    if extra is None and not has_head:
        return list(rows)
    kept = []
    for row in rows:
        cells = next((cells for cells in (row.values, filled(row)) if len(cells) == width), None)
        if not row.has_figures or (cells is None and not has_head):
            kept.append(row)
        elif cells is None or extra is None:
            reading.leave(row.values, "the table has a sub-total, and nothing says which value of the row it is")
        else:
            reading.leave([cells[extra]], "a column that the format does not have")
            kept.append(dataclasses.replace(row, values=_without(cells, extra)))
    return kept


def filled(row: Row) -> tuple[GridCell, ...]:
    """Values of a row that are not blank."""
    return tuple(cell for cell in row.values if cell.text)


def _without(cells: tuple[GridCell, ...], index: int) -> tuple[GridCell, ...]:
    return (*cells[:index], *cells[index + 1 :])


def _by_sums(full: Sequence[tuple[GridCell, ...]], balance: Callable[[Placed], bool | None]) -> int | None:
    """The one position without which every complete row adds up, if it is not all zeros."""
    positions = range(len(full[0]) if full else 0)
    ways = [index for index in positions if all(balance(_without(cells, index)) for cells in full)]
    telling = [index for index in ways if any(cells[index].text != "0" for cells in full)]
    return telling[0] if len(telling) == 1 else None


def _by_head(rows: Sequence[Row], labels: Sequence[str]) -> tuple[bool, int | None]:
    """Whether a head names a sub-total, and its position among the values by the heads beside it on its line."""
    # where a sub-total would stand right before, and right behind, each column and the columns of organizations
    before = (*range(len(labels)), 1)
    behind = (*range(1, len(labels) + 1), len(labels) - 1)
    told: set[int | None] = set()
    for row in rows:
        cells = (*row.label_cells, *row.values)  # behind 其他, which is a label of a row too, heads look like values
        at = [i for i, cell in enumerate(cells) if best(cell.text, SUBTOTALS)[1] >= LABEL_SURE]
        if row.has_figures or not at:
            continue
        named = {id(cell): position for cell, position in named_in(row, (*labels, ORGANIZATIONS))}
        left, right = cells[: at[0]][-1:], cells[at[-1] + 1 :][:1]
        positions = {behind[named[id(cell)]] for cell in left if id(cell) in named}
        positions |= {before[named[id(cell)]] for cell in right if id(cell) in named}
        told.add(positions.pop() if len(positions) == 1 else None)
    return bool(told), told.pop() if len(told) == 1 else None
