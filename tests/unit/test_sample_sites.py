"""What lies at the addresses of the sample platforms, without any HTTP."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urljoin

import pytest

from flows.sample.index import sample_portals, sample_report, sample_reports
from flows.sample.sites.articles import Change
from flows.sample.sites.jpage import PROXY
from flows.sample.sites.platform import Platform, platforms

PORTALS = {portal.portal_id: portal for portal in sample_portals()}
ROW = re.compile(r"<li><a href=(['\"])(?P<href>[^'\"]+)\1[^>]*?title=(['\"])(?P<title>[^'\"]+)\3")


@pytest.fixture(scope="module")
def sites() -> dict[str, Platform]:
    return platforms(sample_portals(), {}, frozenset())


def rows(platform: Platform, path: str, fields: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Path and title of each row of a list."""
    page = platform.answer(path, fields or {}).body.decode()
    return [(urljoin(path, match["href"]), match["title"]) for match in ROW.finditer(page)]


def all_rows(platform: Platform, portal_id: str) -> list[tuple[str, str]]:
    """Rows of all pages of a column, walked as its own paging says."""
    portal = PORTALS[portal_id]
    first = platform.answer(portal.column, {}).body.decode()
    found = rows(platform, portal.column)
    if portal.family == "trs":
        total = int(re.findall(r"createPageHTML\((\d+), 0,", first)[0])
        for page in range(1, total):
            found += rows(platform, f"{portal.column}index_{page}.html")
    elif portal.family == "ucap":
        total = int(re.findall(r"createPageHTML\('page_div', (\d+), 1, 'list', 'shtml'", first)[0])
        for page in range(2, total + 1):
            found += rows(platform, portal.column.replace(".shtml", f"_{page}.shtml"))
    else:
        total, size = (int(re.findall(rf"{name}:(\d+)", first)[0]) for name in ("totalRecord", "perPage"))
        column_id = re.findall(r"columnid:(\d+)", first)[0]
        for page in range(2, -(-total // size) + 1):
            found += rows(platform, PROXY, {"page": str(page), "columnid": column_id})
    return found


def test_every_report_is_reached_from_its_column(sites: dict[str, Platform]) -> None:
    for portal in sample_portals():
        if portal.platform == "blocked":
            continue
        platform = sites[portal.platform]
        listed = all_rows(platform, portal.portal_id)
        titles = [report.title for report in sample_reports() if report.portal == portal.portal_id]
        others = [entry.title for entry in portal.others]
        assert sorted(title for _, title in listed) == sorted(titles + others)
        for path, title in listed:
            answer = platform.answer(path, {})
            encoding = "utf-8" if "utf-8" in answer.content_type else "gbk"
            assert answer.status == 200
            assert f"<title>{title}</title>" in answer.body.decode(encoding)


def test_trs_counts_its_pages_from_zero(sites: dict[str, Platform]) -> None:
    column = PORTALS["sample-trs"].column
    trs = sites["trs"]
    assert trs.answer(column, {}).body == trs.answer(f"{column}index.html", {}).body
    assert 'createPageHTML(2, 0, "index", "html")' in trs.answer(column, {}).body.decode()
    assert 'createPageHTML(2, 1, "index", "html")' in trs.answer(f"{column}index_1.html", {}).body.decode()
    assert trs.answer(f"{column}index_2.html", {}).status == 404
    page = trs.answer(column, {}).body.decode()
    assert re.search(r'href="\./202503/t20250321_\d{6}\.html"', page)
    assert re.search(r">[^<]+\.\.\.</a>", page)
    path, _ = rows(trs, column)[1]
    assert 'class="TRS_Editor"' in trs.answer(path, {}).body.decode()


def test_a_gbk_page_declares_no_charset(sites: dict[str, Platform]) -> None:
    (path,) = [path for path, title in all_rows(sites["trs"], "sample-trs") if title.startswith("沭阳县发展和改革局")]
    answer = sites["trs"].answer(path, {})
    assert "charset" not in answer.content_type
    assert b"charset" not in answer.body
    assert "沭阳县发展和改革局" in answer.body.decode("gbk")
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode()


@pytest.mark.parametrize(
    ("key", "suffix", "magic"),
    [
        ("huaian-2024", "pdf", b"%PDF"),
        ("yangban-shi-2024", "docx", b"PK\x03\x04"),
        ("moni-xian-2025", "pdf", b"%PDF"),
    ],
)
def test_a_report_may_exist_only_as_an_attachment(
    sites: dict[str, Platform], key: str, suffix: str, magic: bytes
) -> None:
    report = sample_report(key)
    platform = sites[PORTALS[report.portal].platform]
    (path,) = [path for path, title in all_rows(platform, report.portal) if title == report.title]
    page = platform.answer(path, {}).body.decode()
    assert "本年新收" not in page
    (href,) = re.findall(rf'href="([^"]+\.{suffix})" title="{report.title}\.{suffix}"', page)
    assert platform.answer(urljoin(path, href), {}).body.startswith(magic)


def test_jpage_blocks_by_page_and_by_record(sites: dict[str, Platform]) -> None:
    jpage = sites["jpage"]
    first = rows(jpage, PORTALS["sample-jpage"].column)
    by_page = rows(jpage, PROXY, {"page": "2", "columnid": "70011"})
    by_record = rows(jpage, PROXY, {"startrecord": "4", "endrecord": "6", "perpage": "3", "columnid": "70011"})
    assert (len(first), len(by_page)) == (3, 2)
    assert by_page == by_record
    assert not set(first) & set(by_page)
    assert rows(jpage, PROXY, {"page": "3", "columnid": "70011"}) == first  # past the end: the first block again
    assert rows(jpage, PROXY, {"page": "x", "perpage": "-1", "columnid": "70011"}) == first
    answer = jpage.answer(PROXY, {"page": "2", "columnid": "70011"})
    assert b"<totalrecord>5</totalrecord><totalpage>2</totalpage>" in answer.body
    assert answer.changed_at is None
    assert jpage.answer(PROXY, {"page": "2", "columnid": "1"}).status == 404


def test_ucap_counts_its_pages_from_one(sites: dict[str, Platform]) -> None:
    ucap = sites["ucap"]
    assert (
        "createPageHTML('page_div', 2, 1, 'list', 'shtml', 5)"
        in ucap.answer("/sys/gknb/list.shtml", {}).body.decode()
    )
    assert "createPageHTML('page_div', 2, 2," in ucap.answer("/sys/gknb/list_2.shtml", {}).body.decode()
    assert ucap.answer("/sys/gknb/list_3.shtml", {}).status == 404
    path, title = rows(ucap, "/sys/gknb/list.shtml")[0]
    assert re.fullmatch(r"/sys/gknb/\d{6}/[0-9a-f]{32}\.shtml", path)
    page = ucap.answer(path, {}).body.decode()
    assert f"<UCAPTITLE>{title}</UCAPTITLE>" in page
    assert "<UCAPCONTENT>" in page


def test_an_explainer_has_all_headings_and_no_table(sites: dict[str, Platform]) -> None:
    jpage = sites["jpage"]
    listed = all_rows(jpage, "sample-jpage")
    path = next(path for path, title in listed if title.endswith("解读"))
    assert path.rsplit("/", 1)[0] in {p.rsplit("/", 1)[0] for p, title in listed if title.endswith("年度报告")}
    page = jpage.answer(path, {}).body.decode()
    assert all(f"{number}、" in page for number in "一二三四五六")
    assert "<table" not in page


def test_article_pages_carry_the_standard_tags(sites: dict[str, Platform]) -> None:
    report = sample_report("suqian-2024")
    (path,) = [path for path, title in all_rows(sites["trs"], report.portal) if title == report.title]
    page = sites["trs"].answer(path, {}).body.decode()
    assert '<meta name="SiteIDCode" content="9900000001">' in page
    assert '<meta name="PubDate" content="2025-03-14 10:30">' in page
    assert f'<meta name="ArticleTitle" content="{report.title}">' in page
    assert '<meta name="ContentSource" content="宿迁市人民政府">' in page


def test_robots_differ_by_host(sites: dict[str, Platform]) -> None:
    assert sites["trs"].answer("/robots.txt", {}).status == 404
    assert b"Disallow: /search/" in sites["jpage"].answer("/robots.txt", {}).body
    assert b"<html>" in sites["ucap"].answer("/robots.txt", {}).body


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/zwgk/zfxxgknb/", "/no/such"])
def test_one_host_answers_everything_with_a_challenge(sites: dict[str, Platform], path: str) -> None:
    answer = sites["blocked"].answer(path, {})
    assert answer.status == 412
    assert b"$_ts.nsd=" in answer.body


def test_a_changed_report_keeps_its_address_and_a_removed_one_is_gone(sites: dict[str, Platform]) -> None:
    later = dt.datetime(2025, 5, 6, 2, 0, tzinfo=dt.UTC)
    cell = ("requests", "partially_granted", "natural_person")
    changed = platforms(
        sample_portals(), {"fanli-shi-2024": Change({cell: "172"}, later)}, frozenset({"fanli-shi-2023"})
    )["trs"]
    before = all_rows(sites["trs"], "sample-trs-990200")
    assert [title for _, title in before] == [
        "2024年范例市政府信息公开工作年度报告",
        "2023年范例市政府信息公开工作年度报告",
    ]
    assert all_rows(changed, "sample-trs-990200") == before[:1]
    assert changed.answer(before[0][0], {}).changed_at == later
    assert changed.answer(before[0][0], {}).body != sites["trs"].answer(before[0][0], {}).body
    assert changed.answer(before[1][0], {}).status == 404
