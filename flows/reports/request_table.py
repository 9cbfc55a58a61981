"""Section three: requests received and what became of them, 23 or 25 rows of seven applicant columns."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from flows.documents import GridCell
from flows.formats import rule_terms, rules
from flows.reports.aligned import heads_among, placed_row
from flows.reports.alignment import Alignment, Found, align
from flows.reports.extra_column import ORGANIZATIONS, SUBTOTALS, filled, without_subtotal
from flows.reports.figures import read_figure
from flows.reports.placement import BY_HEADS, common_pattern, place
from flows.reports.rows import GENERATIONS, Row, group_labels
from flows.reports.table_reading import (
    MARGIN_LEAST,
    MARGIN_LEAST_UNLABELLED,
    UNLABELLED_CONFIDENCE,
    TableReading,
    choose_table,
    column_order,
    found_rows,
    named_in,
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
    own = without_subtotal(own, COLUMN_LABELS, _balance, reading)
    found = found_rows(own, labels)
    if not any(item.value_count or item.place_count >= len(COLUMNS) for _, item in found):
        return reading
    reading.generation, alignment = _generation([item for _, item in found], otherwise)
    if _has_total_elsewhere(own):
        reading.leave((cell for row in own for cell in row.values), "the rows add up to another column than the last")
        return reading
    _place_rows(own, found, alignment, reading)
    if not any(item.labels for _, item in found) and not _totals_add_up(reading):
        cells = [cell for cell, _ in reading.cells.values()]
        reading.cells.clear()
        reading.leave(cells, "its label is lost, and the rows do not add up in their order")
    return reading


def _has_total_elsewhere(rows: Sequence[Row]) -> bool:
    """Whether more complete rows add up to some other column than to the last, and no head says which it is.

    A publisher's wrong totals add up to no column at all.
    """
    heads = [row for row in rows if not row.has_figures]
    if any(position == COLUMNS.index("total") for head in heads for _, position in named_in(head, COLUMN_LABELS)):
        return False
    full = [cells for row in rows for cells in (row.values, filled(row)) if len(cells) == len(COLUMNS)]
    adding_up = [sum(sum_balance(index)(cells) is True for cells in full) for index in range(len(COLUMNS))]
    return max(adding_up) > adding_up[COLUMNS.index("total")]


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
    decoys = (*group_labels(TABLE), *SUBTOTALS)
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
    orders = {
        grid: column_order(
            rows, grid, pattern, (*COLUMN_LABELS, ORGANIZATIONS), COLUMNS, (COLUMNS.index("business"),)
        )
        for grid, pattern in patterns.items()
    }
    heads = heads_among(rows)
    has_labels = any(item.labels for _, item in found)
    for index, (row, item) in enumerate(found):
        match = matches.get(index)
        if match is None:
            reading.leave(row.values, "no row of the format fits it")
            continue
        if match.margin < (MARGIN_LEAST if item.labels else MARGIN_LEAST_UNLABELLED):
            reading.leave(row.values, "its label is lost and its order leaves more than one row for it")
            continue
        pattern, order = patterns[row.grid_place], orders[row.grid_place]
        if order is None:
            reading.leave(row.values, "the heads name another order of columns, but do not stand over the values")
            continue
        balance = sum_balance(order.index("total"))
        placement = place(row.values, len(COLUMNS), pattern, balance)
        if row.doubt and balance(placement.cells) is not True:
            reading.leave(row.values, row.doubt)
            continue
        if not item.labels and has_labels and item.value_count and not balance(placement.cells):
            reading.leave(row.values, "it has no label and does not add up")
            continue
        if placement.reason:
            reading.leave(row.values, placement.reason)
            continue
        sure = max(match.label_score, 0.5) if item.labels else UNLABELLED_CONFIDENCE
        key, told_by = wanted[match.wanted_index].key, placement.told_by if order == COLUMNS else BY_HEADS
        reading.rows[key] = placed_row(match, item, wanted, row.place, heads)
        reading.put(key, order, placement.cells, min(sure, 1.0) * placement.confidence, told_by)
        used = set(map(id, placement.cells))
        reading.leave((cell for cell in row.values if id(cell) not in used), "a value beside those of the row")
