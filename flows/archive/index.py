"""What was asked and answered so far, as read off the WARC files.

Each closed WARC has an index file beside it (Parquet, `indexing`), from which it can always be known again what the
archive holds; `table` keeps the rows of all of them where an address is found at once.

Opening repairs what a killed run left: the torn last record of a WARC that nobody holds is cut off (and kept as
`<file>.torn`), the rest is scanned and indexed. A WARC that a process is writing is left out until it is closed,
unless that process tells of its rows by `add`.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping, Set
from pathlib import Path

from flows.archive.exchange import ArchiveError, whole_list
from flows.archive.members import warc_files
from flows.archive.rows import EXCHANGE, LISTING, IndexRow
from flows.archive.sightings import (
    ArchivedDocument,
    EntryState,
    KnownEntry,
    documents,
    entries,
    entry_states,
    known_entries,
    transitions,
)
from flows.archive.table import RowTable, is_writable, microseconds, moment
from flows.records import REFUSALS, Entry, Fetch

TABLE = "rows.sqlite"
HAS_CONTENT = "fetch_state IN ('content', 'not_modified') AND payload_sha256 IS NOT NULL"
HOLDS_PAYLOAD = "record_type IN ('response', 'resource')"


class ArchiveIndex:
    """What was asked and answered so far. May be shared by threads.

    Args:
        folder: the archive; need not exist yet.
        is_read_only: what is known is taken as it stands, beside whoever collects; nothing is repaired or made.
        beside: another archive in which refusals of the same hosts may lie.

    Raises:
        ArchiveError: the folder cannot be read or written.
    """

    def __init__(self, folder: Path, *, is_read_only: bool = False, beside: Path | None = None) -> None:
        self._folder = folder
        self._beside = ArchiveIndex.open(beside) if beside is not None and beside.is_dir() else None
        self._lock = threading.RLock()
        self.problems: list[str] = []
        """What was found damaged or repaired, one sentence each."""
        if is_read_only:
            self._table = RowTable(folder / "index" / TABLE, is_read_only=True)
            return
        try:
            (folder / "index").mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise ArchiveError(f"The archive {folder} cannot be written ({fault}): give access.") from fault
        self._table = RowTable(folder / "index" / TABLE)
        self.refresh()

    @classmethod
    def open(cls, folder: Path, *, beside: Path | None = None) -> ArchiveIndex:
        """The index of an archive, repaired and complete; as it stands where the archive cannot be written."""
        kept = folder / "index"
        return cls(folder, is_read_only=kept.is_dir() and not is_writable(kept), beside=beside)

    @classmethod
    def look(cls, folder: Path) -> ArchiveIndex | None:
        """The index as it stands, for looking only; None when nothing was archived yet."""
        return cls(folder, is_read_only=True) if (folder / "index" / TABLE).is_file() else None

    def close(self) -> None:
        """Let go of the file of rows."""
        self._table.close()
        if self._beside is not None:
            self._beside.close()

    def refresh(self) -> None:
        """Take in WARC files that were closed since the last look, and leave out those that are gone."""
        with self._lock:
            taken_in = self._table.signatures()
            found = self._take_in(taken_in) if warc_files(self._folder) else frozenset()
            for name in taken_in.keys() - found:
                if not (self._folder / name).exists():
                    self._table.forget(name)

    def _take_in(self, taken_in: Mapping[str, str]) -> Set[str]:
        """Index all WARC files that are closed, take in those that are new, and return their names."""
        from flows.archive.indexing import index_closed, rows_of  # brings Arrow, which a first run can do without

        found = index_closed(self._folder)
        self.problems = [problem for indexed in found.values() for problem in indexed.problems]
        for name, indexed in found.items():
            signature = indexed.signature()
            if taken_in.get(name) != signature:
                self._table.replace(name, signature, rows_of(indexed.parquet))
        return found.keys()

    def add(self, row: IndexRow) -> None:
        """Take in what a writer of this process has just archived."""
        with self._lock:
            self._table.add(row)

    def latest(self, portal_id: str, url: str) -> IndexRow | None:
        """Latest exchange of a portal about a URL (`exchange.url_key`)."""
        with self._lock:
            return self._table.first(f"kind = '{EXCHANGE}' AND portal_id = ? AND url = ?", portal_id, url)

    def latest_beside_lists(self, portal_id: str, url: str) -> IndexRow | None:
        """The same, without what was asked to see a list: a column page may be the report too."""
        with self._lock:
            condition = f"kind = '{EXCHANGE}' AND portal_id = ? AND url = ? AND fetch_role != 'list'"
            return self._table.first(condition, portal_id, url)

    def files_asked(self, portal_id: str) -> dict[str, list[tuple[str, dt.datetime]]]:
        """State and time of the latest answer about each file and picture of a portal's entries, by entry."""
        sql = (
            "SELECT entry_url, fetch_state, max(fetched_at) FROM row WHERE portal_id = ? AND entry_url IS NOT NULL "
            "AND fetch_role IN ('attachment', 'picture') GROUP BY entry_url, url"
        )
        found: dict[str, list[tuple[str, dt.datetime]]] = {}
        with self._lock:
            for entry_url, state, asked_at in self._table.select(sql, portal_id):
                found.setdefault(entry_url, []).append((state, moment(asked_at)))
        return found

    def latest_list_answer(self, portal_id: str) -> IndexRow | None:
        """What became of the last question for a list page of a portal."""
        with self._lock:
            condition = f"kind = '{EXCHANGE}' AND portal_id = ? AND fetch_role = 'list'"
            return self._table.first(condition, portal_id)

    def latest_content(self, url: str) -> IndexRow | None:
        """Latest content of a URL: the record that holds its payload."""
        with self._lock:
            row = self._table.first(f"url = ? AND {HAS_CONTENT}", url)
            if row is None or row.payload_sha256 is None:
                return None
            return self.payload_row(url, row.payload_sha256) or row

    def latest_sent(self, url: str) -> IndexRow | None:
        """Latest answer that sent the content of a URL itself: where that came from, and its validators."""
        with self._lock:
            return self._table.first(f"url = ? AND fetch_state = 'content' AND {HAS_CONTENT}", url)

    def first_content_at(self, url: str) -> dt.datetime | None:
        """When a URL first had content."""
        with self._lock:
            row = self._table.first(f"url = ? AND {HAS_CONTENT}", url, order="fetched_at")
            return row.fetched_at if row else None

    def payload_row(self, url: str, payload_sha256: str) -> IndexRow | None:
        """Where a payload of a URL already lies; a second record is written only when the first was damaged."""
        with self._lock:
            return self._table.first(f"url = ? AND payload_sha256 = ? AND {HOLDS_PAYLOAD}", url, payload_sha256)

    def host_payload_row(self, host: str, payload_sha256: str) -> IndexRow | None:
        """Where the same bytes of a host already lie, whatever the URL: what a host says no with is kept once."""
        with self._lock:
            condition = f"host = ? AND payload_sha256 = ? AND {HOLDS_PAYLOAD}"
            return self._table.first(condition, host.lower(), payload_sha256)

    def pages_of_payload(self, host: str, payload_sha256: str) -> list[IndexRow]:
        """Pages of a host under whose addresses a payload was first archived, a few at most."""
        with self._lock:
            condition = f"host = ? AND payload_sha256 = ? AND {HOLDS_PAYLOAD} AND fetch_role = 'page'"
            return list(self._table.rows(condition, host.lower(), payload_sha256, limit=20))

    def stand_ins(self, portal_id: str) -> dict[str, str]:
        """sha-256 -> address of what a portal was found to answer in place of pages that are not there."""
        return self._payloads("fetch_state = 'soft_404'", portal_id)

    def list_pages(self, portal_id: str) -> dict[str, str]:
        """sha-256 -> address of the pages on which a portal has listed anything so far."""
        has_listed = f"SELECT url FROM row WHERE kind = '{LISTING}' AND portal_id = ? AND entries_json != '[]'"  # noqa: S608
        return self._payloads(
            f"fetch_role = 'list' AND {HAS_CONTENT} AND url IN ({has_listed})", portal_id, portal_id
        )

    def _payloads(self, condition: str, *portal_ids: str) -> dict[str, str]:
        wanted = f"payload_sha256 IS NOT NULL AND {condition} AND portal_id = ?"
        sql = f"SELECT DISTINCT payload_sha256, coalesce(final_url, url) FROM row WHERE {wanted}"  # noqa: S608 - ours
        with self._lock:
            return dict(self._table.select(sql, *portal_ids))

    def latest_listing(self, portal_id: str, list_url: str) -> str | None:
        """Entries (JSON) that a list page showed when it last showed something new."""
        with self._lock:
            condition = f"kind = '{LISTING}' AND portal_id = ? AND url = ? AND entries_json IS NOT NULL"
            row = self._table.first(condition, portal_id, list_url)
            return row.entries_json if row else None

    def listed_whole_at(self, portal_id: str, column_url: str) -> dt.datetime | None:
        """When a portal's list was last gone through to its end."""
        with self._lock:
            condition = f"kind = '{LISTING}' AND portal_id = ? AND url = ?"
            row = self._table.first(condition, portal_id, whole_list(column_url))
            return row.fetched_at if row else None

    def is_listed_whole(self, portal_id: str, column_url: str) -> bool:
        """Whether a portal's list was ever gone through to its end."""
        return self.listed_whole_at(portal_id, column_url) is not None

    def refused_until(self, host: str, pause_seconds: int, now: dt.datetime) -> dt.datetime | None:
        """Until when a host that last refused us is left alone; None when it may be asked.

        What the host itself named (`Retry-After`) holds where it named something. What was noted by a clock that was
        ahead by more than the pause does not count: it would keep the host waiting until that time comes.
        """
        before = now + dt.timedelta(seconds=pause_seconds)
        said = [index._last_word(host, before) for index in (self, self._beside) if index is not None]
        row = max((row for row in said if row is not None), key=lambda row: row.fetched_at, default=None)
        if row is None or row.fetch_state not in REFUSALS:
            return None
        seconds = pause_seconds if row.retry_after_seconds is None else row.retry_after_seconds
        until = row.fetched_at + dt.timedelta(seconds=seconds)
        return until if until > now else None

    def _last_word(self, host: str, before: dt.datetime) -> IndexRow | None:
        """The latest row up to a time that says how willing a host is."""
        with self._lock:
            return self._table.first(
                "host = ? AND is_telling AND fetched_at <= ?", host.lower(), microseconds(before)
            )

    def documents(self) -> list[ArchivedDocument]:
        """Each distinct (url, payload) of a page or attachment with content, by URL and time."""
        with self._lock:
            return documents(self._table)

    def versions(self, url: str) -> list[ArchivedDocument]:
        """The distinct contents of a page and of its files, by time."""
        with self._lock:
            return sorted(documents(self._table, url), key=lambda found: found.fetched_at)

    def answers(self, url: str) -> list[IndexRow]:
        """Every exchange about a page and its files, by time."""
        with self._lock:
            return list(self._table.rows(f"kind = '{EXCHANGE}' AND (url = ? OR entry_url = ?)", url, url))

    def transitions(self) -> list[Fetch]:
        """Each change in what a URL answers a portal, by portal, URL and time."""
        with self._lock:
            return transitions(self._table)

    def entries(self) -> list[Entry]:
        """Each row that a list showed, as it was last judged, by portal, URL and title."""
        with self._lock:
            return entries(self._table)

    def known_entries(self, portal_id: str) -> list[KnownEntry]:
        """Every address that the lists of a portal ever showed, in the order in which it was last shown."""
        with self._lock:
            return known_entries(self._table, portal_id)

    def entry_states(self, portal_id: str | None = None) -> list[EntryState]:
        """What became of each entry, of one portal or of all, by portal, URL and title."""
        with self._lock:
            return entry_states(self._table, portal_id)
