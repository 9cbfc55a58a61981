"""Tables from ruling lines: lines that touch make a table, and a wall that is missing makes a merged cell."""

from __future__ import annotations

import dataclasses
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from flows.documents.document import Grid, GridCell
from flows.documents.pdf_page import Glyph, PageContent, Stroke

NEAR_POINTS = 2.5
"""Points within which two lines are the same or touch."""
_CELLS_MOST = 40_000
"""Elementary cells of one table; more are a drawing of squares, not a table."""


@dataclasses.dataclass(slots=True)
class RuledTable:
    """Lines that touch one another, and the characters between them."""

    page: PageContent
    xs: list[float]
    """Upright lines from left to right."""
    ys: list[float]
    """Level lines from bottom to top."""
    strokes: list[Stroke]
    glyphs: list[Glyph] = dataclasses.field(default_factory=list)

    def holds(self, glyph: Glyph) -> bool:
        """Whether the middle of a character lies within the table."""
        return self.xs[0] <= glyph.x <= self.xs[-1] and self.ys[0] <= glyph.y <= self.ys[-1]


def find_tables(page: PageContent) -> list[RuledTable]:
    """The tables of one page: at least one closed row of lines each."""
    tables = []
    for strokes in _touching(page.strokes):
        xs = _merged(
            [s.at for s in strokes if not s.level] + [end for s in strokes if s.level for end in (s.start, s.end)]
        )
        ys = _merged(
            [s.at for s in strokes if s.level] + [end for s in strokes if not s.level for end in (s.start, s.end)]
        )
        uprights = sum(not stroke.level for stroke in strokes)
        if uprights >= 2 and len(xs) > 1 and len(ys) > 1 and len(xs) * len(ys) <= _CELLS_MOST:
            tables.append(RuledTable(page, xs, ys, strokes))
    return tables


def fill(tables: Sequence[RuledTable], place: str) -> Grid:
    """One grid of a table and of its parts on the pages that follow; columns are those of all parts together."""
    xs = _merged([x for table in tables for x in table.xs])
    rows: list[tuple[GridCell, ...]] = []
    for table in tables:
        rows += _rows(table, xs, f"page {table.page.number}, {place}", len(rows))
    return Grid(tuple(rows), place)


@dataclasses.dataclass(frozen=True, slots=True)
class MergedCells:
    """Which elementary cells of a table belong together. Rows run from top to bottom."""

    xs: list[float]
    edges: list[float]
    owner: list[list[tuple[int, int]]]
    """For each elementary cell the first one of its merged cell."""
    extents: dict[tuple[int, int], list[int]]
    """First row, first column, last row, last column of each merged cell."""

    def box(self, key: tuple[int, int]) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of a merged cell."""
        top, left, bottom, right = self.extents[key]
        return self.xs[left], self.edges[bottom + 1], self.xs[right + 1], self.edges[top]


def merged_cells(table: RuledTable, xs: list[float]) -> MergedCells:
    """The cells of a table over the given columns; where a wall is missing, they are one."""
    edges = table.ys[::-1]  # from top to bottom
    row_count, column_count = len(edges) - 1, len(xs) - 1
    middles_x = [(a + b) / 2 for a, b in itertools.pairwise(xs)]
    middles_y = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    walls_right = [[False] * column_count for _ in range(row_count)]
    walls_below = [[False] * column_count for _ in range(row_count)]
    for stroke in table.strokes:
        if stroke.level:
            row = _nearest(edges, stroke.at) - 1
            if 0 <= row < row_count:
                for column, x in enumerate(middles_x):
                    walls_below[row][column] |= stroke.start <= x <= stroke.end
        else:
            column = _nearest(xs, stroke.at) - 1
            if 0 <= column < column_count:
                for row, y in enumerate(middles_y):
                    walls_right[row][column] |= stroke.start <= y <= stroke.end
    owner = _merge_cells(walls_right, walls_below)
    extents: dict[tuple[int, int], list[int]] = {}
    for row in range(row_count):
        for column in range(column_count):
            extent = extents.setdefault(owner[row][column], [row, column, row, column])
            extent[2], extent[1], extent[3] = row, min(extent[1], column), max(extent[3], column)
    return MergedCells(xs, edges, owner, extents)


def _rows(table: RuledTable, xs: list[float], place: str, rows_before: int) -> Iterable[tuple[GridCell, ...]]:
    cells = merged_cells(table, xs)
    ys = table.ys
    edges, owner, extents = cells.edges, cells.owner, cells.extents
    row_count, column_count = len(edges) - 1, len(xs) - 1
    glyphs: dict[tuple[int, int], list[Glyph]] = {}
    for glyph in table.glyphs:
        row = min(max(len(ys) - bisect_right(ys, glyph.y) - 1, 0), row_count - 1)
        column = min(max(bisect_left(xs, glyph.x) - 1, 0), column_count - 1)
        glyphs.setdefault(owner[row][column], []).append(glyph)
    for row in range(row_count):
        heads = sorted((extent[1], key) for key, extent in extents.items() if extent[0] == row)
        row_place = f"{place}, row {rows_before + row + 1}"
        yield tuple(
            GridCell(
                _cell_text(glyphs.get(key, ()), xs[extents[key][3] + 1] - xs[column]),
                column,
                extents[key][3] - column + 1,
                extents[key][2] - row + 1,
                f"{row_place}, cell {number}",
                table.page.box(*cells.box(key)),
                _second_text(glyphs.get(key, ()), xs[extents[key][3] + 1] - xs[column]),
            )
            for number, (column, key) in enumerate(heads, start=1)
        )


def _merge_cells(walls_right: list[list[bool]], walls_below: list[list[bool]]) -> list[list[tuple[int, int]]]:
    """For each elementary cell the first one of the merged cell that it belongs to."""
    row_count, column_count = len(walls_right), len(walls_right[0])
    owner: list[list[tuple[int, int] | None]] = [[None] * column_count for _ in range(row_count)]
    for row in range(row_count):
        for column in range(column_count):
            if owner[row][column] is not None:
                continue
            key = (row, column)
            owner[row][column] = key
            pending = [key]
            while pending:
                r, c = pending.pop()
                neighbours = []
                if c + 1 < column_count and not walls_right[r][c]:
                    neighbours.append((r, c + 1))
                if c > 0 and not walls_right[r][c - 1]:
                    neighbours.append((r, c - 1))
                if r + 1 < row_count and not walls_below[r][c]:
                    neighbours.append((r + 1, c))
                if r > 0 and not walls_below[r - 1][c]:
                    neighbours.append((r - 1, c))
                for nr, nc in neighbours:
                    if owner[nr][nc] is None:
                        owner[nr][nc] = key
                        pending.append((nr, nc))
    return [[cell or (0, 0) for cell in cells] for cells in owner]


def _cell_text(glyphs: Sequence[Glyph], width: float) -> str:
    """Lines of a cell; a number that was broken because its cell is too narrow is put together again."""
    lines = PageContent.lines(glyphs)
    text = ""
    for index, line in enumerate(lines):
        if index:
            before = lines[index - 1]
            is_broken = before.text.isdigit() and line.text.isdigit() and before.x1 - before.x0 > 0.6 * width
            text += "" if is_broken else "\n"
        text += line.text
    return text


def _second_text(glyphs: Sequence[Glyph], width: float) -> str | None:
    """Text of a cell of a picture as the second reading takes it; None where nothing in it was read twice."""
    if all(glyph.second_text is None for glyph in glyphs):
        return None
    return _cell_text([dataclasses.replace(glyph, text=glyph.second_text or glyph.text) for glyph in glyphs], width)


def _touching(strokes: Sequence[Stroke]) -> list[list[Stroke]]:
    """Strokes grouped by touching: a level and an upright one that meet."""
    parent = list(range(len(strokes)))

    def find(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    level = [(index, stroke) for index, stroke in enumerate(strokes) if stroke.level]
    upright = [(index, stroke) for index, stroke in enumerate(strokes) if not stroke.level]
    for i, a in level:
        for j, b in upright:
            if (
                a.start - NEAR_POINTS <= b.at <= a.end + NEAR_POINTS
                and b.start - NEAR_POINTS <= a.at <= b.end + NEAR_POINTS
                and find(i) != find(j)
            ):
                parent[find(i)] = find(j)
    groups: dict[int, list[Stroke]] = {}
    for index, stroke in enumerate(strokes):
        groups.setdefault(find(index), []).append(stroke)
    return [group for group in groups.values() if len(group) >= 3]


def _merged(values: Iterable[float]) -> list[float]:
    """Sorted values, those that are near one another as one."""
    merged: list[float] = []
    for value in sorted(values):
        if not merged or value - merged[-1] > NEAR_POINTS:
            merged.append(value)
    return merged


def _nearest(values: Sequence[float], value: float) -> int:
    return min(range(len(values)), key=lambda index: abs(values[index] - value))
