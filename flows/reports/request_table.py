"""Section three: requests received and what became of them, 23 or 25 rows of seven applicant columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal

from flows.documents import GridCell
from flows.formats import rule_terms, rules
from flows.reports.alignment import Alignment, Found, align
from flows.reports.figures import read_figure
from flows.reports.labels import best
from flows.reports.placement import common_pattern, place
from flows.reports.rows import GENERATIONS, Row, group_labels
from flows.reports.table_reading import (
    LABEL_SURE,
    MARGIN_LEAST,
    MARGIN_LEAST_UNLABELLED,
    UNLABELLED_CONFIDENCE,
    TableReading,
    choose_table,
    column_order,
    found_rows,
    one_year,
    repeated_tables,
    row_labels,
    rows_of_format,
    searched,
    sum_balance,
    wanted_rows,
)

TABLE = "requests"
COLUMNS = tuple(cell.column_key for cell in rows_of_format("2021", TABLE)["new_received"])
COLUMN_LABELS = tuple(cell.column_label for cell in rows_of_format("2021", TABLE)["new_received"])
_SUBTOTALS = ("小计", "合计", "法人小计")
_balance = sum_balance(COLUMNS.index("total"))


def read_requests(rows: Sequence[Row], report_year: int | None, otherwise: str | None) -> TableReading:
    """Cells of the requests table. `otherwise` is the generation to take when the rows fit both alike."""
    reading = TableReading(TABLE)
    labels = row_labels(TABLE)
    tables = repeated_tables(rows, labels)
    chosen = choose_table(tables, report_year, counts_only=True)
    for index, table in enumerate(tables):
        if index != chosen:
            reading.leave((cell for row in table for cell in row.values), "another table of the same kind")
    own = one_year(searched(tables[chosen], reading), len(COLUMNS), report_year, reading)
    own = _without_subtotal(own, reading)
    found = found_rows(own, labels)
    if not any(item.value_count or item.place_count >= len(COLUMNS) for _, item in found):
        return reading
    reading.generation, alignment = _generation([item for _, item in found], otherwise)
    _place_rows(own, found, alignment, reading)
    if not any(item.labels for _, item in found) and not _totals_add_up(reading):
        cells = [cell for cell, _ in reading.cells.values()]
        reading.cells.clear()
        reading.leave(cells, "its label is lost, and the rows do not add up in their order")
    return reading


def _totals_add_up(reading: TableReading) -> bool:
    """Whether the totals of all rows satisfy the rules on columns: the proof of an order without labels."""
    for rule in (rule for rule in rules() if rule.table_key == TABLE and rule.rule_kind == "in_report"):
        if rule.instance_axis != "column":
            continue
        total = Decimal(0)
        for term in (term for term in rule_terms() if term.rule_id == rule.rule_id):
            cell, _ = reading.cells.get((term.row_key, "total"), (None, 0.0))
            value = read_figure(cell.text, "count", "件").value if cell else None
            total += term.coefficient * (value or Decimal(0))
        if total != 0:
            return False
    return True


def _generation(found: Sequence[Found], otherwise: str | None) -> tuple[str, Alignment]:
    """The generation whose rows fit best: one with a single row （六）其他处理 or one with three below it."""
    decoys = (*group_labels(TABLE), *_SUBTOTALS)
    tried = {generation: align(found, wanted_rows(generation, TABLE), decoys) for generation in GENERATIONS}
    most = max(alignment.worth for alignment in tried.values())
    alike = [generation for generation in GENERATIONS if most - tried[generation].worth < 1e-6]
    generation = otherwise if otherwise in alike else alike[0]
    return generation, tried[generation]


def _place_rows(
    rows: Sequence[Row], found: Sequence[tuple[Row, Found]], alignment: Alignment, reading: TableReading
) -> None:
    assert reading.generation is not None
    wanted = wanted_rows(reading.generation, TABLE)
    matches = {match.found_index: match for match in alignment.matches}
    by_grid: dict[str, list[Sequence[GridCell]]] = {}
    for row, _ in found:
        by_grid.setdefault(row.grid_place, []).append(row.values)
    patterns = {grid: common_pattern(values, len(COLUMNS), _balance) for grid, values in by_grid.items()}
    has_labels = any(item.labels for _, item in found)
    for index, (row, item) in enumerate(found):
        match = matches.get(index)
        if match is None:
            reading.leave(row.values, "no row of the format fits it")
            continue
        if match.margin < (MARGIN_LEAST if item.labels else MARGIN_LEAST_UNLABELLED):
            reading.leave(row.values, "its label is lost and its order leaves more than one row for it")
            continue
        pattern = patterns[row.grid_place]
        order = column_order(rows, row.grid_place, pattern, COLUMN_LABELS, COLUMNS)
        balance = sum_balance(order.index("total"))
        placement = place(row.values, len(COLUMNS), pattern, balance)
        if not item.labels and has_labels and item.value_count and not balance(placement.cells):
            reading.leave(row.values, "it has no label and does not add up")
            continue
        if placement.reason:
            reading.leave(row.values, placement.reason)
            continue
        sure = max(match.label_score, 0.5) if item.labels else UNLABELLED_CONFIDENCE
        reading.put(wanted[match.wanted_index].key, order, placement.cells, min(sure, 1.0) * placement.confidence)
        used = set(map(id, placement.cells))
        reading.leave((cell for cell in row.values if id(cell) not in used), "a value beside those of the row")


def _without_subtotal(rows: Sequence[Row], reading: TableReading) -> list[Row]:
    """Rows without a column that the format does not have, such as a sub-total of all organizations.

    Which of eight columns it is, is told by the one way in which most rows add up, or by its head. If neither tells,
    rows so wide are left over: with one blank among eight values their order would say something wrong.
    """
    width = len(COLUMNS) + 1
    wide = [_cut(row, width) for row in rows if len(_cut(row, width).values) == width]
    full = [row for row in wide if all(cell.text for cell in row.values)]
    headed = any(_is_subtotal(cell.text) for row in rows if not row.has_figures for cell in _heads(row))
    if not wide or not (headed or 2 * len(full) > len(wide)) or 2 * len(wide) < sum(row.has_figures for row in rows):
        return list(rows)
    extra = _extra_column(rows, wide)
    kept = []
    for row in rows:
        cut = _cut(row, width)
        if not row.values:
            kept.append(row)
        elif extra is None or len(cut.values) != width:
            reading.leave(row.values, "a column more than the format has, and nothing says which")
        else:
            reading.leave([cut.values[extra]], "a column that the format does not have")
            kept.append(dataclasses.replace(row, values=_without(cut, extra)))
    return kept


def _cut(row: Row, width: int) -> Row:
    """A row without the blank cells behind its table."""
    is_longer = len(row.values) > width and not any(cell.text for cell in row.values[width:])
    return dataclasses.replace(row, values=row.values[:width]) if is_longer else row


def _without(row: Row, extra: int) -> tuple[GridCell, ...]:
    return (*row.values[:extra], *row.values[extra + 1 :])


def _extra_column(rows: Sequence[Row], wide: Sequence[Row]) -> int | None:
    """Index of the column that the format does not have among eight: told by sums, or by its head among those.

    Ways that leave the same figures (one nought or another goes) are one way.
    """
    told = [row for row in wide if row.values[-1].text]
    ways = [sum(_balance(_without(row, i)) is True for row in told) for i in range(len(COLUMNS) + 1)]
    adding_up = [i for i, proven in enumerate(ways) if proven == max(ways) and 2 * proven > len(told)]
    left = {i: tuple(cell.text for row in wide for cell in _without(row, i)) for i in adding_up}
    if len(set(left.values())) == 1:
        return adding_up[-1]
    headed = _subtotal_by_head(rows, wide[0])
    return headed if headed in adding_up else None


def _heads(row: Row) -> tuple[GridCell, ...]:
    return (*row.label_cells, *row.values)  # the head 其他 is a row's label too, so what follows it seems a value


def _is_subtotal(text: str) -> bool:
    return best(text, _SUBTOTALS)[1] >= LABEL_SURE


def _subtotal_by_head(rows: Sequence[Row], row_of_values: Row) -> int | None:
    columns = [cell.column_index for cell in row_of_values.values]
    for row in rows:
        for cell in _heads(row):
            if not row.has_figures and _is_subtotal(cell.text) and cell.column_index in columns:
                return columns.index(cell.column_index)
    return None
