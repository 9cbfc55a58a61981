"""Renderings of the sample: deterministic, laid out as the official forms, and agreeing with the figures."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from itertools import combinations

import pytest

from flows.formats import format_cells
from flows.reports.text_signature import shingles_of
from flows.sample.index import FOLDER, read_figures, sample_report, sample_reports
from flows.sample.rendering import CONTENT_TYPES, render
from flows.sample.rendering.composition import Prose, compose
from flows.sample.rendering.layout import FormTable, form_tables

RENDERINGS = list(CONTENT_TYPES)


def tables_of(key: str) -> tuple[FormTable, FormTable, FormTable]:
    report = sample_report(key)
    return form_tables(report.generation, read_figures(report), report.blank_mark)


def texts(table: FormTable) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_the_same_report_gives_the_same_bytes(rendering: str) -> None:
    report = sample_report("huaian-2024")
    first = render(report, read_figures(report), rendering)
    render(sample_report("yangben-xian-2020"), read_figures(sample_report("yangben-xian-2020")), rendering)
    assert render(report, read_figures(report), rendering) == first


def test_a_docx_does_not_tell_when_it_was_written() -> None:
    report = sample_report("yangban-shi-2024")
    package = zipfile.ZipFile(io.BytesIO(render(report, read_figures(report), "docx")))
    assert {member.date_time for member in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert b"2025-03-28T01:00:00Z" in package.read("docProps/core.xml")


@pytest.mark.parametrize("key", ["huaian-2024", "yangben-xian-2020"])
def test_tables_fill_their_grid_without_gap_or_overlap(key: str) -> None:
    for table in tables_of(key):
        places = [
            (row + down, column + right)
            for row, cells in enumerate(table.placed())
            for column, cell in cells
            for down in range(cell.row_span)
            for right in range(cell.column_span)
        ]
        assert len(places) == len(set(places)) == table.column_count * len(table.rows)


@pytest.mark.parametrize("key", ["huaian-2024", "shuyang-fagaiju-2023", "yangben-xian-2020"])
def test_values_stand_in_the_order_of_the_format(key: str) -> None:
    report = sample_report(key)
    printed = [cell.text for table in tables_of(key) for row in table.rows for cell in row if cell.is_value]
    assert printed == list(read_figures(report).values())
    assert len(printed) == len(format_cells(report.generation))


def test_the_request_table_is_the_official_form() -> None:
    _, requests, _ = tables_of("huaian-2024")
    assert [(cell.text[:5], cell.column_span, cell.row_span) for cell in requests.rows[0]] == [
        ("（本列数据", 3, 3),
        ("申请人情况", 7, 1),
    ]
    assert [(cell.text, cell.column_span, cell.row_span) for cell in requests.rows[1]] == [
        ("自然人", 1, 2),
        ("法人或其他组织", 5, 1),
        ("总计", 1, 2),
    ]
    heads = {cell.text: cell.row_span for row in requests.rows for cell in row if cell.row_span > 1}
    assert heads["三、本年度办理结果"] == 22
    assert [heads[head] for head in ("（三）不予公开", "（四）无法提供", "（五）不予处理", "（六）其他处理")] == [
        8,
        3,
        5,
        3,
    ]
    assert texts(requests)[7][:2] == ["（三）不予公开", "1.属于国家秘密"]
    assert (requests.rows[-1][0].text, requests.rows[-1][0].column_span) == ("四、结转下年度继续办理", 3)


def test_other_outcomes_are_one_row_in_the_form_of_2019() -> None:
    _, requests, _ = tables_of("yangben-xian-2020")
    (row,) = [row for row in requests.rows if row[0].text == "（六）其他处理"]
    assert (row[0].column_span, row[0].row_span) == (2, 1)


def test_disclosure_tables_of_both_generations() -> None:
    of_2021, of_2019 = tables_of("suqian-2024")[0], tables_of("yangben-xian-2020")[0]
    assert texts(of_2021)[:4] == [
        ["第二十条第（一）项"],
        ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"],
        ["规章", "2", "1", "12"],
        ["行政规范性文件", "50", "227", "420"],
    ]
    assert [cell.column_span for cell in of_2021.rows[-1]] == [1, 3]
    assert ["行政许可", "312", "-11", "57240"] in texts(of_2019)
    assert texts(of_2019)[-2:] == [["信息内容", "采购项目数量", "采购总金额"], ["政府集中采购", "42", "2814.66万元"]]


def test_a_page_break_tears_the_labels_that_go_on() -> None:
    _, requests, _ = tables_of("huaian-2024")
    upper, lower = requests.cut(16)
    assert len(upper.rows) + len(lower.rows) == len(requests.rows)
    assert upper.rows[15][0].text == "（四）无"
    assert [cell.text for cell in lower.rows[0][:3]] == ["办理结果", "法提供", "2.没有现成信息需要另行制作"]
    values = [cell.text for part in (upper, lower) for row in part.rows for cell in row if cell.is_value]
    assert values == [cell.text for row in requests.rows for cell in row if cell.is_value]
    assert lower.column_count == sum(cell.column_span for cell in lower.rows[0])


def test_a_blank_is_printed_as_its_mark() -> None:
    *_, disputes = tables_of("yangben-jiaoyuju-2022")
    assert texts(disputes)[-1] == ["0", "0", "1", "0", "1"] + ["/"] * 10


def test_the_prose_repeats_the_figures() -> None:
    report = sample_report("huaian-2024")
    prose = "".join(block.text for block in compose(report, read_figures(report)).blocks if isinstance(block, Prose))
    for words in (
        "淮安市人民政府",
        "汇总了全市",
        "2024年1月1日至2024年12月31日",
        "国办公开办函〔2021〕30号",
        "新收政府信息公开申请3119件，上年结转34件",
        "办结3050件，其中予以公开1362件、部分公开454件；结转下年度继续办理103件",
        "行政复议351件、行政诉讼46件",
    ):
        assert words in prose


def test_no_two_texts_of_a_year_or_a_body_are_nearly_the_same() -> None:
    shingles = {}
    for report in sample_reports():
        blocks = compose(report, read_figures(report)).blocks
        text = "\n".join(block.text for block in blocks if isinstance(block, Prose))
        shingles[report.body.name, report.report_year] = shingles_of(text, (report.body.name, report.division.name))
    for one, other in combinations(shingles, 2):
        if one[1] == other[1] or one[0] == other[0]:
            shared, both = shingles[one] & shingles[other], shingles[one] | shingles[other]
            assert len(shared) < 0.7 * len(both), (one, other)


def test_scope_is_stated_by_governments_only() -> None:
    for report in sample_reports():
        blocks = compose(report, read_figures(report)).blocks
        assert isinstance(blocks[0], Prose)
        assert ("汇总" in blocks[0].text) == (report.body.kind == "government")


def test_pasted_html_is_torn_into_runs_that_still_say_the_same() -> None:
    report = sample_report("suqian-2023")
    page = render(report, read_figures(report), "html_word").decode()
    assert "<o:p></o:p>" in page
    assert "mso-" in page
    assert page.count("<font") > 150
    assert "</font>" not in page
    assert "政府信息公开" not in page
    assert "一、本年新收政府信息公开申请数量" in re.sub(r"<[^>]+>", "", page)


def test_a_pdf_has_a_text_layer_page_numbers_and_a_torn_table() -> None:
    pypdfium2 = pytest.importorskip("pypdfium2")
    report = sample_report("huaian-2024")
    document = pypdfium2.PdfDocument(render(report, read_figures(report), "pdf"))
    pages = [page.get_textpage().get_text_range() for page in document]
    assert len(pages) == 3
    assert all(f"— {number} —" in page for number, page in enumerate(pages, start=1))
    assert "（四）无" in pages[1]
    assert "法提供" in pages[2]
    assert "96171.6" in pages[0]
    composition = compose(report, read_figures(report))
    composed = composition.title + "".join(
        "".join(cell.text for row in block.rows for cell in row) if isinstance(block, FormTable) else block.text
        for block in composition.blocks
    )
    numbers = "".join(f"—{number}—" for number in (1, 2, 3))
    assert Counter("".join("".join(pages).split())) == Counter("".join((composed + numbers).split()))


def test_no_rendering_is_kept_as_a_file() -> None:
    assert not [path for path in FOLDER.rglob("*") if path.suffix in {".pdf", ".docx", ".html"}]
