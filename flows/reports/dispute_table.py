"""Section four: reconsiderations and lawsuits, three times five columns, in one row, in two or in three."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

from flows.documents import GridCell
from flows.reports.aligned import PlacedRow, heads_among
from flows.reports.alignment import Found, Wanted, align
from flows.reports.figures import is_nought
from flows.reports.label_variants import label_variants
from flows.reports.labels import best, similarity
from flows.reports.moved_cells import doubted
from flows.reports.placement import BY_ORDER, Pattern, Placed, place
from flows.reports.rows import Row
from flows.reports.table_reading import (
    LABEL_SURE,
    MARGIN_LEAST,
    TWO_TABLES,
    UNLABELLED_CONFIDENCE,
    TableReading,
    choose_table,
    is_alike,
    named_in,
    one_year,
    rows_of_format,
    searched,
    sum_balance,
)

TABLE = "disputes"
ROWS = tuple(rows_of_format("2021", TABLE))
COLUMNS = tuple(cell.column_key for cell in rows_of_format("2021", TABLE)[ROWS[0]])
COLUMN_LABELS = tuple(cell.column_label for cell in rows_of_format("2021", TABLE)[ROWS[0]])
_WANTED = tuple(
    Wanted(
        key,
        (
            *label_variants(TABLE).get(key, ()),
            *dict.fromkeys((cells[0].row_label, cells[0].row_label.split("/")[-1])),
        ),
        "",
        len(COLUMNS),
    )
    for key, cells in rows_of_format("2021", TABLE).items()
)
_RUN_OF_MERGED = 2
"""So many equal figures side by side may be one merged cell; where they are not, they add up."""
_LAWSUITS = "行政诉讼"
"""Head over two rows of the format."""
_GROUPS = ("行政复议", _LAWSUITS, *(wanted.labels[-1] for wanted in _WANTED[1:]))
_LABELS = tuple(label for wanted in _WANTED for label in wanted.labels)
_balance = sum_balance(COLUMNS.index("total"))


@dataclasses.dataclass(frozen=True, slots=True)
class _Unit:
    """Five values that are one row of the format, and the label over or beside them."""

    cells: Placed
    label: str
    confidence: float
    place: str
    told_by: str


def read_disputes(rows: Sequence[Row], report_year: int | None) -> TableReading:
    """Cells of the disputes table. Both generations have the same; whose it is, the other tables say."""
    reading = TableReading(TABLE)
    whole = len(ROWS) * len(COLUMNS)
    tables = _repeated(rows)
    chosen = choose_table(tables, report_year)
    for index, table in enumerate(tables):
        if index != chosen:
            reason = "another table of the same kind" if chosen is not None else TWO_TABLES
            reading.leave((cell for row in table for cell in row.values), reason)
    if chosen is None:
        return reading
    own = one_year(doubted(searched(tables[chosen], reading), _RUN_OF_MERGED), whole, report_year, reading)
    if not all(_in_order_of_format(row) for row in own if not row.has_figures):
        reading.leave((cell for row in own for cell in row.values), "the heads name another order of columns")
        return reading
    units: list[_Unit] = []
    is_torn = False
    for index, row in enumerate(own):
        if row.has_figures or (row.values and not any(other.has_figures for other in own)):
            of_row = _units(row, own[:index], reading)
            is_torn = is_torn or (row.has_figures and not of_row)
            units += of_row
    if is_torn:
        units = _labelled(units, own, reading)
    if not units:
        return reading
    found = [
        Found((unit.label,) if unit.label else (), "", sum(1 for c in unit.cells if c and c.text), len(COLUMNS))
        for unit in units
    ]
    if all(not item.value_count for item in found):  # nothing but blanks: their order is all there is to go by
        found = [dataclasses.replace(item, value_count=len(COLUMNS)) for item in found]
    matches = {match.found_index: match for match in align(found, _WANTED).matches}
    heads = heads_among(own)
    for index, unit in enumerate(units):
        match = matches.get(index)
        if match is None or match.margin < MARGIN_LEAST:
            reason = (
                "no row of the format fits it" if match is None else "its label is lost and its order is not clear"
            )
            reading.leave((cell for cell in unit.cells if cell), reason)
            continue
        sure = max(match.label_score, 0.5) if unit.label else UNLABELLED_CONFIDENCE
        if not unit.label and len(units) == len(ROWS) and _balance(unit.cells):
            sure = 0.95
        key = _WANTED[match.wanted_index].key
        reading.rows[key] = PlacedRow(match, found[index], _WANTED, unit.place, heads)
        reading.put(key, COLUMNS, unit.cells, sure * unit.confidence, unit.told_by)
    return reading


def _in_order_of_format(head: Row) -> bool:
    """Whether the columns that a line of heads names follow one another as in the format, five by five.

    Nor may it name a row of the format before one that the format has above it.
    """
    positions = [position for _, position in named_in(head, COLUMN_LABELS)]
    total = COLUMNS.index("total")
    for before, after in itertools.pairwise(positions):
        if after < before != total:
            return False
    if total in positions and positions[-1] != total:
        return False
    groups = [position for _, position in named_in(head, _GROUPS)]
    return groups == sorted(groups)


def _repeated(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows parted after every fifteen values, or cells of one row: what follows is another table of the kind."""
    tables: list[list[Row]] = [[]]
    whole = len(ROWS) * len(COLUMNS)
    count = 0
    pending: list[Row] = []
    for row in rows:
        if not row.has_figures and (row.labels or len(row.values) != whole):
            pending.append(row)
            continue
        if count >= whole:
            tables.append([])
            count = 0
        tables[-1] += [*pending, row]
        pending = []
        filled = sum(1 for cell in row.values if cell.text)
        count += max(filled, whole if len(row.values) == whole else 0)
    tables[-1] += pending
    return tables


def _units(row: Row, before: Sequence[Row], reading: TableReading) -> list[_Unit]:
    """The fives of one row of values; nothing when it cannot be told which value stands where.

    One five that does not add up is the publisher's. Two, or one in a row with blanks, are those of a row in which
    a cell is missing or doubled, so that all behind it have moved.
    """
    size = len(COLUMNS)
    filled = tuple(cell for cell in row.values if cell.text)
    placed, confidence, told_by = _in_order(row.values, filled), 1.0, BY_ORDER
    if placed is None and (pattern := _head_columns(before, row)) is not None and len(pattern) % size == 0:
        placement = place(row.values, len(pattern), Pattern(pattern))
        placed, confidence = (None if placement.reason else placement.cells), placement.confidence
        told_by = placement.told_by
    if placed is None:
        reading.leave(
            row.values, f"{len(filled)} values where the format has fifteen, and no sum says which is which"
        )
        return []
    fives = [placed[start : start + size] for start in range(0, len(placed), size)]
    failing = sum(_balance(five) is False for five in fives)
    without_total = [five for five in fives if any(c and c.text for c in five) and not _has_total(five)]
    if len(row.values) == len(placed) and all(
        not c.text or is_nought(c.text) for five in without_total for c in five if c
    ):
        without_total = []  # noughts in a row with all its cells: its total is a nought left out
    is_wide = len(row.values) > len(placed)
    if without_total and (is_wide or any(map(_has_total, fives))):
        reading.leave(row.values, "a total is blank where another has its own: the values may have moved")
        return []
    if row.doubt and not all(_balance(five) for five in fives):
        reading.leave(row.values, row.doubt)
        return []
    if failing > 1 or (failing and len(filled) < len(placed)):
        reading.leave(row.values, "the values do not add up in their order: one may be missing or doubled")
        return []
    label = _label_of(row, before) if len(fives) == 1 else ""
    return [_Unit(five, label or _label_over(five, before, row), confidence, row.place, told_by) for five in fives]


def _labelled(units: Sequence[_Unit], rows: Sequence[Row], reading: TableReading) -> list[_Unit]:
    """The fives that have a label beside them: the others may be a part of the row that could not be read."""
    places = {row.place for row in rows if row.labels}
    kept = [unit for unit in units if unit.place in places]
    for unit in units:
        if unit.place not in places:
            reading.leave((cell for cell in unit.cells if cell), "it may be a part of the row beside it")
    return kept


def _has_total(five: Sequence[GridCell | None]) -> bool:
    cell = five[COLUMNS.index("total")]
    return cell is not None and bool(cell.text)


def _in_order(values: tuple[GridCell, ...], filled: tuple[GridCell, ...]) -> Placed | None:
    """Fifteen, ten or five values as they stand; blanks may be dropped only where fifteen values remain."""
    size = len(COLUMNS)
    if len(values) in (size, 2 * size, 3 * size):
        return values
    is_short = len(filled) in (size, 2 * size) and len(values) < 3 * size
    return filled if len(filled) == 3 * size or is_short else None


def _label_of(row: Row, before: Sequence[Row]) -> str:
    """Label beside five values, or on the nearest line above them."""
    for text in reversed(row.labels):
        if is_alike(text, _LABELS):
            return text
    for head in reversed(before):
        if head.has_figures:
            return ""
        for text in reversed(head.labels):
            if is_alike(text, _LABELS) and best(text, _LABELS)[1] > similarity(text, _LAWSUITS):
                return text
    return ""


def _label_over(five: Sequence[GridCell | None], before: Sequence[Row], row: Row) -> str:
    """Label whose cell spans all of five values, when the heads have spans at all."""
    columns = [cell.column_index for cell in five if cell]
    if not columns:
        return ""
    for head in reversed(before):
        if head.has_figures or head.grid_place != row.grid_place:
            continue
        for cell in head.label_cells:
            spans = cell.column_index <= columns[0] and columns[-1] < cell.column_index + cell.colspan
            if cell.colspan == len(COLUMNS) and spans and is_alike(cell.text, _LABELS):
                return cell.text
    return ""


def _head_columns(before: Sequence[Row], row: Row) -> tuple[int, ...] | None:
    columns = {
        cell.column_index
        for head in before
        if not head.has_figures and head.grid_place == row.grid_place and row.grid_place
        for cell in head.label_cells
        if cell.colspan == 1 and best(cell.text, COLUMN_LABELS)[1] >= LABEL_SURE
    }
    return tuple(sorted(columns)) or None
