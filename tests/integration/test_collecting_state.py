"""From run to run: what is due, what was put in late, what vanished or was published otherwise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from flows.archive.sightings import EntryState
from flows.archive.writer import ArchiveWriter
from flows.portals.pace import Budget
from flows.portals.visits import visiting
from flows.portals.walk import Answered
from tests.integration.scripted_portal import (
    CLOCK,
    COLUMN,
    ONE_PAGE,
    Collecting,
    ScriptedPortal,
    page,
    report,
    trs_column,
    trs_path,
    trs_row,
)

PAGES = 3
TWO_A_PAGE = f'<script>createPageHTML({PAGES}, 0, "index", "html");</script>'


@pytest.fixture
def collecting(portal: ScriptedPortal, tmp_path: Path) -> Collecting:
    return Collecting(tmp_path, portal, revisit_days=7, revisit_old_days=30)


def on_day(number: float) -> Callable[[], dt.datetime]:
    return lambda: CLOCK + dt.timedelta(days=number)


def list_path(number: int, is_counted: bool = True) -> str:
    return COLUMN if number == 0 else f"{COLUMN}{'index' if is_counted else 'list'}_{number}.html"


def paged(portal: ScriptedPortal, *pages: tuple[int, ...], is_counted: bool = True) -> None:
    """A column of several list pages, each with reports about some years, counted or linked one from the other."""
    for number, years in enumerate(pages):
        rows = "".join(trs_row(year, 1) for year in years)
        following = f'<a href="list_{number + 1}.html">下一页</a>' if number + 1 < len(pages) else ""
        pager = TWO_A_PAGE if is_counted else following
        portal.routes[list_path(number, is_counted)] = page(f"<ul>{rows}</ul>{pager}<!-- {number} -->")
        for year in years:
            portal.routes[trs_path(year, 1)] = report(f"示例市{year}年")


def entry_states(collecting: Collecting) -> dict[str, EntryState]:
    return {state.title[3:7]: state for state in collecting.index.entry_states("p")}


def test_a_known_report_is_asked_for_again_when_it_is_due(portal: ScriptedPortal, collecting: Collecting) -> None:
    trs_column(portal, (2024, 2023))
    collecting.run(portal.url + COLUMN, now=on_day(0))
    portal.asked.clear()
    early = collecting.run(portal.url + COLUMN, now=on_day(6.9))
    assert (early.not_due, early.unchanged, early.fetch_states) == (2, 0, {"content": 1})
    assert portal.paths() == [COLUMN]
    due = collecting.run(portal.url + COLUMN, now=on_day(7.1))
    assert (due.not_due, due.unchanged) == (0, 2)
    assert collecting.run(portal.url + COLUMN, now=on_day(189)).unchanged == 2
    old = collecting.run(portal.url + COLUMN, now=on_day(189 + 8))
    assert (old.not_due, old.unchanged) == (2, 0)
    assert collecting.run(portal.url + COLUMN, now=on_day(189 + 31)).unchanged == 2


def test_what_came_to_nothing_is_tried_at_every_run(portal: ScriptedPortal, collecting: Collecting) -> None:
    trs_column(portal, (2024, 2023))
    portal.routes[trs_path(2023, 1)] = (500, {}, b"")
    collecting.run(portal.url + COLUMN, now=on_day(0))
    assert entry_states(collecting)["2023"].entry_state == "unreachable"
    portal.routes[trs_path(2023, 1)] = report("2023")
    again = collecting.run(portal.url + COLUMN, now=on_day(0.1))
    assert (again.fetched_new, again.not_due) == (1, 1)


def test_files_of_a_page_that_is_not_due_are_fetched_when_they_are_missing(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = page('<a href="./a.pdf">年报</a>')
    portal.routes[f"{COLUMN}202503/a.pdf"] = (500, {}, b"")
    collecting.run(portal.url + COLUMN, now=on_day(0))
    state = entry_states(collecting)["2024"]
    assert (state.entry_state, (state.reason or "").endswith("a.pdf: HTTP 500")) == ("unreachable", True)
    portal.routes[f"{COLUMN}202503/a.pdf"] = (200, {}, b"%PDF-1.7")
    again = collecting.run(portal.url + COLUMN, now=on_day(1))
    assert (again.fetched_new, again.not_due) == (1, 1)
    assert entry_states(collecting)["2024"].entry_state == "content"


def test_only_the_files_that_a_page_offers_now_count_and_all_of_them(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = page('<a href="./a.pdf">年报</a>')
    collecting.run(portal.url + COLUMN, now=on_day(0))
    assert entry_states(collecting)["2024"].entry_state == "gone"
    portal.routes[trs_path(2024, 1)] = page('<a href="./b.pdf">年报</a>')
    portal.routes[f"{COLUMN}202503/b.pdf"] = (200, {}, b"%PDF-1.7")
    collecting.run(portal.url + COLUMN, now=on_day(8), budget=Budget(3))  # robots.txt, the column, the page
    state = entry_states(collecting)["2024"]
    assert (state.entry_state, (state.reason or "").endswith("b.pdf was not asked for yet")) == ("pending", True)
    collecting.run(portal.url + COLUMN, now=on_day(9))
    assert entry_states(collecting)["2024"].entry_state == "content"


def test_a_look_at_a_column_that_does_not_collect_sees_no_entry(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal, (2024, 2023))
    collecting.run(portal.url + COLUMN, now=on_day(0))
    portal.routes[COLUMN] = page(f"<ul>{trs_row(2023, 1)}</ul>{ONE_PAGE}")
    with (
        ArchiveWriter(collecting.settings.archive, warc_bytes=10**6, user_agent="test") as writer,
        closing(collecting.index) as index,
    ):
        kept = {"settings": collecting.settings, "index": index, "writer": writer, "now": on_day(5)}
        with visiting("p", portal.url + COLUMN, **kept) as visit:  # type: ignore[arg-type]
            assert isinstance(visit.column(portal.url + COLUMN), Answered)
    assert {state.last_seen_at for state in entry_states(collecting).values()} == {on_day(0)()}
    collecting.run(portal.url + COLUMN, now=on_day(6))
    states = entry_states(collecting)
    assert (states["2023"].last_seen_at, states["2024"].last_seen_at) == (on_day(6)(), on_day(0)())


def test_a_list_is_read_as_far_as_it_shows_something_new(portal: ScriptedPortal, collecting: Collecting) -> None:
    paged(portal, (2021, 2020), (2019, 2018), (2017, 2016))
    assert collecting.run(portal.url + COLUMN, now=on_day(0)).list_pages == 3
    assert collecting.run(portal.url + COLUMN, now=on_day(1)).list_pages == 1
    paged(portal, (2022, 2021), (2020, 2019), (2018, 2017), (2016,))
    outcome = collecting.run(portal.url + COLUMN, now=on_day(2))
    assert (outcome.list_pages, outcome.fetched_new, outcome.not_due) == (2, 1, 6)
    assert all(state.is_listed for state in entry_states(collecting).values())


def test_a_row_put_in_late_is_found_when_the_whole_list_is_due(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    paged(portal, (2021, 2020), (2018, 2017), (2016,))
    collecting.run(portal.url + COLUMN, now=on_day(0))
    paged(portal, (2021, 2020), (2019, 2018), (2017, 2016))
    assert collecting.run(portal.url + COLUMN, now=on_day(3)).fetched_new == 0
    outcome = collecting.run(portal.url + COLUMN, now=on_day(8))
    assert (outcome.list_pages, outcome.fetched_new) == (3, 1)
    assert entry_states(collecting)["2019"].first_seen_at == on_day(8)()


def test_a_list_that_broke_off_is_gone_through_again(portal: ScriptedPortal, collecting: Collecting) -> None:
    paged(portal, (2021, 2020), (2019, 2018), (2017, 2016))
    broken = dict(portal.routes)
    portal.routes[list_path(1)] = (500, {}, b"")
    first = collecting.run(portal.url + COLUMN, now=on_day(0))
    assert (first.fetched_new, "list page 2" in (first.stopped_reason or "")) == (2, True)
    portal.routes.update(broken)
    assert collecting.run(portal.url + COLUMN, now=on_day(1)).fetched_new == 4


@pytest.mark.parametrize("is_counted", [False, True])
def test_an_empty_page_is_taken_for_the_end_when_it_is_so_twice_and_no_count_says_otherwise(
    portal: ScriptedPortal, collecting: Collecting, is_counted: bool
) -> None:
    paged(portal, (2021, 2020), (2019, 2018), (2017, 2016), is_counted=is_counted)
    last = list_path(2, is_counted)
    whole = portal.routes[last]
    portal.routes[last] = (200, {}, b"")
    assert collecting.run(portal.url + COLUMN, now=on_day(0)).fetched_new == 4
    portal.routes[last] = whole
    assert collecting.run(portal.url + COLUMN, now=on_day(1)).fetched_new == 2
    portal.routes[last] = (200, {}, b"")
    # not believed, believed unless the list speaks of a third page, then not read that far any more
    for day, pages in ((9, 3), (10, 3), (11, 3 if is_counted else 1)):
        assert collecting.run(portal.url + COLUMN, now=on_day(day)).list_pages == pages
    assert entry_states(collecting)["2016"].is_listed is is_counted


def test_reports_that_change_or_vanish_are_told_and_kept(portal: ScriptedPortal, collecting: Collecting) -> None:
    trs_column(portal, (2024, 2023, 2022))
    collecting.run(portal.url + COLUMN, now=on_day(0))
    portal.routes[trs_path(2024, 1)] = report("示例市2024年（更正）")
    portal.routes[trs_path(2023, 1)] = (404, {}, b"")
    portal.routes[COLUMN] = page(f"<ul>{trs_row(2024, 1)}{trs_row(2022, 1)}</ul>")
    outcome = collecting.run(portal.url + COLUMN, now=on_day(8))
    assert (outcome.changed, outcome.unchanged, outcome.vanished, outcome.accepted) == (1, 1, 1, 2)
    changed, removed, same = (entry_states(collecting)[year] for year in ("2024", "2023", "2022"))
    assert (changed.is_listed, changed.last_changed_at) == (True, on_day(8)())
    assert (removed.is_listed, removed.last_seen_at) == (False, on_day(0)())
    assert (removed.entry_state, removed.reason, removed.last_changed_at) == ("gone", "HTTP 404", on_day(8)())
    assert any("is listed no more" in notice for notice in outcome.notices)
    assert (same.first_seen_at, same.last_seen_at, same.last_changed_at) == (on_day(0)(), on_day(8)(), on_day(0)())
    assert any("gongkai archive diff" in notice for notice in outcome.notices)
    portal.routes[trs_path(2022, 1)] = (404, {}, b"")
    gone = collecting.run(portal.url + COLUMN, now=on_day(16))
    assert (gone.vanished, entry_states(collecting)["2022"].entry_state) == (1, "gone")
    assert any("is there no more" in notice for notice in gone.notices)
    assert len(collecting.index.documents()) == 4


@pytest.mark.parametrize(
    ("now", "is_told"),
    [
        ("本年新收 12 件，浏览次数：2", False),
        ("<script>var token = 2;</script>本年新收 12 件，浏览次数：1", False),
        ("本年新收 13 件，浏览次数：2", True),
        ('本年新收 12 件，浏览次数：2 <a href="./a.pdf">附件</a>', True),
    ],
)
def test_a_counter_in_a_page_is_no_other_wording(
    portal: ScriptedPortal, collecting: Collecting, now: str, is_told: bool
) -> None:
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = report("2024 本年新收 12 件，浏览次数：1")
    collecting.run(portal.url + COLUMN, now=on_day(0))
    portal.routes[trs_path(2024, 1)] = report(f"2024 {now}")
    outcome = collecting.run(portal.url + COLUMN, now=on_day(8))
    assert (outcome.changed, any("published otherwise" in notice for notice in outcome.notices)) == (1, is_told)
    assert len(collecting.index.versions(f"{portal.url}{trs_path(2024, 1)}")) == 2


def test_each_entry_has_one_state_and_a_reason(portal: ScriptedPortal, collecting: Collecting) -> None:
    trs_column(portal, (2024, 2023, 2022))
    explained = "<li><a href='./202503/t20250301_9.html'>一图读懂示例市2024年政府信息公开工作年度报告</a></li>"
    portal.routes[COLUMN] = page(f"<ul>{trs_row(2024, 1)}{explained}{trs_row(2023, 1)}{trs_row(2022, 1)}</ul>")
    portal.routes[trs_path(2023, 1)] = (412, {}, b"$_ts")
    collecting.run(portal.url + COLUMN, now=on_day(0))
    states = [(state.entry_state, state.reason) for state in collecting.index.entry_states("p")]
    assert sorted(states, key=str) == [
        ("blocked_js", "HTTP 412: script challenge"),
        ("content", None),
        ("pending", "not asked for yet"),
        ("refused_title", "interpretation"),
    ]
