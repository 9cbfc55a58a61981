"""One portal, from its column to archived answers."""

from __future__ import annotations

import dataclasses
import datetime as dt
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flows.archive.exchange import whole_list
from flows.archive.rows import ListedEntry, listing_row
from flows.errors import GongkaiError
from flows.portals.addresses import canonical, host_of
from flows.portals.columns import ColumnError, ColumnPages, judged
from flows.portals.detail import attachments
from flows.portals.families import FAMILIES, recognised
from flows.portals.families.rows import TITLE_LENGTH
from flows.portals.pages import Page, decode, squeeze
from flows.portals.session import Fetched, HostClosedError, PortalSession, Request
from flows.portals.titles import NO_RULE, report_year_of
from flows.portals.walk import ListPage, Walk
from flows.records import REFUSALS, FetchRole, FetchState, Portal

if TYPE_CHECKING:
    from flows.archive.index import ArchiveIndex
    from flows.archive.writer import ArchiveWriter
    from flows.settings import Settings

SILENT_STATES = frozenset({FetchState.UNREACHABLE, FetchState.TLS_FAILED})
SILENT_REQUESTS = 5
"""After so many in a row the rest of a portal is left for the next run."""


@dataclasses.dataclass(frozen=True, slots=True)
class PortalOutcome:
    """What collecting one portal came to. Counts are of this run."""

    portal_id: str
    list_pages: int = 0
    listed: int = 0
    """Rows with different addresses; accepted and refused together."""
    accepted: int = 0
    refused: int = 0
    outside_years: int = 0
    """Accepted, but about a year that was not asked for."""
    fetched_new: int = 0
    """Pages and attachments of which the archive had no content."""
    changed: int = 0
    unchanged: int = 0
    """Not modified, or the same bytes again."""
    fetch_states: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Number of requests by the state in which they ended, list pages included, robots.txt not."""
    stopped_reason: str | None = None
    """Why the portal was not gone through to its end; None when it was."""
    is_refused: bool = False
    """True when the host refused us, in this run or so lately that it was left alone."""
    is_faulty: bool = False
    """True when the reason is a fault of ours, not of the portal."""

    def describe(self) -> str:
        """One line for people."""
        counts = (
            f"{self.accepted} reports listed ({self.refused} other titles refused), {self.fetched_new} fetched, "
            f"{self.changed} changed, {self.unchanged} unchanged"
        )
        return f"{counts}; stopped: {self.stopped_reason}" if self.stopped_reason else counts


def collect_portal(
    portal: Portal,
    *,
    settings: Settings,
    index: ArchiveIndex,
    writer: ArchiveWriter,
    now: Callable[[], dt.datetime],
    allowed_hosts: frozenset[str],
    report_years: frozenset[int] | None = None,
    progress: Callable[[str], None] | None = None,
) -> PortalOutcome:
    """Ask one portal for its list and for every report on it, and archive every answer.

    What the archive has is asked for conditionally, so a run that was interrupted is gone on with by running again.

    Args:
        portal: where to look.
        settings: pace and limits.
        index: what is known already; told of every answer.
        writer: where every answer goes.
        now: the clock.
        allowed_hosts: hosts besides the portal's own on which its entries may lie.
        report_years: only entries about these years are fetched; all are listed.
        progress: told one line a step.

    Raises:
        ArchiveError: the archive cannot be written; all else ends in the outcome.
    """
    hosts = allowed_hosts | {host_of(portal.column_url)}
    session = PortalSession(portal.portal_id, hosts, settings=settings, index=index, writer=writer, now=now)
    run = _Run(portal, session, settings, index, writer, now, report_years, progress or (lambda line: None))
    try:
        run.collect()
        return run.outcome(None)
    except HostClosedError as pause:
        return run.outcome(str(pause), is_refused=True)
    except ColumnError as stop:
        return run.outcome(str(stop))
    except GongkaiError:
        raise
    except Exception as fault:
        log = _keep_trace(settings.logs, portal.portal_id)
        reason = f"unexpected {type(fault).__name__}: {squeeze(str(fault))[:200]} (see {log})"
        return run.outcome(reason, is_faulty=True)
    finally:
        session.close()


@dataclasses.dataclass
class _Run:
    portal: Portal
    session: PortalSession
    settings: Settings
    index: ArchiveIndex
    writer: ArchiveWriter
    now: Callable[[], dt.datetime]
    report_years: frozenset[int] | None
    progress: Callable[[str], None]
    states: Counter[str] = dataclasses.field(default_factory=Counter)
    counts: Counter[str] = dataclasses.field(default_factory=Counter)
    stopped: str | None = None
    silent: int = 0
    """Requests in a row that nobody answered."""

    def outcome(self, reason: str | None, *, is_refused: bool = False, is_faulty: bool = False) -> PortalOutcome:
        return PortalOutcome(
            portal_id=self.portal.portal_id,
            **self.counts,
            fetch_states=dict(sorted(self.states.items())),
            stopped_reason=reason or self.stopped,
            is_refused=is_refused or any(self.states[state] for state in REFUSALS),
            is_faulty=is_faulty,
        )

    def collect(self) -> None:
        wanted = [entry for entry in self.listed() if entry.is_accepted and self.is_wanted(entry)]
        # those that were refused last time come last, so that one of them cannot keep the others waiting for ever
        wanted.sort(key=lambda entry: self.was_refused(entry.entry_url))
        for entry in wanted:
            try:
                self.entry(entry)
            except HostClosedError as closed:
                if closed.host == host_of(self.portal.column_url):
                    raise
                self.stopped = self.stopped or str(closed)  # entries on other hosts go on

    # the list

    def listed(self) -> list[ListedEntry]:
        """Every row of the column, each address once."""
        found: dict[str, ListedEntry] = {}
        for entries in self.list_pages():
            for entry in entries:
                # one address may stand in a row twice, as 查看 and by its title
                if found.setdefault(entry.entry_url, entry).title_rule == NO_RULE:
                    found[entry.entry_url] = entry
        if self.stopped is None:
            self.keep_listing(whole_list(self.portal.column_url), list(found.values()))
        accepted = sum(entry.is_accepted for entry in found.values())
        self.counts.update(listed=len(found), accepted=accepted, refused=len(found) - accepted)
        return list(found.values())

    def list_pages(self) -> Iterator[list[ListedEntry]]:
        """The entries of each list page, kept in the archive."""
        limit = self.settings.list_pages
        pages = ColumnPages(self.session, self.ask)
        walk = Walk(FAMILIES[self.portal.family](self.portal.column_url), pages.further, limit)
        for found in walk.pages(pages.column(self.portal.column_url)):
            self.counts["list_pages"] += 1
            self.progress(f"{self.portal.portal_id}: list page {found.number}, {found.fresh} new rows")
            entries = judged(found.answered.page, found.rows)
            if found.is_first and not found.rows:
                entries = self.column_as_report(found, pages.stopped)
            elif not found.fresh:
                continue  # some servers answer a page beyond the last with the first again
            self.keep_listing(found.answered.key, entries)
            yield entries
        self.stopped = self.stopped or pages.stopped
        if walk.is_cut_off:
            self.stopped = f"the list goes on after {limit} pages (GONGKAI_LIST_PAGES)"
        for given, declared in walk.rows_missing:
            self.stopped = self.stopped or f"the list gave {given} of the {declared} rows it counts"

    def column_as_report(self, found: ListPage, stopped: str | None) -> list[ListedEntry]:
        """What a column page without rows comes to: the report itself, as some bodies publish it, or nothing.

        Nothing is the end of the portal, unless the page leads on to sub-columns.
        """
        page = found.answered.page
        if page.has_report_tables:
            title = page.title[:TITLE_LENGTH]
            return [ListedEntry(canonical(page.url), title, None, True, "column_is_the_report")]
        if found.number == 1 and not found.has_folders:
            marks = [family for family in recognised(page) if family != self.portal.family]
            hint = f"; it bears the marks of {', '.join(marks)}" if marks else ""
            raise ColumnError(stopped or f"no rows of family {self.portal.family} on the column page{hint}")
        return []

    def keep_listing(self, key: str, entries: list[ListedEntry]) -> None:
        row = listing_row(self.portal.portal_id, key, entries, self.now())
        if row.entries_json != self.index.latest_listing(self.portal.portal_id, key):
            self.index.add(self.writer.write_listing(self.portal.portal_id, key, entries, row.fetched_at))

    # the entries

    def is_wanted(self, entry: ListedEntry) -> bool:
        year = report_year_of(entry.title, entry.listed_on)
        if self.report_years is None or year is None or year in self.report_years:
            return True
        self.counts["outside_years"] += 1
        return False

    def was_refused(self, url: str) -> bool:
        row = self.index.latest(self.portal.portal_id, url)
        return row is not None and row.fetch_state in REFUSALS

    def entry(self, entry: ListedEntry) -> None:
        """The page of an entry, and its attachments when the page holds no tables itself."""
        request = Request(
            entry.entry_url,
            FetchRole.PAGE,
            entry_url=entry.entry_url,
            list_title=entry.title,
            listed_on=entry.listed_on,
        )
        fetched = self.ask(request)
        self.progress(f"{self.portal.portal_id}: {entry.title}: {fetched.state}")
        if fetched.payload is None or b"\0" in fetched.payload[:4096] or fetched.payload.startswith(b"%PDF"):
            return
        page = Page(fetched.url, decode(fetched.payload, fetched.content_type))
        if page.has_report_tables:
            return
        for attachment in attachments(page, self.settings.attachments_per_entry):
            asked = dataclasses.replace(request, url=attachment.url, role=FetchRole.ATTACHMENT)
            self.progress(f"{self.portal.portal_id}: {attachment.name}: {self.ask(asked).state}")

    def ask(self, request: Request) -> Fetched:
        fetched = self.session.fetch(request)
        self.states[str(fetched.state)] += 1
        self.silent = self.silent + 1 if fetched.state in SILENT_STATES else 0
        if self.silent == SILENT_REQUESTS:
            raise ColumnError(f"{SILENT_REQUESTS} requests in a row came to nothing, the last: {fetched.reason}")
        if request.role is not FetchRole.LIST and fetched.payload is not None:
            what = "fetched_new" if fetched.is_new else "changed" if fetched.is_changed else "unchanged"
            self.counts[what] += 1
        if fetched.state in REFUSALS and request.role is not FetchRole.LIST:
            raise HostClosedError(host_of(fetched.url), f"{request.url} answered {fetched.state}: {fetched.reason}")
        return fetched


def _keep_trace(logs: Path, portal_id: str) -> Path:
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"collect-{portal_id}.txt"
    log.write_text(traceback.format_exc(), encoding="utf-8")
    return log
