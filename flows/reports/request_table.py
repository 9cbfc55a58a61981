"""Section three: requests received and what became of them, 23 or 25 rows of seven applicant columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.documents import GridCell
from flows.reports.aligned import PlacedRow, heads_among
from flows.reports.alignment import Alignment, Found, Match, align
from flows.reports.column_search import ORGANIZATIONS, SUBTOTALS, seven_columns
from flows.reports.figures import is_nought
from flows.reports.label_cells import without_label_cells
from flows.reports.labels import normalise
from flows.reports.moved_cells import doubted
from flows.reports.parted_labels import with_parted_labels
from flows.reports.parted_tables import begun_at_heads, parted_at_heads
from flows.reports.placement import BY_HEADS, Pattern, Placed, common_pattern, place
from flows.reports.row_proof import Line, columns_told, generations_told, order_proven
from flows.reports.rows import GENERATIONS, Row, group_labels, is_common
from flows.reports.table_reading import (
    MARGIN_LEAST,
    MARGIN_LEAST_UNLABELLED,
    TWO_TABLES,
    UNLABELLED_CONFIDENCE,
    TableReading,
    choose_table,
    column_order,
    found_rows,
    is_alike,
    named_in,
    repeated_tables,
    row_labels,
    rows_of_format,
    searched,
    sum_balance,
    wanted_rows,
)

TABLE = "requests"
_PARTED_LEAST = 3
"""So many rows of values without labels that are left over may be those of rows that look blank."""
_RUN_OF_MERGED = 2
"""So many equal figures side by side may be one merged cell; where they are not, they add up."""
_MISTAKES = 3
"""So many columns that do not balance are more than a publisher's mistakes in one or two figures."""
COLUMNS = tuple(cell.column_key for cell in rows_of_format("2021", TABLE)["new_received"])
COLUMN_LABELS = tuple(cell.column_label for cell in rows_of_format("2021", TABLE)["new_received"])
_NO_LABELS = ("申请人情况", ORGANIZATIONS, *COLUMN_LABELS, *map(normalise, group_labels(TABLE)))
ROWS_LEAST = min(len(wanted_rows(generation, TABLE)) for generation in GENERATIONS)
_balance = sum_balance(COLUMNS.index("total"))


def read_requests(rows: Sequence[Row], report_year: int | None, otherwise: str | None) -> TableReading:
    """Cells of the requests table. `otherwise` is the generation to take when the rows fit both alike."""
    reading = TableReading(TABLE)
    labels = row_labels(TABLE)
    tables = [
        table
        for like in begun_at_heads(repeated_tables(rows, labels), labels, COLUMN_LABELS)
        for table in parted_at_heads(like, COLUMN_LABELS, ROWS_LEAST)
    ]
    chosen = choose_table(tables, report_year)
    for index, table in enumerate(tables):
        if index != chosen:
            reason = "another table of the same kind" if chosen is not None else TWO_TABLES
            reading.leave((cell for row in table for cell in row.values), reason)
    if chosen is None:
        return reading
    own = with_parted_labels(
        doubted(searched(tables[chosen], reading), _RUN_OF_MERGED, _adds_up), labels, _NO_LABELS, len(COLUMNS)
    )
    wide = without_label_cells(own, TABLE, COLUMN_LABELS)
    own = seven_columns(wide, COLUMN_LABELS, report_year, reading)
    found = found_rows(own, labels)
    if not any(item.value_count or item.place_count >= len(COLUMNS) for _, item in found):
        return reading
    generation, alignment = _generation([item for _, item in found], generations_told(own), otherwise)
    if _has_total_elsewhere(own):
        reading.generation = generation
        reading.leave((cell for row in own for cell in row.values), "the rows add up to another column than the last")
        return reading
    _place_rows(own, found, generation, alignment, reading, cuts=_cuts(wide, own))
    return reading


def _cuts(wide: Sequence[Row], own: Sequence[Row]) -> set[tuple[int, int]]:
    """How rows were cut down to the columns of the format: for each column the cells that were taken for it."""
    cuts: set[tuple[int, int]] = set()
    for before, after in zip(wide, own, strict=True):
        if after.has_figures and len(after.values) == len(COLUMNS):
            places = {id(cell): place for place, cell in enumerate(before.values)}
            cuts |= {(column, places[id(cell)]) for column, cell in enumerate(after.values) if id(cell) in places}
    return cuts


def _has_total_elsewhere(rows: Sequence[Row]) -> bool:
    """Whether more complete rows add up to some other column than to the last, and no head says which it is.

    A publisher's wrong totals add up to no column at all.
    """
    heads = [row for row in rows if not row.has_figures]
    if any(position == COLUMNS.index("total") for head in heads for _, position in named_in(head, COLUMN_LABELS)):
        return False
    full = [cells for row in rows for cells in (row.values, _filled(row)) if len(cells) == len(COLUMNS)]
    adding_up = [
        sum(not is_nought(cells[index].text) and sum_balance(index)(cells) is True for cells in full)
        for index in range(len(COLUMNS))
    ]
    return max(adding_up) > adding_up[COLUMNS.index("total")]


def _adds_up(row: Row) -> bool:
    """Whether a row has all its values and they add up."""
    filled = _filled(row)
    return len(filled) == len(COLUMNS) and _balance(filled) is True


def _filled(row: Row) -> tuple[GridCell, ...]:
    return tuple(cell for cell in row.values if cell.text)


def _generation(found: Sequence[Found], told: Sequence[str], otherwise: str | None) -> tuple[str, Alignment]:
    """The generation of those told whose rows fit best: a single row （六）其他处理, or three below it.

    Labels apart from their values tell it too: where blank rows are left out, the count of rows may be another's.
    """
    decoys = (*group_labels(TABLE), *SUBTOTALS)
    tried = {generation: align(found, wanted_rows(generation, TABLE), decoys) for generation in told}
    most = max(alignment.worth for alignment in tried.values())
    alike = [generation for generation in told if most - tried[generation].worth < 1e-6]
    generation = otherwise if otherwise in alike else alike[0]
    return generation, tried[generation]


def _place_rows(
    rows: Sequence[Row],
    found: Sequence[tuple[Row, Found]],
    generation: str,
    alignment: Alignment,
    reading: TableReading,
    *,
    cuts: set[tuple[int, int]],
) -> None:
    by_grid: dict[str, list[Sequence[GridCell]]] = {}
    for row, _ in found:
        by_grid.setdefault(row.grid_place, []).append(row.values)
    patterns = {grid: common_pattern(values, len(COLUMNS), _balance) for grid, values in by_grid.items()}
    orders = {grid: _order(rows, grid, pattern) for grid, pattern in patterns.items()}
    has_totals_alone = all(item.value_count <= 1 for _, item in found)
    lines = [
        _line(row, item, orders[row.grid_place], patterns[row.grid_place], has_totals_alone=has_totals_alone)
        for row, item in found
    ]
    items = [item for _, item in found]
    settled = _by_label(found, lines, generation, alignment)
    if any(
        isinstance(match, str) and item.place_count >= len(COLUMNS)
        for match, item in zip(settled, items, strict=True)
    ):
        settled, generation = order_proven(items, lines, alignment, rows, settled, generation)
    reading.generation = generation
    wanted = wanted_rows(generation, TABLE)
    heads = heads_among(rows)
    settled = _unless_parted(items, settled)
    settled = _unless_cut_wrongly(lines, settled, [row.key for row in wanted], cuts)
    for (row, item), line, match in zip(found, lines, settled, strict=True):
        if isinstance(match, str) or line.reason:
            reading.leave(row.values, match if isinstance(match, str) else line.reason)
            continue
        sure = max(match.label_score, 0.5) if item.labels else UNLABELLED_CONFIDENCE
        key = wanted[match.wanted_index].key
        reading.rows[key] = PlacedRow(match, item, wanted, row.place, heads)
        reading.put(key, line.order, line.cells, min(sure, 1.0) * line.confidence, line.told_by)
        if line.cells == row.values:
            continue
        used = set(map(id, line.cells))
        reading.leave((cell for cell in row.values if id(cell) not in used), "a value beside those of the row")


def _unless_parted(items: Sequence[Found], settled: Sequence[Match | str]) -> list[Match | str]:
    """The matches without those of rows that are blank or have no label, where values without labels are left over.

    They may be those of the blank rows, and where the order of most rows is not clear, none is told by it.
    """
    parted = sum(
        isinstance(match, str) and not item.labels and bool(item.value_count)
        for item, match in zip(items, settled, strict=True)
    )
    if parted < _PARTED_LEAST:
        return list(settled)
    reason = "values without labels are left over, and nothing says which of them are its own"
    return [
        match if isinstance(match, str) or (item.value_count and item.labels) else reason
        for item, match in zip(items, settled, strict=True)
    ]


def _unless_cut_wrongly(
    lines: Sequence[Line], settled: Sequence[Match | str], keys: Sequence[str], cuts: set[tuple[int, int]]
) -> list[Match | str]:
    """The matches of complete rows that add up alone, where rows were cut down and the columns do not bear it out.

    Where all were cut alike a publisher's mistakes are allowed for; where not, all columns that tell must balance.
    """
    pairs = [(line, match) for line, match in zip(lines, settled, strict=True) if not isinstance(match, str)]
    told = columns_told({keys[match.wanted_index]: line.values or {} for line, match in pairs})
    failing = told.count(False)
    was_cut = any(column != place for column, place in cuts)
    are_alike = len({column for column, _ in cuts}) == len(cuts)
    is_borne_out = failing < _MISTAKES or 2 * failing < len(told) if are_alike else bool(told) and not failing
    if not was_cut or is_borne_out:
        return list(settled)
    reason = "its row has more cells than the format, and with those that were taken the columns do not balance"
    return [
        match if isinstance(match, str) or (line.adds_up and all(c and c.text for c in line.cells)) else reason
        for line, match in zip(lines, settled, strict=True)
    ]


def _order(rows: Sequence[Row], grid_place: str, pattern: Pattern | None) -> tuple[str, ...] | None:
    return column_order(
        rows, grid_place, pattern, (*COLUMN_LABELS, ORGANIZATIONS), COLUMNS, (COLUMNS.index("business"),)
    )


def _line(
    row: Row, item: Found, order: tuple[str, ...] | None, pattern: Pattern | None, *, has_totals_alone: bool
) -> Line:
    """The values of a row on the columns of the format, whichever row it is."""
    if order is None:
        reason = "the heads name another order of columns, but do not stand over the values"
        return Line((None,) * len(COLUMNS), COLUMNS, None, 0.0, BY_HEADS, reason)
    balance = sum_balance(order.index("total"))
    placement = place(row.values, len(COLUMNS), pattern, balance)
    adds_up = balance(placement.cells)
    is_proven = adds_up is True and len(row.values) == len(COLUMNS)
    reason = row.doubt if row.doubt and not is_proven else placement.reason
    is_told = row.values_told or (has_totals_alone and bool(row.values[-1].text))
    if not reason and not item.labels and not is_told and _is_blank_before_noughts(placement.cells):
        reason = "it has no label, and the blank before its noughts may be that of the label"
    told_by = placement.told_by if order == COLUMNS else BY_HEADS
    return Line(placement.cells, order, adds_up, placement.confidence, told_by, reason)


def _is_blank_before_noughts(cells: Placed) -> bool:
    """Whether a row is noughts behind a blank: they add up wherever they stand, so no sum says what the blank is."""
    texts = [cell.text if cell else "" for cell in cells]
    stated = [text for text in texts if text]
    return not texts[0] and bool(stated) and all(map(is_nought, stated))


def _by_label(
    found: Sequence[tuple[Row, Found]], lines: Sequence[Line], generation: str, alignment: Alignment
) -> list[Match | str]:
    """For each row the match with that of the format, or why it is none."""
    matches = {match.found_index: match for match in alignment.matches}
    crossed = _crossed(found, generation, matches)
    settled: list[Match | str] = []
    has_labels = any(item.labels for _, item in found)
    for index, ((_, item), line) in enumerate(zip(found, lines, strict=True)):
        match = matches.get(index)
        if match is None:
            settled.append("no row of the format fits it")
        elif not has_labels:
            settled.append("its label is lost, and the rows do not add up in their order")
        elif match.margin < (MARGIN_LEAST if item.labels else MARGIN_LEAST_UNLABELLED):
            settled.append("its label is lost and its order leaves more than one row for it")
        elif index in crossed:
            settled.append("the labels around it stand in another order than the format's: they may have moved")
        elif not item.labels and item.value_count and not line.adds_up:
            settled.append("it has no label and does not add up")
        else:
            settled.append(match)
    return settled


def _crossed(found: Sequence[tuple[Row, Found]], generation: str, matches: Mapping[int, Match]) -> set[int]:
    """Rows between a row whose label is that of a row of the format, out of its order, and its place in the order.

    Labels that have slipped by a row or more leave one behind: each may stand beside another row's values.
    """
    taken = {match.wanted_index for match in matches.values()}
    untaken = [(i, wanted) for i, wanted in enumerate(wanted_rows(generation, TABLE)) if i not in taken]
    crossed: set[int] = set()
    for index, (row, item) in enumerate(found) if untaken else ():
        labels = [label for label in dict.fromkeys((*item.labels, *row.labels)) if not is_common(label)]
        for position, wanted in untaken:
            if any(is_alike(label, wanted.labels) for label in labels):
                crossed |= {
                    i
                    for i, match in matches.items()
                    if (i - index) * (match.wanted_index - position) < 0 and found[i][1].value_count
                }
    return crossed
