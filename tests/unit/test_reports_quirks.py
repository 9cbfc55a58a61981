"""What real documents are like: each quirk on figures that are known, read exactly or left over with a reason."""

from __future__ import annotations

import dataclasses
import html

import pytest

from flows.records import CellKind, ReadState
from flows.reports.reader import Hints
from tests.unit.reports_builder import (
    SECTIONS,
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
    row_index,
    rows_of,
    tab_text,
    three_tables,
)

FIGURES = made_up_figures("2021")
HEAD_ROWS = 3


def page_with_requests(table: Table) -> bytes:
    return page_of([disclosure_table("2021", FIGURES), table, disputes_table("2021", FIGURES)])


def requests_only(figures: Figures) -> Figures:
    return {key: value for key, value in figures.items() if key[0] == "requests"}


def assert_exact(payload: bytes, figures: Figures = FIGURES) -> None:
    reading = read(payload)
    assert reading.read_state == ReadState.READ
    assert found_figures(reading) == figures
    assert [leftover.raw_text for leftover in reading.leftovers] == []


@pytest.mark.parametrize("generation", ["2019", "2021"])
@pytest.mark.parametrize("form", [page_of, tab_text, docx_report])
def test_both_generations_are_read_exactly(generation: str, form) -> None:
    figures = made_up_figures(generation)
    reading = read(form(three_tables(generation, figures)))
    assert found_figures(reading) == figures
    assert reading.report is not None
    assert (reading.report.generation, reading.report.leftover_count) == (generation, 0)
    assert reading.report.cells_located == reading.report.cells_expected == len(figures)


def test_a_single_other_row_under_tables_of_2021_is_of_2019() -> None:
    old = made_up_figures("2019")
    reading = read(
        page_of([disclosure_table("2021", FIGURES), requests_table("2019", old), disputes_table("2021", FIGURES)])
    )
    assert reading.report is not None and reading.report.generation == "mixed"
    found = found_figures(reading)
    assert found["requests", "other", "total"] == old["requests", "other", "total"]
    assert ("requests", "other_reason", "total") not in found
    assert {cell.generation for cell in reading.cells if cell.table_key == "requests"} == {"2019"}


def test_heads_of_2019_over_the_first_block_only() -> None:
    table = disclosure_table("2021", FIGURES)
    table[1] = [Td("信息内容"), Td("本年新制作数量"), Td("本年新公开数量"), Td("对外公开总数量")]
    reading = read(page_of([table, requests_table("2021", FIGURES), disputes_table("2021", FIGURES)]))
    found = found_figures(reading)
    assert reading.report is not None and reading.report.generation == "mixed"
    assert (
        found["proactive_disclosure", "regulations", "total_disclosed"]
        == FIGURES["proactive_disclosure", "regulations", "in_force"]
    )
    assert ("proactive_disclosure", "regulations", "in_force") not in found
    assert (
        found["proactive_disclosure", "fees", "amount_10k_cny"]
        == FIGURES["proactive_disclosure", "fees", "amount_10k_cny"]
    )


def relabelled(changes: dict[str, str]) -> Table:
    table = requests_table("2021", FIGURES)
    return [
        [
            dataclasses.replace(cell, text=next((new for old, new in changes.items() if old in cell.text), cell.text))
            for cell in row
        ]
        for row in table
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"其他法律行政法规": "2.其他法律行政止公开", "保护第三方": "4,保护第三方合法权盖"},
        {"予以公开": "(一)予以公開", "不予公开": "(三)不予公開", "重复申请": "2、重複申請"},
        {"商业企业": "商业\n企业", "科研机构": "科研机\n构", "三、本年度": "三\n、\n本\n年\n度\n办\n理\n结\n果"},
        {"本年新收政府": "一、本年收到政府信息公开申请数量", "结转下年度": "四、结转下年继续办理"},
    ],
)
def test_misprinted_and_broken_labels_still_land(changes: dict[str, str]) -> None:
    assert_exact(page_with_requests(relabelled(changes)))


def test_labels_lost_altogether() -> None:
    table = [labels_and_values(row)[1] for row in requests_table("2021", FIGURES)[HEAD_ROWS:]]
    assert_exact(page_with_requests(requests_head() + table))


def test_labels_parted_from_their_values() -> None:
    rows = requests_table("2021", FIGURES)[HEAD_ROWS:]
    labels = [[labels_and_values(row)[0][-1]] for row in rows]
    values = [labels_and_values(row)[1] for row in rows]
    part = html_table(labels) + html_table(values)
    assert_exact(
        html_page([html_table(disclosure_table("2021", FIGURES)), part, html_table(disputes_table("2021", FIGURES))])
    )


def test_a_row_too_few_without_labels_is_not_guessed() -> None:
    rows = [labels_and_values(row)[1] for row in requests_table("2021", FIGURES)[HEAD_ROWS:]]
    del rows[10]
    reading = read(page_with_requests(requests_head() + rows))
    found = found_figures(reading)
    wrong = [key for key, value in requests_only(found).items() if value not in {"", FIGURES[key]}]
    assert wrong == []
    assert len(reading.leftovers) > 7
    assert all(leftover.reason and leftover.place for leftover in reading.leftovers)


def test_a_labelled_row_too_few_leaves_its_cells_absent() -> None:
    table = requests_table("2021", FIGURES)
    position = row_index(table, "2.重复申请")
    del table[position]
    reading = read(page_with_requests(table))
    kinds = {cell.cell_kind for cell in reading.cells if cell.row_key == "not_processed_duplicate"}
    assert kinds == {CellKind.ABSENT}
    found = found_figures(reading)
    assert all(found[key] == value for key, value in FIGURES.items() if key[1] != "not_processed_duplicate")


@pytest.mark.parametrize("empty_at", [0, 1, 4, 99])
def test_an_empty_cell_too_many_in_every_row(empty_at: int) -> None:
    table = requests_table("2021", FIGURES)
    for row in table[HEAD_ROWS:]:
        labels, values = labels_and_values(row)
        values.insert(empty_at, Td())
        row[:] = labels + values
    assert_exact(page_with_requests(table))


@pytest.mark.parametrize("with_head", [True, False])
def test_a_subtotal_column_is_left_over(with_head: bool) -> None:
    table = requests_table("2021", FIGURES)
    if with_head:
        table[1][1] = Td("法人或其他组织", 6)
        table[2].append(Td("小计"))
    else:
        del table[:HEAD_ROWS]
    for row in table[HEAD_ROWS if with_head else 0 :]:
        labels, values = labels_and_values(row)
        subtotal = sum(int(cell.text) for cell in values[1:6])
        row[:] = [*labels, *values[:6], Td(str(subtotal)), values[6]]
    reading = read(page_with_requests(table))
    assert found_figures(reading) == FIGURES
    assert {leftover.reason for leftover in reading.leftovers} == {"a column that the format does not have"}


def test_an_extra_row_is_left_over() -> None:
    table = requests_table("2021", FIGURES)
    position = row_index(table, "（七）总计")
    table.insert(position, [Td("不予公开小计", 2), *(Td("9") for _ in range(7))])
    reading = read(page_with_requests(table))
    assert found_figures(reading) == FIGURES
    assert [leftover.raw_text for leftover in reading.leftovers] == ["9"] * 7


def test_blanks_marks_and_zeros_stay_what_they_are() -> None:
    table = requests_table("2021", FIGURES)
    first, second, third = table[HEAD_ROWS : HEAD_ROWS + 3]
    first[-1] = Td("")
    second[-7:] = [Td("/")] * 7
    third[-7:] = [Td(""), Td("0"), Td("—"), Td("无"), Td("不适用"), Td("未统计"), Td("7")]
    kinds = {}
    for cell in read(page_with_requests(table)).cells:
        if cell.table_key == "requests":
            kinds.setdefault(cell.row_key, []).append(cell.cell_kind)
    assert kinds["new_received"][-1] == CellKind.BLANK
    assert set(kinds["carried_in"]) == {CellKind.NOT_APPLICABLE}
    mark = CellKind.NOT_APPLICABLE
    assert kinds["granted"] == [CellKind.BLANK, CellKind.ZERO, mark, mark, mark, CellKind.TEXT, CellKind.NUMBER]


def test_only_the_total_filled() -> None:
    table = requests_table("2021", FIGURES)
    for row in table[HEAD_ROWS:]:
        row[-7:-1] = [Td()] * 6
    expected = {key: (value if key[2] == "total" else "") for key, value in requests_only(FIGURES).items()}
    assert requests_only(found_figures(read(page_with_requests(table)))) == expected


def test_head_and_values_with_different_spans() -> None:
    table = disclosure_table("2021", FIGURES)
    table[1] = [Td("信息内容"), Td("本年制发件数"), Td("本年废止件数", 2), Td("现行有效件数")]
    for row in table[2:4]:
        row[1] = dataclasses.replace(row[1], colspan=2)
    assert_exact(page_of([table, requests_table("2021", FIGURES), disputes_table("2021", FIGURES)]))


def test_a_value_over_several_columns_is_not_guessed() -> None:
    table = requests_table("2021", FIGURES)
    labels, values = labels_and_values(table[HEAD_ROWS])
    table[HEAD_ROWS] = [*labels, values[0], Td("6", 5), values[6]]
    reading = read(page_with_requests(table))
    row = [cell for cell in reading.cells if cell.row_key == "new_received"]
    assert all(cell.printed in {"", FIGURES["requests", "new_received", cell.column_key]} for cell in row)
    assert "6" in [leftover.raw_text for leftover in reading.leftovers]


def test_a_row_narrower_than_the_others_is_not_guessed() -> None:
    table = requests_table("2021", FIGURES)
    del table[HEAD_ROWS + 1][-5]
    reading = read(page_with_requests(table))
    assert {cell.cell_kind for cell in reading.cells if cell.row_key == "carried_in"} == {CellKind.ABSENT}
    assert [leftover.raw_text for leftover in reading.leftovers] == ["4", "0", "1", "0", "0", "5"]
    assert "no sum says" in reading.leftovers[0].reason


def test_a_wider_row_with_blanks_is_placed_by_its_sum() -> None:
    table = requests_table("2021", FIGURES)
    labels, _ = labels_and_values(table[HEAD_ROWS + 1])
    table[HEAD_ROWS + 1] = [*labels, *(Td(text) for text in ("", "4", "", "", "1", "", "", "5"))]
    found = found_figures(read(page_with_requests(table)))
    assert found["requests", "carried_in", "total"] in {"", "5"}
    assert found["requests", "carried_in", "business"] == ""


def test_one_table_cut_into_many() -> None:
    pieces = ""
    for row in requests_table("2021", FIGURES)[HEAD_ROWS:]:
        labels, values = labels_and_values(row)
        pieces += "".join(f"<p>{html.escape(cell.text)}</p>" for cell in labels[:-1])
        pieces += html_table(
            [[Td("类别"), *(Td(f"数据{i}") for i in range(1, 7)), Td("总计")], [labels[-1], *values]]
        )
    assert_exact(
        html_page(
            [html_table(disclosure_table("2021", FIGURES)), pieces, html_table(disputes_table("2021", FIGURES))]
        )
    )


def test_labels_on_the_line_above_their_values() -> None:
    pieces = ""
    for row in requests_table("2021", FIGURES)[HEAD_ROWS:]:
        labels, values = labels_and_values(row)
        pieces += "".join(f"<p>{html.escape(cell.text)}</p>" for cell in labels) + html_table([values])
    assert_exact(
        html_page(
            [html_table(disclosure_table("2021", FIGURES)), pieces, html_table(disputes_table("2021", FIGURES))]
        )
    )


def test_three_tables_in_one_and_a_table_of_particulars_before() -> None:
    whole = [row for table in three_tables("2021", FIGURES) for row in table]
    particulars = html_table([[Td("索引号"), Td("0123/2024-01")], [Td("发布日期"), Td("2024-01-12")]])
    payload = html_page(["", "", html_table(whole)], before=particulars)
    reading = read(payload)
    assert found_figures(reading) == FIGURES
    assert reading.leftovers == ()


@pytest.mark.parametrize("number", ["一、", "三、", "第四部分 ", ""])
def test_section_numbers_may_be_wrong_or_missing(number: str) -> None:
    page = page_of(three_tables("2021", FIGURES)).decode()
    for heading in SECTIONS:
        page = page.replace(heading, number + heading[2:])
    assert_exact(page.encode())


def other_year(figures: Figures) -> Figures:
    return {key: ("1" if key[0] != "requests" else "0") for key in figures}


def test_tables_of_differences_are_left_over() -> None:
    differences = {key: "1" if key[0] == "proactive_disclosure" else "-1" for key in FIGURES}
    parts = [
        html_table(table) + html_table(other)
        for table, other in zip(three_tables("2021", FIGURES), three_tables("2021", differences), strict=True)
    ]
    reading = read(html_page(parts))
    assert found_figures(reading) == FIGURES
    assert {leftover.reason for leftover in reading.leftovers} == {"another table of the same kind"}
    assert len(reading.leftovers) == len(FIGURES)


def test_the_tables_of_the_reported_year_are_taken_when_heads_name_years() -> None:
    def named(table: Table, year: int) -> Table:
        return [[Td(f"{year}年", sum(cell.colspan for cell in table[0]))], *table]

    parts = [
        html_table(named(before, 2022)) + html_table(named(table, 2023))
        for table, before in zip(
            three_tables("2021", FIGURES), three_tables("2021", other_year(FIGURES)), strict=True
        )
    ]
    assert found_figures(read(html_page(parts))) == FIGURES


def test_two_years_side_by_side() -> None:
    table = requests_table("2021", FIGURES)
    table[0] = [table[0][0], Td("2022年", 7), Td("2023年", 7)]
    for row in table[HEAD_ROWS:]:
        labels, values = labels_and_values(row)
        row[:] = [*labels, *(Td("8") for _ in range(7)), *values]
    reading = read(page_with_requests(table))
    assert found_figures(reading) == FIGURES
    assert {leftover.raw_text for leftover in reading.leftovers} == {"8"}


def test_a_label_torn_over_a_page_break() -> None:
    table = requests_table("2021", FIGURES)
    position = row_index(table, "5.要求行政机关")
    labels, values = labels_and_values(table[position])
    torn = [
        [*labels[:-1], Td("5.要求行政机关确认或"), *(Td() for _ in range(7))],
        [Td("重新出具已获取信息"), *values],
    ]
    table[position : position + 1] = torn
    assert_exact(page_with_requests(table))


def test_columns_in_another_order_are_taken_from_their_heads() -> None:
    table = requests_table("2021", FIGURES)
    table[2][0], table[2][3] = table[2][3], table[2][0]
    for row in table[HEAD_ROWS:]:
        row[-6], row[-3] = row[-3], row[-6]
    assert_exact(page_with_requests(table))


def test_disputes_in_three_tables_in_another_order() -> None:
    rows = rows_of("2021", "disputes")
    heads = [Td(cell.column_label) for cell in rows["reconsideration"]]
    names = {
        "reconsideration": "行政复议",
        "litigation_direct": "行政诉讼（未经复议直接起诉）",
        "litigation_after_reconsideration": "行政诉讼（复议后起诉）",
    }
    part = "".join(
        f"<p>{names[row]}</p>" + html_table([heads, [Td(FIGURES["disputes", row, c.column_key]) for c in cells]])
        for row, cells in rows.items()
    )
    tables = three_tables("2021", FIGURES)
    assert_exact(html_page([html_table(tables[0]), html_table(tables[1]), part]))


def test_remarks_units_and_words_for_signs() -> None:
    old = made_up_figures("2019")
    table = disclosure_table("2019", old)
    table[2][1] = Td("22（其中修订16件）")
    change = next(row for row in table if row[0].text == "行政许可")
    change[2] = Td("减4")
    table[-1][-1] = Td("251000元")
    reading = read(page_of([table, requests_table("2019", old), disputes_table("2019", old)]))
    cells = {(cell.row_key, cell.column_key): cell for cell in reading.cells}
    made = cells["regulations", "newly_made"]
    assert (made.value, made.printed, made.remark, made.raw_text) == (22, "22", "其中修订16件", "22（其中修订16件）")
    assert (cells["licensing", "change"].value, cells["licensing", "change"].printed) == (-4, "减4")
    assert (cells["procurement", "amount"].value, cells["procurement", "amount"].printed) == (251000, "251000元")


def test_the_place_of_a_cell_is_where_it_stands() -> None:
    reading = read(page_with_requests(requests_table("2021", FIGURES)))
    cell = next(c for c in reading.cells if (c.row_key, c.column_key) == ("new_received", "business"))
    assert cell.place == "table 2, row 4, cell 3"


def test_a_merged_cell_repeated_by_a_converter_is_read_once() -> None:
    table = disclosure_table("2021", FIGURES)
    spread = [[dataclasses.replace(cell, colspan=1) for cell in row for _ in range(cell.colspan)] for row in table]
    assert_exact(page_of([spread, requests_table("2021", FIGURES), disputes_table("2021", FIGURES)]))


def test_an_explanation_with_all_headings_and_no_table_is_no_report() -> None:
    reading = read(html_page(["<p>概要。</p>"] * 3, title="样本县教育局2023年政府信息公开工作年度报告解读"))
    assert (reading.read_state, reading.report, reading.cells) == (ReadState.NOT_A_REPORT, None, ())


def test_headings_without_tables() -> None:
    reading = read(html_page(["<p>见图。</p>"] * 3))
    assert reading.read_state == ReadState.NO_TABLES
    assert reading.reason and "pictures" in reading.reason


def test_a_page_of_another_kind() -> None:
    reading = read("<html><body><h1>关于放假的通知</h1><p>各单位：放假三天。</p></body></html>".encode())
    assert reading.read_state == ReadState.NOT_A_REPORT


def test_the_sheet_of_2014_is_known_but_not_read() -> None:
    sheet = html_table(
        [
            [Td("统计指标"), Td("单位"), Td("统计数")],
            [Td("一、主动公开情况"), Td(""), Td("")],
            [Td("（一）主动公开政府信息数"), Td("条"), Td("120")],
        ]
    )
    reading = read(f"<html><body><p>样本县2016年政府信息公开工作年度报告</p>{sheet}</body></html>".encode())
    assert reading.read_state == ReadState.NOT_YET_READ


def test_hints_fill_what_the_document_does_not_say() -> None:
    payload = page_of(three_tables("2021", FIGURES), title="政府信息公开工作年度报告")
    hints = Hints(
        portal_id="p",
        entry_url="https://example.org/t20240115_1.html",
        list_title="样本县财政局2023年政府信息公开年报",
        division_code="990121",
        division_name="样本县",
        level="county",
        body_name="样本县财政局",
    )
    report = read(payload, hints).report
    assert report is not None
    assert (report.body_id, report.report_year, report.report_year_source) == (
        "990121:样本县财政局",
        2023,
        "list_title",
    )
    assert (str(report.published_on), report.published_on_source) == ("2024-01-15", "url")
