"""Rows that look whole although a cell is missing, or stands for several: they are doubted, others are not."""

from __future__ import annotations

import pytest

from flows.documents import GridCell
from flows.records import CellKind
from flows.reports.figures import read_figure
from flows.reports.moved_cells import MISSING, WRITTEN_OUT, are_loose, doubted, unlikely
from flows.reports.rows import Row
from flows.reports.table_reading import rows_of_format
from tests.unit.reports_builder import found_figures, made_up_figures, read, tab_text, three_tables

CAPTION = ["第二十条第（一）项"] * 4
HEADS = ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"]


def head(texts: list[str]) -> Row:
    cells = tuple(GridCell(text, column, 1, 1, "head") for column, text in enumerate(texts))
    return Row(tuple(texts), (), cells, "", "table 1", "head")


def row(*texts: str, first_column: int = 1) -> Row:
    cells = tuple(GridCell(text, column, 1, 1, "row") for column, text in enumerate(texts, start=first_column))
    return Row(("规章",), cells, (), "", "table 1", "row")


def doubts(rows: list[Row], least_run: int = 3) -> list[str]:
    return [one.doubt for one in doubted(rows, least_run)]


def test_a_blank_at_the_end_where_no_other_row_has_one() -> None:
    assert doubts([row("5", "9", ""), row("1", "2", "3"), row("4", "0", "6")]) == [MISSING, "", ""]


def test_a_blank_at_the_end_is_a_value_where_others_have_blanks_too() -> None:
    assert doubts([row("5", "9", ""), row("1", "", "3"), row("4", "0", "6")]) == ["", "", ""]
    assert doubts([row("5", "9", ""), row("1", "2", ""), row("4", "0", "6"), row("7", "8", "9")]) == [""] * 4


def test_a_figure_in_a_column_where_no_other_row_has_any() -> None:
    others = [row("0", "", "", "0"), row("2", "", "", "2")] * 3
    assert doubts([*others, row("0", "", "0", "")]) == [*[""] * 6, MISSING]
    assert doubts([*others, row("0", "", "", "")]) == [""] * 7


def test_equal_figures_under_different_heads_where_merged_cells_are_written_out() -> None:
    table = [head(HEADS), row("8", "8", "8"), row("0", "0", "0"), row("8", "8", "9")]
    assert doubts([head(CAPTION), *table]) == ["", "", WRITTEN_OUT, "", ""]
    assert doubts(table) == [""] * 4


def test_equal_figures_under_one_head_are_one_figure() -> None:
    assert doubts([head(CAPTION), head(["信息内容", *["本年处理决定数量"] * 3]), row("8", "8", "8")]) == [""] * 3


def test_what_a_sum_proves_is_not_doubted() -> None:
    rows = [head(CAPTION), head(HEADS), row("8", "8", "16")]
    assert [one.doubt for one in doubted(rows, 2, lambda one: one.has_figures)] == [""] * 3


COLUMNS = rows_of_format("2019", "proactive_disclosure")["licensing"]


@pytest.mark.parametrize(
    ("texts", "is_likely"),
    [
        (("12", "-3", "40"), True),
        (("-3", "40", ""), False),
        (("1.5", "0", "40"), False),
        (("", "40", ""), False),
        (("/", "40", "/"), True),
        (("", "", "40"), True),
    ],
)
def test_values_that_their_columns_cannot_have(texts: tuple[str, ...], is_likely: bool) -> None:
    assert (unlikely(COLUMNS, row(*texts).values) == "") is is_likely


def test_blank_cells_at_any_place() -> None:
    heads = head(HEADS).label_cells[1:]
    with_blank_value = (row("1", "", "3"), heads, 3)
    in_line = (row("5", "6", "7", ""), heads, 3)
    moved = (row("", "5", "6", "7"), heads, 3)
    assert are_loose([with_blank_value, in_line, moved])
    assert not are_loose([in_line, moved])
    assert not are_loose([with_blank_value, in_line])


def test_two_figures_in_one_cell_are_no_figure() -> None:
    assert read_figure("00", "count", "件").kind == CellKind.TEXT
    assert read_figure("0403", "count", "件").kind == CellKind.TEXT
    assert (read_figure("0", "count", "件").value, read_figure("0.50", "amount", "万元").value) == (0, 0.5)


def test_a_part_of_a_torn_row_of_disputes_is_no_row_of_its_own() -> None:
    figures = made_up_figures("2021")
    tables = three_tables("2021", figures)
    values = tables[2].pop()
    text = tab_text(tables).decode()
    line = "\t".join(cell.text for cell in values)
    torn = text.replace("\n\n五、", f"\n{line[:10]}\n{line[10:]}\n\n五、")
    read_figures = found_figures(read(torn.encode()))
    assert {value for key, value in read_figures.items() if key[0] == "disputes"} == {""}
