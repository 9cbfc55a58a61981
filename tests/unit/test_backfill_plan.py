"""What a backfill finds to do, from what is listed and collected."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.backfill_plan import BackfillPlan, PlanRow, PlanState, plan_row
from flows.records import Entry


def entry(title: str, url: str, *, is_accepted: bool = True) -> Entry:
    seen = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    return Entry("p", url, title, dt.date(2025, 2, 1), is_accepted, "rule", "http://x/", seen)


A, B = "http://x/a.html", "http://x/b.html"
LISTED = [
    entry("示例市2024年政府信息公开工作年度报告", A),
    entry("示例市2023年政府信息公开工作年度报告", B),
    entry("示例市2024年政府信息公开工作年度报告解读", "http://x/c.html", is_accepted=False),
]


@pytest.mark.parametrize(
    ("entries", "collected", "is_whole", "is_paused", "expected"),
    [
        (LISTED, {A}, True, False, (PlanState.COMPLETE, 1, 1)),
        (LISTED, {B}, True, False, (PlanState.MISSING, 1, 0)),
        (LISTED, {A}, False, False, (PlanState.TO_LIST, 1, 1)),
        (LISTED, {B}, True, True, (PlanState.PAUSED, 1, 0)),
        (LISTED, {A}, True, True, (PlanState.COMPLETE, 1, 1)),
        ([], set(), True, False, (PlanState.NOT_LISTED, 0, 0)),
        ([], set(), False, False, (PlanState.TO_LIST, 0, 0)),
    ],
)
def test_state_of_one_portal_and_year(
    entries: list[Entry], collected: set[str], is_whole: bool, is_paused: bool, expected: tuple[PlanState, int, int]
) -> None:
    row = plan_row("p", 2024, entries, collected, is_whole=is_whole, is_paused=is_paused)
    assert (row.plan_state, row.reports_listed, row.reports_collected) == expected


def test_only_what_is_missing_is_asked() -> None:
    rows = (
        PlanRow("done", 2023, PlanState.COMPLETE, 1, 1),
        PlanRow("half", 2023, PlanState.COMPLETE, 1, 1),
        PlanRow("half", 2024, PlanState.MISSING, 2, 1),
        PlanRow("new", 2024, PlanState.TO_LIST, 0, 0),
        PlanRow("paused", 2024, PlanState.PAUSED, 0, 0),
        PlanRow("none", 2024, PlanState.NOT_LISTED, 0, 0),
    )
    assert BackfillPlan(rows, 0, 0).portals_to_ask == ["half", "new"]
