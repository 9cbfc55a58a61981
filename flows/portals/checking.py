"""Checking registered portals: each is asked once, and compared with what it was."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import GongkaiError, InputError
from flows.portals.addresses import canonical, column_place
from flows.portals.collector import keep_trace
from flows.portals.families import recognised
from flows.portals.registration import legacy_tls_hosts, registered_hosts
from flows.portals.visits import FirstPage, Refusal, visiting
from flows.records import REFUSALS, FetchState, Portal

if TYPE_CHECKING:
    from flows.archive.index import ArchiveIndex
    from flows.archive.writer import ArchiveWriter
    from flows.portals.walk import Answered
    from flows.settings import Settings

HEALTH_FILE = "portal_health.json"
SUB_COLUMNS = 3
"""Further pages that are looked at for a report where a column only leads on."""


class HealthState(StrEnum):
    """How a registered portal stands."""

    HEALTHY = "healthy"
    MOVED = "moved"
    GONE = "gone"
    EMPTY = "empty"
    FAMILY_CHANGED = "family_changed"
    TITLES_UNMATCHED = "titles_unmatched"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NOT_ASKED = "not_asked"
    """Left for later for a reason of ours, as in hours of quiet. Not kept: what the last check found still holds."""
    FAULTY = "faulty"
    """Our own fault, not the portal's."""


@dataclasses.dataclass(frozen=True, slots=True)
class Health:
    """One check of one portal."""

    portal_id: str
    health_state: HealthState
    reason: str | None
    checked_at: dt.datetime
    reports_listed: int
    """Titles accepted on the first list page."""
    titles_refused: int
    reports_new: int
    """Of the titles accepted, those that no list kept in the archive has."""
    reports_known: int
    """Reports that the archive's lists of this portal name."""
    health_state_before: HealthState | None
    """Of the check before; None for the first."""

    @property
    def has_changed(self) -> bool:
        """True when the portal stands otherwise than at the check before."""
        is_known = self.health_state is not HealthState.NOT_ASKED
        return is_known and self.health_state_before not in (None, self.health_state)

    def describe(self) -> str:
        """One line for people."""
        before = f" (was {self.health_state_before})" if self.has_changed else ""
        reason = f": {self.reason}" if self.reason else ""
        counts = f"{self.reports_listed} reports on its first page, {self.reports_new} of them new"
        return f"{self.health_state}{before}{reason}; {counts}"


def check_portals(
    portals: list[Portal],
    every_portal: Iterable[Portal],
    *,
    settings: Settings,
    index: ArchiveIndex,
    writer: ArchiveWriter,
    now: Callable[[], dt.datetime],
) -> list[Health]:
    """Ask each portal for its column and first list page, and tell how it stands, in the order given.

    What was found is kept in the home folder for the next check. Answers go to the archive as when collecting.
    """
    before = last_health(settings.home)
    hosts, legacy_hosts = registered_hosts(every_portal), legacy_tls_hosts(every_portal)
    known: dict[str, set[str]] = {}
    for entry in index.entries():
        if entry.is_accepted:
            known.setdefault(entry.portal_id, set()).add(entry.entry_url)

    def look(portal: Portal) -> tuple[HealthState, str | None, FirstPage | None]:
        with visiting(
            portal.portal_id,
            portal.column_url,
            settings=settings,
            index=index,
            writer=writer,
            now=now,
            allowed_hosts=hosts,
            legacy_hosts=legacy_hosts,
        ) as visit:
            column = visit.column(portal.column_url)
            if isinstance(column, Refusal):
                return *_unanswered(column), None
            first = visit.first_page(portal.family, portal.column_url, column, SUB_COLUMNS)
            return *_stands(portal, column, first), first

    def check(portal: Portal) -> Health:
        try:
            state, reason, first = look(portal)
        except GongkaiError:
            raise
        except Exception as fault:  # the others are checked all the same
            log = keep_trace(settings.logs, f"check-{portal.portal_id}")
            state, reason, first = HealthState.FAULTY, f"unexpected {type(fault).__name__} (see {log})", None
        listed = {entry.entry_url for entry in first.accepted} if first else set()
        earlier = before.get(portal.portal_id)
        return Health(
            portal_id=portal.portal_id,
            health_state=state,
            reason=reason,
            checked_at=now(),
            reports_listed=len(listed),
            titles_refused=len(first.entries) - len(first.accepted) if first else 0,
            reports_new=len(listed - known.get(portal.portal_id, set())),
            reports_known=len(known.get(portal.portal_id, ())),
            health_state_before=earlier.health_state if earlier else None,
        )

    with ThreadPoolExecutor(settings.collect_workers) as workers:
        checked = list(workers.map(check, portals))
    found = {one.portal_id: one for one in checked if one.health_state is not HealthState.NOT_ASKED}
    _keep(settings.home, before | found)
    return checked


def last_health(home: Path) -> dict[str, Health]:
    """The last check of each portal by its name; empty before the first.

    Raises:
        InputError: the file that keeps it is damaged.
    """
    path = home / HEALTH_FILE
    if not path.is_file():
        return {}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {row["portal_id"]: _health(row) for row in rows}
    except (ValueError, KeyError, TypeError) as fault:
        raise InputError(f"{path} is damaged: remove it, the next check makes it anew.") from fault


def _health(row: Mapping[str, str]) -> Health:
    before = row["health_state_before"]
    return Health(
        **{  # type: ignore[arg-type]
            **row,
            "health_state": HealthState(row["health_state"]),
            "health_state_before": HealthState(before) if before else None,
            "checked_at": dt.datetime.fromisoformat(row["checked_at"]),
        }
    )


def _keep(home: Path, checked: Mapping[str, Health]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    rows = [dataclasses.asdict(checked[portal_id]) for portal_id in sorted(checked)]
    made = home / f"{HEALTH_FILE}.{os.getpid()}"
    made.write_text(json.dumps(rows, ensure_ascii=False, indent=1, default=_written), encoding="utf-8")
    made.replace(home / HEALTH_FILE)


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


def _unanswered(column: Refusal) -> tuple[HealthState, str | None]:
    """How a portal stands whose column page could not be had."""
    if column.is_postponed:
        return HealthState.NOT_ASKED, column.reason
    if column.state is None or column.state in REFUSALS or column.state is FetchState.ROBOTS_DISALLOWED:
        return HealthState.REFUSED, column.reason
    if column.state in (FetchState.GONE, FetchState.SOFT_404):
        return HealthState.GONE, column.reason
    if column.state in (FetchState.OFF_HOST, FetchState.SHELL):
        return HealthState.MOVED, column.reason
    if column.state in (FetchState.WRONG_TYPE, FetchState.TOO_LARGE):
        return HealthState.EMPTY, column.reason
    return HealthState.UNREACHABLE, column.reason


def _stands(portal: Portal, column: Answered, first: FirstPage) -> tuple[HealthState, str | None]:
    """How a portal stands whose column page came. A shell is followed every time, so it is no move."""
    page = column.page
    if column_place(page.url) != column_place(column.key):
        return HealthState.MOVED, f"the column is at {canonical(page.url)} now"
    if first.accepted or first.is_report or page.has_report_tables:
        return HealthState.HEALTHY, None
    others = [family for family in recognised(page) if family != portal.family]
    if others and portal.family not in recognised(page):
        return HealthState.FAMILY_CHANGED, f"the page bears the marks of {', '.join(others)}, not of {portal.family}"
    if not first.entries:
        where = f"the first {SUB_COLUMNS} of its sub-columns" if first.leads_on else "the first list page"
        return HealthState.EMPTY, first.stopped or f"no rows on {where}"
    return HealthState.TITLES_UNMATCHED, f"no title is that of an annual report (rows: {len(first.entries)})"
