"""What a backfill finds to do, from what is listed and collected."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from flows.archive.exchange import whole_list
from flows.archive.index import ArchiveIndex
from flows.archive.rows import ListedEntry
from flows.archive.writer import ArchiveWriter
from flows.backfill_plan import BackfillPlan, PlanRow, PlanState, Wanted, plan_backfill, plan_row
from flows.batches import stage
from flows.errors import InputError
from flows.records import Entry, FetchRole, FetchState
from flows.settings import ASKED_LATELY_DAYS, Settings, revisiting
from tests.operated_home import answered, register
from tests.warehouse_records import World


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


@pytest.mark.parametrize(
    ("row", "missing", "failed", "changed", "everything"),
    [
        (PlanRow("p", 2024, PlanState.MISSING, 5, 2, reports_failed=1, reports_stale=2), 3, 1, 2, 5),
        (PlanRow("p", 2024, PlanState.COMPLETE, 2, 2, reports_stale=1), 0, 0, 1, 1),
        (PlanRow("p", 2024, PlanState.TO_LIST, 0, 0), 1, 0, 0, 1),
        (PlanRow("p", 2024, PlanState.NOT_LISTED, 0, 0), 0, 0, 0, 0),
        (PlanRow("p", 2024, PlanState.PAUSED, 5, 2, reports_failed=1, reports_stale=2), 0, 0, 0, 0),
    ],
    ids=lambda value: value.plan_state if isinstance(value, PlanRow) else None,
)
def test_requests_for_what_is_wanted(row: PlanRow, missing: int, failed: int, changed: int, everything: int) -> None:
    assert [row.requests(wanted) for wanted in Wanted] == [missing, failed, changed, everything]


NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def collected_portal(tmp_path: Path) -> Settings:
    """A portal with three listed reports: one collected days ago, one an hour ago, one asked for in vain."""
    settings = Settings(home=tmp_path / "home", registry=tmp_path / "registry", pace_seconds=2)
    register(settings, "one")
    asked = {"a.html": NOW - 50 * HOUR, "b.html": NOW - HOUR, "c.html": NOW - 50 * HOUR}
    column, title = "http://one.example.gov.cn/nb/", "示例市2024年政府信息公开工作年度报告"
    listed = [
        ListedEntry(f"{column}{page}", title, dt.date(2025, 1, 20), True, "annual_report")
        for page in (*asked, "d.html")
    ]
    index = ArchiveIndex.open(settings.archive)
    with ArchiveWriter(settings.archive, warc_bytes=1 << 30, user_agent="test", now=lambda: NOW) as writer:
        for name in (column, whole_list(column)):
            index.add(writer.write_listing("one", name, listed, NOW))
        for page, at in asked.items():
            state = FetchState.GONE if page == "c.html" else FetchState.CONTENT
            index.add(writer.write(answered("one", state, at, role=FetchRole.PAGE, page=page)))
    index.close()
    world = World()
    for page in ("a.html", "b.html"):
        world.report("one", "示例市人民政府", 2024, division_code="990100", url=f"{column}{page}")
    stage(settings.staged, {"document": world.rows["document"]})
    return settings


@pytest.mark.parametrize(
    ("wanted", "reports"), [(Wanted.MISSING, 2), (Wanted.FAILED, 1), (Wanted.CHANGED, 1), (Wanted.ALL, 3)]
)
def test_the_plan_counts_what_is_wanted_and_what_it_takes(
    collected_portal: Settings, wanted: Wanted, reports: int
) -> None:
    plan = plan_backfill(collected_portal, [2023, 2024], None, NOW, wanted=wanted)
    none, row = plan.rows
    assert (none.plan_state, none.requests(wanted)) == (PlanState.NOT_LISTED, 0)
    assert (row.reports_listed, row.reports_collected, row.reports_failed, row.reports_stale) == (4, 2, 1, 1)
    assert plan.portals_to_ask == ["one"]
    assert plan.requests_expected == round(3 + 1.2 * reports)
    assert plan.seconds_expected == round((3 + 1.2 * reports) * 2)
    words = plan.in_words()
    assert f"1 bodies and 0 columns of several bodies x 2 years, wanted: {wanted}." in words
    assert "2/4 !1" in words


@pytest.mark.parametrize("division", ["99", "9901", "990100", "990000", "9"])
def test_portals_in_or_below_a_division_are_planned(collected_portal: Settings, division: str) -> None:
    plan = plan_backfill(collected_portal, [2024], None, NOW, divisions=[division])
    assert [row.portal_id for row in plan.rows] == ["one"]


@pytest.mark.parametrize(
    ("division", "words"),
    [("32", "No portal of"), ("9902", "No portal of"), ("x", "is no division"), ("012", "is no division")],
)
def test_a_division_without_portals_or_none_at_all_is_refused(
    collected_portal: Settings, division: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        plan_backfill(collected_portal, [2024], None, NOW, divisions=[division])


def test_a_revisit_asks_again_for_what_the_plan_counts_as_stale() -> None:
    settings = Settings(revisit_days=7, revisit_old_days=30)
    again = revisiting(settings)
    assert (again.revisit_days, again.revisit_old_days) == (ASKED_LATELY_DAYS, ASKED_LATELY_DAYS)
    assert again.model_dump(exclude={"revisit_days", "revisit_old_days"}) == settings.model_dump(
        exclude={"revisit_days", "revisit_old_days"}
    )
