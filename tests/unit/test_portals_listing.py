"""The families: paging forms as portals write them, rows in every form they come in. Names and ids are made up."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.portals.detail import attachments
from flows.portals.families import FAMILIES, recognised
from flows.portals.families.jpage import JpageListing
from flows.portals.families.rows import ROWS_PER_PAGE, Row, best_title, date_in, date_in_url
from flows.portals.families.static_pages import paging_of
from flows.portals.families.trs import TrsListing
from flows.portals.families.ucap import UcapListing
from flows.portals.metadata import metadata
from flows.portals.pages import Page
from flows.portals.shells import inner_addresses

COLUMN = "http://portal.example.gov.cn/zwgk/nb/"
TITLE = "示例市2024年政府信息公开工作年度报告"


def trs_rows(text: str) -> list[Row]:
    return TrsListing(COLUMN).rows(Page(COLUMN, text))


@pytest.mark.parametrize(
    ("script", "second", "last", "beyond"),
    [
        ('createPageHTML(3, 0, "index", "html");', "index_1.html", "index_2.html", 4),
        ("createPageHTML(3,0,'list','shtml')", "list_1.shtml", "list_2.shtml", 4),
        ("var currentPage = 0; var countPage = 3;", "index_1.html", "index_2.html", 4),
        ("pagination_script_config = { pageNumber:'0', total:'3' }", "index_1.html", "index_2.html", 4),
        ("createPageHTML('paging', 3, 1, 'index', 'html', 130);", "index_2.html", "index_3.html", 4),
        ("createPageHTML('page_div', 3, 1, 'xlist', 'shtml', 189)", "xlist_2.shtml", "xlist_3.shtml", 4),
    ],
)
def test_later_pages_are_files_beside_the_first(script: str, second: str, last: str, beyond: int) -> None:
    listing = TrsListing(COLUMN)
    listing.open(Page(COLUMN, f"<script>{script}</script>"))
    requests = [listing.request(number) for number in (2, 3, beyond)]
    assert [request and request.url for request in requests] == [COLUMN + second, COLUMN + last, None]


def test_a_column_without_paging_is_one_page() -> None:
    listing = TrsListing(COLUMN)
    listing.open(Page(COLUMN, "function createPageHTML(count, current, name) {}"))
    assert listing.request(2) is None


def test_a_linked_second_page_is_followed_though_no_script_counts() -> None:
    zero = paging_of(Page(COLUMN, '<a href="index_1.html">下一页</a>'))
    one = paging_of(Page(COLUMN, '<a href="./index_2.shtml">下一页</a>'))
    assert (zero.file_of(2), zero.file_of(3)) == ("index_1.html", "index_2.html")
    assert (one.file_of(2), one.file_of(3)) == ("index_2.shtml", "index_3.shtml")


def test_a_file_name_in_a_script_stays_in_the_columns_folder() -> None:
    paging = paging_of(Page(COLUMN, 'createPageHTML(3, 0, "../../etc/x", "html")'))
    assert paging.total == 1


def test_rows_take_the_whole_title_and_the_date_beside_it() -> None:
    rows = trs_rows(f"""<ul class="gl_list">
      <li><a href="./202502/t20250214_900101.html" title="{TITLE}">示例市2024年政府…</a><span>2025-02-15</span></li>
      <li><a href="../../zt/202501/t20250120_900077.html">示例局2024年政府信息公开工作年度报告</a></li>
      <li><a href="../about.html">关于本站</a></li></ul>""")
    assert rows == [
        Row(COLUMN + "202502/t20250214_900101.html", TITLE, dt.date(2025, 2, 15)),
        Row(
            "http://portal.example.gov.cn/zt/202501/t20250120_900077.html",
            "示例局2024年政府信息公开工作年度报告",
            dt.date(2025, 1, 20),
        ),
    ]


@pytest.mark.parametrize(
    ("attribute", "text", "title"),
    [
        (TITLE, "示例市2024年政府信息公…", TITLE),
        ("点击查看", TITLE, TITLE),
        ("  ", f"[2025-02-15] {TITLE}", TITLE),
        ("示例局召开会议", "示例局召开…", "示例局召开会议"),
        ("", "", ""),
    ],
)
def test_the_title_is_the_attribute_unless_the_text_alone_names_a_report(
    attribute: str, text: str, title: str
) -> None:
    assert best_title(attribute, text) == title


def test_a_row_that_leads_to_a_file_or_another_host_is_a_row() -> None:
    rows = trs_rows(
        f'<p><a href="/files/a.pdf">{TITLE}</a></p><p><a href="http://other.example/x">新闻</a> 2025-01-02</p>'
    )
    assert [(row.href, row.listed_on) for row in rows] == [
        ("http://portal.example.gov.cn/files/a.pdf", None),
        ("http://other.example/x", dt.date(2025, 1, 2)),
    ]


def test_rows_that_a_script_writes_are_read_off_the_source() -> None:
    row = f'<li><a href=\\"./202502/t20250214_1.html\\" title=\\"{TITLE}\\">示例</a> <span>2025-02-15</span></li>'
    rows = trs_rows(f'<script>document.writeln("{row}");</script>')
    assert rows == [Row(COLUMN + "202502/t20250214_1.html", TITLE, dt.date(2025, 2, 15))]


def test_two_dates_in_a_row_and_rows_side_by_side() -> None:
    rows = trs_rows(f"""<div><a href="t20250214_1.html">{TITLE}</a><span>2025-02-15</span>
      <a href="t20240214_2.html">示例市2023年政府信息公开工作年度报告</a><span>2024-02-15</span></div>""")
    assert [row.listed_on for row in rows] == [dt.date(2025, 2, 15), dt.date(2024, 2, 15)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-02-15", dt.date(2025, 2, 15)),
        ("[2025年2月5日]", dt.date(2025, 2, 5)),
        ("2026-\n 01-\n 23", dt.date(2026, 1, 23)),
        ("2026/1/3 09:00", dt.date(2026, 1, 3)),
        ("2026-02-00018", None),
        ("2025-02-30", None),
        ("12025-02-15", None),
        ("", None),
    ],
)
def test_dates(text: str, day: dt.date | None) -> None:
    assert date_in(text) == day


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("./202502/t20250214_1.html", dt.date(2025, 2, 14)),
        ("/art/2025/2/7/art_70011_880123.html", dt.date(2025, 2, 7)),
        ("/10462/2023/01/19/0f.shtml", dt.date(2023, 1, 19)),
        ("/a/2022-01/29/content_1.html", dt.date(2022, 1, 29)),
        ("/c1/20250126/i2.html", dt.date(2025, 1, 26)),
        ("./202502/t20251314_1.html", None),
        ("/art/2025/art_0f.html", None),
    ],
)
def test_dates_in_addresses(url: str, day: dt.date | None) -> None:
    assert date_in_url("/" + url.lstrip("./")) == day


def jpage_page(settings: str, block: str = "") -> Page:
    return Page(
        "http://h.example.gov.cn/col/col1/index.html", f"{block}<script>$('#1').jpage({{{settings}}});</script>"
    )


def test_jpage_sends_what_the_page_says_and_asks_after_the_rows_seen() -> None:
    listing = JpageListing("http://h.example.gov.cn/col/col1/index.html")
    listing.open(
        jpage_page(
            "totalRecord:63,perPage:20,proxyUrl:'/jslib/jquery/jpage/dataproxy.jsp',"
            "ajaxParam:{col:1,appid:'1',path:'/',columnid:70011,sourceContentType:1,unitid:\"4455\",webname:'示例市',n:-1}"
        )
    )
    listing.rows_seen = 60
    request = listing.request(2)
    assert request is not None
    assert request.url == (
        "http://h.example.gov.cn/jslib/jquery/jpage/dataproxy.jsp?startrecord=61&endrecord=80&perpage=20&page=4"
    )
    assert dict(request.form) == {
        "col": "1",
        "appid": "1",
        "path": "/",
        "columnid": "70011",
        "sourceContentType": "1",
        "unitid": "4455",
        "webname": "示例市",
        "n": "-1",
    }
    listing.rows_seen = 63
    assert listing.request(3) is None


def test_jpage_never_asks_for_more_rows_than_servers_give() -> None:
    listing = JpageListing("http://h.example.gov.cn/col/col1/index.html")
    listing.open(jpage_page("totalRecord:900,perPage:450,proxyUrl:'/p.jsp',ajaxParam:{col:1}"))
    listing.rows_seen = 450
    request = listing.request(2)
    assert request is not None
    assert request.url.endswith("startrecord=451&endrecord=750&perpage=300&page=2")


def test_jpage_rows_are_read_in_each_of_their_wrappings() -> None:
    row = f"<li><a href='/art/2025/2/7/art_1_2.html' title='{TITLE}'>示例</a><span>2025-02-08</span></li>"
    expected = [Row("http://h.example.gov.cn/art/2025/2/7/art_1_2.html", TITLE, dt.date(2025, 2, 8))]
    listing = JpageListing("http://h.example.gov.cn/col/col1/index.html")
    for text in (
        f"<datastore><recordset><record><![CDATA[{row}]]></record></recordset></datastore>",
        f"<nextgroup><![CDATA[<a href='?page=2'></a>]]></nextgroup><![CDATA[{row}]]>",
        f"<ul>{row}</ul>",
    ):
        assert listing.rows(Page("http://h.example.gov.cn/x.jsp", text)) == expected


def test_jpage_without_call_or_group_is_one_page() -> None:
    listing = JpageListing("http://h.example.gov.cn/col/col1/index.html")
    listing.open(Page("http://h.example.gov.cn/col/col1/index.html", "<ul></ul>"))
    assert listing.request(2) is None


def test_families_know_their_own_pages() -> None:
    trs = '<a href="./202502/t20250214_1.html"></a><script>createPageHTML(1,0,"index","html")</script>'
    jpage = "<script>$('#4455').jpage({perPage:20})</script>"
    ucap = f"<a href='/a/202501/{'0' * 32}.shtml'></a><script>createPageHTML('p',1,1,'list','shtml',3)</script>"
    assert recognised(Page(COLUMN, trs)) == ["trs"]
    assert recognised(Page(COLUMN, jpage)) == ["jpage"]
    assert "ucap" in recognised(Page(COLUMN, ucap))
    assert recognised(Page(COLUMN, "<p>nothing</p>")) == []


@pytest.mark.parametrize(
    "href", [f"/sssz/gknb/202501/{'a' * 32}.shtml", "/xyq/c100122/202401/c04_163476.shtml", "/a/content.shtml"]
)
def test_ucap_article_addresses(href: str) -> None:
    rows = UcapListing(COLUMN).rows(Page(COLUMN, f'<a href="{href}">示例</a>'))
    assert len(rows) == 1


def test_attachments_have_the_names_people_see() -> None:
    page = Page(
        "http://h.example.gov.cn/nb/202502/t20250214_1.html",
        f"""<a href="../../index.html">首页</a><a href="mailto:x">信</a>
        <a href="./P020250214.pdf">点击下载</a>
        <a href="/downfile.jsp?classid=0&filename=0f.docx" title="{TITLE}.docx">附件</a>
        <iframe src="/pdfjs/web/viewer.html?file=%2Fattach%2F0%2Fab.pdf"></iframe>
        <div id="pdfshow" data-value="/cms/ab.ofd"></div>
        <a href="./P020250214.pdf">again</a>""",
    )
    assert [(one.url.removeprefix("http://h.example.gov.cn"), one.name) for one in attachments(page, 10)] == [
        ("/downfile.jsp?classid=0&filename=0f.docx", f"{TITLE}.docx"),
        ("/nb/202502/P020250214.pdf", "P020250214.pdf"),
        ("/attach/0/ab.pdf", "ab.pdf"),
        ("/cms/ab.ofd", "ab.ofd"),
    ]
    assert len(attachments(page, 2)) == 2
    assert attachments(page, 0) == []


def test_a_page_of_many_links_is_read_in_bounded_work() -> None:
    rows = "".join(f'<li><a href="./202502/t20250214_{n}.html">{TITLE}</a></li>' for n in range(ROWS_PER_PAGE + 9))
    assert len(trs_rows(f"<ul>{rows}</ul>")) == ROWS_PER_PAGE


def test_deep_nesting_does_no_harm() -> None:
    nested = "<div>" * 20_000 + f'<a href="t20250214_1.html">{TITLE}</a>'
    assert len(trs_rows(nested)) == 1


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        '<a href="/t20250214_1.html">',
        "<record><![CDATA[",
        ".jpage({",
        "信息公",
        "<a href='x' title='",
        "<iframe src='/a'>",
        '"/was5/web/search?',
        "> 1 / ",
        "window._CONFIG /gkmlpt/ SID: 1 TREE: [",
        "[",
        '{"a":',
        "<td>索引号",
    ],
)
def test_no_page_takes_long_by_repetition(piece: str) -> None:
    """What is repeated here once made a pattern or a tree walk take time by the square of the length."""
    page = Page(COLUMN, piece * (400_000 // len(piece)))
    for family in FAMILIES.values():
        listing = family(COLUMN)
        family.recognises(page)
        listing.open(page)
        assert len(listing.rows(page)) <= ROWS_PER_PAGE
        assert len(listing.folders(page)) <= 40
    inner_addresses(page)
    metadata(page)
    assert page.has_report_tables is False
    assert attachments(page, 10) == []
