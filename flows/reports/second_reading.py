"""A second reading of the three tables that shares as little as possible with the first.

It goes by stretches of text and figures, never by grids. Which row a stretch is, it tells by pairs of characters that
only that row's label has; a row whose label tells nothing is known only where the rows between two known ones are
exactly as many as the format has. It says nothing where it cannot tell, and it never guesses a blank.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from flows.documents import Document
from flows.formats import format_cells
from flows.reports.agreement import Key
from flows.reports.second_labels import Row, row_of, table_of_labels
from flows.reports.second_stretches import Stretch, stretches

GENERATIONS = ("2021", "2019")
_HEADS = {
    "requests": re.compile(r"申请人情况|自然人|商业企业|科研机构"),
    "disputes": re.compile(r"维持|纠正|尚未审|审结"),
    "proactive_disclosure": re.compile(r"信息内容|制发|废止|新制作|处理决定"),
}
"""What the heads of each table have and the others' do not."""
_OTHER_COLUMNS = re.compile(r"小计")
_PERSONS_BEHIND = re.compile(r"(?:总计|法人或其他组织).*自然人|总计.*申请人情况")
"""A line of heads in another order than the format's: natural persons first, the total last."""
_BLOCK_HEADS = {"2021": re.compile(r"制发|废止|现行有"), "2019": re.compile(r"新制|新公开|对外公")}
_ONLY_2019 = re.compile(r"上一年|增\s*[/／]\s*减|采购")
"""What heads of 2019 have, and those of 2021 have not, beside those of the first block."""
_BLOCK_ROWS = frozenset({"regulations", "normative_documents"})
"""Rows whose heads say of which generation they are, whatever the rest of the table is."""
_BARE_MOST = 3
"""So many rows in a run are told by their order alone; blank rows that a document drops would shift more of them."""
_MINUS = "-−－↓减"
_NEGATIVE = re.compile(rf"[{_MINUS}]\s?[0-9０-９]")
_DIFFERENCES = 3
"""So many negative counts are those of a table of differences."""


def read_again(document: Document) -> dict[Key, str]:
    """Text of each cell as the second reading takes it; no key where it cannot tell, "" where it sees a blank."""
    found: dict[Key, str] = {}
    unsure: set[Key] = set()
    for table_key, generation, rows in _tables(stretches(document)):
        for key, text in _cells(table_key, generation, rows):
            if found.setdefault(key, text) != text:
                unsure.add(key)  # a table that is there twice, with other figures
    return {key: text for key, text in found.items() if key not in unsure} if unsure else found


@dataclasses.dataclass(slots=True)
class _Row:
    """A stretch and the row that it is, as far as that is known."""

    stretch: Stretch
    row_key: str | None


@cache
def _columns(table_key: str, generation: str) -> Mapping[str, tuple[str, ...]]:
    """Column keys of each row of a table, rows and columns in printed order."""
    rows: dict[str, tuple[str, ...]] = {}
    for cell in format_cells(generation):
        if cell.table_key == table_key:
            rows[cell.row_key] = (*rows.get(cell.row_key, ()), cell.column_key)
    return rows


@cache
def _widths(table_key: str, generation: str | None = None) -> tuple[int, ...]:
    """How many columns the rows of a table have, in printed order; those of all generations where none is given."""
    chosen = (generation,) if generation else GENERATIONS
    return tuple(len(columns) for one in chosen for columns in _columns(table_key, one).values())


def _tables(found: Sequence[Stretch]) -> Iterator[tuple[str, str, list[_Row]]]:
    """Table key, generation and rows of each table: where its heads stand, or its rows begin anew, one begins."""
    table_key: str | None = None
    rows: list[_Row] = []
    furthest = -1
    for stretch in found:
        row = row_of(stretch.labels)
        headed = _headed(stretch) or (row[0] if row else None)
        if row and row[0] != headed:
            row = None  # the last of the heads, not a label
        position = _position(row) if row else -1
        if headed and (headed != table_key or (row and position <= furthest) or _is_full(table_key, rows)):
            if table_key:
                yield from _known(table_key, rows)
            table_key, rows, furthest = headed, [], -1
        if table_key and (stretch.filled or _may_be_blank(table_key, row, stretch)):
            rows.append(_Row(stretch, row[1] if row else None))
            furthest = max(furthest, position)
    if table_key:
        yield from _known(table_key, rows)


def _may_be_blank(table_key: str, row: Row | None, stretch: Stretch) -> bool:
    """Whether blanks alone may be a row: as many as one has, behind its label, or in the table of equal rows."""
    return len(stretch.values) >= min(_widths(table_key)) and (row is not None or table_key == "requests")


def _headed(stretch: Stretch) -> str | None:
    """The table whose heads stand above a stretch, or whose row labels do, apart from their figures."""
    named = _named(stretch.above)
    if named or stretch.labels:
        return named[0] if len(named) == 1 else None
    return table_of_labels(stretch.above)


@lru_cache(maxsize=1024)
def _named(above: str) -> tuple[str, ...]:
    """The tables whose heads a text has."""
    return tuple(table_key for table_key, heads in _HEADS.items() if heads.search(above))


def _is_full(table_key: str | None, rows: Sequence[_Row]) -> bool:
    """Whether the disputes, which have no label beside their figures, are complete."""
    return table_key == "disputes" and sum(len(row.stretch.filled) for row in rows) >= sum(
        _widths("disputes", "2021")
    )


@cache
def _position(row: tuple[str, str]) -> int:
    """Place of a row among those of its table in both generations."""
    orders = [list(_columns(row[0], generation)) for generation in GENERATIONS]
    return max(order.index(row[1]) for order in orders if row[1] in order)


def _known(table_key: str, rows: list[_Row]) -> Iterator[tuple[str, str, list[_Row]]]:
    """A table with the rows that its order tells, unless its columns are not those of the format."""
    if not rows or _is_other(table_key, rows):
        return
    generation = _generation(table_key, rows)
    if table_key == "requests" and all(row.stretch.spans for row in rows):
        rows = _with_blanks_between(rows, max(_widths(table_key)))
    elif table_key != "proactive_disclosure":
        rows = _without_blanks_behind(rows)
    if sum(not row.stretch.labels for row in rows if row.stretch.filled) > _BARE_MOST:
        rows = [row for row in rows if row.stretch.filled]  # blanks beside labels whose figures stand elsewhere
    wanted = list(_columns(table_key, generation))
    _fill(rows, wanted, _widths(table_key, generation))
    neighbours = zip([None, *rows], rows, [*rows[1:], None], strict=False)
    rows = [
        row for before, row, after in neighbours if row.stretch.filled or _stands_between(before, row, after, wanted)
    ]
    _fill(rows, wanted, _widths(table_key, generation))
    yield table_key, generation, rows


def _fill(rows: Sequence[_Row], wanted: Sequence[str], widths: Sequence[int]) -> None:
    """Tell the rows between two known ones by their order, where they are as many as the format has there."""
    anchors = [(i, wanted.index(row.row_key)) for i, row in enumerate(rows) if row.row_key in wanted]
    for (i, j), (m, n) in itertools.pairwise([(-1, -1), *anchors, (len(rows), len(wanted))]):
        if m == i + 1:
            continue
        between = rows[i + 1 : m]
        if len(between) == n - j - 1 and all(
            _takes(row.stretch, width) is not None for row, width in zip(between, widths[j + 1 : n], strict=True)
        ):
            if len(between) > _BARE_MOST and not _is_told_apart(between, wanted[j + 1 : n]):
                continue
            for row, key in zip(between, wanted[j + 1 : n], strict=True):
                row.row_key = key


def _is_told_apart(rows: Sequence[_Row], keys: Sequence[str]) -> bool:
    """Whether labels that stand apart from their figures are those of the rows in question, and of no other."""
    lines = (line.strip() for row in rows for line in row.stretch.above.split("\n"))
    told = [row[1] for row in (row_of((line,)) for line in lines) if row]
    return set(told) <= set(keys) and 2 * len(set(told)) >= len(keys)


def _without_blanks_behind(rows: Sequence[_Row]) -> list[_Row]:
    """Rows without the columns behind the last one that has any figure: that is the total, which no table lacks."""
    last = 0
    for row in rows:
        values = row.stretch.values
        last = next((i for i in range(len(values), last, -1) if values[i - 1]), last)
    return [
        _Row(dataclasses.replace(row.stretch, values=row.stretch.values[:last]), row.row_key)
        if len(row.stretch.values) > last
        else row
        for row in rows
    ]


def _with_blanks_between(rows: Sequence[_Row], count: int) -> list[_Row]:
    """Rows with a blank in each column without a figure, where all figures together stand in `count` columns."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted(span for row in rows for span in row.stretch.spans):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(right, columns[-1][1]))
        else:
            columns.append((left, right))
    if len(columns) != count:
        return list(rows)
    filled = []
    for row in rows:
        stretch = row.stretch
        at = [next(i for i, (_, end) in enumerate(columns) if right <= end) for _, right in stretch.spans]
        texts = dict(zip(at, stretch.values, strict=True))
        if len(texts) == len(at):  # no two figures in one column
            stretch = dataclasses.replace(stretch, values=tuple(texts.get(i, "") for i in range(count)))
        filled.append(_Row(stretch, row.row_key))
    return filled


def _stands_between(before: _Row | None, row: _Row, after: _Row | None, wanted: Sequence[str]) -> bool:
    """Whether a row of blanks has its neighbours beside it: else it may be a torn label, its figures elsewhere."""
    if row.row_key not in wanted:
        return False
    place = wanted.index(row.row_key)
    below = wanted[place + 1] if place + 1 < len(wanted) else None
    above = wanted[place - 1] if place else None
    return all(
        neighbour is None if key is None else neighbour is not None and neighbour.row_key == key
        for neighbour, key in ((before, above), (after, below))
    )


def _generation(table_key: str, rows: Sequence[_Row]) -> str:
    """The generation whose rows fit better, by their keys and by how many figures they have."""

    if table_key == "proactive_disclosure" and any(_ONLY_2019.search(row.stretch.above) for row in rows):
        return "2019"

    def fitting(generation: str) -> int:
        columns = _columns(table_key, generation)
        return sum(
            row.row_key in columns and _takes(row.stretch, len(columns[row.row_key])) is not None
            for row in rows
            if row.row_key
        ) - abs(len(rows) - len(columns))

    return max(GENERATIONS, key=fitting)


def _is_other(table_key: str, rows: Sequence[_Row]) -> bool:
    """Whether a table has other columns than the format, or is one of differences."""
    above = rows[0].stretch.above
    width = {"requests": 7, "disputes": 15, "proactive_disclosure": 3}[table_key]
    too_wide = any(len(row.stretch.filled) > width for row in rows)
    if too_wide or table_key == "proactive_disclosure":
        return too_wide
    counts = [value for row in rows for value in row.stretch.filled if value[0] in _MINUS]
    negative = sum(_NEGATIVE.match(value) is not None for value in counts)
    return negative >= _DIFFERENCES or _OTHER_COLUMNS.search(above) is not None


def _takes(stretch: Stretch, count: int) -> tuple[str, ...] | None:
    """The values of a stretch if they are as many as the row has columns."""
    if stretch.may_be_torn:
        return None
    for values in (stretch.filled, stretch.values):
        if len(values) == count:
            return values
    return None


def _cells(table_key: str, generation: str, rows: Sequence[_Row]) -> Iterator[tuple[Key, str]]:
    columns = _columns(table_key, generation)
    if table_key == "disputes":
        yield from _disputes(columns, rows)
        return
    if not rows or (table_key == "requests" and not _in_order(rows[0].stretch)):
        return
    block = generation
    for row in rows:
        if table_key == "proactive_disclosure":
            named = [g for g, heads in _BLOCK_HEADS.items() if heads.search(row.stretch.above)]
            block = named[0] if len(named) == 1 else block
        if row.row_key is None:
            continue
        own = _columns(table_key, block if row.row_key in _BLOCK_ROWS else generation).get(row.row_key, ())
        values = _takes(row.stretch, len(own)) if own else None
        if values is not None:
            row_key = row.row_key
            yield from [((table_key, row_key, key), text) for key, text in zip(own, values, strict=True)]


def _disputes(columns: Mapping[str, tuple[str, ...]], rows: Sequence[_Row]) -> Iterator[tuple[Key, str]]:
    """Fifteen figures on one line, or five on each of three."""
    keys = [("disputes", row_key, column) for row_key, named in columns.items() for column in named]
    for row in rows:
        values = _takes(row.stretch, len(keys))
        if values is not None:
            yield from zip(keys, values, strict=True)
        elif row.row_key:
            own = columns[row.row_key]
            values = _takes(row.stretch, len(own))
            if values is not None:
                yield from ((("disputes", row.row_key, key), text) for key, text in zip(own, values, strict=True))


def _in_order(first: Stretch) -> bool:
    """Whether natural persons are the first column and the total the last, as far as the heads say it."""
    if first.heads:
        named = [
            position
            for head in ("自然人", "商业企业", "科研机构", "公益组织", "法律服务", "总计")
            for position, text in enumerate(first.heads)
            if head in text
        ]
        return named == sorted(named)
    places = [first.above.rfind(head) for head in ("自然人", "商业企业", "科研机构", "公益组织", "法律服务")]
    named = [place for place in places if place >= 0]
    return named == sorted(named) and not any(_PERSONS_BEHIND.search(line) for line in first.above.split("\n"))
