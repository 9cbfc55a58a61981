"""Every family: its saved pages are recognised, asked for in order and listed as expected."""

from __future__ import annotations

import pytest

from flows.portals.families import FAMILIES, recognised
from flows.portals.families.dialects import dialect
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.pages import Page
from flows.portals.shells import inner_address
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
    ],
)
def test_where_a_page_without_rows_leads(url: str, text: str, target: str | None) -> None:
    assert inner_address(Page(url, text)) == (f"https://h.gov.cn{target}" if target else None)


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


def test_every_dialect_belongs_to_a_family() -> None:
    import yaml

    from flows.portals.families.dialects import DIALECTS

    assert set(yaml.safe_load(DIALECTS.read_text(encoding="utf-8"))) <= set(FAMILIES)
    assert dialect("jpaas")["page_size"] == 15
