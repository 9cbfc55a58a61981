"""What left a list, or whose list is gone: asked for on the schedule of revisits until it is known to be gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from flows.archive.sightings import EntryState
from flows.portals.pace import Budget
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

PAGES = '<script>createPageHTML(2, 0, "index", "html");</script>'
SECOND = f"{COLUMN}index_1.html"


@pytest.fixture
def collecting(portal: ScriptedPortal, tmp_path: Path) -> Collecting:
    return Collecting(tmp_path, portal, revisit_days=7, revisit_old_days=30)


def on_day(number: float) -> Callable[[], dt.datetime]:
    """A clock that goes on by a millisecond whenever it is looked at."""
    ticks = count(1)
    return lambda: CLOCK + dt.timedelta(days=number, milliseconds=next(ticks))


def withdraw(portal: ScriptedPortal, year: int, *rest: int, status: int = 404) -> str:
    """Take a report off the list and off the host; its path."""
    trs_column(portal, rest)
    portal.routes[trs_path(year, 1)] = (status, {}, b"")
    portal.asked.clear()
    return trs_path(year, 1)


def paged(portal: ScriptedPortal, first: tuple[int, ...], second: tuple[int, ...]) -> None:
    for path, years in ((COLUMN, first), (SECOND, second)):
        portal.routes[path] = page(f"<ul>{''.join(trs_row(year, 1) for year in years)}</ul>{PAGES}<!-- {path} -->")
    portal.routes |= {trs_path(year, 1): report(f"示例市{year}年") for year in first + second}


def state_of(collecting: Collecting, year: int) -> EntryState:
    (state,) = (one for one in collecting.index.entry_states("p") if str(year) in one.title)
    return state


def test_an_old_report_that_is_withdrawn_is_asked_for_at_once_and_then_no_more(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal, (2024, 2023))
    for day in (0, 190, 197):  # old by now: due every thirty days, and asked for on day 190
        collecting.run(portal.url + COLUMN, now=on_day(day))
    withdrawn = withdraw(portal, 2023, 2024)
    outcome = collecting.run(portal.url + COLUMN, now=on_day(204))
    assert (outcome.vanished, portal.paths().count(withdrawn)) == (1, 1)
    assert [notice.split(" ", 1)[1] for notice in outcome.notices] == [
        "is listed no more.",
        "is there no more (gone); the archive has it.",
    ]
    for day in (211, 240, 280):
        collecting.run(portal.url + COLUMN, now=on_day(day))
    assert portal.paths().count(withdrawn) == 1
    assert (state_of(collecting, 2023).entry_state, state_of(collecting, 2023).is_listed) == ("gone", False)


def test_a_withdrawn_report_that_is_still_there_is_asked_for_on_its_schedule(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal, (2024, 2023))
    collecting.run(portal.url + COLUMN, now=on_day(0))
    portal.routes[COLUMN] = page(f"<ul>{trs_row(2024, 1)}</ul>{ONE_PAGE}")
    portal.asked.clear()
    for day, times in ((8, 1), (9, 1), (14, 1), (16, 2), (17, 2)):
        collecting.run(portal.url + COLUMN, now=on_day(day))
        assert portal.paths().count(trs_path(2023, 1)) == times
    portal.routes[trs_path(2023, 1)] = (404, {}, b"")
    assert collecting.run(portal.url + COLUMN, now=on_day(24)).vanished == 1
    portal.asked.clear()
    trs_column(portal, (2024, 2023))  # listed again: asked for like any other
    collecting.run(portal.url + COLUMN, now=on_day(32))
    assert portal.paths().count(trs_path(2023, 1)) == 1
    assert state_of(collecting, 2023).is_listed


def test_a_withdrawn_report_is_asked_for_until_it_has_answered_for_good(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal, (2024, 2023))
    collecting.run(portal.url + COLUMN, now=on_day(0))
    withdrawn = withdraw(portal, 2023, 2024, status=500)
    collecting.run(portal.url + COLUMN, now=on_day(8))
    assert (portal.paths().count(withdrawn), state_of(collecting, 2023).entry_state) == (1, "unreachable")
    portal.routes[withdrawn] = (404, {}, b"")
    assert collecting.run(portal.url + COLUMN, now=on_day(9)).vanished == 1
    assert (portal.paths().count(withdrawn), state_of(collecting, 2023).entry_state) == (2, "gone")


def test_a_row_that_came_and_went_between_two_whole_lists_is_asked_for_again(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    paged(portal, (2022, 2021), (2020, 2019))
    collecting.run(portal.url + COLUMN, now=on_day(0))
    paged(portal, (2024, 2022), (2021, 2020))
    assert collecting.run(portal.url + COLUMN, now=on_day(2)).fetched_new == 1
    paged(portal, (2022, 2021), (2020, 2019))
    portal.routes[trs_path(2024, 1)] = (404, {}, b"")
    outcome = collecting.run(portal.url + COLUMN, now=on_day(8))
    assert (outcome.vanished, outcome.list_pages) == (1, 2)
    assert any(notice.endswith("is listed no more.") for notice in outcome.notices)
    assert (state_of(collecting, 2024).entry_state, state_of(collecting, 2024).is_listed) == ("gone", False)


@pytest.mark.parametrize("status", [404, 500])
def test_known_reports_of_a_column_that_is_gone_are_revisited(
    portal: ScriptedPortal, collecting: Collecting, status: int
) -> None:
    trs_column(portal, (2024, 2023))
    collecting.run(portal.url + COLUMN, now=on_day(0))
    portal.routes[COLUMN] = (status, {}, b"")
    portal.routes[trs_path(2023, 1)] = (404, {}, b"")
    outcome = collecting.run(portal.url + COLUMN, now=on_day(8))
    assert (outcome.unchanged, state_of(collecting, 2023).entry_state) == (1, "gone")
    assert (outcome.stopped_reason or "").startswith("the column answered ")
    assert collecting.run(portal.url + COLUMN, now=on_day(9)).not_due == 2


def test_nothing_is_asked_of_a_host_that_does_not_answer_for_its_column(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal)
    collecting.run(portal.url + COLUMN, now=on_day(0))
    portal.routes["/robots.txt"] = (500, {}, b"")
    portal.asked.clear()
    outcome = collecting.run(portal.url + COLUMN, now=on_day(8))
    assert (portal.paths(), "robots.txt could not be had" in (outcome.stopped_reason or "")) == ([], True)
    assert state_of(collecting, 2024).entry_state == "content"


def test_reports_on_the_pages_before_a_list_page_that_is_always_refused_are_fetched(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal, (2024, 2023), script=PAGES)
    portal.routes[SECOND] = (403, {}, b"no")
    first = collecting.run(portal.url + COLUMN, now=on_day(0))
    assert (first.fetched_new, first.is_refused) == (0, True)
    second = collecting.run(portal.url + COLUMN, now=on_day(2))
    assert (second.fetched_new, second.is_refused) == (2, True)
    assert (second.stopped_reason or "").startswith("list page 2 answered blocked_ip")
    assert portal.paths()[-1] == SECOND


def test_a_list_page_and_a_report_that_are_always_refused_take_turns(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal, (2024, 2023), script=PAGES)
    refused = trs_path(2023, 1)
    portal.routes[SECOND] = portal.routes[refused] = (403, {}, b"no")
    for day in range(0, 12, 2):
        collecting.run(portal.url + COLUMN, now=on_day(day))
    asked = [path for path in portal.paths() if path in (SECOND, refused)]
    assert asked == [SECOND, refused, SECOND, refused, SECOND, refused]


def test_a_file_that_is_always_refused_keeps_neither_a_report_nor_a_file_nor_a_list_page_waiting(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal, (2024, 2023), script=PAGES)
    refused, other = f"{COLUMN}202503/a.doc", f"{COLUMN}202503/b.pdf"
    portal.routes[trs_path(2024, 1)] = page('<a href="./a.doc">年报</a><a href="./b.pdf">附件</a>')
    portal.routes[refused] = portal.routes[SECOND] = portal.routes[trs_path(2023, 1)] = (403, {}, b"no")
    portal.routes[other] = (200, {}, b"%PDF-1.7")
    told = (SECOND, refused, other, trs_path(2023, 1))
    for day in range(0, 10, 2):
        collecting.run(portal.url + COLUMN, now=on_day(day))
        portal.routes[SECOND] = page(PAGES)
    assert [path for path in portal.paths() if path in told] == [
        *(SECOND, refused, trs_path(2023, 1), SECOND),
        *(other, refused, SECOND, trs_path(2023, 1)),
    ]


def test_a_report_whose_file_is_always_broken_does_not_keep_another_waiting(
    portal: ScriptedPortal, collecting: Collecting
) -> None:
    trs_column(portal, (2024, 2023))
    portal.routes[trs_path(2024, 1)] = page('<a href="./a.pdf">年报</a>')
    portal.routes[f"{COLUMN}202503/a.pdf"] = portal.routes[trs_path(2023, 1)] = (500, {}, b"")
    collecting.run(portal.url + COLUMN, now=on_day(0))
    portal.routes[trs_path(2023, 1)] = report("2023")
    for day in (1, 2):
        collecting.run(portal.url + COLUMN, now=on_day(day), budget=Budget(3))  # robots.txt, the column, and one
    assert state_of(collecting, 2023).entry_state == "content"


def test_a_corrected_title_takes_the_place_of_the_one_before(portal: ScriptedPortal, collecting: Collecting) -> None:
    trs_column(portal, (2024, 2023))
    collecting.run(portal.url + COLUMN, now=on_day(0))
    row = trs_row(2024, 1).replace("示例市2024年政府", "示例市人民政府2024年政府")
    portal.routes[COLUMN] = page(f"<ul>{row}{trs_row(2023, 1)}</ul>{ONE_PAGE}")
    collecting.run(portal.url + COLUMN, now=on_day(1))
    listed = {state.title: state.is_listed for state in collecting.index.entry_states("p")}
    assert listed == {
        "示例市2024年政府信息公开工作年度报告": False,
        "示例市人民政府2024年政府信息公开工作年度报告": True,
        "示例市2023年政府信息公开工作年度报告": True,
    }
