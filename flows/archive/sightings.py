"""What the rows of an archive come to: documents, changes of state, listed entries and what became of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from flows.archive.exchange import is_whole_list
from flows.archive.rows import EXCHANGE, LISTING, IndexRow, ListedEntry, entries_of
from flows.archive.table import FIELDS, IN_ORDER, LATEST_FIRST, RowTable, day, moment, row_of
from flows.records import Entry, Fetch, FetchRole, FetchState

REFUSED_TITLE = "refused_title"
"""State of an entry that the title rules refused."""
PENDING = "pending"
"""State of an entry that, or a file of which, was not asked for yet."""
CONTENT = (FetchState.CONTENT, FetchState.NOT_MODIFIED)
_PLACE = f"""(
    SELECT rowid FROM row AS held
    WHERE held.url = seen.url AND held.payload_sha256 = seen.payload_sha256
        AND held.record_type IN ('response', 'resource')
    ORDER BY {LATEST_FIRST} LIMIT 1
)"""  # noqa: S608 - put together from our own text
_DOCUMENTS = f"""
WITH numbered AS (
    SELECT rowid AS id, row_number() OVER (PARTITION BY url, payload_sha256 ORDER BY {IN_ORDER}) AS nth
    FROM row
    WHERE kind = '{EXCHANGE}' AND fetch_role IN ('page', 'attachment')
        AND fetch_state IN ('content', 'not_modified') AND payload_sha256 IS NOT NULL AND %s
)
SELECT
    seen.portal_id, coalesce(seen.entry_url, seen.url), seen.url, seen.fetch_role, seen.list_title, seen.listed_on,
    coalesce(place.content_type, seen.content_type), seen.payload_sha256,
    coalesce(place.payload_bytes, seen.payload_bytes, 0), seen.fetched_at,
    coalesce(place.warc_file, seen.warc_file), coalesce(place.warc_offset, seen.warc_offset),
    seen.body_name, seen.division_code, seen.entries_json
FROM numbered JOIN row AS seen ON seen.rowid = numbered.id LEFT JOIN row AS place ON place.rowid = {_PLACE}
WHERE numbered.nth = 1
ORDER BY seen.url, seen.fetched_at
"""  # noqa: S608 - put together from our own text
_STATE = "CASE fetch_state WHEN 'not_modified' THEN 'content' ELSE fetch_state END"
_TRANSITIONS = f"""
WITH stated AS (
    SELECT
        rowid AS id,
        {_STATE} AS state,
        payload_sha256 AS payload,
        lag({_STATE}, 1, '') OVER one AS state_before,
        lag(payload_sha256) OVER one AS payload_before,
        lag(fetched_at) OVER one AS asked_before_at
    FROM row WHERE kind = '{EXCHANGE}' WINDOW one AS (PARTITION BY url, portal_id ORDER BY {IN_ORDER})
)
SELECT
    seen.portal_id, seen.url, coalesce(seen.fetch_role, ''), seen.entry_url, stated.state, seen.reason,
    seen.http_status, coalesce(seen.tls_verification, 'none'), seen.payload_sha256, seen.payload_bytes,
    seen.fetched_at, coalesce(place.warc_file, seen.warc_file), coalesce(place.warc_offset, seen.warc_offset),
    stated.asked_before_at
FROM stated JOIN row AS seen ON seen.rowid = stated.id LEFT JOIN row AS place
    ON seen.record_type = 'revisit' AND place.rowid = {_PLACE}
WHERE stated.state != stated.state_before OR stated.payload IS NOT stated.payload_before
ORDER BY seen.portal_id, seen.url, seen.fetched_at
"""  # noqa: S608 - put together from our own text


@dataclasses.dataclass(frozen=True, slots=True)
class ArchivedPicture:
    """One picture of a set that makes one report."""

    url: str
    warc_file: str
    """Empty when the archive has it no more."""
    warc_offset: int


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
    body_name: str | None = None
    """Of a file brought in by hand: whose report it is, as the person who brought it says."""
    division_code: str | None = None
    pictures: tuple[ArchivedPicture, ...] = ()
    """Of a set of pictures: these are read, in their order, and the payload only names them."""


@dataclasses.dataclass(frozen=True, slots=True)
class EntryState:
    """What became of one row of a portal's list."""

    portal_id: str
    entry_url: str
    title: str
    entry_state: str
    """A fetch state (`content` also when it was not modified since), `refused_title` or `pending`."""
    reason: str | None
    is_listed: bool
    """False when the list was last gone through to its end without it, or shows its address under another title."""
    first_seen_at: dt.datetime
    last_seen_at: dt.datetime
    """When the list last showed it or its page last had content."""
    last_changed_at: dt.datetime
    """When its page, or a file of it, last began to answer otherwise; the first sighting when it was never asked."""


@dataclasses.dataclass(frozen=True, slots=True)
class KnownEntry:
    """One address that a portal's lists have shown, as they showed it last."""

    listed: ListedEntry
    left_at: dt.datetime | None
    """When the list was first gone through to its end without it; None when it was not, or shows it again."""


def documents(table: RowTable, url: str | None = None) -> list[ArchivedDocument]:
    """Each distinct (url, payload) of a page or attachment with content, by URL and time; of all or of one entry."""
    found = (
        table.select(_DOCUMENTS % "(url = ? OR entry_url = ?)", url, url)
        if url
        else table.select(_DOCUMENTS % "true")
    )
    fields = [_named(ArchivedDocument, values) for values in found]
    return [ArchivedDocument(**one | {"pictures": _pictures(table, one["pictures"])}) for one in fields]


def _pictures(table: RowTable, entries_json: str | None) -> tuple[ArchivedPicture, ...]:
    """Where the pictures of a set lie."""
    pictures = []
    for named in json.loads(entries_json or "[]"):
        condition = "url = ? AND payload_sha256 = ? AND record_type IN ('response', 'resource')"
        place = table.first(condition, named["url"], named["payload_sha256"])
        pictures.append(
            ArchivedPicture(named["url"], place.warc_file if place else "", place.warc_offset if place else 0)
        )
    return tuple(pictures)


def transitions(table: RowTable) -> list[Fetch]:
    """Each change in what a URL answers a portal, by portal, URL and time."""
    return [Fetch(**_named(Fetch, values)) for values in table.select(_TRANSITIONS)]


def _named(record_type: type[Any], values: Sequence[Any]) -> dict[str, Any]:
    """Columns, selected in the order of a record's fields, as those fields."""
    fields = dict(zip((field.name for field in dataclasses.fields(record_type)), values, strict=True))
    fields["fetched_at"] = moment(fields["fetched_at"])
    if fields.get("asked_before_at") is not None:
        fields["asked_before_at"] = moment(fields["asked_before_at"])
    if "listed_on" in fields:
        fields["listed_on"] = day(fields["listed_on"])
    return fields


def entries(table: RowTable) -> list[Entry]:
    """Each row that a list showed, as it was last judged, by portal, URL and title."""
    found: dict[tuple[str, str, str], Entry] = {}
    for row in table.rows(f"kind = '{LISTING}' AND entries_json IS NOT NULL", order=f"portal_id, {IN_ORDER}"):
        for listed in entries_of(row.entries_json):
            key = (row.portal_id, listed.entry_url, listed.title)
            before = found.get(key)
            found[key] = Entry(
                portal_id=row.portal_id,
                entry_url=listed.entry_url,
                title=listed.title,
                listed_on=listed.listed_on,
                is_accepted=listed.is_accepted,
                title_rule=listed.title_rule,
                list_url=before.list_url if before else row.url,
                first_seen_at=before.first_seen_at if before else row.fetched_at,
            )
    return [found[key] for key in sorted(found)]


def known_entries(table: RowTable, portal_id: str) -> list[KnownEntry]:
    """Every address that the lists of a portal ever showed, in the order in which it was last shown."""
    latest: dict[str, ListedEntry] = {}
    left_at: dict[str, dt.datetime] = {}
    whole: dict[str, ListedEntry] = {}
    for row in table.rows(f"kind = '{LISTING}' AND portal_id = ?", portal_id, order=f"portal_id, {IN_ORDER}"):
        shown: dict[str, ListedEntry] = {}
        for listed in entries_of(row.entries_json):
            if listed.is_accepted or listed.entry_url not in shown:  # a row may link its report twice
                shown[listed.entry_url] = listed
        for url, listed in shown.items():
            latest.pop(url, None)
            latest[url] = listed
            left_at.pop(url, None)
        if is_whole_list(row.url):
            whole = whole if row.entries_json is None else shown
            for url in latest.keys() - whole.keys():
                left_at.setdefault(url, row.fetched_at)
    return [KnownEntry(listed, left_at.get(url)) for url, listed in latest.items()]


def entry_states(table: RowTable, portal_id: str | None = None) -> list[EntryState]:
    """What became of each entry, of one portal or of all, by portal, URL and title."""
    sql = f"SELECT {', '.join(FIELDS)} FROM row WHERE {{}} ORDER BY portal_id, {IN_ORDER}"  # noqa: S608 - our own text
    found = table.select(sql.format("portal_id = ?"), portal_id) if portal_id else table.select(sql.format("true"))
    states: list[EntryState] = []
    for _, rows in groupby(map(row_of, found), key=lambda row: row.portal_id):
        states += _portal_states(rows)
    return states


@dataclasses.dataclass
class _Sighting:
    """One entry while its portal's rows are gone through."""

    title: str
    refused_by: str | None
    list_url: str
    first: dt.datetime
    last: dt.datetime
    retitled_at: dt.datetime | None = None
    """When the list page that showed it showed its address under another title instead."""

    def is_listed(self, whole_at: dt.datetime | None) -> bool:
        """Whether the list has it, as far as it was gone through since it was last gone through to its end."""
        is_retitled = self.retitled_at is not None and self.last <= self.retitled_at
        return not is_retitled and (whole_at is None or self.last >= whole_at)


def _portal_states(rows: Iterable[IndexRow]) -> list[EntryState]:
    sightings: dict[tuple[str, str], _Sighting] = {}
    answers: dict[str, dict[str, IndexRow]] = {}
    files: dict[str, IndexRow] = {}
    changed: dict[str, dt.datetime] = {}
    had_content: dict[str, dt.datetime] = {}
    shown: dict[str, set[tuple[str, str]]] = {}
    asked: dict[str, IndexRow] = {}
    listed: dict[str, str | None] = {}
    whole_at: dt.datetime | None = None
    portal_id = ""

    def see(list_url: str, at: dt.datetime) -> None:
        for key in shown.get(list_url, ()):
            sightings[key].last = max(sightings[key].last, at)

    def see_unlisted(list_url: str) -> None:
        # no listing followed, as in a look that does not collect: only the same bytes show the same for sure
        last = asked.get(list_url)
        if last is not None and last.payload_sha256 == listed.get(list_url):
            see(list_url, last.fetched_at)

    for row in rows:
        portal_id = row.portal_id
        if row.kind == LISTING:
            if row.entries_json is not None:
                keys = _note(row, sightings)
                addresses = {entry_url for entry_url, _ in keys}
                for key in shown.get(row.url, set()) - keys:
                    if key[0] in addresses:
                        sightings[key].retitled_at = row.fetched_at
                shown[row.url] = keys
            see(row.url, row.fetched_at)
            if row.url in asked:
                listed[row.url] = asked.pop(row.url).payload_sha256
            whole_at = row.fetched_at if is_whole_list(row.url) else whole_at
            continue
        if row.fetch_role == FetchRole.LIST and row.fetch_state in CONTENT and row.payload_bytes:
            see_unlisted(row.url)
            asked[row.url] = row
        if row.entry_url is None:
            continue
        files[row.url] = row
        of_entry = answers.setdefault(row.entry_url, {})
        before = of_entry.get(row.url)
        if before is None or _pair(before) != _pair(row):
            changed[row.entry_url] = row.fetched_at
        if row.fetch_state in CONTENT:
            had_content[row.entry_url] = row.fetched_at
        of_entry[row.url] = row
    for list_url in asked:
        see_unlisted(list_url)
    return [
        _state_of(
            portal_id,
            key,
            seen,
            _relevant(answers.get(key[0], {}), key[0], files),
            changed.get(key[0]),
            had_content.get(key[0]),
            whole_at,
        )
        for key, seen in sorted(sightings.items())
    ]


def _note(row: IndexRow, sightings: dict[tuple[str, str], _Sighting]) -> set[tuple[str, str]]:
    keys = set()
    for listed in entries_of(row.entries_json):
        key = (listed.entry_url, listed.title)
        refused_by = None if listed.is_accepted else listed.title_rule
        before = sightings.get(key)
        if before is None:
            sightings[key] = _Sighting(listed.title, refused_by, row.url, row.fetched_at, row.fetched_at)
        else:
            before.refused_by = refused_by
        keys.add(key)
    return keys


def _state_of(
    portal_id: str,
    key: tuple[str, str],
    seen: _Sighting,
    answers: dict[str, IndexRow | None],
    changed_at: dt.datetime | None,
    had_content_at: dt.datetime | None,
    whole_at: dt.datetime | None,
) -> EntryState:
    entry_url, title = key
    state, reason = _answered(entry_url, answers)
    if seen.refused_by is not None:
        state, reason = REFUSED_TITLE, seen.refused_by
    return EntryState(
        portal_id=portal_id,
        entry_url=entry_url,
        title=title,
        entry_state=state,
        reason=reason,
        is_listed=seen.is_listed(whole_at),
        first_seen_at=seen.first,
        last_seen_at=max(seen.last, had_content_at or seen.last),
        last_changed_at=changed_at or seen.first,
    )


def _relevant(answers: dict[str, IndexRow], entry_url: str, files: dict[str, IndexRow]) -> dict[str, IndexRow | None]:
    """Latest answers about a page and what it offered last, whichever entry they were asked for under.

    What was archived before it was noted what a page offers is taken as it is.
    """
    page = answers.get(entry_url)
    if page is None or page.offers_json is None:
        return dict(answers)
    return {entry_url: page} | {url: files.get(url) for url in json.loads(page.offers_json)}


def _answered(entry_url: str, answers: dict[str, IndexRow | None]) -> tuple[str, str | None]:
    """The state of the page, or of the first of its files that is not there when the page is.

    A file that was not asked for yet leaves the entry pending.
    """
    page = answers.get(entry_url)
    if page is None:
        return PENDING, "not asked for yet"
    if page.fetch_state not in CONTENT:
        return str(page.fetch_state), page.reason
    for url, row in sorted(answers.items()):
        if row is not None and row.fetch_state not in CONTENT:
            return str(row.fetch_state), f"its file {url}: {row.reason or 'no reason given'}"
    unasked = min((url for url, row in answers.items() if row is None), default=None)
    if unasked is not None:
        return PENDING, f"its file {unasked} was not asked for yet"
    return FetchState.CONTENT.value, page.reason


def _pair(row: IndexRow) -> tuple[str | None, str | None]:
    return (FetchState.CONTENT if row.fetch_state in CONTENT else row.fetch_state, row.payload_sha256)
