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

    Which of the cells it is, is told by the one way in which most rows add up, or by its head. If neither tells, rows
    so wide are left over: with one blank among their values the order would say something wrong.
    """
    width = len(labels) + 1
    wide = [cut for cut in (_cut(row, width) for row in rows) if len(cut.values) == width and not _is_head(cut)]
    full = [row for row in wide if all(cell.text for cell in row.values)]
    has_head, by_head = _by_head(rows, labels)
    if (
        not wide
        or not (has_head or 2 * len(full) > len(wide))
        or 2 * len(wide) < sum(row.has_figures for row in rows)
    ):
        return list(rows)
    extra = _extra(rows, wide, by_head, balance)
    kept = []
    for row in rows:
        cut = _cut(row, width)
        if not row.values or _is_head(row):
            kept.append(row)
        elif extra is None or len(cut.values) != width:
            reading.leave(row.values, "the table has a sub-total, and nothing says which value of the row it is")
        else:
            reading.leave([cut.values[extra]], "a column that the format does not have")
            kept.append(dataclasses.replace(row, values=_without(cut.values, extra)))
    return kept


def _is_head(row: Row) -> bool:
    return not row.has_figures and any(cell.text for cell in row.values)


def _cut(row: Row, width: int) -> Row:
    """A row without the blank cells behind its table."""
    is_longer = len(row.values) > width and not any(cell.text for cell in row.values[width:])
    return dataclasses.replace(row, values=row.values[:width]) if is_longer else row


def filled(row: Row) -> tuple[GridCell, ...]:
    """Values of a row that are not blank."""
    return tuple(cell for cell in row.values if cell.text)


def _without(cells: tuple[GridCell, ...], index: int) -> tuple[GridCell, ...]:
    return (*cells[:index], *cells[index + 1 :])


def _extra(
    rows: Sequence[Row], wide: Sequence[Row], by_head: int | None, balance: Callable[[Placed], bool | None]
) -> int | None:
    """Position of the sub-total: told by sums, or by its head among those.

    Ways that leave the same figures (one nought or another goes) are one way.
    """
    told = [row for row in wide if row.values[-1].text]
    positions = range(len(wide[0].values))
    ways = [sum(balance(_without(row.values, i)) is True for row in told) for i in positions]
    adding_up = [i for i in positions if ways[i] == max(ways) and 2 * ways[i] > len(told)]
    left = {tuple(cell.text for row in wide for cell in _without(row.values, i)) for i in adding_up}
    if len(left) == 1:
        return adding_up[-1]
    headed = {position for position in (by_head, _over(rows, wide[0])) if position in adding_up}
    return headed.pop() if len(headed) == 1 else None


def _over(rows: Sequence[Row], row_of_values: Row) -> int | None:
    """Position of the value over which the head of a sub-total stands."""
    columns = [cell.column_index for cell in row_of_values.values]
    for row in rows:
        for cell in () if row.has_figures else (*row.label_cells, *row.values):
            if best(cell.text, SUBTOTALS)[1] >= LABEL_SURE and cell.column_index in columns:
                return columns.index(cell.column_index)
    return None


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
