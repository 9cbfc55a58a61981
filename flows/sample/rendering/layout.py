"""The three tables as the official forms lay them out, with heads and spans, for any generation.

Sources: annexes of 国办公开办函〔2019〕60号 and 〔2021〕30号. All labels come from the seed `format_cells`; only the
heads that stand over several columns are named here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import groupby

from flows.formats import FormatCell, format_cells
from flows.sample.index import Figures

BALANCE_NOTE = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
LABEL_COLUMNS = 3
"""Label columns of the requests table: item, group, row."""


@dataclasses.dataclass(frozen=True, slots=True)
class FormCell:
    """One printed cell; spans count grid columns and grid rows."""

    text: str
    column_span: int = 1
    row_span: int = 1
    is_value: bool = False


FormRow = tuple[FormCell, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class FormTable:
    """One printed table: rows of cells, a spanned place standing only in the row where it begins."""

    table_key: str
    column_count: int
    head_row_count: int
    rows: tuple[FormRow, ...]

    def placed(self) -> list[list[tuple[int, FormCell]]]:
        """Each row's cells with the grid column at which they begin."""
        taken: set[tuple[int, int]] = set()
        placed_rows = []
        for row_index, row in enumerate(self.rows):
            placed_row = []
            column = 0
            for cell in row:
                while (row_index, column) in taken:
                    column += 1
                placed_row.append((column, cell))
                taken |= {
                    (row_index + down, column + right)
                    for down in range(cell.row_span)
                    for right in range(cell.column_span)
                }
                column += cell.column_span
            placed_rows.append(placed_row)
        return placed_rows

    def cut(self, row_index: int) -> tuple[FormTable, FormTable]:
        """The table cut above a row, as a page break does it: the label of a cell that goes on is torn in two."""
        upper: list[FormRow] = []
        continued: list[tuple[int, FormCell]] = []
        placed = self.placed()
        for index, row in enumerate(placed[:row_index]):
            cells = []
            for column, cell in row:
                rows_left = row_index - index
                if cell.row_span <= rows_left:
                    cells.append(cell)
                    continue
                half = (len(cell.text) + 1) // 2
                cells.append(dataclasses.replace(cell, text=cell.text[:half], row_span=rows_left))
                rest = dataclasses.replace(cell, text=cell.text[half:], row_span=cell.row_span - rows_left)
                continued.append((column, rest))
            upper.append(tuple(cells))
        first_below = sorted([*continued, *placed[row_index]], key=lambda at: at[0])
        lower = (tuple(cell for _, cell in first_below), *self.rows[row_index + 1 :])
        return (
            dataclasses.replace(self, rows=tuple(upper)),
            dataclasses.replace(self, head_row_count=0, rows=lower),
        )


def form_tables(generation: str, figures: Figures, blank_mark: str = "") -> tuple[FormTable, FormTable, FormTable]:
    """The tables of sections two, three and four, filled in; `blank_mark` is printed where a figure is blank."""
    by_table: dict[str, list[FormatCell]] = {}
    for cell in format_cells(generation):
        by_table.setdefault(cell.table_key, []).append(cell)
    values = {key: value or blank_mark for key, value in figures.items()}
    return (
        _proactive_disclosure(by_table["proactive_disclosure"], values),
        _requests(by_table["requests"], values),
        _disputes(by_table["disputes"], values),
    )


def _value(cell: FormatCell, values: Figures, column_span: int = 1) -> FormCell:
    return FormCell(values[cell.table_key, cell.row_key, cell.column_key], column_span, is_value=True)


def _rows(cells: Sequence[FormatCell]) -> list[list[FormatCell]]:
    return [list(row) for _, row in groupby(cells, key=lambda cell: cell.row_key)]


def _proactive_disclosure(cells: list[FormatCell], values: Figures) -> FormTable:
    """Four columns; each item of article 20 is a title, a head of its own and its rows, the last cell filling up."""
    width = 4
    printed: list[FormRow] = []
    for article, block in groupby(cells, key=lambda cell: cell.group_label):
        rows = _rows(list(block))
        printed.append((FormCell(article, width),))
        labels = [cell.column_label for cell in rows[0]]
        fill = width - len(labels)
        printed.append(
            (FormCell("信息内容"), *(FormCell(label) for label in labels[:-1]), FormCell(labels[-1], fill)),
        )
        printed.extend(
            (
                FormCell(row[0].row_label),
                *(_value(cell, values) for cell in row[:-1]),
                _value(row[-1], values, fill),
            )
            for row in rows
        )
    return FormTable("proactive_disclosure", width, 0, tuple(printed))


def _requests(cells: list[FormatCell], values: Figures) -> FormTable:
    rows = _rows(cells)
    natural_person, *organizations, total = [cell.column_label for cell in rows[0]]
    applicants = len(organizations) + 2
    printed: list[FormRow] = [
        (FormCell(BALANCE_NOTE, LABEL_COLUMNS, 3), FormCell("申请人情况", applicants)),
        (FormCell(natural_person, 1, 2), FormCell("法人或其他组织", len(organizations)), FormCell(total, 1, 2)),
        tuple(FormCell(label) for label in organizations),
    ]
    printed += _labelled_rows(rows, values)
    return FormTable("requests", LABEL_COLUMNS + applicants, 3, tuple(printed))


def _labelled_rows(rows: list[list[FormatCell]], values: Figures) -> list[FormRow]:
    """Rows under their groups: a group's label stands in its first row and spans them all."""
    groups = [tuple(row[0].group_label.split("/")) if row[0].group_label else () for row in rows]
    printed: list[FormRow] = []
    for index, row in enumerate(rows):
        labels = []
        for depth in range(len(groups[index])):
            path = groups[index][: depth + 1]
            if index and groups[index - 1][: depth + 1] == path:
                continue
            labels.append(FormCell(path[-1], 1, sum(group[: depth + 1] == path for group in groups)))
        labels.append(FormCell(row[0].row_label, LABEL_COLUMNS - len(groups[index])))
        printed.append((*labels, *(_value(cell, values) for cell in row)))
    return printed


def _disputes(cells: list[FormatCell], values: Figures) -> FormTable:
    """One row of values; 行政复议 has no sub-kinds, so its column heads span two rows."""
    reconsideration, *litigation = _rows(cells)
    width = len(reconsideration)
    kinds = [row[0].row_label.split("/") for row in litigation]
    printed: tuple[FormRow, ...] = (
        (FormCell(reconsideration[0].row_label, width), FormCell(kinds[0][0], width * len(litigation))),
        (
            *(FormCell(cell.column_label, 1, 2) for cell in reconsideration),
            *(FormCell(kind[-1], width) for kind in kinds),
        ),
        tuple(FormCell(cell.column_label) for row in litigation for cell in row),
        tuple(_value(cell, values) for cell in cells),
    )
    return FormTable("disputes", len(cells), 3, printed)
