"""Lists that portals serve badly: nothing of them is lost without a word. Names and ids are made up."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from flows.portals.columns import judged
from flows.portals.families import FAMILIES
from flows.portals.families.anchors import pages_said
from flows.portals.families.listing import ListRequest
from flows.portals.pages import Page
from flows.portals.walk import Answered, Walk

COLUMN = "https://h.gov.cn/col/col7/index.html"
LAST_OF_63 = 63


def row(number: int, name: str = "示例") -> str:
    title = f"{name}{number}局2024年政府信息公开工作年度报告"
    return f"<li><a href='/art/2025/2/7/art_7_{number}.html' title='{title}'>x</a><span>2025-02-07</span></li>"


def news(number: int) -> str:
    return f"<li><a href='/art/2025/2/7/art_5_{number}.html' title='会议{number}'>x</a><span>2025-02-07</span></li>"


def record(text: str) -> str:
    return f"<record><![CDATA[{text}]]></record>"


def walked(
    family: str, column: Page, answer: Callable[[ListRequest], str | None], limit: int = 99
) -> tuple[int, Walk]:
    """How many titles of reports the walk finds, and the walk."""

    def ask(request: ListRequest, number: int) -> Answered | None:
        text = answer(request)
        return Answered(Page(request.url, text), request.url) if text is not None else None

    walk = Walk(FAMILIES[family](column.url), ask, limit)
    rows = [one for found in walk.pages(Answered(column, column.url)) for one in found.rows]
    return len({one.href for one in rows if "信息公开" in one.title}), walk


def asked(request: ListRequest, name: str) -> int:
    return int(parse_qs(urlsplit(request.url).query)[name][0])


@pytest.mark.parametrize("cap", [1, 7, 20, 50])
def test_truecms_takes_as_many_rows_as_it_is_given(cap: int) -> None:
    column = Page(COLUMN, '<script>$.get("/messageController/getMessage.do?columnId=77")</script>')

    def answer(request: ListRequest) -> str:
        first, last = asked(request, "startrecord"), asked(request, "endrecord")
        records = "".join(record(row(number)) for number in range(first, min(last, first + cap - 1, LAST_OF_63) + 1))
        return f"cb({json.dumps({'result': records})})"

    found, walk = walked("truecms", column, answer)
    assert (found, walk.shortfalls) == (63, [])


def unit(number: int, rows: list[str], total: int, per_page: int = 20) -> str:
    """A unit of a jpage column: its first rows, and the script's call."""
    group = f'<nextgroup><![CDATA[<a href="/p.jsp?page=1&unitid={number}"></a>]]></nextgroup>'
    store = f"<datastore>{group}<recordset>{''.join(map(record, rows))}</recordset></datastore>"
    call = f"totalRecord:{total},perPage:{per_page},proxyUrl:'/p.jsp',ajaxParam:{{unitid:'{number}'}}"
    return f"<div id='{number}'><script>{store}</script></div><script>$('#{number}').jpage({{{call}}});</script>"


def by_record(lists: dict[str, list[str]]) -> Callable[[ListRequest], str]:
    """A server that heeds `startrecord` and `endrecord`."""

    def answer(request: ListRequest) -> str:
        rows = lists[dict(request.form)["unitid"]]
        part = rows[asked(request, "startrecord") - 1 : asked(request, "endrecord")]
        return f"<datastore>{''.join(map(record, part))}</datastore>"

    return answer


def by_page(lists: dict[str, list[str]], size: int) -> Callable[[ListRequest], str]:
    """A server that heeds `page` only."""

    def answer(request: ListRequest) -> str:
        rows, page = lists[dict(request.form)["unitid"]], asked(request, "page")
        return f"<datastore>{''.join(map(record, rows[(page - 1) * size : page * size]))}</datastore>"

    return answer


@pytest.mark.parametrize("is_paged", [True, False])
def test_jpage_lists_beside_each_other_are_each_gone_through(is_paged: bool) -> None:
    lists = {
        "11": [news(n) for n in range(200)],
        "22": [row(n) for n in range(63)],
        "33": [row(n, "乙") for n in range(900, 945)],
    }
    column = Page(COLUMN, "".join(unit(int(name), rows[:20], len(rows)) for name, rows in lists.items()))
    found, walk = walked("jpage", column, by_page(lists, 20) if is_paged else by_record(lists))
    assert (found, walk.shortfalls) == (63 + 45, [])
    assert walk.listing.learned()["lists"] == "2"


def test_jpage_lists_that_cannot_be_told_apart_are_told() -> None:
    lists = {"11": [row(n) for n in range(40)]}
    column = Page(COLUMN, unit(11, lists["11"][:20], 40) + "<script>$('#2').jpage({totalRecord:9});</script>")
    found, walk = walked("jpage", column, by_record(lists))
    assert found == 40
    assert walk.shortfalls == ["the column page holds several lists that cannot be told apart"]


@pytest.mark.parametrize(("per_page", "is_paged"), [(150, True), (150, False), (450, True), (450, False), (1, True)])
def test_jpage_pages_of_any_size_are_counted_as_the_server_does(per_page: int, is_paged: bool) -> None:
    rows = [row(n) for n in range(6 * per_page)]
    column = Page(COLUMN, unit(22, rows[:per_page], len(rows), per_page))
    lists = {"22": rows}
    found, walk = walked("jpage", column, by_page(lists, per_page) if is_paged else by_record(lists))
    assert (found, walk.shortfalls) == (len(rows), [])


def test_jpage_counts_records_and_not_links() -> None:
    double = [row(n) + row(n).replace("title=", "data-t=") for n in range(50)]
    found, walk = walked("jpage", Page(COLUMN, unit(22, double[:20], 50)), by_record({"22": double}))
    assert (found, walk.shortfalls) == (50, [])


def test_jpage_rows_lead_where_they_would_on_the_column() -> None:
    near = [row(n).replace("/art/2025", "art/2025") for n in range(4)]
    column = Page(COLUMN, unit(22, near[:2], 4, 2))
    walk = Walk(FAMILIES["jpage"](COLUMN), lambda r, n: Answered(Page(r.url, by_record({"22": near})(r)), r.url), 9)
    hrefs = {one.href for page in walk.pages(Answered(column, COLUMN)) for one in page.rows}
    assert hrefs == {f"https://h.gov.cn/col/col7/art/2025/2/7/art_7_{n}.html" for n in range(4)}


@pytest.mark.parametrize("total", [0, 20, 30, 90])
def test_a_count_that_is_wrong_loses_no_row_and_is_told_where_it_is_too_high(total: int) -> None:
    lists = {"22": [row(n) for n in range(63)]}
    found, walk = walked("jpage", Page(COLUMN, unit(22, lists["22"][:25], total)), by_record(lists))
    assert (found, walk.shortfalls) == (63, ["the list gave 63 of the 90 rows it counts"] if total == 90 else [])


def block(name: str) -> str:
    query = f"{{'tplSetId':'{name}','tagId':'信息列表','pageId':'1'}}"
    return f'<script src="/x/unitbuild.js" url="/unit" queryData="{query}"></script>'


@pytest.mark.parametrize("says_size", [True, False])
def test_jpaas_blocks_beside_each_other_are_each_gone_through_once(says_size: bool) -> None:
    lists = {
        "news": [news(n) for n in range(40)],
        "a": [row(n) for n in range(9)],
        "b": [row(n, "乙") for n in range(50, 80)],
    }
    requests: list[str] = []

    def answer(request: ListRequest) -> str:
        requests.append(request.url)
        query = parse_qs(urlsplit(request.url).query)
        page, rows = json.loads(query["paramJson"][0])["pageNo"], lists[query["tplSetId"][0]]
        size = ' rows="10"' if says_size else ""
        part = "".join(rows[(page - 1) * 10 : page * 10])
        html = f'<ul>{part}</ul><div class="pagination"{size} count="{len(rows)}"></div>'
        return json.dumps({"success": True, "data": {"html": html}})

    column = Page(COLUMN, "".join(map(block, lists)))
    found, walk = walked("jpaas", column, answer)
    assert (found, walk.shortfalls) == (39, [])
    assert len(requests) == len(set(requests)) == 5, "the news once, one page of a, three of b"


def test_more_blocks_than_are_looked_into_are_told() -> None:
    def answer(request: ListRequest) -> str:
        return json.dumps({"success": True, "data": row(1)})

    found, walk = walked("jpaas", Page(COLUMN, "".join(block(str(n)) for n in range(9))), answer)
    assert found == 1
    assert walk.shortfalls == ["the column page holds 9 lists, of which 8 were looked into"]


def trs_row(number: int) -> str:
    return f'<li><a href="t20250214_{number}.html">示例{number}局2024年政府信息公开工作年度报告</a></li>'


@pytest.mark.parametrize(
    ("pager", "said"),
    [
        ("共4页", 4),
        ("共<b> 4 </b>页", 4),
        ("第1/4页", 4),
        ("1 / 4 页", 4),
        ("第1页/共4页", 4),
        ("第1页/4", 4),
        ("共1页", None),
        ("第1/1页", None),
        ("共63条", None),
        ('<a href="javascript:goPage(2)">下一页</a>', 2),
        ("<a href='#' onclick=\"go('nb', 2)\">下一页</a>", 2),
        ("<a onclick='go(2)'>下一页 &gt;</a>", 2),
        ('<a href="javascript:goPage(1)">下一页</a>', None),
        ('<a href="javascript:goPage(20)">下一页</a>', None),
        ('<a href="javascript:void(0)">下一页</a>', None),
        ('<a href="javascript:goPage(2)">2</a>', None),
    ],
)
def test_a_list_whose_further_pages_cannot_be_asked_for_is_not_whole(pager: str, said: int | None) -> None:
    column = Page("https://h.gov.cn/nb/", "".join(map(trs_row, range(9))) + f"<div>{pager}</div>")
    assert pages_said(column) == said
    for family in ("links", "trs", "ucap"):
        found, walk = walked(family, column, lambda request: None)
        told = [f"the list ended after page 1 of the {said} or more it speaks of"] if said else []
        assert (found, walk.shortfalls) == (9, told)


def test_a_list_whose_pages_are_linked_by_their_numbers_is_gone_through() -> None:
    column = "https://h.gov.cn/nb/list.aspx?id=7"
    bar = "<a href='#'>1</a>" + "".join(f"<a href='?id=7&page={n}'>[{n}]</a>" for n in (2, 3, 4))
    calendar = "<a href='/2025/03/02/'>2</a>"
    pages = {f"{column}&page={n}": trs_row(n) + calendar + bar for n in (2, 3, 4)}
    found, walk = walked("links", Page(column, trs_row(1) + calendar + bar), lambda request: pages[request.url])
    assert (found, walk.shortfalls) == (4, [])


def test_pages_that_were_added_since_the_first_was_made_are_asked_for() -> None:
    def answer(request: ListRequest) -> str | None:
        number = int(request.url.rpartition("_")[2].partition(".")[0])
        return trs_row(number) + f"createPageHTML({2 + number}, {number}, 'index', 'html')" if number < 5 else None

    column = Page("https://h.gov.cn/nb/", trs_row(0) + "createPageHTML(2, 0, 'index', 'html')")
    found, walk = walked("trs", column, answer)
    assert (found, walk.shortfalls) == (5, ["the list ended after page 5 of the 6 or more it speaks of"])


@pytest.mark.parametrize("total", [0, 1, 2])
def test_a_next_link_goes_on_where_the_count_of_pages_is_too_low(total: int) -> None:
    names = ["index_1.html", "index_2.html", "index_3.html"]
    links = [f'<a href="{name}">下一页</a>' for name in names] + [""]
    script = f"createPageHTML({total}, 0, 'index', 'html')"
    pages = {f"https://h.gov.cn/nb/{name}": trs_row(n) + links[n] for n, name in enumerate(names, start=1)}
    column = Page("https://h.gov.cn/nb/", trs_row(0) + links[0] + script)
    found, walk = walked("trs", column, lambda request: pages[request.url])
    assert (found, walk.shortfalls) == (4, [])


def test_a_loop_of_next_links_ends_where_the_first_page_comes_again() -> None:
    pages = {f"https://h.gov.cn/nb/p{n}": trs_row(n) + f'<a href="p{n % 3 + 1}">下一页</a>' for n in (1, 2, 3)}
    column = Page("https://h.gov.cn/nb/p1", pages["https://h.gov.cn/nb/p1"])
    found, walk = walked("links", column, lambda request: pages[request.url])
    assert (found, walk.shortfalls, walk.is_cut_off) == (3, [], False)


def test_rows_beyond_what_is_read_of_one_page_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("flows.portals.families.anchors", "flows.portals.walk"):
        monkeypatch.setattr(f"{module}.ROWS_PER_PAGE", 30)
        monkeypatch.setattr(f"{module}.LINKS_PER_PAGE", 60)
    rows = "".join(trs_row(number) for number in range(31))
    found, walk = walked("trs", Page("https://h.gov.cn/nb/", rows), lambda request: None)
    assert (found, walk.shortfalls) == (30, ["list page 1 holds more than 30 rows"])
    links = "<a href='/x'>x</a>" * 60 + trs_row(1)
    found, walk = walked("trs", Page("https://h.gov.cn/nb/", links), lambda request: None)
    assert (found, walk.shortfalls) == (0, ["list page 1 holds more than 60 links"])


@pytest.mark.parametrize("side", ["", '<a href="t20250101_77.html">热点新闻</a>', trs_row(78)])
def test_rows_that_a_script_writes_are_read_beside_others(side: str) -> None:
    written = "".join(f"document.writeln('{trs_row(number)}');" for number in range(5))
    found, _ = walked("trs", Page("https://h.gov.cn/nb/", f"{side}<script>{written}</script>"), lambda request: None)
    assert found == 5 + (side == trs_row(78))


def test_a_row_in_a_comment_is_none_where_others_are_shown() -> None:
    text = f"{trs_row(1)}<!-- {trs_row(2)} --><script>var a = 'document.write'; // {trs_row(3)}</script>"
    assert walked("trs", Page("https://h.gov.cn/nb/", text), lambda request: None)[0] == 1


def test_all_columns_of_reports_in_a_tree_are_read() -> None:
    below = [{"id": 12, "name": "2024年年报"}, {"id": 14, "name": "网站年报"}]
    tree = [
        {"id": 10, "name": "统计年鉴年报"},
        {"id": 11, "name": "政府信息公开年报", "children": below},
        {"id": 13, "name": "部门信息公开年度报告"},
        {"id": 15, "name": "企业年报"},
        {"id": 16, "name": "信息公开年报（旧）", "jump_url": "/old/"},
    ]
    held = {11: [1], 12: list(range(1, 6)), 13: list(range(20, 140))}
    asked_for: list[str] = []

    def answer(request: ListRequest) -> str | None:
        asked_for.append(request.url.removeprefix("https://h.gov.cn"))
        if request.url.endswith("/old/"):
            return row(200)
        column, page = int(urlsplit(request.url).path.rpartition("/")[2]), asked(request, "page")
        numbers = held[column][100 * page - 100 : 100 * page]
        articles = [{"title": f"示例{one}局2024年政府信息公开年报", "url": f"/{one}.html"} for one in numbers]
        return json.dumps({"articles": articles, "total": len(held[column])})

    config = f"<script>window._CONFIG = {{SID: '7', TREE: {json.dumps(tree)}}}; '/gkmlpt/'</script>"
    found, walk = walked("gkmlpt", Page("https://h.gov.cn/gkmlpt/index", config), answer)
    assert (found, walk.shortfalls) == (5 + 120 + 1, [])
    places = [url.removeprefix("/gkmlpt/api/all/").removesuffix("&sid=7") for url in asked_for]
    assert places == ["11?page=1", "13?page=1", "13?page=2", "/old/", "12?page=1"]


def test_a_report_whose_link_calls_a_script_is_told_beside_others() -> None:
    called = (
        "<li><a href='#' onclick='show(1)' title='示例市2022年政府信息公开工作年度报告'>x</a><i>2023-03-01</i></li>"
        "<li><a href='javascript:;' title='示例市2021年政府信息公开工作年度报告'>x</a></li>"
        "<li><a href='javascript:;'>示例1局2024年政府信息公开工作年度报告</a></li><a href='#'>政府信息公开年报</a>"
    )
    page = Page(COLUMN, row(1) + called)
    plain, *scripted = FAMILIES["links"](COLUMN).rows(page)
    entries = judged(page, scripted)
    assert plain.href.endswith("art_7_1.html")
    assert [(one.entry_url.split()[0], one.listed_on, one.title_rule) for one in entries] == [
        ("javascript:show(1)", dt.date(2023, 3, 1), "bad_address"),
        ("javascript:;", None, "bad_address"),
    ]
    assert FAMILIES["links"](COLUMN).rows(Page(COLUMN, called)) == []
