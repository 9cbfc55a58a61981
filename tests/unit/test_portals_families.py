"""Every family: its saved pages are recognised, asked for in order and listed as expected."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.portals.families import FAMILIES, recognised
from flows.portals.families.dialects import dialect
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.pages import Page
from flows.portals.shells import inner_addresses
from flows.portals.walk import Answered, Walk
from flows.sample.index import family_portals
from tests.families.saved import FOLDER, Case

TITLE = "示例市2024年政府信息公开工作年度报告"


def test_every_family_has_saved_pages_and_a_simulated_portal() -> None:
    saved = {path.parent.name for path in FOLDER.glob("*/case.yaml")}
    simulated = {portal.family for portal in family_portals()}
    assert saved == set(FAMILIES)
    assert simulated == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_saved_pages_give_the_expected_listing(family: str) -> None:
    case = Case(family)
    assert recognised(case.column) == [family]
    assert case.listing() == case.expected
    assert case.asked == len(case.pages), "a saved page was not asked for"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_column_within_a_frame_gives_the_same_listing(family: str) -> None:
    case = Case(family)
    frame = Page("https://www.shili.gov.cn/frame/", "<frameset><frame src='/in/'></frameset>")

    def ask(request: ListRequest, number: int) -> Answered | None:
        is_inner = request.url == "https://www.shili.gov.cn/in/"
        return Answered(case.column, "k") if is_inner else case.answer(request, number)

    walk = Walk(FAMILIES[family](frame.url), ask, 20)
    rows = [row.title for found in walk.pages(Answered(frame, "k")) for row in found.rows]
    assert rows == [line["title"] for line in csv.DictReader(case.expected.splitlines())]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_makes_nothing_of_another_page(family: str) -> None:
    for text in ("", "<p>nothing</p>", "{", '{"data": 3}', "cb(", "[1, 2]", '{"data": {"html": 7}}', "null"):
        listing = FAMILIES[family]("https://www.shili.gov.cn/nb/")
        walk = Walk(listing, lambda request, number, text=text: Answered(Page(request.url, text), "k"), 5)
        pages = list(walk.pages(Answered(Page("https://www.shili.gov.cn/nb/", text), "k")))
        assert [row for found in pages for row in found.rows] == []


def rows(*numbers: int) -> str:
    return "".join(f"<li><a href='/art/2025/1/2/art_1_{number}.html'>{TITLE}</a></li>" for number in numbers)


class Endless(Listing):
    """A family that always knows of one more page."""

    family = "endless"
    article = FAMILIES["jpage"].article

    @staticmethod
    def recognises(page: Page) -> bool:
        return True

    def open(self, page: Page) -> ListRequest | None:
        return None

    def request(self, page_number: int) -> ListRequest | None:
        return ListRequest(f"https://h.gov.cn/{page_number}")


def walked(answers: dict[str, str], column: str, limit: int = 50) -> tuple[Walk, list[int]]:
    """The walk over these answers, and how many new addresses each page brought."""

    def ask(request: ListRequest, number: int) -> Answered | None:
        text = answers.get(request.url)
        return Answered(Page(request.url, text), request.url) if text is not None else None

    walk = Walk(Endless("https://h.gov.cn/"), ask, limit)
    return walk, [page.fresh for page in walk.pages(Answered(Page("https://h.gov.cn/", column), "https://h.gov.cn/"))]


def test_no_new_address_ends_every_list() -> None:
    again = {f"https://h.gov.cn/{number}": rows(1, 2) for number in range(2, 40)}
    assert walked(again, rows(1, 2))[1] == [2, 0]
    late = again | {"https://h.gov.cn/2": rows(2, 3)}
    assert walked(late, rows(1, 2))[1] == [2, 1, 0]


def test_a_missing_page_and_the_limit_end_a_list() -> None:
    assert walked({"https://h.gov.cn/2": rows(2)}, rows(1))[1] == [1, 1]
    endless = {f"https://h.gov.cn/{number}": rows(number) for number in range(2, 40)}
    walk, fresh = walked(endless, rows(1), limit=3)
    assert (fresh, walk.is_cut_off) == ([1, 1, 1], True)


class Counted(Endless):
    """A family that is told how many rows there are."""

    def open(self, page: Page) -> ListRequest | None:
        self.rows_declared = 4
        return None


@pytest.mark.parametrize(("second", "given"), [(rows(3, 3), None), (rows(1, 2), 2), (rows(3), 3), ("", 2)])
def test_a_list_that_gives_fewer_rows_than_it_counts_is_noticed(second: str, given: int | None) -> None:
    answers = {"https://h.gov.cn/2": second}

    def ask(request: ListRequest, number: int) -> Answered | None:
        return Answered(Page(request.url, answers[request.url]), "k") if request.url in answers else None

    walk = Walk(Counted("https://h.gov.cn/"), ask, 9)
    assert len(list(walk.pages(Answered(Page("https://h.gov.cn/", rows(1, 2)), "k")))) == 2
    assert walk.shortfalls == ([f"the list gave {given} of the 4 rows it counts"] if given else [])


def test_folders_of_years_go_on_with_the_list() -> None:
    column = '<a href="2024n/">2024年</a> <a href="2023n/index.html">2023</a> <a href="/other/">2022年</a>'
    answers = {"https://h.gov.cn/2024n/": rows(4), "https://h.gov.cn/2023n/index.html": rows(3, 4)}
    assert walked(answers, column)[1] == [0, 1, 1]


def test_a_frame_holds_the_rows_of_a_page_without_any() -> None:
    column = (
        '<iframe src="/login/x"></iframe><iframe src="https://away.gov.cn/x"></iframe><iframe src="/in/"></iframe>'
    )
    assert walked({"https://h.gov.cn/in/": rows(1)}, column)[1] == [1]


@pytest.mark.parametrize(
    ("url", "text", "target"),
    [
        (
            "https://h.gov.cn/nb/jump.shtml",
            "<script>location.href='/nb/c1/list.shtml';</script>",
            "/nb/c1/list.shtml",
        ),
        ("https://h.gov.cn/nb/jump.shtml", '<a href="#"></a><a href="c2/">2025</a>', "/nb/c2/"),
        ("https://h.gov.cn/nb/jump.shtml", '<a href="https://away.gov.cn/"></a>', None),
        ("https://h.gov.cn/nb/index.html", '<a href="c2/">2025</a>', None),
        ("https://h.gov.cn/nb/", '<frameset><frame src="list.html"></frameset>', "/nb/list.html"),
        ("https://h.gov.cn/nb/", '<iframe src="http://169.254.169.254/"></iframe>', None),
        ("https://h.gov.cn/nb/", f"<meta content='0;url=c3/' http-equiv=refresh><!--{'x' * 3000}-->", "/nb/c3/"),
        ("https://h.gov.cn/nb/", "<?xml version='1.0'?><html><script>location.href='c3/'</script>", "/nb/c3/"),
        ("https://h.gov.cn/nb/", f"<script>location.href='c3/'</script><p>{'字' * 200}</p>", "/nb/c3/"),
        ("https://h.gov.cn/nb/", f"<script>location.href='c3/'</script><p>{'字' * 201}</p>", None),
        ("https://h.gov.cn/nb/", "<base href='/x/'><iframe src='list.html'></iframe>", "/x/list.html"),
    ],
)
def test_where_a_page_without_rows_leads(url: str, text: str, target: str | None) -> None:
    assert inner_addresses(Page(url, text)) == ([f"https://h.gov.cn{target}"] if target else [])


def test_the_rows_may_be_in_any_of_the_first_frames() -> None:
    frames = "".join(f"<frame src='/{name}/'>" for name in ("top", "menu", "main", "more"))
    answers = {"https://h.gov.cn/top/": "", "https://h.gov.cn/menu/": "<a href='/'>x</a>"}
    assert walked(answers | {"https://h.gov.cn/main/": rows(1)}, f"<frameset>{frames}</frameset>")[1] == [1]
    assert walked(answers | {"https://h.gov.cn/more/": rows(1)}, f"<frameset>{frames}</frameset>")[1] == [0]
    deep = {"https://h.gov.cn/top/": "<frameset><frame src='/deep/'></frameset>", "https://h.gov.cn/deep/": rows(1)}
    assert walked(deep, f"<frameset>{frames}</frameset>")[1] == [1]


def test_a_column_of_more_rows_than_any_has_is_read_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.portals.walk.ROWS_PER_COLUMN", 20)
    answers = {f"https://h.gov.cn/{page}": rows(*range(10 * page, 10 * page + 10)) for page in range(2, 9)}
    walk, fresh = walked(answers, rows(1))
    assert (fresh, walk.shortfalls) == ([1, 10, 10], ["the column goes on after 20 rows"])


def test_of_several_blocks_the_one_with_reports_is_taken() -> None:
    query = "{'tplSetId':'T','tagId':'信息列表','pageId':'1'}"
    script = '<script src="/x/unitbuild.js" url="/unit" queryData="{}"></script>'
    column = "".join(script.format(query.replace("T", name)) for name in ("news", "nb"))

    def ask(request: ListRequest, number: int) -> Answered:
        html = rows(1) if "tplSetId=nb" in request.url else "<a href='/art/2025/1/2/art_9_9.html'>会议</a>"
        return Answered(Page(request.url, f'{{"success":true,"data":"{html}"}}'), request.url)

    listing = FAMILIES["jpaas"]("https://h.gov.cn/")
    found = [
        row.title
        for page in Walk(listing, ask, 9).pages(Answered(Page("https://h.gov.cn/", column), "k"))
        for row in page.rows
    ]
    assert found[0] == TITLE


@pytest.mark.parametrize(("said", "shortfalls"), [("第1/3页", 1), ("第1/1页", 0), ("", 0)])
def test_hanweb_xxgk_heeds_how_many_pages_an_answer_speaks_of(said: str, shortfalls: int) -> None:
    column = Page("https://h.gov.cn/col/col1/index.html", '<a href="/module/xxgk/tree.jsp?area=11330300">x</a>')

    def ask(request: ListRequest, number: int) -> Answered | None:
        is_first = dict(request.form)["currpage"] == "1"
        return Answered(Page(request.url, rows(1) + said), request.url) if is_first else None

    walk = Walk(FAMILIES["hanweb_xxgk"](column.url), ask, 9)
    assert [found.fresh for found in walk.pages(Answered(column, "k"))] == [1]
    assert len(walk.shortfalls) == shortfalls


def test_a_gkmlpt_column_that_lies_elsewhere_is_followed() -> None:
    tree = '[{"id":1,"name":"政府信息公开年报","jump_url":"/zwgk/nb/","children":[]}]'
    listing = FAMILIES["gkmlpt"]("http://h.gov.cn/gkmlpt/index")
    asked = listing.open(Page("http://h.gov.cn/gkmlpt/index", f"window._CONFIG = {{SID: '2', TREE: {tree}}}"))
    assert asked is not None and asked.url == "http://h.gov.cn/zwgk/nb/"
    elsewhere = Page(asked.url, f'<a href="content/post_12.html">{TITLE}</a><a href="index_2.html">2</a>')
    assert listing.open(elsewhere) is None
    assert (listing.starts_on_column, len(listing.rows(elsewhere))) == (True, 1)
    second = listing.request(2)
    assert second is not None and second.url == "http://h.gov.cn/zwgk/nb/index_2.html"


def test_a_tree_of_nothing_is_gone_through_in_bounded_work() -> None:
    listing = FAMILIES["gkmlpt"]("http://h.gov.cn/gkmlpt/index")
    listing.open(Page("http://h.gov.cn/gkmlpt/index", f"SID: '2', TREE: [{'[],' * 500_000}[]]"))
    assert listing.starts_on_column


def test_links_to_the_sites_of_bodies_are_no_reports() -> None:
    homes = ("https://jyj.h.gov.cn", "http://slj.h.gov.cn/", "//czj.h.gov.cn/index.html", "/")
    links = "".join(f'<a href="{href}">示例市教育局</a>' for href in (*homes, "https://jyj.h.gov.cn/nb/2024.html"))
    found = FAMILIES["links"]("https://h.gov.cn/nb/")
    page = Page("https://h.gov.cn/nb/", f"<h1>2024年政府信息公开工作年度报告</h1>{links}")
    found.open(page)
    assert [row.href for row in found.rows(page)] == ["https://jyj.h.gov.cn/nb/2024.html"]


def trs_list(*numbers: int) -> str:
    return "".join(f'<li><a href="t20250214_{number}.html">{TITLE}</a></li>' for number in numbers)


def asked_by(family: str, column: Page, answers: dict[str, str]) -> tuple[list[str], int]:
    """What a walk over these answers asks for, and how many addresses it finds."""
    asked: list[str] = []

    def ask(request: ListRequest, number: int) -> Answered | None:
        asked.append(request.url)
        text = answers.get(request.url)
        return Answered(Page(request.url, text), request.url) if text is not None else None

    pages = list(Walk(FAMILIES[family](column.url), ask, 9).pages(Answered(column, "k")))
    return asked, sum(page.fresh for page in pages)


@pytest.mark.parametrize("first", [None, trs_list(*range(20))])
def test_a_full_page_that_says_nothing_of_more_is_tried_by_both_numbers(first: str | None) -> None:
    column = Page("https://h.gov.cn/nb/", trs_list(*range(20)))
    answers = {"https://h.gov.cn/nb/index_2.html": trs_list(20, 21)} | (
        {"https://h.gov.cn/nb/index_1.html": first} if first else {}
    )
    asked, found = asked_by("trs", column, answers)
    assert asked == [f"https://h.gov.cn/nb/index_{number}.html" for number in (1, 2, 3)]
    assert found == 22


def test_a_short_page_or_one_that_says_that_it_is_all_is_not_asked_beyond() -> None:
    assert asked_by("trs", Page("https://h.gov.cn/nb/", trs_list(*range(14))), {}) == ([], 14)
    said = trs_list(*range(20)) + '<script>createPageHTML(1, 0, "index", "html");</script>'
    assert asked_by("trs", Page("https://h.gov.cn/nb/", said), {}) == ([], 20)
    assert asked_by("links", Page("https://h.gov.cn/nb/", trs_list(*range(20))), {}) == ([], 20)


def test_jpage_follows_the_next_group_when_the_script_is_answered_with_nothing() -> None:
    group = '<nextgroup><![CDATA[<a href="/p.jsp?page=1&columnid=7"></a>]]></nextgroup>'
    call = "<script>$('#1').jpage({totalRecord:3,perPage:1,proxyUrl:'/p.jsp',ajaxParam:{columnid:7}});</script>"
    column = Page(
        "https://h.gov.cn/col/col7/index.html", f"<datastore>{group}<![CDATA[{rows(1)}]]></datastore>{call}"
    )
    answers = {f"https://h.gov.cn/p.jsp?page={page}&columnid=7": f"<![CDATA[{rows(page)}]]>" for page in (2, 3)}
    asked, found = asked_by("jpage", column, answers)
    assert found == 3
    assert asked[1:] == list(answers)
    assert "startrecord=2" in asked[0]


def test_jpage_parameters_may_be_named_by_a_variable() -> None:
    column = "https://h.gov.cn/col/col1/index.html"
    call = "totalRecord:40,perPage:20,proxyUrl:'/p.jsp',dataStore:'" + "x" * 9000 + "',ajaxParam:param_4455"
    script = f"<script>var param_4455={{columnid:33718,unitid:'4455'}}; $('#4455').jpage({{{call}}});</script>"
    listing = FAMILIES["jpage"](column)
    listing.open(Page(column, script))
    listing.rows_seen = 20
    request = listing.request(2)
    assert request is not None
    assert dict(request.form) == {"columnid": "33718", "unitid": "4455"}


def test_the_rows_within_a_truecms_page_are_kept_when_its_interface_is_gone() -> None:
    record = f'<record><![CDATA[<li><a href="/a/content/{"a" * 32}.html">{TITLE}</a> 2025-01-24</li>]]></record>'
    call = f"dataStore:'{record}',proxyUrl:'/TrueCMS/messageController/getMessage.do',ajaxParam:{{columnId:'7c1f'}}"
    column = Page("https://h.gov.cn/a/nb.html", f"<script>$('#x').jpage({{{call}}});</script>")
    asked: list[str] = []

    def ask(request: ListRequest, number: int) -> None:
        asked.append(request.url)

    walk = Walk(FAMILIES["truecms"](column.url), ask, 9)
    (page,) = walk.pages(Answered(column, "k"))
    assert [row.title for row in page.rows] == [TITLE]
    assert [url.partition("perpage=")[2][:2] for url in asked] == ["50", "20", "10"]


def test_an_epoint_site_may_be_named_in_the_second_script() -> None:
    listing = FAMILIES["epoint"]("https://h.gov.cn/x.html?categorynum=003")
    asked = []
    page = Page("https://h.gov.cn/x.html?categorynum=003", "EWB-FRONT")
    for text in ("nothing", 'var a = {"siteGuid": "7eb5f7f1-0000-4000-8000-000000000001"}'):
        request = listing.open(page)
        assert request is not None
        asked.append(request.url)
        page = Page(request.url, text)
    assert listing.open(page) is None
    assert asked == ["https://h.gov.cn/js/webBuilderCommon.js", "https://h.gov.cn/js/ajaxReq.js"]
    assert listing.learned()["siteGuid"] == "7eb5f7f1-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "pager", ['_simple_list_gotopage_fun(3,"u",2)', "共3页", "共28条&nbsp;&nbsp;1/3&nbsp;", "<td> 1/3 </td>"]
)
def test_vsb_counts_down_from_however_it_says_how_many_pages_there_are(pager: str) -> None:
    listing = FAMILIES["vsb"]("https://h.gov.cn/nb.htm")
    page = Page("https://h.gov.cn/nb.htm", pager)
    listing.open(page)
    listing.rows(page)
    requests = [listing.request(number) for number in (2, 3, 4)]
    assert [one and one.url for one in requests] == ["https://h.gov.cn/nb/2.htm", "https://h.gov.cn/nb/1.htm", None]


FEEDBACK = '<script id="_jiucuo_" sitecode="3203000040" src="//pucha.kaipuyun.cn/exposure/jiucuo.js"></script>'
"""The vendor of one family serves this script to sites of all."""


@pytest.mark.parametrize("family", FAMILIES)
def test_a_script_that_stands_on_every_site_is_no_mark(family: str) -> None:
    column = Case(family).column
    search = '<form action="/common/search/" method="get"><input name="q"></form>'
    assert recognised(Page(column.url, column.text.replace("</body>", f"{FEEDBACK}</body>"))) == [family]
    assert recognised(Page(column.url, column.text.replace("</body>", f"{search}</body>"))) == [family]


def test_every_dialect_belongs_to_a_family() -> None:
    import yaml

    from flows.portals.families.dialects import DIALECTS

    assert set(yaml.safe_load(DIALECTS.read_text(encoding="utf-8"))) <= set(FAMILIES)
    assert dialect("jpaas")["page_size"] == 15


@given(st.lists(st.lists(st.integers(1, 12), max_size=6), max_size=12), st.integers(1, 15))
def test_a_walk_counts_every_address_once_and_asks_no_more_than_it_may(pages: list[list[int]], limit: int) -> None:
    asked: list[str] = []

    def ask(request: ListRequest, number: int) -> Answered | None:
        asked.append(request.url)
        place = int(request.url.rsplit("/", 1)[1]) - 1
        return Answered(Page(request.url, rows(*pages[place])), request.url) if place < len(pages) else None

    walk = Walk(Endless("https://h.gov.cn/"), ask, limit)
    first = Page("https://h.gov.cn/", rows(*pages[0]) if pages else "")
    read = list(walk.pages(Answered(first, "https://h.gov.cn/")))
    assert len(asked) == len(set(asked)) < limit
    assert len(read) <= limit
    assert sum(page.fresh for page in read) == len({row.href for page in read for row in page.rows})
    assert all(page.fresh for page in read[:-1])
