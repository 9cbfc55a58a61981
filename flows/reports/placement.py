"""Putting the values of one row on the columns of the format: by order, then by what other rows show, then by sums.

The grid column of a cell is a hint: heads and data rows often have different spans. Where order and hint leave more
than one way, the balance of the row decides if it can; if it cannot, nothing is placed.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from flows.documents import GridCell

Placed = tuple[GridCell | None, ...]
"""For each column of the format the cell that stands in it."""
Balance = Callable[[Placed], bool | None]
"""Whether the values of a row, so placed, add up; None when they cannot say."""

_MOST_WAYS = 400


@dataclasses.dataclass(frozen=True, slots=True)
class Placement:
    """Where the values of a row stand; `reason` says why nowhere."""

    cells: Placed
    confidence: float
    reason: str = ""


def place(  # noqa: PLR0911 - one answer a way of telling
    values: Sequence[GridCell], count: int, pattern: tuple[int, ...] | None, balance: Balance | None = None
) -> Placement:
    """Values of one row on `count` columns.

    `pattern` holds the grid columns in which the values of complete rows of the same table stand.
    """
    filled = [cell for cell in values if cell.text]
    if len(values) == count:
        return Placement(tuple(values), 1.0)
    if len(filled) == count:
        return Placement(tuple(filled), 1.0)
    if not filled and len(values) > count:
        return Placement(tuple(values[-count:]), 0.9)
    if count == 1 and len({cell.text for cell in filled}) == 1:
        return Placement((filled[0],), 0.9)  # a merged cell that a converter has repeated
    if len(filled) > count:
        return Placement((None,) * count, 0.0, f"{len(filled)} values for {count} columns")
    by_pattern = _by_pattern(values, count, pattern)
    if by_pattern is not None and (balance is None or balance(by_pattern) is not False):
        return Placement(by_pattern, 0.9)
    ways = _ways(values, count)
    if balance is not None:
        proven = [way for way in ways if balance(way)]
        if len(proven) == 1:
            return Placement(proven[0], 0.8)
    elif len(ways) == 1:
        return Placement(ways[0], 0.8)
    return Placement(
        (None,) * count, 0.0, f"{len(filled)} values for {count} columns, and no sum says which is which"
    )


def common_pattern(rows: Iterable[Sequence[GridCell]], count: int) -> tuple[int, ...] | None:
    """Grid columns of the values of most complete rows; None if no way of standing is the common one."""
    seen: Counter[tuple[int, ...]] = Counter()
    for values in rows:
        filled = [cell for cell in values if cell.text]
        if count in (len(values), len(filled)):
            cells = values if len(values) == count else filled
            seen[tuple(cell.column_index for cell in cells)] += 1
    if not seen:
        return None
    (pattern, most), *others = seen.most_common(2)
    return pattern if not others or most > others[0][1] else None


def _by_pattern(values: Sequence[GridCell], count: int, pattern: tuple[int, ...] | None) -> Placed | None:
    if pattern is None or len(pattern) != count:
        return None
    at = {cell.column_index: cell for cell in values}
    spanning = any(
        cell.text and sum(cell.column_index <= c < cell.column_index + cell.colspan for c in pattern) > 1
        for cell in values
    )
    if spanning or any(cell.text and cell.column_index not in pattern for cell in values):
        return None
    return tuple(at.get(column) for column in pattern)


def _ways(values: Sequence[GridCell], count: int) -> list[Placed]:
    """All ways to keep the order of the values; blanks between them may be dropped but not made."""
    filled = [(index, cell) for index, cell in enumerate(values) if cell.text]
    may_drop = len(values) > count
    ways = []
    for positions in _increasing(len(filled), count):
        # distances from edge to first value, from value to value, from last value to edge
        steps = zip((-1, *positions), (*positions, count), strict=True)
        cells = zip((-1, *(i for i, _ in filled)), (*(i for i, _ in filled), len(values)), strict=True)
        fits = all(
            (b - a <= d - c) if may_drop else (b - a >= d - c) for (a, b), (c, d) in zip(steps, cells, strict=True)
        )
        if fits:
            way: list[GridCell | None] = [None] * count
            for position, (_, cell) in zip(positions, filled, strict=True):
                way[position] = cell
            ways.append(tuple(way))
        if len(ways) > _MOST_WAYS:
            return []
    return ways


def _increasing(length: int, count: int, start: int = 0) -> Iterator[tuple[int, ...]]:
    if not length:
        yield ()
        return
    for first in range(start, count - length + 1):
        for rest in _increasing(length - 1, count, first + 1):
            yield (first, *rest)
