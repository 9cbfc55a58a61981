"""What the three tables have in common: the result of reading one, its leftovers, and repeated tables."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache

from flows.documents import Box, GridCell
from flows.formats import FormatCell, format_cells
from flows.reports.aligned import PlacedRow
from flows.reports.alignment import Found, Wanted
from flows.reports.figures import holds_number, read_figure
from flows.reports.label_variants import label_variants
from flows.reports.labels import best, normalise, similarity, whole_similarity
from flows.reports.placement import BY_ORDER, Pattern, Placed
from flows.reports.remembered import remembered
from flows.reports.rows import GENERATIONS, THIS_OR_LAST_YEAR, Row, is_common, names_year

LABEL_SURE = 0.85
MARGIN_LEAST = 0.05
MARGIN_LEAST_UNLABELLED = 0.5
"""With a smaller margin another alignment is (nearly) as good, and the row stays a leftover."""
UNLABELLED_CONFIDENCE = 0.7
_DIFFERENCES = 3
"""Negative figures that make a table one of differences; fewer may be misprints."""
_WHOLE_SHARE = 0.9
"""Share of the rows of the longest table that makes another as whole as it."""
_GROUPS_AND_ROWS = frozenset({"其他处理"})
"""A row of one generation that is a group of rows in another."""
_LOST_CELLS_MOST = 3
"""Blank cells of a line whose label is lost; more are a row of blanks."""
_WIDE = 7
"""So many blank cells without a label are a row of a table."""
_ROWS_MOST = 500
"""Rows of values of one table at most; alignment takes time with every row."""
TWO_TABLES = "of the tables of this kind none is surely the report's own: nothing says which year each is of"
_YEAR = re.compile(r"(20\d\d)\s*年")


@dataclasses.dataclass(frozen=True, slots=True)
class Remnant:
    """Something with a number that stands in a table and is no cell of its format."""

    place: str
    raw_text: str
    reason: str
    box: Box | None


@dataclasses.dataclass(slots=True)
class TableReading:
    """Cells of one table: `cells[row_key, column_key]` is the cell found there and how sure that is."""

    table_key: str
    generation: str | None = None
    row_generations: dict[str, str] = dataclasses.field(default_factory=dict)
    """Rows whose heads are of another generation than the table's."""
    cells: dict[tuple[str, str], tuple[GridCell, float]] = dataclasses.field(default_factory=dict)
    rows: dict[str, PlacedRow] = dataclasses.field(default_factory=dict)
    """What alignment said of the rows that were matched."""
    told_by: dict[str, str] = dataclasses.field(default_factory=dict)
    """For each row what says which of its values stands where."""
    remnants: list[Remnant] = dataclasses.field(default_factory=list)

    def put(
        self, row_key: str, column_keys: Sequence[str], placed: Placed, confidence: float, told_by: str = BY_ORDER
    ) -> None:
        """Put the placed cells of one row."""
        self.told_by[row_key] = told_by
        confidence = round(confidence, 3)
        for column_key, cell in zip(column_keys, placed, strict=True):
            if cell is not None:
                self.cells[row_key, column_key] = (cell, confidence)

    def leave(self, cells: Iterable[GridCell], reason: str) -> None:
        """Keep cells with numbers as remnants."""
        self.remnants += [
            Remnant(cell.place, cell.text, reason, cell.box) for cell in cells if holds_number(cell.text)
        ]


@cache
def rows_of_format(generation: str, table_key: str) -> Mapping[str, list[FormatCell]]:
    """Cells of one table of a generation by row, in printed order."""
    rows: dict[str, list[FormatCell]] = {}
    for cell in format_cells(generation):
        if cell.table_key == table_key:
            rows.setdefault(cell.row_key, []).append(cell)
    return rows


@cache
def wanted_rows(generation: str, table_key: str) -> tuple[Wanted, ...]:
    """Rows of one table of a generation as alignment wants them."""
    return tuple(
        Wanted(
            key,
            (*label_variants(table_key).get(key, ()), cells[0].row_label),
            cells[0].group_label.split("/")[-1],
            len(cells),
        )
        for key, cells in rows_of_format(generation, table_key).items()
    )


def found_rows(rows: Sequence[Row], labels: tuple[str, ...]) -> list[tuple[Row, Found]]:
    """Rows with values, each with the labels that it may have.

    A label may be torn over a page break (its other part stands on a row without values beside it), or stand alone
    on the line above its values.
    """
    found = []
    for index, row in enumerate(rows):
        if not row.values:
            continue
        candidates = [row.label]
        above = rows[index - 1] if index else None
        below = rows[index + 1] if index + 1 < len(rows) else None
        if row.label:
            if above and _may_be_torn(above):
                candidates.append(_joined(above.label, row.label, labels))
            if below and _may_be_torn(below):
                candidates.append(_joined(row.label, below.label, labels))
        else:
            candidates.append(_label_above(rows, index, labels))
        filled = len([cell for cell in row.values if cell.text])
        texts = tuple(dict.fromkeys(text for text in candidates if text))
        found.append((row, Found(texts, row.group, filled, len(row.values))))
    return found


def _may_be_torn(row: Row) -> bool:
    """Whether a row without figures may have a part of the label of the row beside it."""
    return not (row.has_figures or len(row.labels) != 1 or len(row.label) > 40 or names_year(row.label))


def _joined(first: str, second: str, labels: tuple[str, ...]) -> str:
    """Two parts of a label put together; empty if they are no parts: each is as good a label without the other."""
    if not normalise(first) or not normalise(second):
        return first + second  # nothing but the number was left behind
    # 其他 is a label of its own, and the first half of another
    parts = max(0.0 if is_common(text) else whole_similarity(text, labels) for text in (first, second))
    return first + second if whole_similarity(first + second, labels) > parts else ""


def _label_above(rows: Sequence[Row], index: int, labels: tuple[str, ...]) -> str:
    """The one line with a row's label since the last row of values; several are a list parted from its values.

    A label with blank cells beside it is that of a blank row, not of what follows. （六）其他处理 is that of a
    group if another stands below it, with one row of values.
    """
    lines = []
    for row in reversed(rows[:index]):
        if row.has_figures or (row.values and not row.labels and len(row.values) > _LOST_CELLS_MOST):
            break
        if not row.labels and row.values:
            lines.append("")  # one of a list of labels, and lost
        if len(row.labels) == 1 and best(row.label, labels)[1] >= LABEL_SURE:
            lines.append("" if row.values else row.label)
    is_one_row = index + 1 == len(rows) or not (rows[index + 1].has_figures and not rows[index + 1].labels)
    below_groups = [line for line in lines if normalise(line) not in _GROUPS_AND_ROWS]
    is_told = len(lines) == 1 or (is_one_row and len(below_groups) == 1 and lines[:1] == below_groups)
    return lines[0] if is_told else ""


def repeated_tables(rows: Sequence[Row], labels: tuple[str, ...]) -> list[list[Row]]:
    """Rows parted where the table begins anew: its label order falls back by more than half of the table.

    A label counts although its values stand elsewhere, if it is alone on its line (a head is not).
    """
    tables: list[list[Row]] = [[]]
    pending: list[Row] = []  # heads belong to what follows them
    furthest = -1
    for row in rows:
        position, alike = best(row.label, labels) if row.label else (-1, 0.0)
        if (
            alike >= LABEL_SURE
            and not is_common(labels[position])
            and (row.has_figures or (len(row.labels) == 1 and not is_common(row.label)))
        ):
            if position < furthest - len(labels) // 2 and whole_similarity(row.label, labels) >= LABEL_SURE:
                tables.append([])
                furthest = -1
            furthest = max(furthest, position)
        is_blank_row = bool(row.values) and alike >= LABEL_SURE and not is_common(row.label)
        if row.has_figures or is_blank_row:
            tables[-1] += [*pending, row]
            pending = []
        else:
            pending.append(row)
    tables[-1] += pending
    return tables


def choose_table(tables: Sequence[list[Row]], report_year: int | None, change_at: int | None = None) -> int | None:
    """Index of the table to read: the first that names the report's year, otherwise the first with values.

    What has less than half of the rows of another is a part of a table, or a row out of its order, and not chosen.
    A table with several negative figures, beside those at `change_at` of the values of a row, has differences to
    another year, whatever year it names; beside such tables alone, the report's own is one of nothing but blanks.
    Where there is none, or where two whole tables remain, with other figures, that name no year and hold nothing but
    counts, it is None: one of them may be last year's. So may the only one with values, if a blank one is above it.
    """
    sizes = [sum(row.has_figures for row in rows) for rows in tables]
    with_values = [i for i, size in enumerate(sizes) if size and 2 * size >= max(sizes)]
    of_counts = [i for i in with_values if _negative_count(tables[i], change_at) < _DIFFERENCES]
    if with_values and not of_counts:
        return _blank_one(tables, max(sizes))
    with_values = of_counts
    for index in with_values:
        if report_year in years_named(tables[index], report_year):
            return index
    unnamed = [i for i in with_values if not years_named(tables[i], report_year)]
    whole = [i for i in unnamed if _WHOLE_SHARE * max(sizes) <= sizes[i]]
    if change_at is None and len({_figures(tables[i]) for i in whole}) > 1:
        return None
    chosen = (unnamed or with_values or [0])[0]
    blank = _blank_one(tables, max(sizes)) if len(tables) > 1 else None
    return chosen if blank is None or blank >= chosen else None


def _blank_one(tables: Sequence[list[Row]], size: int) -> int | None:
    """The only one of some tables that is all blank cells beside labels, beside others of so many rows."""
    blank = [
        i
        for i, rows in enumerate(tables)
        if not any(row.has_figures for row in rows)
        and 2 * sum(bool(row.values) and (bool(row.labels) or len(row.values) >= _WIDE) for row in rows) >= size
    ]
    return blank[0] if len(blank) == 1 else None


def _figures(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple([cell.text for row in rows if row.has_figures for cell in row.values])


def _negative_count(rows: Iterable[Row], change_at: int | None) -> int:
    texts = [cell.text for row in rows if row.has_figures for i, cell in enumerate(row.values) if i != change_at]
    return sum(map(_is_negative, texts))


@remembered(16384)
def _is_negative(text: str) -> bool:
    value = read_figure(text, "change", "件").value
    return value is not None and value < 0


def searched(rows: Sequence[Row], reading: TableReading) -> list[Row]:
    """The rows among which those of the format are looked for; what lies beyond is left over."""
    with_figures = [row for row in rows if row.has_figures]
    for row in with_figures[_ROWS_MOST:]:
        reading.leave(row.values, f"it stands behind {_ROWS_MOST} rows of values")
    beyond = set(map(id, with_figures[_ROWS_MOST:]))
    return [row for row in rows if id(row) not in beyond][: 4 * _ROWS_MOST]


def years_named(rows: Iterable[Row], report_year: int | None) -> list[int]:
    """Years that heads name, in order; `本年度` and `上年度` as the report's year has them."""
    years: dict[int, None] = {}
    for row in rows:
        for cell in () if row.has_figures else row.label_cells:
            before, named = _years_in(cell.text)
            if before is not None and report_year:
                years[report_year - before] = None
            years |= dict.fromkeys(named)
    return list(years)


@remembered(4096)
def _years_in(label: str) -> tuple[int | None, tuple[int, ...]]:
    """How many years before the report's a label says that its figures are of, and the years that it names."""
    stated = THIS_OR_LAST_YEAR.fullmatch(normalise(label))
    named = tuple(int(year) for year in _YEAR.findall("".join(label.split())))
    return int(stated["last"] is not None) if stated else None, named


def one_year(rows: Sequence[Row], count: int, report_year: int | None, reading: TableReading) -> list[Row]:
    """Rows cut down to the report's year where two years stand side by side; the other year is left over."""
    years = years_named(rows, report_year)
    doubled = sum(row.has_figures and _halves(row, count) is not None for row in rows)
    if doubled < 2 or len(years) != 2 or report_year not in years:
        return list(rows)
    own, other = (0, 1) if report_year == years[0] else (1, 0)
    kept = []
    for row in rows:
        halves = _halves(row, count)
        if halves is not None:
            reading.leave(halves[other], "figure of another year beside the report's own")
            kept.append(dataclasses.replace(row, values=halves[own]))
        elif row.has_figures:
            reading.leave(row.values, "two years stand side by side, and it does not say which value is whose")
        else:
            kept.append(row)
    return kept


def _halves(row: Row, count: int) -> tuple[tuple[GridCell, ...], tuple[GridCell, ...]] | None:
    """The values of two years in one row; None if they are not twice as many as one year has."""
    filled = tuple(cell for cell in row.values if cell.text)
    for values in (row.values, filled):
        if len(values) == 2 * count:
            return values[:count], values[count:]
    return None


@cache
def sum_balance(total_index: int) -> Callable[[Placed], bool | None]:
    """Whether the other cells of a row add up to its total; blanks count nothing, text decides nothing."""

    def balance(placed: Placed) -> bool | None:
        return _adds_up(tuple([cell.text if cell else "" for cell in placed]), total_index)

    return balance


@remembered(4096)
def _adds_up(texts: tuple[str, ...], total_index: int) -> bool | None:
    """Remembered also because a row is asked about when its table, its columns and its place are looked for."""
    values: list[Decimal] = []
    for text in texts:
        figure = read_figure(text, "count", "件")
        if figure.value is None and holds_number(text):
            return None
        values.append(figure.value or Decimal(0))
    if not texts[total_index]:
        return None
    return sum(values) - values[total_index] == values[total_index]


def column_order(
    rows: Iterable[Row],
    grid_place: str,
    pattern: Pattern | None,
    labels: Sequence[str],
    keys: Sequence[str],
    group_positions: Sequence[int] = (),
) -> tuple[str, ...] | None:
    """Column keys in the order of a table's heads, or of the format; None when the heads name an order of their own.

    `labels` are those of the columns, then those of groups of columns, each group with the position of its first
    column in `group_positions`. Heads are believed only if each column has exactly one and it stands exactly over the
    values; sums cannot tell two parts of a total apart. Heads that are not believed still say that the order is not
    the format's, when those on one line do not follow it.
    """
    heads: dict[int, str] = {}
    in_order = True
    order_of = (*range(len(keys)), *group_positions)
    for row in rows:
        if row.has_figures:
            continue
        named = named_in(row, labels)
        # a head that a converter has repeated is one
        positions = [position for position, _ in itertools.groupby(order_of[position] for _, position in named)]
        if len(set(positions)) < len(positions):  # the heads of two years side by side, some perhaps misprinted
            falls = next(i for i, (a, b) in enumerate(itertools.pairwise(positions), start=1) if b <= a)
            in_order = in_order and all(run == sorted(run) for run in (positions[:falls], positions[falls:]))
        else:
            in_order = in_order and positions == sorted(positions)
        if row.grid_place == grid_place:
            heads |= {cell.column_index: keys[position] for cell, position in named if position < len(keys)}
    order = tuple(heads[column] for column in sorted(heads))
    believed = pattern is not None and tuple(sorted(heads)) == pattern.columns and sorted(order) == sorted(keys)
    if believed:
        return order
    return tuple(keys) if in_order else None


def named_in(row: Row, labels: Sequence[str]) -> list[tuple[GridCell, int]]:
    """Cells of a head line that are labels of columns, each with the position of its label."""
    found = ((cell, *best(cell.text, tuple(labels))) for cell in (*row.label_cells, *row.values))
    return [(cell, position) for cell, position, alike in found if alike >= LABEL_SURE]


@cache
def row_labels(table_key: str) -> tuple[str, ...]:
    """Labels of the rows of a table, of all generations, in printed order."""
    labels = [
        label
        for g in GENERATIONS
        for key, cells in rows_of_format(g, table_key).items()
        for label in (*label_variants(table_key).get(key, ()), cells[0].row_label)
    ]
    return tuple(dict.fromkeys(labels))


def is_alike(text: str, labels: Iterable[str]) -> bool:
    """Whether a text is one of some labels, misprints allowed."""
    return any(similarity(text, label) >= LABEL_SURE for label in labels)
