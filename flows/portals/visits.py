"""One look at a column: its page and the first list page, for people who want to know how it stands."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flows.portals.addresses import host_of
from flows.portals.columns import ColumnError, ColumnPages, judged
from flows.portals.families import FAMILIES, recognised
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.pace import HostClosedError
from flows.portals.session import PortalSession
from flows.portals.shells import inner_addresses
from flows.portals.walk import INNER_STEPS, Answered, Walk
from flows.records import FetchState

if TYPE_CHECKING:
    from flows.archive.index import ArchiveIndex
    from flows.archive.rows import ListedEntry
    from flows.archive.writer import ArchiveWriter
    from flows.settings import Settings


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """Why a column could not be looked at."""

    state: FetchState | None
    """None when it does not say so much: the host is left alone, or the column is no list page."""
    reason: str
    is_postponed: bool = False
    """True when it was not asked for a reason of ours, as in hours of quiet."""


@dataclasses.dataclass(frozen=True, slots=True)
class FirstPage:
    """The first list page as one family reads it."""

    listing: Listing
    entries: list[ListedEntry]
    leads_on: bool
    """True when the column goes on in sub-columns."""
    stopped: str | None
    is_report: bool = False
    """True when a page that was looked at is itself a report."""

    @property
    def accepted(self) -> list[ListedEntry]:
        """The entries that the title rules accept."""
        return [entry for entry in self.entries if entry.is_accepted]


class Visit:
    """A look at one column over one session."""

    def __init__(self, session: PortalSession) -> None:
        self._session = session

    def column(self, url: str) -> Answered | Refusal:
        """The column page, or why there is none."""
        try:
            return ColumnPages(self._session, self._session.fetch).column(url)
        except ColumnError as fault:
            return Refusal(fault.state, str(fault))
        except HostClosedError as closed:
            return Refusal(None, str(closed), is_postponed=not closed.is_refusal)

    def inner(self, column: Answered) -> Answered:
        """The page in which the rows of a column are that bears no family's marks itself; the column without one."""
        return self._within(column, INNER_STEPS) or column

    def _within(self, column: Answered, steps: int) -> Answered | None:
        if recognised(column.page):
            return column
        pages = ColumnPages(self._session, self._session.fetch)
        for address in inner_addresses(column.page) if steps else ():
            answered = pages.further(ListRequest(address), 1)
            found = self._within(answered, steps - 1) if answered else None
            if found is not None:
                return found
        return None

    def first_page(self, family: str, url: str, column: Answered, more_pages: int = 0) -> FirstPage:
        """The first list page by a family; without entries when that family finds none.

        Where it leads on to sub-columns and has no report, up to `more_pages` further pages are looked at for one.
        """
        pages = ColumnPages(self._session, self._session.fetch)
        listing = FAMILIES[family](url)
        first = FirstPage(listing, [], False, None)
        try:
            for found in Walk(listing, pages.further, 1 + more_pages).pages(column):
                entries = first.entries + judged(found.answered.page, found.rows)
                leads_on = first.leads_on or found.has_folders
                first = FirstPage(listing, entries, leads_on, pages.stopped, found.answered.page.has_report_tables)
                if first.accepted or first.is_report or not leads_on or not more_pages:
                    return first
        except (ColumnError, HostClosedError) as fault:
            return dataclasses.replace(first, stopped=str(fault))
        return dataclasses.replace(first, stopped=pages.stopped)


@contextmanager
def visiting(
    portal_id: str,
    url: str,
    *,
    settings: Settings,
    index: ArchiveIndex,
    writer: ArchiveWriter,
    now: Callable[[], dt.datetime],
    allowed_hosts: frozenset[str] = frozenset(),
    legacy_hosts: frozenset[str] = frozenset(),
) -> Iterator[Visit]:
    """A visit to a column; every answer is archived."""
    hosts = allowed_hosts | {host_of(url)}
    session = PortalSession(
        portal_id, hosts, settings=settings, index=index, writer=writer, now=now, legacy_hosts=legacy_hosts
    )
    try:
        yield Visit(session)
    finally:
        session.close()
