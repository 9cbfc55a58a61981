"""The index: read off the WARC files, one Parquet file beside each closed one, so that it can always be made again.

Opening repairs what a killed run left: the torn last record of a WARC that nobody holds is cut off (and kept as
`<file>.torn`), the rest is scanned and indexed. A WARC that a process is writing is left out until it is closed.
"""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

from flows.archive.exchange import whole_list
from flows.archive.indexing import index_closed, rows_in_order
from flows.archive.rows import IndexRow
from flows.archive.view import ArchivedDocument, View
from flows.records import Entry, Fetch


class ArchiveIndex:
    """What was asked and answered so far. May be shared by threads.

    Args:
        folder: the archive; need not exist yet.

    Raises:
        ArchiveError: the folder cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._view = View()
        self._closed: set[str] = set()
        self._live: list[IndexRow] = []
        self.problems: list[str] = []
        """What was found damaged or repaired, one sentence each."""
        self.refresh()

    @classmethod
    def open(cls, folder: Path) -> ArchiveIndex:
        """The index of an archive, repaired and complete."""
        return cls(folder)

    def refresh(self) -> None:
        """Take in WARC files that were closed since the last look."""
        with self._lock:
            found = index_closed(self._folder)
            self.problems = [problem for indexed in found.values() for problem in indexed.problems]
            if found.keys() == self._closed and not self._live:
                return
            self._closed = set(found)
            self._live = [row for row in self._live if row.warc_file not in found]
            view = View()
            for row in rows_in_order((indexed.parquet for indexed in found.values()), self._live):
                view.apply(row)
            self._view = view

    def add(self, row: IndexRow) -> None:
        """Take in what a writer of this process has just archived."""
        with self._lock:
            self._live.append(row)
            self._view.apply(row)

    def latest(self, portal_id: str, url: str) -> IndexRow | None:
        """Latest exchange of a portal about a URL (`exchange.url_key`)."""
        with self._lock:
            return self._view.latest.get((portal_id, url))

    def latest_content(self, url: str) -> IndexRow | None:
        """Latest content of a URL: its validators, and the place of the record that holds its payload."""
        with self._lock:
            return self._view.latest_content.get(url)

    def payload_row(self, url: str, payload_sha256: str) -> IndexRow | None:
        """Where a payload of a URL already lies."""
        with self._lock:
            return self._view.payloads.get((url, payload_sha256))

    def latest_listing(self, portal_id: str, list_url: str) -> str | None:
        """Entries (JSON) that a list page showed when it last showed something new."""
        with self._lock:
            return self._view.listings.get((portal_id, list_url))

    def is_listed_whole(self, portal_id: str, column_url: str) -> bool:
        """Whether a portal's list was ever gone through to its end."""
        return self.latest_listing(portal_id, whole_list(column_url)) is not None

    def refused_until(self, host: str, pause_seconds: int) -> dt.datetime | None:
        """Until when a host that last refused us is left alone; None when its last answer was no refusal."""
        with self._lock:
            row = self._view.refusals.get(host.lower())
            return row.fetched_at + dt.timedelta(seconds=pause_seconds) if row else None

    def documents(self) -> list[ArchivedDocument]:
        """Each distinct (url, payload) of a page or attachment with content, by URL and time."""
        with self._lock:
            return sorted(self._view.documents.values(), key=lambda found: (found.url, found.fetched_at))

    def transitions(self) -> list[Fetch]:
        """Each change in what a URL answers a portal, by portal, URL and time."""
        with self._lock:
            return sorted(self._view.transitions, key=lambda fetch: (fetch.portal_id, fetch.url, fetch.fetched_at))

    def entries(self) -> list[Entry]:
        """Each row that a list showed, as it was last judged, by portal, URL and title."""
        with self._lock:
            return [self._view.entries[key] for key in sorted(self._view.entries)]
