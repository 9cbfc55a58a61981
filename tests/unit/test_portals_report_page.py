"""The page of a report: what may be one, what is left out, what its files are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.portals.file_names import disposed_name
from flows.portals.pages import Page
from flows.portals.report_page import ReportPage, report_page
from flows.sample.index import SamplePortal, family_portals
from flows.sample.sites.platform import platforms
from flows.settings import Settings

URL = "http://portal.example.gov.cn/nb/t20250214_900101.html"
REAL = Path(__file__).resolve().parents[3] / "shared" / "reports" / "shuyang-fgj-2023.html"


def read(html: str, **changes: int) -> ReportPage:
    return ReportPage(Page(URL, html), Settings(_env_file=None, **changes))  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize(
    ("html", "may_be"),
    [
        ("<title>示例市人民政府</title><p>要闻</p><a href='/x/'>更多</a>", False),
        ("<title>示例市人民政府</title><p>要闻</p><a href='/app.jpg'>二维码</a>", False),
        ("<title>示例市政府信息公开年报</title><p>要闻</p>", True),
        ('<meta name="ArticleTitle" content="示例市2024年年度报告"><p>正文</p>', True),
        ("<p>本年新收政府<b>信息公开</b>申请数量</p>", True),
        ("<p>正文</p><a href='/a.pdf'>示例市2024年政府信息公开工作年度报告</a>", True),
        ("<p>正文</p><div id='zoom'><a href='/a.pdf'>下载</a></div>", True),
        ("<p>正文</p><div id='zoom'>图<img src='/a.jpg'></div>", True),
        ("<title>示例</title><div id='app'></div><noscript>请打开脚本</noscript><script>a()</script>", True),
        ("", True),
    ],
)
def test_what_may_be_a_report(html: str, may_be: bool) -> None:
    assert read(html).may_be_report is may_be


@pytest.mark.parametrize("portal", family_portals(), ids=lambda portal: portal.portal_id)
def test_no_report_of_any_family_is_doubted(portal: SamplePortal) -> None:
    """Pages with tables, and pages that say no more than that the report is a file."""
    ((platform,),) = (one.columns for one in platforms([portal], {}, frozenset()).values())
    reports = [article for article in platform.articles if "年度报告" in article.title]
    assert reports
    for article in reports:
        answer = platform.answer(platform.article_path(article), {})
        assert answer is not None
        page = report_page(answer.body, URL, answer.content_type, Settings(_env_file=None))  # type: ignore[call-arg]
        assert page is not None
        assert page.may_be_report


@pytest.mark.skipif(not REAL.is_file(), reason=f"the real page is not at {REAL}")
def test_a_real_report_is_one() -> None:
    page = report_page(REAL.read_bytes(), URL, "text/html", Settings(_env_file=None))  # type: ignore[call-arg]
    assert page is not None
    assert page.has_tables
    assert page.may_be_report


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("示例市2024年政府信息公开工作年度报告", True),
        ("政府信息公开年报（2024）", True),
        ("2024年 示例市 政府 信息公开 年报", True),
        ("政府信息公开年报", False),
        ("2024年的要闻", False),
    ],
)
def test_a_page_that_names_a_report(text: str, names: bool) -> None:
    assert read(f"<title>x</title><p>{text}</p>").names_report is names


def test_what_is_too_much_is_left_out_and_told() -> None:
    files = "".join(f"<a href='/{number}.pdf'>第{number}部分</a>" for number in range(3))
    pictures = "".join(f"<img src='/{number}.jpg'>" for number in range(2))
    assert read(files).left_out is None
    found = read(files, attachments_per_entry=2)
    assert [file.name for file in found.files] == ["第0部分", "第1部分"]
    assert found.left_out == "offers 3 files, of which 2 are fetched (GONGKAI_ATTACHMENTS_PER_ENTRY)"
    both = read(f"<div id='zoom'>{files}{pictures}</div>", attachments_per_entry=2, pictures_per_entry=1)
    assert both.left_out == (
        "offers 3 files, of which 2 are fetched (GONGKAI_ATTACHMENTS_PER_ENTRY) and 2 pictures, more than 1 "
        "(GONGKAI_PICTURES_PER_ENTRY), so that none is fetched"
    )
    tables = "<p>第二十条第（一）项</p>"
    assert read(tables + files, attachments_per_entry=0).left_out is None  # nothing of it is needed


def test_what_a_page_says_of_itself() -> None:
    told = read(
        '<meta name="SiteName" content="示例"><meta name="PubDate" content="2025-02-14 10:00">'
    ).says_of_itself()
    assert json.loads(told or "") == {"site_name": "示例", "published_on": "2025-02-14"}
    assert read("<p>nothing</p>").says_of_itself() is None


@pytest.mark.parametrize("payload", [None, b"%PDF-1.7", b"PK\x03\x04\0"])
def test_a_file_is_no_page(payload: bytes | None) -> None:
    assert report_page(payload, URL, None, Settings(_env_file=None)) is None  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename*=UTF-8''%E5%B9%B4%E6%8A%A5.docx", "年报.docx"),
        ("attachment; filename=old.doc; filename*=UTF-8''%E5%B9%B4%E6%8A%A5.docx", "年报.docx"),
        ('attachment; filename="年报.docx"'.encode().decode("latin-1"), "年报.docx"),
        ("attachment;filename=年报.docx".encode("gbk").decode("latin-1"), "年报.docx"),
        ('attachment; filename="%E5%B9%B4%E6%8A%A5.docx"', "年报.docx"),
        ("attachment; filename=%C4%EA%B1%A8.docx", "年报.docx"),
        ('attachment; filename="C:\\temp\\a.pdf"', "a.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        (f'attachment; filename="{"a" * 400}"', "a" * 300),
        ("inline", None),
        ('attachment; filename=""', None),
        ("", None),
        (None, None),
    ],
)
def test_names_of_files_as_hosts_write_them(disposition: str | None, name: str | None) -> None:
    assert disposed_name(disposition) == name


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.text(max_size=80), st.text("filename*=;\"'%\\ UTF8-0?abc", max_size=60).map("a; filename".__add__))
)
def test_no_header_makes_it_fail(disposition: str) -> None:
    name = disposed_name(disposition)
    assert name is None or 0 < len(name) <= 300
