"""What a backfill has to do: registered portals by report year, against what the archive holds. Asks no portal."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flows.records import Entry, Portal

if TYPE_CHECKING:
    from flows.settings import Settings

REQUESTS_PER_PORTAL = 3
"""robots.txt, and two list pages at the median of the columns seen."""
REQUESTS_PER_REPORT = 1.2
"""The page, and an attachment for about one report in five."""


class PlanState(StrEnum):
    """What is known of one portal and year."""

    COMPLETE = "complete"
    MISSING = "missing"
    TO_LIST = "to_list"
    NOT_LISTED = "not_listed"
    PAUSED = "paused"


@dataclasses.dataclass(frozen=True, slots=True)
class PlanRow:
    """One portal and report year."""

    portal_id: str
    report_year: int
    plan_state: PlanState
    reports_listed: int
    reports_collected: int


@dataclasses.dataclass(frozen=True, slots=True)
class BackfillPlan:
    """All rows, and what the missing ones would cost."""

    rows: tuple[PlanRow, ...]
    requests_expected: int
    seconds_expected: int
    """At the configured pace, hosts side by side: the time of the slowest host."""

    @property
    def portals_to_ask(self) -> list[str]:
        """Portals with anything to list or to fetch, in the order of the registry."""
        open_rows = (row for row in self.rows if row.plan_state in (PlanState.MISSING, PlanState.TO_LIST))
        return list(dict.fromkeys(row.portal_id for row in open_rows))

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
            f"{len(self.portals_to_ask)} of {len(by_portal)} portals to ask, "
            f"about {self.requests_expected} requests, "
            f"about {dt.timedelta(seconds=self.seconds_expected)} at the configured pace.",
            "collected/listed; - none listed, ? not yet asked, paused: the host refused within the last day.",
        ]
        return "\n".join(lines)

    def as_json(self) -> str:
        """The plan as one JSON object."""
        plan = dataclasses.asdict(self) | {"portals_to_ask": self.portals_to_ask}
        return json.dumps(plan, ensure_ascii=False)


def plan_backfill(
    settings: Settings, report_years: list[int], portal_ids: list[str] | None, now: dt.datetime
) -> BackfillPlan:
    """Compare the registry with the archive's index.

    Raises:
        InputError: a named portal is not registered.
    """
    from flows.archive.index import ArchiveIndex
    from flows.portals.registration import chosen_portals
    from flows.reports.archived import collected_entries

    portals, _ = chosen_portals(settings.registry, portal_ids)
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
    rows = [
        plan_row(
            portal.portal_id,
            year,
            entries[portal.portal_id],
            collected,
            is_whole=portal.portal_id in whole,
            is_paused=portal.portal_id in paused,
        )
        for portal in portals
        for year in report_years
    ]
    return BackfillPlan(tuple(rows), *_cost(rows, {p.portal_id: p for p in portals}, settings.pace_seconds))


def plan_row(
    portal_id: str, report_year: int, entries: list[Entry], collected: set[str], *, is_whole: bool, is_paused: bool
) -> PlanRow:
    """State of one portal and year.

    `entries` are those listed so far, `collected` the addresses of entries that need not be asked again; `is_whole`
    says that the list was gone through to its end, without which nothing is complete.
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
    return PlanRow(portal_id, report_year, state, len(accepted), have)


def _cost(rows: list[PlanRow], portals: dict[str, Portal], pace_seconds: float) -> tuple[int, int]:
    requests: dict[str, float] = defaultdict(float)
    asked: set[str] = set()
    for row in rows:
        if row.plan_state not in (PlanState.MISSING, PlanState.TO_LIST):
            continue
        host = urlsplit(portals[row.portal_id].column_url).netloc
        if row.portal_id not in asked:
            asked.add(row.portal_id)
            requests[host] += REQUESTS_PER_PORTAL
        # a portal never asked is taken to list one report a year for each body: at least one
        missing = row.reports_listed - row.reports_collected if row.plan_state == PlanState.MISSING else 1
        requests[host] += REQUESTS_PER_REPORT * missing
    return round(sum(requests.values())), round(max(requests.values(), default=0) * pace_seconds)


def _short(row: PlanRow) -> str:
    if row.plan_state in (PlanState.COMPLETE, PlanState.MISSING):
        return f"{row.reports_collected}/{row.reports_listed}"
    return {PlanState.TO_LIST: "?", PlanState.NOT_LISTED: "-", PlanState.PAUSED: "paused"}[row.plan_state]
