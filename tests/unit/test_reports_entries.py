"""Pages that are no report (stubs, explanations, sheets of 2014), and which attachment is the report."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.records import ReadState
from flows.reports.reader import Hints
from tests.unit.reports_builder import (
    Td,
    docx_report,
    html_page,
    html_table,
    made_up_figures,
    page_of,
    read,
    three_tables,
)

TABLES = three_tables("2021", made_up_figures("2021"))
LISTED = Hints(
    portal_id="p",
    entry_url="http://127.0.0.1/art/2024/1/20/art_1.html",
    list_title="沭阳县教育局2023年政府信息公开工作年度报告",
    listed_on=dt.date(2024, 1, 20),
    body_name="沭阳县教育局",
    division_code="321322",
    division_name="沭阳县",
    level="county",
)
TITLE = "沭阳县教育局2023年政府信息公开工作年度报告"


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("<a href='/upload/a.pdf'>沭阳县教育局年报.pdf</a>", "沭阳县教育局年报.pdf"),
        ("<a href='/upload/P020240118.docx?v=1'>点击下载</a>", "P020240118.docx"),
    ],
)
def test_a_stub_names_its_attachments(link: str, name: str) -> None:
    reading = read(f"<html><body><h1>{TITLE}</h1><p>附件：{link}</p></body></html>".encode(), LISTED)
    assert (reading.read_state, reading.report) == (ReadState.NOT_A_REPORT, None)
    assert reading.reason and reading.reason.endswith(f"It names attachments ({name}): read those.")


def test_of_several_attachments_the_report_is_told_by_what_it_holds() -> None:
    guide = "沭阳县教育局政府信息公开指南\n一、受理机构\n办公室。\n".encode()
    other_table = "附件2\n单位\t人数\n办公室\t3\n".encode()
    report = docx_report(TABLES, title=TITLE)
    states = [read(payload, LISTED).read_state for payload in (guide, other_table, report)]
    assert states == [ReadState.NOT_A_REPORT, ReadState.NOT_A_REPORT, ReadState.READ]


def test_an_attachment_s_own_title_goes_before_that_of_the_entry() -> None:
    earlier = read(docx_report(TABLES, title="宿迁市教育局2022年政府信息公开工作年度报告"), LISTED).report
    untitled = read(docx_report(TABLES, title="政府信息公开工作年度报告"), LISTED).report
    assert earlier and untitled
    assert (earlier.body_id, earlier.report_year, earlier.report_year_source) == (
        "321300:宿迁市教育局",
        2022,
        "title",
    )
    assert (untitled.body_id, untitled.report_year, untitled.report_year_source) == (
        "321322:沭阳县教育局",
        2023,
        "list_title",
    )


@pytest.mark.parametrize(
    "title",
    [
        f"《{TITLE}》解读",
        f"图解：{TITLE}",
        f"一图读懂{TITLE}",
        f"{TITLE}政策图解",
        f"一分钟看懂{TITLE}",
        f"数说{TITLE}",
    ],
)
def test_explanations_are_refused_though_they_hold_tables(title: str) -> None:
    reading = read(page_of(TABLES, title=title))
    assert (reading.read_state, reading.cells) == (ReadState.NOT_A_REPORT, ())
    assert reading.reason and "explains a report" in reading.reason


@pytest.mark.parametrize(
    "site", ["_解读回应_沭阳县人民政府", "-政策解读-沭阳县人民政府", " | 图解 | 沭阳县", "--政策解读"]
)
def test_the_name_of_a_site_s_column_makes_no_explanation(site: str) -> None:
    page = page_of(TABLES, title=TITLE).replace(b"<head>", f"<head><title>{TITLE}{site}</title>".encode(), 1)
    assert f"{TITLE}{site}".encode() in page
    reading = read(page)
    assert reading.report and reading.report.title == TITLE


@pytest.mark.parametrize(
    "rows",
    [
        ["一、主动公开情况", "（一）主动公开政府信息数（条）", "其中：主动公开规范性文件数", "制发规范性文件总数"],
        ["三、依申请公开情况", "（一）收到申请数", "（二）申请办结数", "（三）申请答复数", "四、行政复议数量"],
    ],
)
def test_a_sheet_of_2014_is_known_by_its_rows(rows: list[str]) -> None:
    sheet = [[Td(row), Td("1")] for row in [*rows, "五、行政诉讼数量", "六、举报投诉数量"]]
    title = "沭阳县教育局2017年政府信息公开工作年度报告"
    as_text = "\n".join([title, *("\t".join(cell.text for cell in row) for row in sheet)]).encode()
    for payload in (html_page([html_table(sheet), "", ""], title=title), as_text):
        reading = read(payload)
        assert (reading.read_state, reading.cells) == (ReadState.NOT_YET_READ, ())
        assert reading.reason and "2014 to 2018" in reading.reason


def test_words_of_the_sheet_in_a_report_of_today_change_nothing() -> None:
    page = page_of(TABLES, title=TITLE, before="<p>政府信息公开情况统计表</p><p>收到申请数、申请办结数</p>")
    assert read(page).read_state == ReadState.READ
