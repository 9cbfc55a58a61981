"""What detail pages say of themselves, in the forms that portals print. Names and numbers are made up."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.portals.detail import attachments
from flows.portals.metadata import container, metadata
from flows.portals.pages import Page
from flows.portals.shown_pictures import is_picture, shown_pictures

URL = "https://www.shili.gov.cn/nb/t20250214_1.html"
TITLE = "示例市2024年政府信息公开工作年度报告"


def test_the_prescribed_tags_in_whatever_case_and_order() -> None:
    found = metadata(
        Page(
            URL,
            f"""<meta name="SiteName" content="示例市
            人民政府"><META content='1101020002' NAME='SiteIDCode'><meta name="columnname" content="政府信息公开年报">
            <meta name="ArticleTitle" content="{TITLE[:5]}&lt;br&gt;{TITLE[5:]}"><meta name="PubDate" content="">
            <meta content="2025-01-24 16:04" name="pubdate"><meta name="ContentSource" content="示例市政府办公室">""",
        )
    )
    assert (found.site_name, found.column_name, found.title) == ("示例市 人民政府", "政府信息公开年报", TITLE)
    assert (found.published_on, found.publisher) == (dt.date(2025, 1, 24), "示例市政府办公室")
    assert (found.site_id_code, found.division_code) == ("1101020002", "110102")


def test_the_table_of_the_index_entry() -> None:
    cells = Page(
        URL,
        f"""<table><tr><td>索 引 号：</td><td>11990100MB2C000000/2025-00017</td><th>发文字号</th>
        <td></td></tr><tr><td>信息名称:</td><td>{TITLE}</td><td>公开日期</td> <td> 2025年1月28日 </td></tr></table>
        <ul><li>发布机构：示例市水利局</li><li>主题分类：其他</li></ul>""",
    )
    found = metadata(cells)
    assert (found.index_number, found.title) == ("11990100MB2C000000/2025-00017", TITLE)
    assert (found.published_on, found.publisher) == (dt.date(2025, 1, 28), "示例市水利局")
    assert found.document_number is None


@pytest.mark.parametrize(
    ("text", "code", "division"),
    [
        ('<meta name="SiteIDCode" content="3203000040">', "3203000040", "320300"),
        ('<meta name="SiteIDCode" content="bm17000009">', "bm17000009", None),
        ('<meta name="SiteIDCode" content="网站域名"><p>网站标识码：5001070012</p>', "5001070012", "500107"),
        ('<script id="_jiucuo_" sitecode="1506000140" src="//x/jiucuo.js"></script>', "1506000140", "150600"),
        ('<meta name="SiteIDCode" content="310000000044">', None, None),
        ("<p>网站标识码bm29000002</p>", "bm29000002", None),
        ("<p>9999990001</p>", None, None),
    ],
)
def test_the_sites_code_and_what_stands_in_for_it(text: str, code: str | None, division: str | None) -> None:
    found = metadata(Page(URL, text))
    assert (found.site_id_code, found.division_code) == (code, division)


@pytest.mark.parametrize(
    "opening",
    [
        '<div class="TRS_Editor">',
        '<div id="vsb_content_501">',
        "<UCAPCONTENT>",
        '<div id="zoom">',
        '<div class="j-fontContent">',
        '<div id="con_con">',
    ],
)
def test_the_container_of_the_text(opening: str) -> None:
    node = container(Page(URL, f'<div class="nav">导航</div>{opening}<p>正文</p></div><div id="Zoom"></div>'))
    assert node is not None
    assert node.text(strip=True) == "正文"


def test_a_page_without_a_known_container() -> None:
    assert container(Page(URL, '<div id="zoom"> </div><p>正文</p>')) is None


def test_files_in_the_text_come_before_those_around_it() -> None:
    page = Page(
        URL,
        '<a href="/help.pdf">帮助手册</a>'
        '<div class="TRS_Editor"><a href="./P02.pdf" alt="附表.pdf">点击下载</a></div>'
        f'<a href="/system/_content/download.jsp?urltype=news.DownloadAttachUrl&amp;wbfileid=A1">{TITLE}.docx</a>',
    )
    assert [one.name for one in attachments(page, 10)] == [f"{TITLE}.docx", "附表.pdf", "帮助手册"]


def test_pictures_of_the_text_in_the_order_of_the_page() -> None:
    page = Page(
        URL,
        """<div class="head"><img src="/images/head.jpg"></div>
        <div class="TRS_Editor"><p><img src="./W020250214_1.jpg">
        <img src="blank.gif" data-original="W020250214_2.png"></p>
        <a href="W020250214_3.jpeg"><img src="thumbs/small_3.jpg" width="120"></a><img src="./W020250214_1.jpg">
        <img src="/show?id=4"><img src="logo.png"><img src="/qrcode/1.png">
        <img src="a.jpg" width="100px" height="100px">
        <img src="sign.svg"><img src="data:image/png;base64,AAAA"><img>
        <a href="/"><img src="W5.JPG" width="100%"></a></div>
        <img src="foot.jpg">""",
    )
    folder = URL.rsplit("/", 1)[0]
    names = ["W020250214_1.jpg", "W020250214_2.png", "W020250214_3.jpeg"]
    assert shown_pictures(page) == [
        *(f"{folder}/{name}" for name in names),
        "https://www.shili.gov.cn/show?id=4",
        f"{folder}/W5.JPG",
    ]


def test_only_pictures_of_a_known_container_count() -> None:
    assert shown_pictures(Page(URL, "<body><img src='a.jpg'></body>")) == []


@pytest.mark.parametrize(("name", "expected"), [("a.JPG", True), ("a.pdf", False), ("a", False), ("a.jpg?x=1", True)])
def test_a_picture_by_its_ending(name: str, expected: bool) -> None:
    assert is_picture(f"https://www.shili.gov.cn/{name}") is expected
