"""Putting the values of one row on the columns of the format: by order, then by what other rows show, then by sums.

The grid column of a cell is a hint: heads and data rows often have different spans. Where order and hint leave more
than one way, the balance of the row decides if it can; if it cannot, nothing is placed.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from flows.documents import GridCell
from flows.documents.document import UNREAD
from flows.reports.figures import holds_number, is_nought, looks_like_figure, read_figure

Placed = tuple[GridCell | None, ...]
"""For each column of the format the cell that stands in it."""
Balance = Callable[[Placed], bool | None]
"""Whether the values of a row, so placed, add up; None when they cannot say."""

BY_ORDER, BY_OTHER_ROWS, BY_SUM, BY_HEADS = "order", "other rows", "sum", "heads"

_MOST_WAYS = 400


@dataclasses.dataclass(frozen=True, slots=True)
class Pattern:
    """How the values of the complete rows of a table stand."""

    columns: tuple[int, ...]
    """Grid columns of the values."""
    width: int | None = None
    """Cells after the labels, blank ones included; None when only heads are known."""
    first: int | None = None
    """Grid column of the first cell after the labels."""
    has_totals: bool = False
    """Whether most rows add up, so that a row without its total is an exception."""


@dataclasses.dataclass(frozen=True, slots=True)
class Placement:
    """Where the values of a row stand; `reason` says why nowhere."""

    cells: Placed
    confidence: float
    reason: str = ""
    told_by: str = BY_ORDER
    """What says which value stands where."""


def place(  # noqa: PLR0911 - one answer a way of telling
    values: Sequence[GridCell], count: int, pattern: Pattern | None, balance: Balance | None = None
) -> Placement:
    """Values of one row on `count` columns."""
    filled = [cell for cell in values if cell.text]
    if pattern is not None and _stands_like(values, count, pattern):
        # beside one label more or fewer than the other rows have: only the first column differs
        return _unless_moved(Placement(tuple(values), 1.0), pattern, balance)
    if len(filled) == count:
        has_odd_width = pattern is not None and pattern.width not in (None, len(values))
        return _by_order(tuple(filled), pattern, balance, has_odd_width=has_odd_width)
    if len(values) == count and (pattern is None or _stands_as(values, pattern)):
        return _by_order(tuple(values), pattern, balance)
    if not filled and len(values) > count:
        return Placement(tuple(values[-count:]), 0.9)
    if count == 1 and len({cell.text for cell in filled}) == 1:
        return Placement((filled[0],), 0.9)  # a merged cell that a converter has repeated
    if len(filled) > count:
        return _nowhere(count, f"{len(filled)} values for {count} columns")
    by_pattern = _by_pattern(values, count, pattern)
    if by_pattern is not None and pattern is not None:
        adds_up = balance(by_pattern) if balance else None
        if adds_up and len(values) != pattern.width and all(is_nought(cell.text) for cell in filled):
            adds_up = False  # noughts add up wherever they stand, and this row stands otherwise than the others
        is_moved = len(values) == count and any(
            cell.text and placed is not cell for cell, placed in zip(values, by_pattern, strict=True)
        )
        if adds_up or (adds_up is None and pattern.width in (None, len(values)) and not is_moved):
            return _unless_moved(Placement(by_pattern, 0.9, told_by=BY_OTHER_ROWS), pattern, balance)
    proven = [way for way in _ways(values, count) if balance(way)] if balance else []
    # a zero adds up anywhere: in a row too wide it may stand in a column that the format does not have
    has_free_zero = len(values) > count and any(is_nought(cell.text) for cell in filled)
    if len(proven) == 1 and not has_free_zero:
        return Placement(proven[0], 0.8, told_by=BY_SUM)
    return _nowhere(count, f"{len(filled)} values for {count} columns, and no sum says which is which")


def common_pattern(rows: Iterable[Sequence[GridCell]], count: int, balance: Balance) -> Pattern | None:
    """How most complete rows of a table stand; None if no way of standing is the common one."""
    seen: Counter[tuple[tuple[int, ...], int, int]] = Counter()
    adding_up = with_values = 0
    for values in rows:
        filled = tuple([cell for cell in values if cell.text])
        if count in (len(values), len(filled)):
            cells = tuple(values) if len(values) == count else filled
            seen[_columns(cells), len(values), values[0].column_index] += 1
            adding_up += balance(cells) is True
            with_values += bool(filled)
    if not seen:
        return None
    ((columns, width, first), most), *others = seen.most_common(2)
    if others and others[0][1] == most:
        return None
    return Pattern(columns, width, first, 2 * adding_up > with_values)


def _columns(cells: Sequence[GridCell]) -> tuple[int, ...]:
    return tuple([cell.column_index for cell in cells])


def _stands_like(values: Sequence[GridCell], count: int, pattern: Pattern) -> bool:
    """Whether a row is exactly as wide as the format and as the other rows, with the same steps between its cells."""
    return len(values) == count == pattern.width and _stands_as(values, pattern)


def _stands_as(values: Sequence[GridCell], pattern: Pattern) -> bool:
    """Whether values stand as those of the other rows do, if need be moved as a whole.

    Where a format has no spans, a row with a label more (that of its group) stands one to the right.
    """
    if len(values) != len(pattern.columns):
        return False
    if _columns(values) == pattern.columns:
        return True
    shifts = {cell.column_index - column for cell, column in zip(values, pattern.columns, strict=True)}
    return len(shifts) == 1


def _nowhere(count: int, reason: str) -> Placement:
    return Placement((None,) * count, 0.0, reason)


def _by_order(
    cells: tuple[GridCell, ...], pattern: Pattern | None, balance: Balance | None, *, has_odd_width: bool = False
) -> Placement:
    """As many values as columns: their order is right, unless the row is torn and only happens to be as wide.

    A row that does not add up is the publisher's, but not if it also stands otherwise than the other rows, or has
    more cells or fewer; nor is a row without total one if its values add up when moved.
    """
    placement = Placement(cells, 1.0)
    if balance is None or pattern is None:
        return placement
    adds_up = balance(cells)
    if adds_up is False and (has_odd_width or not _stands_as(cells, pattern)):
        return _nowhere(len(cells), "the row does not add up and stands in other columns than the rows around it")
    return _unless_moved(placement, pattern, balance)


def _unless_moved(placement: Placement, pattern: Pattern, balance: Balance | None) -> Placement:
    """Nothing for a row without a total, where others have theirs, if its values add up when moved."""
    cells = placement.cells
    if balance is None or not pattern.has_totals or balance(cells) is not None:
        return placement
    filled = [cell for cell in cells if cell and cell.text]
    if all(is_nought(cell.text) for cell in filled):
        return placement  # noughts add up wherever they stand
    if len(filled) == len(cells) and all(cell.text == UNREAD or looks_like_figure(cell.text) for cell in filled):
        return placement  # it has its total; a cell of a scan that could not be read keeps it from adding up
    moved = (_spread(filled, positions, len(cells)) for positions in _increasing(len(filled), len(cells)))
    if any(balance(way) for way in moved):
        return _nowhere(len(cells), "the row has no total, but adds up if its values are moved")
    if _last_may_be_total(filled):
        return _nowhere(len(cells), "the row has no total where others have theirs, and its last value may be it")
    return placement


def _last_may_be_total(filled: Sequence[GridCell]) -> bool:
    """Whether the last value is at least the sum of those before it, so that one of them may be missing."""
    if any(read_figure(cell.text, "count", "件").value is None and holds_number(cell.text) for cell in filled):
        return True  # such as two numbers in one cell, which may be any sum
    values = [read_figure(cell.text, "count", "件").value or Decimal(0) for cell in filled]
    return any(values) and values[-1] >= sum(values[:-1])


def _by_pattern(values: Sequence[GridCell], count: int, pattern: Pattern | None) -> Placed | None:
    if pattern is None or len(pattern.columns) != count or len(values) < count:
        return None
    # where a format has no spans, a row with a label more stands one to the right
    moved = (
        values[0].column_index - pattern.first if pattern.first is not None and len(values) == pattern.width else 0
    )
    columns = tuple(column + moved for column in pattern.columns)
    at = {cell.column_index: cell for cell in values}
    for cell in values:
        covered = range(cell.column_index, cell.column_index + cell.colspan)
        spanning = sum(column in covered for column in columns) > 1
        if cell.text and (spanning or cell.column_index not in columns):
            return None
    return tuple(at.get(column) for column in columns)


def _ways(values: Sequence[GridCell], count: int) -> list[Placed]:
    """All ways to keep the order of the values; from a wider row blanks may be dropped, into a narrower one put."""
    filled = [(index, cell) for index, cell in enumerate(values) if cell.text]
    may_drop, is_free = len(values) > count, len(values) == count
    ways = []
    for positions in _increasing(len(filled), count):
        # distances from edge to first value, from value to value, from last value to edge
        steps = zip((-1, *positions), (*positions, count), strict=True)
        cells = zip((-1, *(i for i, _ in filled)), (*(i for i, _ in filled), len(values)), strict=True)
        fits = is_free or all(
            (b - a <= d - c) if may_drop else (b - a >= d - c) for (a, b), (c, d) in zip(steps, cells, strict=True)
        )
        if fits:
            ways.append(_spread([cell for _, cell in filled], positions, count))
        if len(ways) > _MOST_WAYS:
            return []
    return ways


def _spread(cells: Sequence[GridCell], positions: Sequence[int], count: int) -> Placed:
    way: list[GridCell | None] = [None] * count
    for position, cell in zip(positions, cells, strict=True):
        way[position] = cell
    return tuple(way)


def _increasing(length: int, count: int, start: int = 0) -> Iterator[tuple[int, ...]]:
    if not length:
        yield ()
        return
    for first in range(start, count - length + 1):
        for rest in _increasing(length - 1, count, first + 1):
            yield (first, *rest)
