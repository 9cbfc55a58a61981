"""One portal, from its column to archived answers."""

from __future__ import annotations

import dataclasses
import datetime as dt
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flows.archive.exchange import PictureSet, sha256, whole_list
from flows.archive.rows import ListedEntry, entries_of, listing_row
from flows.errors import GongkaiError
from flows.portals.addresses import canonical, host_of, is_governmental
from flows.portals.columns import ColumnError, ColumnPages, judged
from flows.portals.due import files_in_turn, fresh_since, in_turn, known_reports_of, refused_at
from flows.portals.families import FAMILIES, recognised
from flows.portals.families.rows import TITLE_LENGTH
from flows.portals.outcome import PortalOutcome
from flows.portals.pace import Budget, HostClosedError
from flows.portals.pages import squeeze
from flows.portals.question import Fetched, Request
from flows.portals.report_page import report_page
from flows.portals.session import PortalSession
from flows.portals.titles import NO_RULE, report_year_of
from flows.portals.walk import ListPage, Walk
from flows.portals.wording import says_otherwise
from flows.records import REFUSALS, FetchRole, FetchState, Portal

if TYPE_CHECKING:
    from flows.archive.index import ArchiveIndex
    from flows.archive.writer import ArchiveWriter
    from flows.settings import Settings

SILENT_STATES = frozenset({FetchState.UNREACHABLE, FetchState.TLS_FAILED})
SILENT_REQUESTS = 5
"""After so many in a row the rest of a portal is left for the next run."""


def collect_portal(
    portal: Portal,
    *,
    settings: Settings,
    index: ArchiveIndex,
    writer: ArchiveWriter,
    now: Callable[[], dt.datetime],
    allowed_hosts: frozenset[str],
    legacy_hosts: frozenset[str] = frozenset(),
    budget: Budget | None = None,
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
        legacy_hosts: hosts that may be asked with legacy TLS.
        budget: what may still be asked of each host in this run, shared by its portals.
        report_years: only entries about these years are fetched; all are listed.
        progress: told one line a step.

    Raises:
        ArchiveError: the archive cannot be written; all else ends in the outcome.
    """
    hosts = allowed_hosts | {host_of(portal.column_url)}
    session = PortalSession(
        portal.portal_id,
        hosts,
        settings=settings,
        index=index,
        writer=writer,
        now=now,
        budget=budget,
        legacy_hosts=legacy_hosts,
    )
    run = _Run(portal, session, settings, index, writer, now, report_years, progress or (lambda line: None))
    try:
        run.collect()
        return run.outcome()
    except GongkaiError:
        raise
    except Exception as fault:
        log = keep_trace(settings.logs, f"collect-{portal.portal_id}")
        run.stopped = f"unexpected {type(fault).__name__}: {squeeze(str(fault))[:200]} (see {log})"
        return run.outcome(is_faulty=True)
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
    notices: list[str] = dataclasses.field(default_factory=list)
    stopped: str | None = None
    is_end_sure: bool = True
    is_refused: bool = False
    silent: Counter[str] = dataclasses.field(default_factory=Counter)
    """Requests in a row that came to nothing, by host."""
    closed: set[str] = dataclasses.field(default_factory=set)
    """Hosts that are not asked any more."""
    done: set[str] = dataclasses.field(default_factory=set)
    """Addresses of the entries that this run has been through."""

    @property
    def column_host(self) -> str:
        return host_of(self.portal.column_url)

    def outcome(self, *, is_faulty: bool = False) -> PortalOutcome:
        return PortalOutcome(
            portal_id=self.portal.portal_id,
            **self.counts,
            fetch_states=dict(sorted(self.states.items())),
            notices=tuple(self.notices),
            stopped_reason=self.stopped,
            is_refused=self.is_refused or any(self.states[state] for state in REFUSALS),
            is_faulty=is_faulty,
        )

    def collect(self) -> None:
        """Read the list, then ask for every report that it ever showed and that is due."""
        self.listing()
        self.entries()

    def close(self, end: HostClosedError) -> None:
        """Ask a host no more in this run; entries on other hosts go on."""
        self.closed.add(end.host)
        self.stopped = self.stopped or str(end)
        self.is_refused |= end.is_refusal and end.host == self.column_host

    # the list

    def listing(self) -> None:
        """Keep every row of the column, each address once.

        When the list was gone through to its end not long ago, it is read only as far as it shows something new: the
        rest is taken from what it showed then. A row put in further down is found when the whole list is due again.
        """
        known = entries_of(self.index.latest_listing(self.portal.portal_id, whole_list(self.portal.column_url)))
        found: dict[str, ListedEntry] = {}
        try:
            is_through = self.read_list(found, frozenset(entry.entry_url for entry in known))
        except HostClosedError as end:
            self.close(end)
        except ColumnError as fault:
            self.stopped = str(fault)
            self.closed |= {self.column_host} if fault.is_silent else set()
        else:
            if is_through and self.is_end_sure and self.stopped is None:
                self.keep_whole(found)
            else:
                found = {entry.entry_url: entry for entry in known} | found
        accepted = sum(entry.is_accepted for entry in found.values())
        self.counts.update(listed=len(found), accepted=accepted, refused=len(found) - accepted)

    def read_list(self, found: dict[str, ListedEntry], known_urls: frozenset[str]) -> bool:
        """Put every row of the list into `found`; False when the rest was left because it is known."""
        whole_at = self.index.listed_whole_at(self.portal.portal_id, self.portal.column_url)
        due_at = self.now() - dt.timedelta(days=self.settings.revisit_days)
        may_stop = whole_at is not None and due_at < whole_at <= self.now()
        for entries in self.list_pages():
            for entry in entries:
                # one address may stand in a row twice, as 查看 and by its title
                if found.setdefault(entry.entry_url, entry).title_rule == NO_RULE:
                    found[entry.entry_url] = entry
            if may_stop and entries and all(entry.entry_url in known_urls for entry in entries):
                return False
        return True

    def keep_whole(self, found: dict[str, ListedEntry]) -> None:
        """Note that the list was gone through to its end, and what it has no more."""
        known = known_reports_of(self.index, self.portal.portal_id)
        left = [one.listed.entry_url for one in known if one.left_at is None and one.listed.entry_url not in found]
        self.notices += [f"{url} is listed no more." for url in left]
        self.keep_listing(whole_list(self.portal.column_url), list(found.values()))

    def list_pages(self) -> Iterator[list[ListedEntry]]:
        """The entries of each list page, kept in the archive."""
        limit = self.settings.list_pages
        pages = ColumnPages(self.session, self.ask)
        walk = Walk(FAMILIES[self.portal.family](self.portal.column_url), pages.further, limit)
        for found in walk.pages(pages.column(self.portal.column_url)):
            self.counts["list_pages"] += 1
            self.progress(f"{self.portal.portal_id}: list page {found.number}, {found.fresh} new rows")
            entries = judged(found.answered.page, found.rows)
            if found.is_first:
                entries += self.column_as_report(found, pages.stopped)
            elif not found.fresh:
                continue  # some servers answer a page beyond the last with the first again
            self.keep_listing(found.answered.key, entries)
            yield entries
        self.stopped = self.stopped or pages.stopped
        self.is_end_sure = pages.is_end_sure
        if walk.is_cut_off:
            self.stopped = f"the list goes on after {limit} pages (GONGKAI_LIST_PAGES)"
        self.stopped = self.stopped or next(iter(walk.shortfalls), None)

    def column_as_report(self, found: ListPage, stopped: str | None) -> list[ListedEntry]:
        """The column page as an entry when it is itself the report, as some bodies publish it, one a year.

        A column with neither rows nor report nor sub-columns is the end of the portal.
        """
        page = found.answered.page
        if page.has_report_tables:
            title = page.title[:TITLE_LENGTH]
            return [ListedEntry(canonical(page.url), title, None, True, "column_is_the_report")]
        if found.number == 1 and not found.rows and not found.has_folders:
            marks = [family for family in recognised(page) if family != self.portal.family]
            hint = f"; it bears the marks of {', '.join(marks)}" if marks else ""
            raise ColumnError(stopped or f"no rows of family {self.portal.family} on the column page{hint}")
        return []

    def keep_listing(self, key: str, entries: list[ListedEntry]) -> None:
        """Archive what was listed when it differs from the last time, else that it is the same."""
        portal_id = self.portal.portal_id
        row = listing_row(portal_id, key, entries, self.now())
        is_new = row.entries_json != self.index.latest_listing(portal_id, key)
        self.index.add(self.writer.write_listing(portal_id, key, entries if is_new else None, row.fetched_at))

    # the entries

    def is_wanted(self, entry: ListedEntry) -> bool:
        year = report_year_of(entry.title, entry.listed_on)
        if self.report_years is None or year is None or year in self.report_years:
            return True
        self.counts["outside_years"] += 1
        return False

    def entries(self, refused_before: dt.datetime | None = None) -> None:
        """Ask for the known reports in their turn, each once in a run (`due.in_turn`)."""
        for one in in_turn(self.index, self.portal.portal_id, refused_before):
            url = one.listed.entry_url
            if url in self.done or host_of(url) in self.closed:
                continue
            self.done.add(url)
            if self.is_wanted(one.listed):
                try:
                    self.entry(one.listed, one.left_at)
                except HostClosedError as end:
                    self.close(end)

    def fresh_since(self, url: str, left_at: dt.datetime | None) -> dt.datetime:
        return fresh_since(self.index, self.settings, self.now(), url, left_at)

    def entry(self, entry: ListedEntry, left_at: dt.datetime | None) -> None:
        """The page of an entry, and its attachments when the page holds no tables itself."""
        if self.portal.body_name is None and self.may_be_named(host_of(entry.entry_url)):
            self.session.permit(host_of(entry.entry_url))
        request = Request(
            entry.entry_url,
            FetchRole.PAGE,
            entry_url=entry.entry_url,
            list_title=entry.title,
            listed_on=entry.listed_on,
        )
        fetched = self.ask(request, self.fresh_since(request.url, left_at))
        self.progress(f"{self.portal.portal_id}: {entry.title}: {fetched.state}")
        page = fetched.report_page
        if page is None and not fetched.is_asked:
            page = report_page(fetched.payload, fetched.url, fetched.content_type, self.settings)
        if page is None or page.has_tables:
            return
        if page.left_out is not None:
            self.notices.append(f"{request.url} {page.left_out}.")
        for attachment in files_in_turn(self.index, self.portal.portal_id, page.files):
            asked = dataclasses.replace(
                request, url=attachment.url, role=FetchRole.ATTACHMENT, link_name=attachment.name
            )
            state = self.ask(asked, self.fresh_since(asked.url, left_at)).state
            self.progress(f"{self.portal.portal_id}: {attachment.name}: {state}")
        if page.pictures_instead:
            self.pictures(request, page.pictures_instead, left_at)

    def pictures(self, page: Request, urls: list[str], left_at: dt.datetime | None) -> None:
        """The pictures that a page shows instead of text, and their set once all of them are there."""
        found = []
        for url in urls:
            asked = dataclasses.replace(page, url=url, role=FetchRole.PICTURE)
            fetched = self.ask(asked, self.fresh_since(url, left_at))
            if fetched.payload is not None:
                found.append((url, sha256(fetched.payload)))
        self.progress(f"{self.portal.portal_id}: {len(found)} of {len(urls)} pictures of {page.url}")
        if len(found) < len(urls):
            return  # what is missing is said by its own state; half a report is none
        shown = PictureSet(self.portal.portal_id, page.url, page.list_title, page.listed_on, tuple(found), self.now())
        before = self.index.latest(self.portal.portal_id, shown.url)
        if before is None or before.payload_sha256 != sha256(shown.payload):
            self.index.add(self.writer.write_pictures(shown))

    def may_be_named(self, host: str) -> bool:
        """Whether an aggregation page may name a host that no column of the registry lies on."""
        return is_governmental(host) or host in self.settings.private_hosts

    def ask(self, request: Request, unless_asked_since: dt.datetime | None = None) -> Fetched:
        """Ask and count. A list page that was refused the last time waits for the reports that are known by then.

        Otherwise a portal that refuses one list page would never be asked for those on the pages before it.
        """
        if request.role is FetchRole.LIST:
            refused = refused_at(self.index, self.portal.portal_id, request.key)
            if refused is not None:
                self.entries(refused_before=refused)
        fetched = self.session.fetch(request, unless_asked_since=unless_asked_since)
        if not fetched.is_asked:
            self.counts["not_due"] += 1
            return fetched
        self.states[str(fetched.state)] += 1
        self.counts["vanished"] += fetched.is_vanished
        if fetched.is_vanished:
            self.notices.append(f"{request.url} is there no more ({fetched.state}); the archive has it.")
        if request.role is not FetchRole.LIST and _says_otherwise(fetched):
            self.notices.append(f"{request.url} was published otherwise since (gongkai archive diff {request.url}).")
        host = host_of(request.url)
        self.silent[host] = self.silent[host] + 1 if fetched.state in SILENT_STATES else 0
        if self.silent[host] == SILENT_REQUESTS:
            reason = f"{SILENT_REQUESTS} requests in a row came to nothing, the last: {fetched.reason}"
            raise HostClosedError(host, reason, is_refusal=False)
        if request.role is not FetchRole.LIST and fetched.payload is not None:
            what = "fetched_new" if fetched.is_new else "changed" if fetched.is_changed else "unchanged"
            self.counts[what] += 1
        if fetched.state in REFUSALS and request.role is not FetchRole.LIST:
            raise HostClosedError(host_of(fetched.url), f"{request.url} answered {fetched.state}: {fetched.reason}")
        return fetched


def _says_otherwise(fetched: Fetched) -> bool:
    if not fetched.is_changed or fetched.payload is None or fetched.earlier is None:
        return fetched.is_changed
    return says_otherwise(fetched.earlier, fetched.payload, fetched.url, fetched.content_type)


def keep_trace(logs: Path, name: str) -> Path:
    """Write the traceback of the fault at hand to a file of that name, and say where it is."""
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.txt"
    log.write_text(traceback.format_exc(), encoding="utf-8")
    return log
