"""Numbers among labels are left over; what a cell holds beside its number is kept as its remark."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flows.documents import GridCell
from flows.reports.reader import Reading
from flows.reports.rows import Row
from flows.reports.strays import strays
from tests.unit.reports_builder import Td, made_up_figures, page_of, read, row_index, three_tables

FIGURES = made_up_figures("2021")


def found(*texts: str) -> list[str]:
    cells = tuple(GridCell(text, column, 1, 1, f"cell {column}") for column, text in enumerate(texts))
    return [cell.text for cell in strays(Row(texts, (), cells, "", "", ""))]


@pytest.mark.parametrize(
    "text", ["一、本年新收数量26", "注：共收到12件", "26件", "２６件", "1.5亿元的项目", "收到2015", "12345"]
)
def test_a_number_in_a_label_is_left_over(text: str) -> None:
    assert found("规章", text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        *("1.属于国家秘密", "7、其他", "3 其他", "（3）", "第20条第(1)项", "第二十条第（一）项", "规章①"),
        *("2023年制发件数", "20\n23年", "2022-2023年", "2023年1月5日至2023年12月31日", "- 7 -", "第6页 共8页"),
    ],
)
def test_what_only_counts_or_dates_is_no_number(text: str) -> None:
    assert found("规章", text) == []


def test_heads_that_are_counted_are_no_numbers() -> None:
    assert found("类别", "数据1", "数据2", "数据3") == []
    assert found("类别", "数据1") == ["数据1"]


def reading_with(row_label: str, change: dict[int, str], note: str = "") -> Reading:
    """A report in which some values of one row of the requests, or of fees, are printed otherwise."""
    tables = three_tables("2021", FIGURES)
    table = next(t for t in tables if any(cell.text == row_label for row in t for cell in row))
    row = table[row_index(table, row_label)]
    for index, text in change.items():
        row[index] = Td(text, row[index].colspan, row[index].rowspan)
    if note:
        tables[1].append([Td(note, 10)])
    return read(page_of(tables))


@pytest.mark.parametrize(
    ("row_label", "printed", "value", "remark"),
    [
        ("（一）予以公开", "22（其中修订16件）", "22", "其中修订16件"),
        ("（一）予以公开", "１２３４", "1234", None),
        ("（一）予以公开", "1,234", "1234", None),
        ("（一）予以公开", "1，234件", "1234", None),
        ("行政事业性收费", "251000元", "25.1", None),
        ("行政事业性收费", "1，234.5", "1234.5", None),
    ],
)
def test_a_dressed_number_is_read_in_its_table(row_label: str, printed: str, value: str, remark: str | None) -> None:
    reading = reading_with(row_label, {-7 if row_label.startswith("（") else -1: printed})
    (cell,) = (cell for cell in reading.cells if cell.raw_text == printed)
    assert (cell.value, cell.remark) == (Decimal(value), remark)
    assert reading.leftovers == ()


def test_a_decrease_in_words_is_negative_where_a_change_stands() -> None:
    tables = three_tables("2019", made_up_figures("2019"))
    row = tables[0][row_index(tables[0], "行政许可")]
    row[2] = Td("减4", row[2].colspan, row[2].rowspan)
    reading = read(page_of(tables))
    (cell,) = (cell for cell in reading.cells if cell.raw_text == "减4")
    assert (cell.column_key, cell.value, cell.printed) == ("change", Decimal(-4), "减4")


def test_a_note_with_numbers_below_a_table_is_left_over() -> None:
    reading = reading_with("（一）予以公开", {}, note="注：另有口头申请12件，未计入上表。")
    (leftover,) = reading.leftovers
    assert (leftover.place, leftover.reason) == ("table 2, row 29, cell 1", "a number among the labels of the table")
    assert "12件" in leftover.raw_text
