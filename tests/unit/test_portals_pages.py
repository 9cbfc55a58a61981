"""What a page's links lead to: its base, and the charset of its queries."""

from __future__ import annotations

import pytest

from flows.portals.addresses import canonical, with_parameters
from flows.portals.detail import attachments
from flows.portals.families import FAMILIES
from flows.portals.pages import Page, decoded
from flows.portals.shown_pictures import shown_pictures

URL = "http://h.example.gov.cn/nb/index.html"
REPORTS = "年报"
IN_GBK = "%C4%EA%B1%A8"
IN_UTF_8 = "%E5%B9%B4%E6%8A%A5"


def base_of(tag: str) -> str:
    return Page(URL, f"<html><head>{tag}</head><body></body></html>").base


@pytest.mark.parametrize(
    ("tag", "base"),
    [
        ("", URL),
        ('<base href="/cms/">', "http://h.example.gov.cn/cms/"),
        ("<BASE target='_self' HREF='../x/'>", "http://h.example.gov.cn/x/"),
        ('<base href="http://cms.example.gov.cn/a/">', "http://cms.example.gov.cn/a/"),
        ('<base href="/a/"><base href="/b/">', "http://h.example.gov.cn/a/"),
        ('<base target="_blank"><base href="/b/">', "http://h.example.gov.cn/b/"),
        ('<!-- <base href="/a/"> -->', URL),
        ('<base href="javascript:x">', URL),
        ('<base href="http://[bad">', URL),
        ('<base href="">', URL),
    ],
)
def test_links_are_relative_to_the_base_that_a_page_names(tag: str, base: str) -> None:
    assert base_of(tag) == base


def test_a_part_of_a_page_has_its_base_and_charset() -> None:
    column = Page(URL, '<base href="/cms/">', "gb18030")
    part = column.part('<base href="/other/"><a href="x.html">')
    assert part.join("x.html") == "http://h.example.gov.cn/cms/x.html"
    assert part.join(f"?t={REPORTS}") == f"http://h.example.gov.cn/cms/?t={IN_GBK}"


@pytest.mark.parametrize("family", ["trs", "ucap", "vsb", "links", "jpage", "lonsun", "truecms"])
def test_rows_lead_where_the_base_says(family: str) -> None:
    title = "示例市2024年政府信息公开工作年度报告"
    listing = FAMILIES[family](URL)
    page = Page(URL, f'<base href="/cms/"><ul><li><a href="a/1.html">{title}</a> 2025-01-02</li></ul>')
    listing.open(page)
    assert [row.href for row in listing.rows(page)] == ["http://h.example.gov.cn/cms/a/1.html"]


@pytest.mark.parametrize(
    ("charset", "href", "url"),
    [
        ("gbk", f"show.asp?t={REPORTS}", f"http://h.example.gov.cn/nb/show.asp?t={IN_GBK}"),
        ("gb2312", f"show.asp?t={REPORTS}&a=%C4%EA#x", f"http://h.example.gov.cn/nb/show.asp?t={IN_GBK}&a=%C4%EA"),
        ("utf-8", f"show.asp?t={REPORTS}", f"http://h.example.gov.cn/nb/show.asp?t={IN_UTF_8}"),
        ("gbk", f"{REPORTS}.html", f"http://h.example.gov.cn/nb/{IN_UTF_8}.html"),
    ],
)
def test_a_query_is_escaped_in_the_charset_of_its_page(charset: str, href: str, url: str) -> None:
    page = Page.of(URL, f"<meta charset={charset}>{REPORTS}".encode(charset), "text/html")
    assert canonical(page.join(href)) == url


def test_a_query_that_its_charset_does_not_have_is_left_as_it_is() -> None:
    assert Page(URL, "", "gb18030").join("?t=\udc80") == f"{URL}?t=\udc80"


def test_files_and_pictures_of_an_article_lead_where_its_base_says() -> None:
    links = f"<a href='a.pdf'>x</a><a href='down.jsp?filename={REPORTS}.doc'>y</a><img src='b.jpg'>"
    page = Page(URL, f"<base href='/cms/'><div id='zoom'>{links}</div>", "gb18030")
    files = {one.url for one in attachments(page, 9)}
    folder = "http://h.example.gov.cn/cms"
    assert files == {f"{folder}/a.pdf", f"{folder}/down.jsp?filename={IN_GBK}.doc"}
    assert shown_pictures(page) == ["http://h.example.gov.cn/cms/b.jpg"]


def test_a_query_in_another_charset_is_kept_as_it_is_written() -> None:
    search = f"http://h.example.gov.cn/was5/web/search?channelid=1&word={IN_GBK}&page=1&empty=&flag"
    assert with_parameters(search, {"page": 2}) == search.replace("&page=1", "") + "&page=2"
    assert canonical(f"http://h.example.gov.cn/a?t={IN_GBK}&isMobile=true") == f"http://h.example.gov.cn/a?t={IN_GBK}"
    assert with_parameters("http://h.example.gov.cn/a", {"page": 2}) == "http://h.example.gov.cn/a?page=2"
    assert with_parameters("http://h.example.gov.cn/a?%70age=1", {"page": 2}) == "http://h.example.gov.cn/a?page=2"


@pytest.mark.parametrize(
    ("payload", "content_type", "charset"),
    [
        (REPORTS.encode(), "text/html; charset=gbk", "utf-8"),
        (b"\xef\xbb\xbf" + REPORTS.encode(), None, "utf-8"),
        (REPORTS.encode("utf-16"), None, "utf-8"),
        (REPORTS.encode("gbk"), "text/html; charset=utf-8", "gb18030"),
        (REPORTS.encode("gbk"), "text/html; charset=iso-8859-1", "gb18030"),
        (b'<meta charset="gb2312">' + REPORTS.encode("gbk"), "text/html", "gb18030"),
        (b'<meta charset="utf-16le">' + REPORTS.encode("gbk"), None, "gb18030"),
        (b'<meta charset="no-such">' + REPORTS.encode("gbk"), None, "gb18030"),
        (b"", None, "utf-8"),
    ],
)
def test_the_charset_is_told_by_the_bytes(payload: bytes, content_type: str | None, charset: str) -> None:
    text, found = decoded(payload, content_type)
    assert found == charset
    assert text.endswith(REPORTS) or not payload
