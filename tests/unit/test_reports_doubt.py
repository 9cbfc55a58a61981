"""Where a document leaves two readings open, a number is left over with a reason and never put into a wrong cell."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest

from flows.documents import GridCell
from flows.formats import format_cells
from flows.records import ReadState
from flows.reports.placement import Pattern, place
from flows.reports.reader import Hints, Reading
from flows.reports.table_reading import sum_balance
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
    requests_table,
    row_index,
    tab_text,
    three_tables,
)

FIGURES = made_up_figures("2021")
HEAD_ROWS = 3
FORMS = [page_of, tab_text, docx_report]
FIVE_LABELS = [cell.column_label for cell in format_cells("2021") if cell.row_key == "reconsideration"]
GROUPS = ("行政复议", "未经复议直接起诉", "复议后起诉")


def wrong(reading: Reading, figures: Figures = FIGURES) -> Figures:
    """Values that were read and do not stand in the document's cell of that name; a blank is never wrong."""
    return {key: value for key, value in found_figures(reading).items() if value not in {"", figures.get(key)}}


def read_with(form: Callable[[list[Table]], bytes], number: int, table: Table) -> Reading:
    """The three tables with one of them bent."""
    tables = three_tables("2021", FIGURES)
    tables[number] = table
    return read(form(tables))


def absent(reading: Reading, table_key: str) -> bool:
    return all(cell.cell_kind == "absent" for cell in reading.cells if cell.table_key == table_key)


def swapped(table: Table, first: str, second: str) -> Table:
    a, b = row_index(table, first), row_index(table, second)
    labels_a, values_a = labels_and_values(table[a])
    labels_b, values_b = labels_and_values(table[b])
    bent = list(table)
    bent[a] = [*labels_a[:-1], dataclasses.replace(labels_b[-1]), *values_b]
    bent[b] = [*labels_b[:-1], dataclasses.replace(labels_a[-1]), *values_a]
    return bent


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("first", "second"),
    [("一、本年新收", "二、上年结转"), ("1.属于国家秘密", "2.其他法律行政法规"), ("1.信访", "2.重复申请")],
)
def test_rows_in_another_order_are_not_given_one_anothers_values(form, first: str, second: str) -> None:
    reading = read_with(form, 1, swapped(requests_table("2021", FIGURES), first, second))
    assert wrong(reading) == {}
    assert any(leftover.raw_text for leftover in reading.leftovers)


def test_disclosure_rows_in_another_order() -> None:
    table = disclosure_table("2021", FIGURES)
    a, b = row_index(table, "行政处罚"), row_index(table, "行政强制")
    table[a], table[b] = table[b], table[a]
    assert wrong(read_with(page_of, 0, table)) == {}


def fives() -> dict[str, list[Td]]:
    values = disputes_table("2021", FIGURES)[-1]
    return {label: values[5 * number : 5 * number + 5] for number, label in enumerate(GROUPS)}


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 2, 0), (2, 1, 0)])
def test_disputes_as_labelled_rows_or_tables_in_any_order(order: tuple[int, ...]) -> None:
    labels = [GROUPS[index] for index in order]
    head = [Td(label) for label in FIVE_LABELS]
    rows = [[Td("类别"), *head], *([Td(label), *fives()[label]] for label in labels)]
    assert wrong(read_with(page_of, 2, rows)) == {}
    titles = {label: label if label == "行政复议" else f"行政诉讼（{label}）" for label in labels}
    parts = "".join(f"<p>{titles[label]}</p>{html_table([head, fives()[label]])}" for label in labels)
    two = [html_table(disclosure_table("2021", FIGURES)), html_table(requests_table("2021", FIGURES))]
    reading = read(html_page([*two, parts]))
    assert wrong(reading) == {}
    if order == (0, 1, 2):
        assert found_figures(reading) == FIGURES


@pytest.mark.parametrize("form", FORMS)
def test_groups_of_disputes_in_another_order(form) -> None:
    table = disputes_table("2021", FIGURES)
    table[0] = table[0][::-1]
    table[1] = [*table[1][5:], *table[1][:5]]
    table[3] = [*table[3][5:], *table[3][:5]]
    assert wrong(read_with(form, 2, table)) == {}


@pytest.mark.parametrize("form", FORMS)
def test_columns_of_disputes_in_another_order(form) -> None:
    table = disputes_table("2021", FIGURES)
    table[1] = [table[1][1], table[1][0], *table[1][2:]]
    table[2] = [Td(label) for label in [FIVE_LABELS[1], FIVE_LABELS[0], *FIVE_LABELS[2:]] * 2]
    values = table[3]
    table[3] = [value for k in (0, 5, 10) for value in (values[k + 1], values[k], *values[k + 2 : k + 5])]
    reading = read_with(form, 2, table)
    assert absent(reading, "disputes")
    assert {leftover.reason for leftover in reading.leftovers} == {"the heads name another order of columns"}


def with_zeros_blank(table: Table) -> Table:
    return [[dataclasses.replace(cell, text="") if cell.text == "0" else cell for cell in row] for row in table]


@pytest.mark.parametrize("form", [page_of, tab_text])
def test_a_row_beside_one_label_more_is_placed_by_its_order(form) -> None:
    table = with_zeros_blank(requests_table("2021", FIGURES))
    index = row_index(table, "三、本年度")
    table[index][-1] = Td()  # the total
    reading = read_with(form, 1, table)
    assert wrong(reading) == {}
    found = found_figures(reading)
    others = {key: value for key, value in FIGURES.items() if key[0] == "requests" and key[1] != "granted"}
    assert {key: found[key] for key in others} == {
        key: value if value != "0" else "" for key, value in others.items()
    }


def cells(*texts: str) -> list[GridCell]:
    return [GridCell(text, index, 1, 1, "") for index, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "is_placed"),
    [
        (("53", "0", "0", "0", "0", "2985", ""), False),  # the first value lost: the last one is the total
        (("3", "2", "1 0", "0", "0", "1", ""), False),
        (("53", "20", "0", "0", "0", "9", ""), True),  # a total that was left out
        (("53", "20", "0", "0", "0", "9", "82"), True),
    ],
)
def test_a_blank_total_where_others_have_theirs(texts: tuple[str, ...], is_placed: bool) -> None:
    pattern = Pattern(tuple(range(7)), 7, has_totals=True)
    assert bool(place(cells(*texts), 7, pattern, sum_balance(6)).reason) is not is_placed


@pytest.mark.parametrize(("second", "is_placed"), [("0", False), ("2", True)])
def test_a_zero_in_a_row_too_wide_is_proven_by_no_sum(second: str, is_placed: bool) -> None:
    total = str(26 + int(second))
    placement = place(cells("26", second, "", "", "", "", "", total), 7, None, sum_balance(6))
    assert bool(placement.reason) is not is_placed


def test_a_five_of_disputes_without_total_where_another_has_one() -> None:
    table = disputes_table("2021", FIGURES)
    del table[3][3]
    table[3].append(Td())
    reading = read_with(page_of, 2, table)
    assert absent(reading, "disputes")
    assert wrong(reading) == {}


@pytest.mark.parametrize("with_head", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_the_total_as_first_column(form, with_head: bool) -> None:
    table = requests_table("2021", FIGURES)
    table[1] = [table[1][-1], *table[1][:-1]]
    for index in range(HEAD_ROWS, len(table)):
        labels, values = labels_and_values(table[index])
        table[index] = [*labels, values[-1], *values[:-1]]
    reading = read_with(form, 1, table if with_head else table[HEAD_ROWS:])
    assert wrong(reading) == {}
    assert len(reading.leftovers) == (0 if with_head and form is not tab_text else 25 * 7)


def test_natural_persons_behind_the_organizations_in_text() -> None:
    table = requests_table("2021", FIGURES)
    table[1] = [table[1][1], table[1][0], table[1][2]]
    for index in range(HEAD_ROWS, len(table)):
        labels, values = labels_and_values(table[index])
        table[index] = [*labels, *values[1:6], values[0], values[6]]
    reading = read_with(tab_text, 1, table)
    assert absent(reading, "requests") and len(reading.leftovers) == 25 * 7


@pytest.mark.parametrize(
    "captions", [("2022年", "2023年"), ("上年度", "本年度"), ("2022年度统计表", "2023年度统计表")]
)
def test_the_year_in_a_line_above_each_of_two_tables(captions: tuple[str, str]) -> None:
    other = dict.fromkeys(FIGURES, "7")
    parts = [
        f"<p>{captions[0]}</p>{html_table(last)}<p>{captions[1]}</p>{html_table(own)}"
        for last, own in zip(three_tables("2021", other), three_tables("2021", FIGURES), strict=True)
    ]
    assert found_figures(read(html_page(parts))) == FIGURES


@pytest.mark.parametrize("extra", [[Td("7")], [Td("其他行政执法"), Td("77")]])
def test_a_row_that_the_generation_does_not_have_is_no_row_of_the_other(extra: list[Td]) -> None:
    table = disclosure_table("2021", FIGURES)
    table.insert(row_index(table, "行政许可") + 1, extra)
    reading = read_with(page_of, 0, table)
    assert found_figures(reading) == FIGURES
    assert reading.report is not None and reading.report.generation == "2021"
    assert [leftover.raw_text for leftover in reading.leftovers] == [extra[-1].text]


def test_disclosure_rows_without_labels_are_not_guessed() -> None:
    table = disclosure_table("2021", FIGURES)
    labels = ("规章", "行政规范性文件", "行政许可", "行政处罚", "行政强制", "行政事业性收费")
    bent = [[Td(), *row[1:]] if row[0].text.strip().startswith(labels) else row for row in table]
    del bent[next(i for i, row in enumerate(bent) if row[0].text == "" and len(row) == 2)]
    assert wrong(read_with(page_of, 0, bent)) == {}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("is_blank", [True, False])
@pytest.mark.parametrize("position", [1, 6])
def test_a_subtotal_column_with_a_head(form, position: int, is_blank: bool) -> None:
    table = requests_table("2021", FIGURES)
    table[0][1], table[1][1] = Td("申请人情况", 8), Td("法人或其他组织", 6)
    table[2].insert(position - 1, Td("小计"))
    for index in range(HEAD_ROWS, len(table)):
        labels, values = labels_and_values(table[index])
        subtotal = Td(str(sum(int(value.text) for value in values[1:6])))
        table[index] = [*labels, *values[:position], subtotal, *values[position:]]
    truth = {k: "" if is_blank and k[0] == "requests" and v == "0" else v for k, v in FIGURES.items()}
    reading = read_with(form, 1, with_zeros_blank(table) if is_blank else table)
    assert wrong(reading, truth) == {}
    assert found_figures(reading) == truth


@pytest.mark.parametrize("label", ["4.其他", "3.其他"])
def test_an_extra_row_with_a_label_that_says_nothing_begins_no_new_table(label: str) -> None:
    table = requests_table("2021", FIGURES)
    extra = [Td(label, 2), *(Td(text) for text in ("7", "0", "0", "0", "0", "0", "7"))]
    table.insert(row_index(table, "（四）无法提供") + 1, extra)
    reading = read_with(page_of, 1, table)
    found = found_figures(reading)
    assert found["requests", "new_received", "total"] == FIGURES["requests", "new_received", "total"]
    assert sum(cell.cell_kind == "absent" for cell in reading.cells) <= 7


def test_a_number_torn_over_two_lines_of_text() -> None:
    text = tab_text(three_tables("2021", FIGURES)).decode()
    value = FIGURES["proactive_disclosure", "licensing", "decisions"]
    torn = text.replace(f"行政许可\t{value}", f"行政许可\t{value[0]}\n{value[1:]}")
    assert torn != text
    reading = read(torn.encode())
    assert wrong(reading) == {}
    assert [leftover.raw_text for leftover in reading.leftovers] == [value[0], value[1:]]


@pytest.mark.parametrize("head", ["备注", None])
def test_a_blank_between_values_and_a_column_too_many(head: str | None) -> None:
    table = disclosure_table("2021", FIGURES)
    index = row_index(table, "行政规范性文件")
    table[index] = [table[index][0], Td("6"), Td(), Td("17"), Td("5")]
    if head:
        table[1].append(Td(head))
    reading = read_with(page_of, 0, table)
    row = {key[2]: value for key, value in found_figures(reading).items() if key[1] == "normative_documents"}
    expected = {"issued": "6", "repealed": "", "in_force": "17"} if head else dict.fromkeys(row, "")
    assert row == expected
    left = [leftover.raw_text for leftover in reading.leftovers]
    assert [text for text in left if text in {"5", "6", "17"}] == (["5"] if head else ["6", "17", "5"])


def test_an_explanation_with_tables_is_no_report() -> None:
    title = "样本县教育局2023年政府信息公开工作年度报告解读"
    assert read(page_of(three_tables("2021", FIGURES), title=title)).read_state == ReadState.NOT_A_REPORT


def test_a_date_before_the_tables_were_in_force_is_no_report_year() -> None:
    page = page_of(three_tables("2021", FIGURES), title="样本县教育局政府信息公开工作年度报告")
    for listed_on, year in ((dt.date(2019, 7, 1), None), (dt.date(2022, 1, 20), 2021)):
        report = read(page, Hints(listed_on=listed_on)).report
        assert report is not None and report.report_year == year


def test_endless_lines_are_not_read() -> None:
    lines = "<p>x</p>" * 20_001
    assert read(html_page([lines, "", ""])).read_state == ReadState.TOO_LARGE


def test_two_numbers_in_one_cell_are_a_text_of_that_cell() -> None:
    table = disclosure_table("2021", FIGURES)
    index = row_index(table, "行政规范性文件")
    table[index][1] = Td("6 1")
    cell = next(
        cell
        for cell in read_with(page_of, 0, table).cells
        if (cell.row_key, cell.column_key) == ("normative_documents", "issued")
    )
    assert (cell.cell_kind, cell.raw_text, cell.value) == ("text", "6 1", None)
