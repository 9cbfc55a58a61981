"""Labels apart from their values, lost labels, and what is left of a table when little is filled in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flows.documents import Limits, read_document
from flows.documents.document import Grid
from tests.unit.reports_builder import (
    Figures,
    Table,
    Td,
    disclosure_table,
    disputes_table,
    docx_report,
    found_figures,
    html_page,
    html_table,
    labels_and_values,
    made_up_figures,
    page_of,
    read,
    requests_head,
    requests_table,
    tab_text,
)

FIGURES = made_up_figures("2021")
REQUESTS = {key: value for key, value in FIGURES.items() if key[0] == "requests"}
TOTALS = {key: value if key[2] == "total" else "" for key, value in REQUESTS.items()}
HEAD_ROWS = 3
FORMS = [page_of, tab_text, docx_report]
ROWS = requests_table("2021", FIGURES)[HEAD_ROWS:]
LABELS = [labels_and_values(row)[0][-1].text for row in ROWS]
VALUES = [labels_and_values(row)[1] for row in ROWS]
TOTALS_ALONE = [[*[Td()] * 6, values[-1]] for values in VALUES]


def of_requests(payload: bytes) -> Figures:
    return {key: value for key, value in found_figures(read(payload)).items() if key[0] == "requests"}


def figures_of(form: Callable[[list[Table]], bytes], requests: Table) -> Figures:
    return of_requests(form([disclosure_table("2021", FIGURES), requests, disputes_table("2021", FIGURES)]))


def figures_of_parts(*parts: Table) -> Figures:
    """Several tables under the heading of requests."""
    three = [[disclosure_table("2021", FIGURES)], parts, [disputes_table("2021", FIGURES)]]
    return of_requests(html_page(["".join(map(html_table, tables)) for tables in three]))


def column(labels: list[str]) -> Table:
    return [[Td(label)] for label in labels]


def test_a_list_of_labels_and_as_many_rows_of_values_belong_together_in_their_order() -> None:
    assert figures_of_parts(column(LABELS), VALUES) == REQUESTS
    assert figures_of_parts(column(LABELS), TOTALS_ALONE) == TOTALS


def test_lists_of_labels_by_turns_with_their_values() -> None:
    parts = [part for at in range(0, 25, 5) for part in (column(LABELS[at : at + 5]), TOTALS_ALONE[at : at + 5])]
    assert figures_of_parts(*parts) == TOTALS


def test_lost_labels_heads_and_page_numbers_in_a_list_of_labels() -> None:
    lines = [*LABELS[:4], "", *LABELS[5:9], "— 2 —", *LABELS[9:20], "申请人情况", "总计", "其他", *LABELS[20:]]
    assert figures_of_parts(column(lines), VALUES) == REQUESTS


def test_a_row_that_the_format_does_not_have_keeps_its_label_in_a_list() -> None:
    lines = [LABELS[0], "其中：网上申请", *LABELS[1:]]
    values = [TOTALS_ALONE[0], [Td(str(n)) for n in range(3, 10)], *TOTALS_ALONE[1:]]
    assert figures_of_parts(column(lines), values) == TOTALS


def test_a_list_with_more_labels_than_rows_gives_no_label_away() -> None:
    found = figures_of_parts(column(LABELS), [*VALUES[:9], *VALUES[11:]])
    assert {key: value for key, value in found.items() if value and value != REQUESTS[key]} == {}
    assert "" in found.values()


def test_the_label_of_a_group_is_no_label_of_a_row_behind_it() -> None:
    """Two lines of labels, and two rows of values, of which the second has lost its own label."""
    page = [html_table(requests_head())]
    for index, (row, values) in enumerate(zip(ROWS, VALUES, strict=True)):
        lines = [] if index == 16 else [label.text for label in labels_and_values(row)[0]]
        page += [*(f"<p>{line}</p>" for line in lines), html_table([values])]
    page[-19] = page[-19].replace("</table>", page.pop(-18).removeprefix("<table>"))  # the two rows in one table
    tables = [
        html_table(disclosure_table("2021", FIGURES)),
        "".join(page),
        html_table(disputes_table("2021", FIGURES)),
    ]
    found = of_requests(html_page(tables))
    assert {key: value for key, value in found.items() if value and value != REQUESTS[key]} == {}


@pytest.mark.parametrize("form", FORMS)
def test_blank_cells_of_lost_labels_are_no_values(form: Callable[[list[Table]], bytes]) -> None:
    table = requests_table("2021", FIGURES)
    for index, row in enumerate(table[HEAD_ROWS:]):
        labels, values = labels_and_values(row)
        own = [Td("", label.colspan, label.rowspan) for label in labels] if index in {4, 7, 15} else labels
        row[:] = [*own, *[Td()] * 6, values[-1]]
    assert figures_of(form, table) == TOTALS


@pytest.mark.parametrize("form", FORMS)
def test_noughts_behind_blanks_without_any_label_are_told_by_the_form(form: Callable[[list[Table]], bytes]) -> None:
    table = requests_table("2021", FIGURES)
    for row in table[HEAD_ROWS:]:
        labels, _ = labels_and_values(row)
        row[:] = [*(Td("", label.colspan, label.rowspan) for label in labels), *[Td()] * 6, Td("0")]
    assert figures_of(form, table) == {key: "0" if key[2] == "total" else "" for key in REQUESTS}


def test_a_row_without_its_label_cell_may_have_lost_a_value() -> None:
    """As wide as the values of the others, but in a table where a label's cell stands before them."""
    table = requests_table("2021", FIGURES)
    zeros = [[*labels_and_values(row)[0], *[Td("0")] * 7] for row in table[HEAD_ROWS:]]
    zeros[8] = [Td(), *[Td("0")] * 6]
    found = figures_of(tab_text, [*table[:HEAD_ROWS], *zeros])
    assert found["requests", "denied_internal_affairs", "natural_person"] == ""
    assert found["requests", "denied_internal_affairs", "business"] == ""
    assert found["requests", "denied_third_party_rights", "business"] == "0"


@pytest.mark.parametrize("form", FORMS)
def test_the_only_column_with_values_is_that_of_totals(form: Callable[[list[Table]], bytes]) -> None:
    table = requests_table("2021", FIGURES)
    for row in table[HEAD_ROWS:]:
        labels, values = labels_and_values(row)
        row[:] = [*labels, *[Td()] * 6, values[-1], Td()]
    assert figures_of(form, table) == TOTALS


def test_a_line_of_tabs_is_a_row_of_blanks() -> None:
    grid = read_document("一\t二\t三\t四\t五\n\t\t\t\t\n1\t2\t3\t4\t5".encode(), Limits()).blocks[0]
    assert isinstance(grid, Grid)
    assert [[cell.text for cell in row] for row in grid.rows] == [list("一二三四五"), [""] * 5, list("12345")]


@pytest.mark.parametrize("form", [page_of, tab_text])
def test_heads_of_two_years_that_a_converter_has_repeated(form: Callable[[list[Table]], bytes]) -> None:
    heads = [Td(label.text) for label in requests_head()[2]]
    applicants = [Td("自然人"), *[Td("法人或其他组织")] * 5, Td("总计")]
    table = [[*[Td("年份")] * 3, *[Td("2022年")] * 7, *[Td("2023年")] * 7]]
    table += [[*[Td()] * 3, *applicants, *applicants], [*[Td()] * 4, *heads, Td(), Td(), *heads, Td()]]
    for row, values in zip(ROWS, VALUES, strict=True):
        labels = [Td(label.text) for label in labels_and_values(row)[0] for _ in range(label.colspan)]
        table.append([*labels, *(Td(str(n)) for n in (1, 2, 0, 0, 0, 4, 7)), *values])
    assert figures_of(form, table) == REQUESTS


@pytest.mark.parametrize("form", FORMS)
def test_differences_whose_first_label_is_lost_belong_to_their_own_heads(
    form: Callable[[list[Table]], bytes],
) -> None:
    differences = [[Td(text) for text in ("-3", "2", "0", "-1", "0", "-9", "-11")] for _ in ROWS]
    behind = [[*labels_and_values(row)[0], *values] for row, values in zip(ROWS, differences, strict=True)]
    behind[0][0] = Td("", 3)
    table = [*requests_table("2021", FIGURES), *requests_head(), *behind]
    assert figures_of(form, table) == REQUESTS


@pytest.mark.parametrize("form", FORMS)
def test_a_blank_table_before_one_of_differences_is_the_reports_own(form: Callable[[list[Table]], bytes]) -> None:
    blank = [[*labels_and_values(row)[0], *[Td()] * 7] for row in ROWS]
    behind = [[*labels_and_values(row)[0], *[Td("-1")] * 7] for row in ROWS]
    reading = read(
        form(
            [
                disclosure_table("2021", FIGURES),
                [*requests_head(), *blank, *requests_head(), *behind],
                disputes_table("2021", FIGURES),
            ]
        )
    )
    assert {cell.cell_kind for cell in reading.cells if cell.table_key == "requests"} == {"blank"}


@pytest.mark.parametrize("form", FORMS)
def test_a_blank_row_keeps_its_misprinted_label(form: Callable[[list[Table]], bytes]) -> None:
    table = requests_table("2021", FIGURES)
    index = next(i for i, row in enumerate(table) if any("重复申请" in cell.text for cell in row))
    table[index] = [Td("2.重复申清"), *[Td()] * 7]
    reading = read(form([disclosure_table("2021", FIGURES), table, disputes_table("2021", FIGURES)]))
    kinds = {cell.cell_kind for cell in reading.cells if cell.row_key == "not_processed_duplicate"}
    assert kinds == {"blank"}


NATURAL_PERSONS_ALONE = [[values[0], *[Td()] * 5, values[0]] for values in VALUES]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("at", [0, 3, 7])
def test_a_cell_too_many_in_one_row_is_no_column_where_blanks_may_be_left_out(
    form: Callable[[list[Table]], bytes], at: int
) -> None:
    """A page's number, a cell that stands twice: the other rows are not moved by it."""
    table = requests_table("2021", FIGURES)
    for index, (row, values) in enumerate(zip(table[HEAD_ROWS:], NATURAL_PERSONS_ALONE, strict=True)):
        more = values if index != 9 else [*values[:at], Td("3"), *values[at:]]
        row[:] = [*labels_and_values(row)[0], *more, *([] if index == 9 else [Td()])]
    found = figures_of(form, table)
    for key, value in found.items():
        natural = REQUESTS[key[0], key[1], "natural_person"]
        assert value in {"", natural if key[2] in {"natural_person", "total"} else ""}, key


@pytest.mark.parametrize("form", FORMS)
def test_a_column_of_noughts_beside_blank_ones_may_be_a_sub_total(form: Callable[[list[Table]], bytes]) -> None:
    table = requests_table("2021", FIGURES)
    for row, values in zip(table[HEAD_ROWS:], NATURAL_PERSONS_ALONE, strict=True):
        row[:] = [*labels_and_values(row)[0], *values[:6], Td("0"), values[6]]
    assert not {key[2] for key, value in figures_of(form, table).items() if value} - {"natural_person", "total"}


@pytest.mark.parametrize("torn", ["行政许可\t1\n483\t1\n483", "行政许可\t1\n483"])
def test_a_number_torn_over_lines_of_tabs_is_no_shorter_number(torn: str) -> None:
    text = tab_text([disclosure_table("2021", FIGURES), [*requests_head(), *ROWS], disputes_table("2021", FIGURES)])
    line = next(one for one in text.decode().split("\n") if one.startswith("行政许可"))
    found = found_figures(read(text.decode().replace(line, torn).encode()))
    assert found["proactive_disclosure", "licensing", "decisions"] == ""
    assert found["proactive_disclosure", "penalties", "decisions"] != ""


def test_a_row_of_pipes_that_is_closed_on_a_later_line_is_one_row() -> None:
    grid = read_document("# 表\n\n| 甲 | 乙 |\n| --- | --- |\n| 一 | 1\n483 |\n| 二 | 2 |".encode(), Limits()).blocks[
        1
    ]
    assert isinstance(grid, Grid)
    assert [["".join(cell.text.split()) for cell in row] for row in grid.rows] == [
        ["甲", "乙"],
        ["一", "1483"],
        ["二", "2"],
    ]


def test_rows_of_pipes_without_any_closing_pipe_stay_apart() -> None:
    grid = read_document("# 表\n\n| 甲 | 乙\n| 一 | 1\n| 二 | 2\n\n末".encode(), Limits()).blocks[1]
    assert isinstance(grid, Grid)
    assert [[cell.text for cell in row] for row in grid.rows] == [["甲", "乙"], ["一", "1"], ["二", "2"]]
