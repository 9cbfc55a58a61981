"""What the archive knows, folded from its rows in the order of time."""

from __future__ import annotations

import dataclasses
import datetime as dt
from urllib.parse import urlsplit

from flows.archive.rows import LISTING, IndexRow, entries_of
from flows.records import REFUSALS, Entry, Fetch, FetchRole, FetchState


@dataclasses.dataclass(frozen=True, slots=True)
class ArchivedDocument:
    """One payload of one URL that a reader may read: where it lies and under which list entry it was found."""

    portal_id: str
    entry_url: str
    url: str
    fetch_role: str
    list_title: str | None
    listed_on: dt.date | None
    content_type: str | None
    payload_sha256: str
    payload_bytes: int
    fetched_at: dt.datetime
    """When this payload was first seen at this URL."""
    warc_file: str
    warc_offset: int


class View:
    """Everything that can be asked of the rows applied so far."""

    def __init__(self) -> None:
        self.latest: dict[tuple[str, str], IndexRow] = {}
        """Latest exchange by portal and URL."""
        self.latest_content: dict[str, IndexRow] = {}
        """Latest exchange with content by URL, pointing at the record that holds the payload."""
        self.payloads: dict[tuple[str, str], IndexRow] = {}
        """Latest response record by URL and payload; a second one is written only when the first was damaged."""
        self.documents: dict[tuple[str, str], ArchivedDocument] = {}
        self.transitions: list[Fetch] = []
        self.entries: dict[tuple[str, str, str], Entry] = {}
        self.listings: dict[tuple[str, str], str] = {}
        """Entries (JSON) of the latest listing by portal and list URL."""
        self.refusals: dict[str, IndexRow] = {}
        """Latest refusal of each host that has answered with nothing better since."""

    def apply(self, row: IndexRow) -> None:
        """Take in one more row."""
        if row.kind == LISTING:
            self._list(row)
        else:
            self._fetch(row)

    def _list(self, row: IndexRow) -> None:
        self.listings[row.portal_id, row.url] = row.entries_json or "[]"
        for listed in entries_of(row):
            key = (row.portal_id, listed.entry_url, listed.title)
            before = self.entries.get(key)
            self.entries[key] = Entry(
                portal_id=row.portal_id,
                entry_url=listed.entry_url,
                title=listed.title,
                listed_on=listed.listed_on,
                is_accepted=listed.is_accepted,
                title_rule=listed.title_rule,
                list_url=before.list_url if before else row.url,
                first_seen_at=before.first_seen_at if before else row.fetched_at,
            )

    def _fetch(self, row: IndexRow) -> None:
        self._host(row)
        if row.payload_sha256 and row.record_type == "response":
            self.payloads[row.url, row.payload_sha256] = row
        place = self.payloads.get((row.url, row.payload_sha256 or ""), row)
        has_content = row.fetch_state in (FetchState.CONTENT, FetchState.NOT_MODIFIED) and row.payload_sha256
        if has_content:
            self.latest_content[row.url] = dataclasses.replace(
                place,
                etag=row.etag or place.etag,
                last_modified=row.last_modified or place.last_modified,
            )
            if row.fetch_role in (FetchRole.PAGE, FetchRole.ATTACHMENT):
                self._document(row, place)
        self._transition(row, place)
        self.latest[row.portal_id, row.url] = row

    def _document(self, row: IndexRow, place: IndexRow) -> None:
        assert row.payload_sha256 is not None
        key = (row.url, row.payload_sha256)
        if key in self.documents:
            self.documents[key] = dataclasses.replace(
                self.documents[key], warc_file=place.warc_file, warc_offset=place.warc_offset
            )
        else:
            self.documents[key] = ArchivedDocument(
                portal_id=row.portal_id,
                entry_url=row.entry_url or row.url,
                url=row.url,
                fetch_role=row.fetch_role or "",
                list_title=row.list_title,
                listed_on=row.listed_on,
                content_type=place.content_type,
                payload_sha256=row.payload_sha256,
                payload_bytes=place.payload_bytes or 0,
                fetched_at=row.fetched_at,
                warc_file=place.warc_file,
                warc_offset=place.warc_offset,
            )

    def _transition(self, row: IndexRow, place: IndexRow) -> None:
        before = self.latest.get((row.portal_id, row.url))
        if before is not None and _pair(before) == _pair(row):
            return
        state, payload = _pair(row)
        self.transitions.append(
            Fetch(
                portal_id=row.portal_id,
                url=row.url,
                fetch_role=row.fetch_role or "",
                entry_url=row.entry_url,
                fetch_state=state,
                reason=row.reason,
                http_status=row.http_status,
                tls_verification=row.tls_verification or "none",
                payload_sha256=payload,
                payload_bytes=row.payload_bytes,
                fetched_at=row.fetched_at,
                warc_file=place.warc_file,
                warc_offset=place.warc_offset,
            )
        )

    def _host(self, row: IndexRow) -> None:
        host = urlsplit(row.final_url or row.url).netloc.lower()
        if row.fetch_state in REFUSALS:
            self.refusals[host] = row
        elif row.record_type is not None and row.fetch_role != FetchRole.ROBOTS:
            self.refusals.pop(host, None)


def _pair(row: IndexRow) -> tuple[str, str | None]:
    """State and payload, an unmodified payload being the content that it was."""
    is_unmodified = row.fetch_state == FetchState.NOT_MODIFIED
    return (FetchState.CONTENT if is_unmodified else row.fetch_state or "", row.payload_sha256)
