"""What a backfill has to do: registered portals by report year, against what the archive holds. Asks no portal."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Set
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flows.records import Entry, FetchState, Portal
from flows.settings import ASKED_LATELY_DAYS

if TYPE_CHECKING:
    from flows.archive.index import ArchiveIndex
    from flows.settings import Settings

REQUESTS_PER_PORTAL = 3
"""robots.txt, and two list pages at the median of the columns seen."""
REQUESTS_PER_REPORT = 1.2
"""The page, and an attachment for about one report in five."""

CONTENT = (FetchState.CONTENT, FetchState.NOT_MODIFIED)


class PlanState(StrEnum):
    """What is known of one portal and year."""

    COMPLETE = "complete"
    MISSING = "missing"
    TO_LIST = "to_list"
    NOT_LISTED = "not_listed"
    PAUSED = "paused"


class Wanted(StrEnum):
    """What a backfill asks for."""

    MISSING = "missing"
    """What is listed and not collected, and lists that were never gone through to their end."""
    FAILED = "failed"
    """Of that, what was asked for in vain."""
    CHANGED = "changed"
    """What is collected, to see whether it was published otherwise since."""
    ALL = "all"


@dataclasses.dataclass(frozen=True, slots=True)
class PlanRow:
    """One portal and report year."""

    portal_id: str
    report_year: int
    plan_state: PlanState
    reports_listed: int
    reports_collected: int
    reports_failed: int = 0
    """Asked for, and there was no content."""
    reports_stale: int = 0
    """Collected, and not asked for within a day."""

    def requests(self, wanted: Wanted) -> int:
        """Reports to ask for; a portal never asked is taken to list one report a year: it lists at least one."""
        if self.plan_state is PlanState.PAUSED:
            return 0
        left = {PlanState.MISSING: self.reports_listed - self.reports_collected, PlanState.TO_LIST: 1}
        missing = left.get(self.plan_state, 0)
        counts = {Wanted.MISSING: missing, Wanted.FAILED: self.reports_failed, Wanted.CHANGED: self.reports_stale}
        return counts.get(wanted, missing + self.reports_stale)


@dataclasses.dataclass(frozen=True, slots=True)
class BackfillPlan:
    """All rows, and what the wanted ones would cost."""

    rows: tuple[PlanRow, ...]
    requests_expected: int
    seconds_expected: int
    """At the configured pace, hosts side by side: the time of the slowest host."""
    wanted: Wanted = Wanted.MISSING
    bodies: int = 0
    """Bodies whose reports have a column of their own."""
    aggregations: int = 0
    """Columns that list the reports of several bodies."""

    @property
    def portals_to_ask(self) -> list[str]:
        """Portals with anything to list or to fetch, in the order of the registry."""
        return list(dict.fromkeys(row.portal_id for row in self.rows if row.requests(self.wanted)))

    def count(self, state: PlanState) -> int:
        """Number of portal-years in a state."""
        return sum(row.plan_state == state for row in self.rows)

    def in_words(self) -> str:
        """The plan as a table for a terminal."""
        years = sorted({row.report_year for row in self.rows})
        by_portal: dict[str, dict[int, PlanRow]] = defaultdict(dict)
        for row in self.rows:
            by_portal[row.portal_id][row.report_year] = row
        width = max((len(portal_id) for portal_id in by_portal), default=6)
        lines = ["  ".join(["portal".ljust(width), *(f"{year:>10}" for year in years)])]
        for portal_id, rows in by_portal.items():
            lines.append("  ".join([portal_id.ljust(width), *(f"{_short(rows[year]):>10}" for year in years)]))
        lines += [
            "",
            f"{self.bodies} bodies and {self.aggregations} columns of several bodies x {len(years)} years, wanted: "
            f"{self.wanted}.",
            f"{len(self.portals_to_ask)} of {len(by_portal)} portals to ask, "
            f"about {self.requests_expected} requests, "
            f"about {dt.timedelta(seconds=self.seconds_expected)} at the configured pace.",
            "collected/listed; - none listed, ? not yet asked, paused: the host refused within the last day,",
            "! so many asked for in vain.",
        ]
        return "\n".join(lines)

    def as_json(self) -> str:
        """The plan as one JSON object."""
        plan = dataclasses.asdict(self) | {"portals_to_ask": self.portals_to_ask}
        return json.dumps(plan, ensure_ascii=False)


def plan_backfill(
    settings: Settings,
    report_years: list[int],
    portal_ids: list[str] | None,
    now: dt.datetime,
    *,
    divisions: list[str] | None = None,
    wanted: Wanted = Wanted.MISSING,
) -> BackfillPlan:
    """Compare the registry with the archive's index.

    Raises:
        InputError: a named portal is not registered, or none is in the divisions.
    """
    from flows.archive.index import ArchiveIndex
    from flows.portals.registration import chosen_portals
    from flows.reports.archived import collected_entries

    portals, _ = chosen_portals(settings.registry, portal_ids, divisions)
    index = ArchiveIndex.open(settings.archive)
    collected = collected_entries(settings.staged)
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in index.entries():
        entries[entry.portal_id].append(entry)
    whole = {portal.portal_id for portal in portals if index.is_listed_whole(portal.portal_id, portal.column_url)}
    paused = {
        portal.portal_id
        for portal in portals
        if index.refused_until(urlsplit(portal.column_url).netloc, settings.pause_after_refusal_seconds, now)
    }
    in_vain, stale = _asked(index, [one for portal in portals for one in entries[portal.portal_id]], collected, now)
    rows = [
        plan_row(
            portal.portal_id,
            year,
            entries[portal.portal_id],
            collected,
            is_whole=portal.portal_id in whole,
            is_paused=portal.portal_id in paused,
            in_vain=in_vain,
            stale=stale,
        )
        for portal in portals
        for year in report_years
    ]
    return BackfillPlan(
        tuple(rows),
        *_cost(rows, {p.portal_id: p for p in portals}, settings.pace_seconds, wanted),
        wanted=wanted,
        bodies=len({(portal.division_code, portal.body_name) for portal in portals if portal.body_name}),
        aggregations=sum(portal.body_name is None for portal in portals),
    )


def _asked(
    index: ArchiveIndex, entries: Iterable[Entry], collected: Set[str], now: dt.datetime
) -> tuple[set[str], set[str]]:
    """Addresses of accepted entries: those asked for in vain, and those collected and not asked for within a day."""
    in_vain, stale = set(), set()
    for entry in entries:
        if not entry.is_accepted:
            continue
        row = index.latest(entry.portal_id, entry.entry_url)
        if entry.entry_url in collected:
            if row is None or now - row.fetched_at > dt.timedelta(days=ASKED_LATELY_DAYS):
                stale.add(entry.entry_url)
        elif row is not None and row.fetch_state not in CONTENT:
            in_vain.add(entry.entry_url)
    return in_vain, stale


def plan_row(
    portal_id: str,
    report_year: int,
    entries: list[Entry],
    collected: set[str],
    *,
    is_whole: bool,
    is_paused: bool,
    in_vain: Set[str] = frozenset(),
    stale: Set[str] = frozenset(),
) -> PlanRow:
    """State of one portal and year.

    `entries` are those listed so far, `collected` the addresses of entries that need not be asked again; `is_whole`
    says that the list was gone through to its end, without which nothing is complete. `in_vain` and `stale` are as
    `_asked` gives them.
    """
    from flows.portals.titles import report_year_of

    accepted = {
        entry.entry_url
        for entry in entries
        if entry.is_accepted and report_year_of(entry.title, entry.listed_on) in (report_year, None)
    }
    have = len(accepted & collected)
    if is_whole and have == len(accepted):
        state = PlanState.COMPLETE if accepted else PlanState.NOT_LISTED
    elif is_paused:
        state = PlanState.PAUSED
    else:
        state = PlanState.MISSING if is_whole else PlanState.TO_LIST
    return PlanRow(portal_id, report_year, state, len(accepted), have, len(accepted & in_vain), len(accepted & stale))


def _cost(rows: list[PlanRow], portals: dict[str, Portal], pace_seconds: float, wanted: Wanted) -> tuple[int, int]:
    requests: dict[str, float] = defaultdict(float)
    asked: set[str] = set()
    for row in rows:
        reports = row.requests(wanted)
        if not reports:
            continue
        host = urlsplit(portals[row.portal_id].column_url).netloc
        if row.portal_id not in asked:
            asked.add(row.portal_id)
            requests[host] += REQUESTS_PER_PORTAL
        requests[host] += REQUESTS_PER_REPORT * reports
    return round(sum(requests.values())), round(max(requests.values(), default=0) * pace_seconds)


def _short(row: PlanRow) -> str:
    if row.plan_state in (PlanState.COMPLETE, PlanState.MISSING):
        in_vain = f" !{row.reports_failed}" if row.reports_failed else ""
        return f"{row.reports_collected}/{row.reports_listed}{in_vain}"
    return {PlanState.TO_LIST: "?", PlanState.NOT_LISTED: "-", PlanState.PAUSED: "paused"}[row.plan_state]
