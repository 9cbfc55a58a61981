"""Lists from real servers on loopback: paging of each family, titles, charsets, attachments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integration.scripted_portal import (
    COLUMN,
    Asked,
    Collecting,
    Reply,
    ScriptedPortal,
    page,
    report,
    trs_column,
    trs_path,
    trs_row,
)


def test_trs_counts_pages_from_zero_and_stops_at_the_last(portal: ScriptedPortal, tmp_path: Path) -> None:
    script = '<script>createPageHTML(3, 0, "index", "html");</script>'
    for number, name in enumerate(["", "index_1.html", "index_2.html", "index_3.html"]):
        portal.routes[COLUMN + name] = page(f"<ul>{trs_row(2024 - number, number)}</ul>{script}")
        portal.routes[trs_path(2024 - number, number)] = report(str(number))
    outcome = Collecting(tmp_path, portal).run(portal.url + COLUMN)
    assert (outcome.list_pages, outcome.accepted, outcome.fetched_new) == (3, 3, 3)
    assert outcome.stopped_reason is None
    assert COLUMN + "index_3.html" not in portal.paths()


def test_a_page_beyond_the_last_that_is_the_first_again_ends_the_list(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, script='<script>createPageHTML("page", 9, 1, "index", "html", 130);</script>')
    portal.routes[COLUMN + "index_2.html"] = portal.routes[COLUMN]
    outcome = Collecting(tmp_path, portal).run(portal.url + COLUMN)
    assert (outcome.list_pages, outcome.listed) == (2, 1)
    assert COLUMN + "index_3.html" not in portal.paths()


@pytest.mark.parametrize(
    "stub", [(200, {"Content-Type": "text/html"}, b"<html><title>404</title></html>"), (404, {}, b"")]
)
def test_a_missing_page_ends_the_list_which_is_not_whole_while_it_speaks_of_more(
    portal: ScriptedPortal, tmp_path: Path, stub: Reply
) -> None:
    trs_column(portal, script='<script>createPageHTML(9, 0, "index", "html");</script>')
    portal.routes[COLUMN + "index_1.html"] = stub
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert (outcome.list_pages, outcome.fetched_new) == (1, 1)
    assert outcome.stopped_reason == "the list ended after page 1 of the 9 or more it speaks of"
    assert not collecting.index.is_listed_whole("p", portal.url + COLUMN)
    trs_column(portal, script='<script>createPageHTML(1, 0, "index", "html");</script>')
    assert collecting.run(portal.url + COLUMN).stopped_reason is None
    assert collecting.index.is_listed_whole("p", portal.url + COLUMN)


def test_a_linked_page_that_is_missing_is_taken_for_the_end_when_it_is_so_again(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    title = "示例市2024年政府信息公开工作年度报告"
    rows = f'<li><a href="/art_1.html">{title}</a> 2025-03-01</li>'
    portal.routes[COLUMN] = page(f'{rows}<a href="list_2.html">下一页</a>')
    portal.routes["/art_1.html"] = report(title)
    collecting = Collecting(tmp_path, portal)
    whole = []
    for _ in range(2):
        assert collecting.run(portal.url + COLUMN, "links").stopped_reason is None
        whole.append(collecting.index.is_listed_whole("p", portal.url + COLUMN))
    assert whole == [False, True]


def test_a_year_whose_page_is_missing_once_leaves_the_list_unsure(portal: ScriptedPortal, tmp_path: Path) -> None:
    portal.routes[COLUMN] = page('<a href="2024n/">2024年</a><a href="2023n/">2023年</a>')
    portal.routes[f"{COLUMN}2024n/"] = page(f"<ul>{trs_row(2024, 1)}</ul>")
    collecting = Collecting(tmp_path, portal)
    whole = []
    for _ in range(2):
        assert collecting.run(portal.url + COLUMN).listed == 1
        whole.append(collecting.index.is_listed_whole("p", portal.url + COLUMN))
    assert whole == [False, True]


def test_a_report_beyond_a_page_that_is_missing_once_is_not_taken_for_withdrawn(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    for number, name in enumerate(["", "index_1.html", "index_2.html"]):
        script = '<script>createPageHTML(3, 0, "index", "html");</script>'
        portal.routes[COLUMN + name] = page(f"<ul>{trs_row(2024 - number, 1)}</ul>{script}")
        portal.routes[trs_path(2024 - number, 1)] = report(str(number))
    collecting = Collecting(tmp_path, portal)
    assert collecting.run(portal.url + COLUMN).stopped_reason is None
    portal.routes[COLUMN + "index_1.html"] = portal.routes[COLUMN]
    outcome = collecting.run(portal.url + COLUMN)
    assert outcome.stopped_reason == "the list ended after page 1 of the 3 or more it speaks of"
    assert not any("listed no more" in notice for notice in outcome.notices)


def test_a_list_longer_than_the_limit_says_so(portal: ScriptedPortal, tmp_path: Path) -> None:
    for number, name in enumerate(["", "index_1.html", "index_2.html"]):
        script = '<script>createPageHTML(3, 0, "index", "html");</script>'
        portal.routes[COLUMN + name] = page(f"<ul>{trs_row(2024 - number, number)}</ul>{script}")
    outcome = Collecting(tmp_path, portal, list_pages=2).run(portal.url + COLUMN)
    assert outcome.list_pages == 2
    assert "GONGKAI_LIST_PAGES" in (outcome.stopped_reason or "")


def jpage_record(number: int) -> str:
    year = 2024 - number
    title = f"示例市{year}年政府信息公开工作年度报告"
    return (
        f"<record><![CDATA[<li><a href='/art/{year + 1}/2/7/art_70011_{number}.html' title='{title}'>{title[:6]}…</a>"
        f"<span>{year + 1}-\n 02-\n 07</span></li>]]></record>"
    )


def jpage_column(portal: ScriptedPortal, total: int, per_page: int, answer: Callable[[int, int], str]) -> None:
    """A column whose proxy answers `answer(first row, page number)`."""
    call = (
        f"<script>$('#4455').jpage({{themeName:'default',totalRecord:{total},perPage:{per_page},groupSize:3,"
        "proxyUrl:'/module/web/jpage/dataproxy.jsp',ajaxParam:{col:1,appid:'1',webid:12,path:'/',columnid:70011,"
        "unitid:'4455',webname:'示例市人民政府',permissiontype:0}});</script>"
    )
    first = "".join(jpage_record(number) for number in range(per_page))
    block = f"<script type='text/xml'><datastore><recordset>{first}</recordset></datastore></script>"
    portal.routes["/col/col70011/index.html"] = page(f"<div id='4455'>{block}</div>{call}")

    def proxy(asked: Asked) -> Reply:
        place = {name: int(values[0]) for name, values in parse_qs(urlsplit(asked.path).query).items()}
        body = answer(place["startrecord"], place["page"])
        return 200, {"Content-Type": "text/xml"}, body.encode()

    class Routes(dict):  # type: ignore[type-arg]
        def get(self, path: str, default: object = None) -> object:
            return proxy if "dataproxy.jsp" in path else dict.get(self, path, default)

    portal.routes = Routes(portal.routes)
    for number in range(total):
        portal.routes[f"/art/{2025 - number}/2/7/art_70011_{number}.html"] = report(str(number))


@pytest.mark.parametrize("heeded", ["startrecord", "page"])
def test_jpage_asks_for_the_rows_after_those_seen(portal: ScriptedPortal, tmp_path: Path, heeded: str) -> None:
    def answer(first: int, number: int) -> str:
        start = first - 1 if heeded == "startrecord" else (number - 1) * 3
        return "<datastore>" + "".join(jpage_record(n) for n in range(start, min(start + 3, 7))) + "</datastore>"

    jpage_column(portal, 7, 3, answer)
    outcome = Collecting(tmp_path, portal).run(portal.url + "/col/col70011/index.html", "jpage")
    assert (outcome.list_pages, outcome.accepted, outcome.fetched_new) == (3, 7, 7)
    posts = [asked for asked in portal.asked if asked.method == "POST"]
    assert len(posts) == 2
    form = parse_qs(posts[0].body.decode())
    assert (form["columnid"], form["webname"]) == (["70011"], ["示例市人民政府"])
    assert posts[0].headers["referer"].endswith("/col/col70011/index.html")
    assert posts[0].headers["x-requested-with"] == "XMLHttpRequest"


@pytest.mark.parametrize("nothing", ["", "<datastore><recordset></recordset></datastore>"])
def test_jpage_with_an_empty_proxy_keeps_the_rows_of_the_page(
    portal: ScriptedPortal, tmp_path: Path, nothing: str
) -> None:
    jpage_column(portal, 9, 3, lambda first, number: nothing)
    outcome = Collecting(tmp_path, portal).run(portal.url + "/col/col70011/index.html", "jpage")
    assert (outcome.list_pages, outcome.accepted, outcome.fetched_new) == (2, 3, 3)
    assert outcome.stopped_reason == "the list gave 3 of the 9 rows it counts"


def test_jpage_by_the_next_group_link_taken_as_it_is(portal: ScriptedPortal, tmp_path: Path) -> None:
    link = "/module/web/jpage/dataproxy.jsp?page=1&amp;columnid=%2BaB%3D%3D&amp;unitid=x"
    block = f'<datastore><nextgroup><![CDATA[<a href="{link}"></a>]]></nextgroup>{jpage_record(0)}</datastore>'
    portal.routes = {
        "/col/c/index.html": page(f'<script type="text/xml">{block}</script>'),
        "/module/web/jpage/dataproxy.jsp?page=2&columnid=%2BaB%3D%3D&unitid=x": (
            200,
            {"Content-Type": "text/xml"},
            f"<datastore>{jpage_record(1)}</datastore>".encode(),
        ),
        "/module/web/jpage/dataproxy.jsp?page=3&columnid=%2BaB%3D%3D&unitid=x": (200, {}, b"<datastore></datastore>"),
        "/art/2025/2/7/art_70011_0.html": report("0"),
        "/art/2024/2/7/art_70011_1.html": report("1"),
    }
    outcome = Collecting(tmp_path, portal).run(portal.url + "/col/c/index.html", "jpage")
    assert (outcome.accepted, outcome.fetched_new) == (2, 2)


def test_ucap_counts_pages_from_one(portal: ScriptedPortal, tmp_path: Path) -> None:
    for number in (1, 2):
        name = "list.shtml" if number == 1 else "list_2.shtml"
        href = f"/sssz/gknb/20250{number}/{number:032x}.shtml"
        row = f'<ul class="xxgk_list"><li><a href="{href}">示例市{2020 + number}年政府信息公开工作年度报告</a>'
        script = f"<script>createPageHTML('page_div', 2, {number}, 'list', 'shtml', 2)</script>"
        portal.routes[f"/sssz/gknb/{name}"] = page(f"{row}<i>2025-01-22</i></li></ul>{script}")
        portal.routes[href] = report(str(number))
    outcome = Collecting(tmp_path, portal).run(portal.url + "/sssz/gknb/list.shtml", "ucap")
    assert (outcome.list_pages, outcome.accepted, outcome.fetched_new) == (2, 2, 2)


def test_a_shell_is_followed_to_its_own_host_only(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    portal.routes["/nb/"] = (200, {}, b'<html><meta http-equiv="refresh" content="0;url=..' + COLUMN.encode() + b'">')
    portal.routes["/away/"] = (200, {}, b"<html><script>location.href='http://other.example/'</script>")
    assert Collecting(tmp_path / "a", portal).run(portal.url + "/nb/").fetched_new == 1
    outcome = Collecting(tmp_path / "b", portal).run(portal.url + "/away/")
    assert (outcome.stopped_reason or "").startswith("the column answered shell")


@pytest.mark.parametrize(
    ("path", "html"),
    [
        ("/nb/", '<meta http-equiv="refresh" content="0;url=..{column}">'),
        ("/nb/", "<script>window.location.replace('{column}');</script>"),
        ("/nb/", '<iframe src="{column}" width="100%"></iframe>'),
        ("/nb/jump.shtml", "<script>location.href = '{column}';</script>"),
        ("/nb/jump.shtml", '<ul><li><a href="{column}">2025</a></li></ul>'),
    ],
)
def test_a_column_behind_a_shell_a_frame_or_a_jump(
    portal: ScriptedPortal, tmp_path: Path, path: str, html: str
) -> None:
    trs_column(portal)
    portal.routes[path] = (200, {"Content-Type": "text/html"}, f"<html>{html.format(column=COLUMN)}</html>".encode())
    outcome = Collecting(tmp_path, portal).run(portal.url + path)
    assert (outcome.accepted, outcome.fetched_new, outcome.stopped_reason) == (1, 1, None)


def test_a_page_that_gathers_reports_names_their_hosts(portal: ScriptedPortal, tmp_path: Path) -> None:
    with ScriptedPortal() as other:
        other.routes["/nb/2024.html"] = report("示例市财政局2024年")
        portal.routes["/2024ndbg/"] = page(
            "<h1>2024年政府信息公开工作年度报告</h1>"
            f'<a href="{other.url}/nb/2024.html">示例市财政局</a> <a href="http://127.0.0.1:9/nb/2024.html">示例市教育局</a>'
        )
        collecting = Collecting(tmp_path, portal, other)
        outcome = collecting.run(portal.url + "/2024ndbg/", "links", is_aggregate=True)
        titles = ["示例市财政局（2024年政府信息公开工作年度报告）", "示例市教育局（2024年政府信息公开工作年度报告）"]
        assert sorted(collecting.titles()) == sorted(titles)
        assert outcome.fetched_new == 1
        assert other.paths() == ["/nb/2024.html"]
        assert outcome.fetch_states["off_host"] == 1


def test_gbk_without_a_charset_is_read(portal: ScriptedPortal, tmp_path: Path) -> None:
    status, _, body = page(f"<ul>{trs_row(2024, 1)}</ul>", charset="gbk")
    portal.routes[COLUMN] = (status, {"Content-Type": "text/html"}, body)
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    assert collecting.titles() == ["示例市2024年政府信息公开工作年度报告"]


def test_titles_are_refused_by_a_named_rule_and_never_fetched(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    told_again = "<li><a href='./202503/t20250302_2.html'>《示例市2024年政府信息公开工作年度报告》解读</a></li>"
    portal.routes[COLUMN] = page(
        f"<ul>{trs_row(2024, 1)}{told_again}<li><a href='http://[bad/t20250302_3.html'>坏链接</a></li></ul>"
    )
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert (outcome.listed, outcome.accepted, outcome.refused) == (3, 1, 2)
    refused = {entry.title_rule for entry in collecting.index.entries() if not entry.is_accepted}
    assert refused == {"interpretation", "bad_address"}
    assert COLUMN + "202503/t20250302_2.html" not in portal.paths()


def test_attachments_are_fetched_only_where_the_page_has_no_tables(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    link = '<a href="./P020250214.pdf" title="示例市2024年报告.pdf">点击下载</a>'
    portal.routes[trs_path(2024, 1)] = page(f"<p>见附件。</p>{link}")
    portal.routes[trs_path(2023, 1)] = page(
        f"<table><td>本年新收政府<span>信息</span>公开申请数量</td></table>{link}"
    )
    portal.routes[f"{COLUMN}202503/P020250214.pdf"] = (200, {"Content-Type": "application/pdf"}, b"%PDF-1.7 \0")
    portal.routes[f"{COLUMN}202403/P020250214.pdf"] = (200, {"Content-Type": "application/pdf"}, b"%PDF-1.7 \0")
    collecting = Collecting(tmp_path, portal)
    assert collecting.run(portal.url + COLUMN).fetched_new == 3
    attached = [document for document in collecting.index.documents() if document.fetch_role == "attachment"]
    assert [urlsplit(document.url).path for document in attached] == [f"{COLUMN}202503/P020250214.pdf"]
    assert attached[0].entry_url == portal.url + trs_path(2024, 1)
    assert attached[0].list_title == "示例市2024年政府信息公开工作年度报告"


def test_a_column_page_that_is_the_report_is_taken_as_one(portal: ScriptedPortal, tmp_path: Path) -> None:
    portal.routes["/nb/a2024.htm"] = report("示例镇2024年政府信息公开工作年度报告")
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + "/nb/a2024.htm")
    (document,) = collecting.index.documents()
    assert (document.fetch_role, urlsplit(document.url).path) == ("page", "/nb/a2024.htm")


def test_a_section_a_year_each_of_which_is_a_report(portal: ScriptedPortal, tmp_path: Path) -> None:
    years = "".join(f'<a href="nb/a{year}.htm">{year}年</a>' for year in (2024, 2023))
    portal.routes["/zw/nb.htm"] = page(f"{years}<a href='/about.htm'>2022年度要闻</a>")
    news = "<li><a href='/info/1001/5.htm'>会议</a> 2025-01-02</li>"
    for year in (2024, 2023):
        portal.routes[f"/zw/nb/a{year}.htm"] = page(f"<h1>{year}</h1>{news}<td>第二十条第（一）项</td>{years}")
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + "/zw/nb.htm", "vsb")
    assert (outcome.accepted, outcome.fetched_new, outcome.stopped_reason) == (2, 0, None)
    documents = collecting.index.documents()
    assert {urlsplit(document.url).path for document in documents} == {"/zw/nb/a2024.htm", "/zw/nb/a2023.htm"}


def test_a_new_folder_is_found_although_its_parent_lists_nothing(portal: ScriptedPortal, tmp_path: Path) -> None:
    script = '<script>createPageHTML(1, 0, "index", "html");</script>'
    for year, number in ((2023, 1), (2024, 2)):
        portal.routes[f"{COLUMN}{year}n/"] = page(f"<ul>{trs_row(year, number)}</ul>{script}")
        portal.routes[f"{COLUMN}{year}n/{year + 1}03/t{year + 1}0301_{number}.html"] = report(str(year))
    portal.routes[COLUMN] = page('<a href="./2023n/">2023年</a>')
    collecting = Collecting(tmp_path, portal, revisit_days=7)
    assert collecting.run(portal.url + COLUMN).fetched_new == 1
    portal.routes[COLUMN] = page('<a href="./2024n/">2024年</a><a href="./2023n/">2023年</a>')
    outcome = collecting.run(portal.url + COLUMN)
    assert (outcome.accepted, outcome.fetched_new, outcome.stopped_reason) == (2, 1, None)


def test_a_column_of_another_family_is_named(portal: ScriptedPortal, tmp_path: Path) -> None:
    portal.routes["/c/"] = page("<div>dataproxy.jsp</div>")
    outcome = Collecting(tmp_path, portal).run(portal.url + "/c/", "ucap")
    assert outcome.stopped_reason == "no rows of family ucap on the column page; it bears the marks of jpage"


def test_a_report_linked_twice_in_its_row_is_taken_by_its_title(portal: ScriptedPortal, tmp_path: Path) -> None:
    href = "./202503/t20250301_1.html"
    title = "示例市2024年政府信息公开工作年度报告"
    portal.routes[COLUMN] = page(f'<li><a href="{href}">查看</a> <a href="{href}">{title}</a> 2025-03-01</li>')
    portal.routes[trs_path(2024, 1)] = report("2024")
    outcome = Collecting(tmp_path, portal).run(portal.url + COLUMN)
    assert (outcome.listed, outcome.accepted, outcome.fetched_new) == (1, 1, 1)
