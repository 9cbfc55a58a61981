"""What a portal answers in place of a report, with status 200 or behind a redirect; and pages that only lead on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from flows.archive.members import members, record_of, warc_files
from flows.records import FetchState
from tests.integration.scripted_portal import (
    CLOCK,
    COLUMN,
    ONE_PAGE,
    Asked,
    Collecting,
    Reply,
    ScriptedPortal,
    page,
    report,
    trs_column,
    trs_path,
)

HOME_PAGE = page("<h1>示例市人民政府</h1>" + '<a href="/x/">要闻</a>' * 40)
SAME_FOR_ALL = page("<h1>示例市门户</h1>" + "<p>欢迎</p>" * 50)


def entry_states(collecting: Collecting) -> dict[str, tuple[str, str | None]]:
    """State and reason by the year in the title."""
    return {entry.title[3:7]: (entry.entry_state, entry.reason) for entry in collecting.index.entry_states()}


@pytest.mark.parametrize("location", ["/", "/index.html", COLUMN])
def test_a_report_that_redirects_to_the_home_page_or_the_list_has_vanished(
    portal: ScriptedPortal, tmp_path: Path, location: str
) -> None:
    trs_column(portal)
    portal.routes |= {"/": HOME_PAGE, "/index.html": HOME_PAGE}
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    portal.routes[trs_path(2024, 1)] = (302, {"Location": location}, b"")
    outcome = collecting.run(portal.url + COLUMN)
    assert outcome.vanished == 1
    assert entry_states(collecting)["2024"][0] == "soft_404"
    assert len(collecting.index.documents()) == 1  # what it was stays


def test_the_home_page_in_place_of_reports(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    portal.routes |= {"/": HOME_PAGE, trs_path(2024, 1): HOME_PAGE, trs_path(2023, 1): HOME_PAGE}
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    assert entry_states(collecting) == dict.fromkeys(
        ("2024", "2023"), ("soft_404", "the same bytes as the home page")
    )
    assert portal.paths().count("/") == 1
    assert collecting.index.documents() == []


def test_the_home_page_is_not_asked_for_where_pages_look_like_reports(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    portal.routes[trs_path(2023, 1)] = page('<div class="TRS_Editor"><a href="./a.pdf">全文</a></div>')
    portal.routes[trs_path(2023, 1).rsplit("/", 1)[0] + "/a.pdf"] = (200, {}, b"%PDF-1.4 2023")
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    assert "/" not in portal.paths()
    assert {state for state, _ in entry_states(collecting).values()} == {"content"}


def test_a_home_page_that_was_refused_is_left_alone_for_long(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024,))
    portal.routes |= {"/": (403, {}, b"no"), trs_path(2024, 1): page("<p>某页</p>")}
    collecting = Collecting(tmp_path, portal, revisit_old_days=30)
    collecting.run(portal.url + COLUMN)
    assert entry_states(collecting)["2024"] == ("content", None)  # what was answered was kept before
    portal.routes[trs_path(2024, 1)] = page("<p>另一页</p>")
    for days, times in ((2, 1), (29, 1), (31, 2)):
        at = CLOCK + dt.timedelta(days=days)
        collecting.run(portal.url + COLUMN, now=lambda at=at: at)  # type: ignore[misc]
        assert portal.paths().count("/") == times
    assert len(collecting.index.documents()) == 2


def test_what_could_not_be_told_at_first_is_told_later(portal: ScriptedPortal, tmp_path: Path) -> None:
    """The home page did not answer; the column did not, so that nothing said what its pages look like."""
    trs_column(portal, (2024, 2023))
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    column = portal.routes[COLUMN]

    def moved(asked: Asked) -> Reply:
        portal.routes[COLUMN] = column  # it answers again
        return 302, {"Location": COLUMN}, b""

    portal.routes |= {"/": (500, {}, b"error"), COLUMN: (500, {}, b"error"), trs_path(2023, 1): moved}
    portal.routes[trs_path(2024, 1)] = (200, {"Content-Type": "text/html", "ETag": '"v1"'}, HOME_PAGE[2])
    collecting.run(portal.url + COLUMN)
    states = entry_states(collecting)
    assert states["2024"] == ("content", None)
    assert states["2023"][0] == "soft_404"
    portal.routes["/"] = HOME_PAGE
    outcome = collecting.run(portal.url + COLUMN)
    assert outcome.vanished == 2
    assert entry_states(collecting)["2024"] == ("soft_404", "the same bytes as the home page")
    assert all("if-none-match" not in asked.headers for asked in portal.asked)  # it was asked for in whole


def test_one_page_for_every_address_is_found_out(portal: ScriptedPortal, tmp_path: Path) -> None:
    """By the second address with its bytes; what the first had is looked at again when it is next asked for."""
    trs_column(portal, (2024, 2023, 2022))
    for year in (2024, 2023, 2022):
        portal.routes[trs_path(year, 1)] = SAME_FOR_ALL
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    states = entry_states(collecting)
    assert sorted(state for state, _ in states.values()) == ["content", "soft_404", "soft_404"]
    assert "which is listed for" in (states["2023"][1] or "")
    outcome = collecting.run(portal.url + COLUMN)
    assert outcome.vanished == 1
    assert {state for state, _ in entry_states(collecting).values()} == {"soft_404"}


@pytest.mark.parametrize(
    "same",
    [
        page('<div id="zoom"><a href="/f.pdf">下载</a></div><h1>门户</h1>'),
        page('<div id="zoom"><img src="/1.jpg"></div><h1>门户</h1>'),
        page("<p>示例市2023年政府信息公开工作年度报告</p>"),
        page("<div id='app'></div><script>load()</script>"),
        report("两年合在一起"),
        (
            200,
            {"Content-Type": "text/html"},
            "<title>示例市政府信息公开年报</title><p>正文</p>".encode() + b" " * 2000,
        ),
    ],
    ids=["file", "picture", "names a report", "script writes it", "tables", "title"],
)
def test_pages_that_may_be_reports_are_never_doubted(portal: ScriptedPortal, tmp_path: Path, same: Reply) -> None:
    trs_column(portal, (2024, 2023))
    portal.routes |= {trs_path(year, 1): same for year in (2024, 2023)}
    portal.routes |= {"/f.pdf": (200, {}, b"%PDF-1.4"), "/1.jpg": (200, {}, b"\xff\xd8\xff\xe0\0")}
    collecting = Collecting(tmp_path, portal)
    for _ in range(2):
        collecting.run(portal.url + COLUMN)
        assert {state for state, _ in entry_states(collecting).values()} == {"content"}


def test_the_same_report_listed_twice_for_one_year_is_no_stand_in(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024,))
    title = "示例市2024年政府信息公开工作年度报告"
    rows = "".join(f'<li><a href="./202503/t20250301_{one}.html" title="{title}">a</a></li>' for one in (1, 2))
    portal.routes[COLUMN] = page(f"<ul>{rows}</ul>{ONE_PAGE}")
    portal.routes |= {trs_path(2024, one): page("<p>本年的情况如下。</p>") for one in (1, 2)}
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    assert {entry.entry_state for entry in collecting.index.entry_states()} == {"content"}


def test_a_report_behind_a_page_that_only_leads_on(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = (200, {}, b"<script>location.href='/a.html';</script>")
    portal.routes["/a.html"] = (200, {}, b'<html><meta http-equiv="refresh" content="0;url=/real/1.html"></html>')

    def real(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == '"v1"':
            return 304, {}, b""
        return report("示例市2024年", ETag='"v1"')

    portal.routes["/real/1.html"] = real
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert portal.paths() == [COLUMN, trs_path(2024, 1), "/a.html", "/real/1.html"]
    assert (outcome.fetched_new, entry_states(collecting)["2024"]) == (1, ("content", None))
    (document,) = collecting.index.documents()
    assert document.url == portal.url + trs_path(2024, 1)
    again = collecting.run(portal.url + COLUMN)
    assert (again.unchanged, again.fetch_states["not_modified"]) == (1, 1)
    assert collecting.is_valid()


@pytest.mark.parametrize(
    ("leads_to", "state", "paths"),
    [
        ("/s.html", "shell", 3),  # and that one back
        ("/", "soft_404", 3),
        ("/gone.html", "gone", 3),
        ("http://elsewhere.example/", "shell", 2),
        ("/private/x.html", "robots_disallowed", 2),
    ],
)
def test_where_a_shell_does_not_lead_to_a_report(
    portal: ScriptedPortal, tmp_path: Path, leads_to: str, state: str, paths: int
) -> None:
    trs_column(portal)
    portal.routes |= {
        "/": HOME_PAGE,
        "/robots.txt": (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /private/"),
        trs_path(2024, 1): (200, {}, f"<script>location.href='{leads_to}';</script>".encode()),
        "/s.html": (200, {}, f"<script>location.href='{trs_path(2024, 1)}';</script>".encode()),
    }
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    assert entry_states(collecting)["2024"][0] == state
    assert len(portal.paths()) == paths


def test_more_files_than_are_fetched_are_told(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    links = "".join(f'<a href="./f{number}.pdf">第{number}部分</a>' for number in range(12))
    portal.routes[trs_path(2024, 1)] = page(f'<div class="TRS_Editor">{links}</div>')
    folder = trs_path(2024, 1).rsplit("/", 1)[0]
    portal.routes |= {f"{folder}/f{number}.pdf": (200, {}, f"%PDF-1.4 {number}".encode()) for number in range(12)}
    collecting = Collecting(tmp_path, portal)
    told = "offers 12 files, of which 10 are fetched (GONGKAI_ATTACHMENTS_PER_ENTRY)"
    for _ in range(2):  # also when nothing has changed since
        outcome = collecting.run(portal.url + COLUMN)
        assert outcome.notices == (f"{portal.url}{trs_path(2024, 1)} {told}.",)
        assert entry_states(collecting)["2024"] == ("content", told)
    assert len(collecting.index.documents()) == 11
    enough = Collecting(tmp_path, portal, attachments_per_entry=12)
    enough.minute = 100
    assert enough.run(portal.url + COLUMN).notices == ()
    assert entry_states(enough)["2024"] == ("content", None)


def test_what_files_are_called_and_what_their_page_says_of_itself_is_kept(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    trs_column(portal)
    meta = '<meta name="SiteIDCode" content="9901000001"><meta name="PubDate" content="2025-03-01">'
    link = '<a href="/download.jsp?wbfileid=AB" title="示例市2024年年度报告.docx">点击下载</a>'
    portal.routes[trs_path(2024, 1)] = page(f'{meta}<div class="TRS_Editor">{link}</div>')
    disposition = "attachment; filename*=UTF-8''%E5%B9%B4%E6%8A%A5.docx"
    portal.routes["/download.jsp?wbfileid=AB"] = (200, {"Content-Disposition": disposition}, b"PK\x03\x04rest")
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    file = collecting.index.latest("p", f"{portal.url}/download.jsp?wbfileid=AB")
    assert file is not None
    assert (file.fetch_state, file.link_name, file.file_name) == (
        FetchState.CONTENT,
        "示例市2024年年度报告.docx",
        "年报.docx",
    )
    about = collecting.index.latest("p", portal.url + trs_path(2024, 1))
    assert about is not None
    assert about.page_metadata_json == '{"site_id_code": "9901000001", "published_on": "2025-03-01"}'
    sealed = [
        record.block.decode()
        for warc in warc_files(collecting.settings.archive)
        for member in members(warc)
        if (record := record_of(member)).get("WARC-Type") == "metadata"  # type: ignore[arg-type]
    ]
    assert sum('"file_name": "年报.docx"' in text for text in sealed) == 1
    assert sum('"page_metadata": {"site_id_code": "9901000001"' in text for text in sealed) == 1
    collecting.run(portal.url + COLUMN)
    again = collecting.index.latest("p", portal.url + trs_path(2024, 1))
    assert again is not None
    assert again.page_metadata_json is None  # it is as it was
