"""Which cells of a table of requests are its seven columns, where its rows are wider than the format.

A sub-total of all organizations, an empty column, a column that a converter has repeated, another year beside the
report's own, labels lost and cells put on at the end: each makes rows wider, and several at once leave many ways to
take seven cells of each row. All ways that are the same for the whole table are tried, and the sums of the rows
decide. Where they leave more than one, the heads decide; where those say nothing either, only the rows that come out
the same in every way are read.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from flows.documents import GridCell
from flows.reports.figures import holds_number, read_figure
from flows.reports.labels import best
from flows.reports.remembered import remembered
from flows.reports.rows import Row
from flows.reports.table_reading import LABEL_SURE, TableReading, named_in, years_named

SUBTOTALS = ("小计", "合计", "法人小计")
ORGANIZATIONS = "法人或其他组织"
"""Head over the columns of organizations: all but the first and the last."""
SUBTOTAL, OTHER_YEAR = -1, -2
"""Roles of columns that the format does not have; the other roles are positions of its columns."""
_LINES_MOST = 50_000
"""Rows times ways that are tried; where there were more, no way could be called the only one in good time."""
_WIDEST = 30
_PLAIN_SHARE = 0.75
"""Share of the rows with seven values that makes the others exceptions, each to be judged by itself."""
_MARGIN_ROWS = 2
"""Rows that must add up more often in one way than in another before the other is out of the question."""

_CROWDED_LEAST = 2
"""So many rows with more values than the format show a column more; one may have a cell too many."""
_TOTALS_LEAST = 5
"""So many rows with one value each, in the same column, are those of totals."""
_UNCLEAR = "the table has more columns than the format, and no sum says which is which"

Line = tuple[GridCell | None, ...]
Roles = tuple[int, ...]
"""What each column is, from left to right."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Way:
    """One way to take the columns of the format from every row; `score` counts rows that add up."""

    lines: tuple[Line, ...]
    """For each row its cells by their roles, None where the row has no such cell."""
    roles: Roles
    is_under_heads: bool
    score: int
    failing: int
    is_free: bool
    """Whether other blank columns might be left out as well as those that it leaves out."""

    @property
    def is_sound(self) -> bool:
        """Whether enough speaks for it: sums, most rows with a total, or that no other columns can be left out."""
        at = self.roles.index(max(self.roles))
        stated = [line for line in self.lines if any(map(_text, line))]
        return (
            self.score > _MARGIN_ROWS
            or not self.is_free
            or 2 * sum(bool(_text(line[at])) for line in stated) >= len(stated)
        )


def seven_columns(rows: Sequence[Row], labels: Sequence[str], year: int | None, reading: TableReading) -> list[Row]:
    """Rows cut down to the columns of the format; `labels` are those of the columns, the total last.

    Numbers in other columns are left over. Rows for which the ways disagree are left over too. Where no way at all
    fits, rows stay as they are, unless they have a sub-total or another year beside the report's own.
    """
    count = len(labels)
    wide = [row for row in rows if len(row.values) >= count and not _is_head(row)]
    has_subtotal, at = by_head(rows, labels)
    years = _own_year_first(rows, year) if _mostly(wide, lambda row: len(row.values) >= 2 * count) else None
    is_plain = sum(_is_plain(row, count) for row in wide) > _PLAIN_SHARE * len(wide)
    is_plain = is_plain and not (has_subtotal or years is not None or _has_column_more(wide, count))
    if not wide or is_plain or max(len(row.values) for row in wide) > _WIDEST:
        return list(rows)
    known_heads = _columns_of_heads(rows, labels)
    may_repeat = _has_repeated_head(rows, labels)
    states_total = _names(rows, labels, count - 1) or sum(len(row.values) == count for row in wide) >= _TOTALS_LEAST
    ways: list[_Way] = []
    is_open = False
    for stood in (_stood, _stood_by_last_value):
        tried = [
            way
            for roles in _possible_roles(count, years, has_subtotal, at)
            for way in _ways(stood(wide), roles, count, known_heads, may_repeat=may_repeat)
        ]
        ways = _best(tried, has_subtotal, states_total)
        is_open = any(map(_fits, tried))
        if is_open:
            break
    if not ways:
        are_wide = set(map(id, wide))
        is_wider = has_subtotal or years is not None or is_open or _mostly(wide, lambda row: len(row.values) > count)
        return [dataclasses.replace(row, doubt=_UNCLEAR) if is_wider and id(row) in are_wide else row for row in rows]
    return _cut_down(rows, wide, ways, reading)


def _names(rows: Sequence[Row], labels: Sequence[str], position: int) -> bool:
    """Whether a head names the column at a position."""
    return any(position == named for row in rows if not row.has_figures for _, named in named_in(row, labels))


def _is_head(row: Row) -> bool:
    return not row.has_figures and any(cell.text for cell in row.values)


def _filled(row: Row) -> list[GridCell]:
    return [cell for cell in row.values if cell.text]


def _is_plain(row: Row, count: int) -> bool:
    """Whether a row has as many values as the format, and they do not add up to something else."""
    if len(row.values) >= 2 * count:
        return False  # beside another year's, which may be blank
    plain = next((cells for cells in (row.values, _filled(row)) if len(cells) == count), None)
    return plain is not None and not _is_wrong(tuple([cell.text for cell in plain]))


def _has_column_more(rows: Sequence[Row], count: int) -> bool:
    """Whether some rows fill a column more than the format has, and most others have a cell there too."""
    crowded = {len(row.values) for row in rows if len(_filled(row)) > count}
    more = sum(len(_filled(row)) > count for row in rows)
    return more >= _CROWDED_LEAST and _mostly(rows, lambda row: len(row.values) in crowded)


@remembered(4096)
def _is_wrong(texts: tuple[str, ...]) -> bool:
    """Whether the values of a row that has those of the format, the total last, do not add up."""
    return _score([list(map(_value, texts))], tuple(range(len(texts))), len(texts))[1] > 0


def _mostly(rows: Sequence[Row], holds: Callable[[Row], bool]) -> bool:
    return 2 * sum(map(holds, rows)) > len(rows)


def _own_year_first(rows: Sequence[Row], year: int | None) -> bool | None:
    """Whether the report's year stands left of another; None when the heads do not name two years."""
    years = years_named(rows, year)
    return years[0] == year if len(years) == 2 and year in years else None


def _possible_roles(count: int, years: bool | None, has_subtotal: bool, at: int | None) -> Iterator[Roles]:
    plain = tuple(range(count))
    if years is not None:
        other = (OTHER_YEAR,) * count
        yield (*plain, *other) if years else (*other, *plain)
        return
    if not has_subtotal:
        yield plain
    for position in range(count) if at is None else (at,):
        yield (*plain[:position], SUBTOTAL, *plain[position:])


def _ways(
    stood: Iterable[tuple[list[Line], list[int]]],
    roles: Roles,
    count: int,
    known_heads: dict[int, int],
    *,
    may_repeat: bool,
) -> Iterator[_Way]:
    for table, columns in stood:
        width = len(table[0])
        spare = width - len(roles)
        droppable = [i for i in range(width) if _is_blank(table, i) or (may_repeat and _is_repeated(table, i))]
        if not 0 <= spare <= len(droppable) or len(table) * math.comb(len(droppable), spare) > _LINES_MOST:
            continue
        values = [[_value(_text(cell)) for cell in line] for line in table]
        is_double = all(sum(cell is not None for cell in line) >= 2 * count for line in table)
        for dropped in itertools.combinations(droppable, spare):
            kept = [i for i in range(width) if i not in dropped]
            at = [known_heads.get(columns[i]) for i in kept] if columns else []
            lines = tuple(tuple(line[i] for i in kept) for line in table)
            own = [(i, role) for i, role in zip(kept, roles, strict=True) if role != OTHER_YEAR]
            score, failing = _score(
                [[line[i] for i, _ in own] for line in values], tuple(role for _, role in own), count
            )
            is_under_heads = all(a == role for a, role in zip(at, roles, strict=False) if role != OTHER_YEAR)
            if is_double and OTHER_YEAR not in roles and not (at and is_under_heads):
                continue  # what is blank may be the report's own year, and what is filled in another
            if OTHER_YEAR in roles:  # its sums tell the columns as well as the own year's
                others = [i for i, role in zip(kept, roles, strict=True) if role == OTHER_YEAR]
                score += _score([[line[i] for i in others] for line in values], tuple(range(count)), count)[0]
            yield _Way(lines, roles, bool(at) and is_under_heads, score, failing, len(droppable) > spare)


def _stood(rows: Sequence[Row]) -> Iterator[tuple[list[Line], list[int]]]:
    """The rows under one another by the columns of the grid, flush left and flush right.

    With each the grid columns of its columns, where it has them.
    """
    width = max(len(row.values) for row in rows)
    if all(row.grid_place for row in rows):
        columns = sorted({cell.column_index for row in rows for cell in row.values})
        at = [{cell.column_index: cell for cell in row.values} for row in rows]
        if len(columns) == width or any(
            len(row.values) < width for row in rows
        ):  # else rows are moved by their labels
            yield [tuple(cells.get(column) for column in columns) for cells in at], columns
    yield _moved(rows, [0 for _ in rows]), []
    if any(len(row.values) < width for row in rows):
        yield _moved(rows, [width - len(row.values) for row in rows]), []


def _stood_by_last_value(rows: Sequence[Row]) -> Iterator[tuple[list[Line], list[int]]]:
    """The rows with their last values under one another: cells before and behind them are blank in any number."""
    ends = [len(row.values) - _blanks_behind(row.values) for row in rows]
    yield _moved(rows, [max(ends) - end for end in ends]), []


def _moved(rows: Sequence[Row], offsets: Sequence[int]) -> list[Line]:
    length = max(offset + len(row.values) for offset, row in zip(offsets, rows, strict=True))
    return [_padded(row.values, offset, length) for offset, row in zip(offsets, rows, strict=True)]


def _blanks_behind(values: Sequence[GridCell]) -> int:
    return next((i for i, cell in enumerate(reversed(values)) if cell.text), 0)


def _padded(values: Sequence[GridCell], offset: int, length: int) -> Line:
    return (*[None] * offset, *values, *[None] * (length - offset - len(values)))


def _is_blank(table: Sequence[Line], column: int) -> bool:
    return not any(cell and cell.text for cell in (line[column] for line in table))


def _is_repeated(table: Sequence[Line], column: int) -> bool:
    """Whether a column says in every row what the one left of it says."""
    return column > 0 and all(_text(line[column]) == _text(line[column - 1]) for line in table)


def _text(cell: GridCell | None) -> str:
    return cell.text if cell else ""


def _score(lines: Sequence[Sequence[Decimal | None]], roles: Roles, count: int) -> tuple[int, int]:
    """Sums of a row that are right and not 0 less those that are wrong, and those that are wrong."""
    right = wrong = 0
    for line in lines:
        own = dict(zip(roles, line, strict=True))
        parts = [own[position] for position in range(count - 1)]
        # in a row without a total any value with blanks around it would be a sub-total of another
        subtotal = own.get(SUBTOTAL) if own[count - 1] is not None else None
        for summands, stated in ((parts, own[count - 1]), (parts[1:], subtotal)):
            if stated is None or all(part is None for part in summands) or not all(map(_is_sure, summands)):
                continue
            is_equal = sum(part or Decimal(0) for part in summands) == stated
            right += is_equal and stated != 0
            wrong += not is_equal
    return right - wrong, wrong


def _value(text: str) -> Decimal | None:
    """The value that a cell states, None for a blank or a mark, not a number for a text with a number."""
    if not text:
        return None
    value = read_figure(text, "count", "件").value
    return Decimal("NaN") if value is None and holds_number(text) else value


def _is_sure(value: Decimal | None) -> bool:
    return value is None or not value.is_nan()


def _fits(way: _Way) -> bool:
    """Whether not too many sums of a way are wrong."""
    return 4 * way.failing <= len(way.lines)


def _best(ways: Sequence[_Way], has_subtotal: bool, states_total: bool) -> list[_Way]:
    """Ways that nothing speaks against: nearly as many rows add up as in the best.

    Among the best those under the heads come first, then those without a sub-total that no head names, and of these,
    where the table is known to have a column of totals, the ones in which the only column with values is that.
    None if too little speaks for any of them.
    """
    fitting = [way for way in ways if _fits(way)]
    most = max((way.score for way in fitting), default=0)
    left = [way for way in fitting if way.score >= most - _MARGIN_ROWS]
    under_heads = [way for way in left if way.is_under_heads and way.score == most]
    plain = [way for way in left if SUBTOTAL not in way.roles]
    if has_subtotal or all(way.score < most for way in plain):
        plain = []
    elif any(way.is_free for way in plain):
        # a column of noughts may be a sub-total as well
        plain += [way for way in left if SUBTOTAL in way.roles and way.score == most]
    best_ways = under_heads or plain or left
    with_totals = [way for way in best_ways if states_total and _states_totals_alone(way)]
    best_ways = with_totals or best_ways
    return best_ways if any(way.is_sound for way in best_ways) else []


def _is_full(way: _Way) -> bool:
    """Whether no row with values has a blank before its total."""
    texts = [[_text(cell) for cell in _line(way, index)] for index in range(len(way.lines))]
    return all(all(row[:-1]) for row in texts if any(row))


def _states_totals_alone(way: _Way) -> bool:
    """Whether each row has its total and nothing else: where one column alone is filled in, it is that of totals."""
    stated = [line for line in way.lines if any(map(_text, line))]
    at = way.roles.index(max(way.roles))
    return len(stated) >= _TOTALS_LEAST and all(
        _text(line[at]) and sum(map(bool, map(_text, line))) == 1 for line in stated
    )


def _cut_down(rows: Sequence[Row], wide: Sequence[Row], ways: Sequence[_Way], reading: TableReading) -> list[Row]:
    """Rows with the cells that all ways take; where they do not take the same, the row is kept with its doubt."""
    at = {id(row): index for index, row in enumerate(wide)}
    usual = Counter(len(row.values) for row in wide).most_common(1)[0][0]
    kept = []
    for row in rows:
        lines = [_line(way, at[id(row)]) for way in ways] if id(row) in at else []
        if len({tuple(map(_text, line)) for line in lines}) > 1:
            kept.append(dataclasses.replace(row, doubt=_UNCLEAR))
        elif not lines or (None in lines[0] and len(row.values) < usual):
            kept.append(row)
        else:
            cells = tuple(cell or _blank(row) for cell in lines[0])
            taken = set(map(id, cells))
            reading.leave((cell for cell in row.values if id(cell) not in taken), _reason(ways[0]))
            kept.append(dataclasses.replace(row, values=cells))
    return kept


def _line(way: _Way, index: int) -> Line:
    return tuple(cell for cell, role in zip(way.lines[index], way.roles, strict=True) if role >= 0)


def _reason(way: _Way) -> str:
    is_of_years = OTHER_YEAR in way.roles
    return (
        "figure of another year beside the report's own" if is_of_years else "a column that the format does not have"
    )


def _blank(row: Row) -> GridCell:
    return GridCell("", row.values[-1].column_index, 1, 1, row.place)


def _has_repeated_head(rows: Sequence[Row], labels: Sequence[str]) -> bool:
    """Whether a converter has written the head of a column twice, so that it may have its values too."""
    heads = ([position for _, position in named_in(row, labels)] for row in rows if not row.has_figures)
    return any(a == b for positions in heads for a, b in itertools.pairwise(positions))


def _columns_of_heads(rows: Sequence[Row], labels: Sequence[str]) -> dict[int, int]:
    """Grid column -> role, as far as heads say; nothing when two say different things."""
    told: dict[int, int] = {}
    for row in rows:
        if row.has_figures:
            continue
        named = [(cell, position) for cell, position in named_in(row, labels)]
        named += [
            (cell, SUBTOTAL)
            for cell in (*row.label_cells, *row.values)
            if best(cell.text, SUBTOTALS)[1] >= LABEL_SURE
        ]
        for cell, role in named:
            if cell.colspan > 1 or told.setdefault(cell.column_index, role) != role:
                return {}
    return told


def by_head(rows: Sequence[Row], labels: Sequence[str]) -> tuple[bool, int | None]:
    """Whether a head names a sub-total, and its position among the values by the heads beside it on its line."""
    # where a sub-total would stand right before, and right behind, each column and the columns of organizations
    before = (*range(len(labels)), 1)
    behind = (*range(1, len(labels) + 1), len(labels) - 1)
    told: set[int | None] = set()
    for row in rows:
        if row.has_figures:
            continue
        cells = (*row.label_cells, *row.values)  # behind 其他, which is a label of a row too, heads look like values
        at = [i for i, cell in enumerate(cells) if best(cell.text, SUBTOTALS)[1] >= LABEL_SURE]
        if not at:
            continue
        named = {id(cell): position for cell, position in named_in(row, (*labels, ORGANIZATIONS))}
        left, right = cells[: at[0]][-1:], cells[at[-1] + 1 :][:1]
        positions = {behind[named[id(cell)]] for cell in left if id(cell) in named}
        positions |= {before[named[id(cell)]] for cell in right if id(cell) in named}
        told.add(positions.pop() if len(positions) == 1 else None)
    return bool(told), told.pop() if len(told) == 1 else None
