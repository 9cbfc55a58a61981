"""The index row: what is known of one exchange or one listing, in the WARC's metadata record and in Parquet alike."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from flows.archive.exchange import BroughtFile, Exchange, PictureSet, sha256
from flows.records import FetchRole, FetchState, as_row

EXCHANGE = "exchange"
LISTING = "listing"
JSON_MARK = "_json"
JSON_COLUMNS = frozenset({"entries_json", "page_metadata_json", "offers_json"})
"""Texts of JSON, which stand in the metadata record as what they are, under their name without the mark."""
PLACE = ("warc_file", "warc_offset", "record_type")


@dataclasses.dataclass(frozen=True, slots=True)
class IndexRow:
    """One exchange, or one listing (the entries that a list page showed)."""

    kind: str
    portal_id: str
    url: str
    fetched_at: dt.datetime
    fetch_role: str | None = None
    entry_url: str | None = None
    list_title: str | None = None
    listed_on: dt.date | None = None
    final_url: str | None = None
    """Where the answer came from, after redirects."""
    fetch_state: str | None = None
    reason: str | None = None
    http_status: int | None = None
    tls_verification: str | None = None
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    payload_sha256: str | None = None
    """Of the payload; for `not_modified` of the payload that was not modified."""
    payload_bytes: int | None = None
    retry_after_seconds: int | None = None
    """How long a refusing host asks to be left alone."""
    link_name: str | None = None
    """Of a file: what the page that offers it calls it."""
    file_name: str | None = None
    """Of a file: what the host that sends it calls it (`Content-Disposition`)."""
    page_metadata_json: str | None = None
    """Of a report's page with other content than before: what it says of itself, a JSON object of texts."""
    offers_json: str | None = None
    """Of a report's page: the files and pictures to fetch beside it, a JSON list of addresses."""
    body_name: str | None = None
    """Of a file brought in by hand: whose report it is, as the person who brought it says."""
    division_code: str | None = None
    entries_json: str | None = None
    """Of a listing; None when it is as it was the last time. Of a set of pictures: which ones, in their order."""
    warc_file: str = ""
    warc_offset: int = 0
    record_type: str | None = None
    """response, resource (a file brought in by hand, a set of pictures), revisit, or None when there was no answer
    (`warc_offset` is then the metadata record's)."""


@dataclasses.dataclass(frozen=True, slots=True)
class ListedEntry:
    """One row of a list page as the title rules judged it."""

    entry_url: str
    title: str
    listed_on: dt.date | None
    is_accepted: bool
    title_rule: str


def exchange_row(exchange: Exchange, unmodified: IndexRow | None) -> IndexRow:
    """The row of an exchange; `unmodified` is the earlier row whose payload a 304 stands for."""
    answer = exchange.answer
    has_payload = answer is not None and bool(answer.payload)
    return IndexRow(
        kind=EXCHANGE,
        portal_id=exchange.portal_id,
        url=exchange.url,
        fetched_at=exchange.fetched_at,
        fetch_role=str(exchange.fetch_role),
        entry_url=exchange.entry_url,
        list_title=exchange.list_title,
        listed_on=exchange.listed_on,
        final_url=answer.url if answer else None,
        fetch_state=str(exchange.fetch_state),
        reason=exchange.reason,
        http_status=answer.http_status if answer else None,
        tls_verification=exchange.tls_verification,
        content_type=answer.header("Content-Type") if answer else None,
        etag=answer.header("ETag") if answer else None,
        last_modified=answer.header("Last-Modified") if answer else None,
        payload_sha256=(
            unmodified.payload_sha256 if unmodified else answer.payload_sha256 if answer and has_payload else None
        ),
        payload_bytes=unmodified.payload_bytes if unmodified else len(answer.payload) if answer else None,
        retry_after_seconds=exchange.retry_after_seconds,
        link_name=exchange.link_name,
        file_name=exchange.file_name,
        page_metadata_json=exchange.page_metadata_json,
        offers_json=exchange.offers_json,
    )


def brought_row(file: BroughtFile) -> IndexRow:
    """The row of a file that was brought in by hand."""
    return IndexRow(
        kind=EXCHANGE,
        portal_id=file.portal_id,
        url=file.url,
        fetched_at=file.brought_at,
        fetch_role=str(file.fetch_role),
        entry_url=file.entry_url,
        final_url=file.url,
        fetch_state=FetchState.CONTENT.value,
        reason=file.reason,
        tls_verification="none",
        content_type=file.content_type,
        payload_sha256=sha256(file.payload),
        payload_bytes=len(file.payload),
        body_name=file.body_name,
        division_code=file.division_code,
        record_type="resource",
    )


def picture_set_row(pictures: PictureSet) -> IndexRow:
    """The row of a set of pictures."""
    return IndexRow(
        kind=EXCHANGE,
        portal_id=pictures.portal_id,
        url=pictures.url,
        fetched_at=pictures.seen_at,
        fetch_role=FetchRole.ATTACHMENT.value,
        entry_url=pictures.entry_url,
        list_title=pictures.list_title,
        listed_on=pictures.listed_on,
        final_url=pictures.url,
        fetch_state=FetchState.CONTENT.value,
        reason=f"{len(pictures.pictures)} pictures that the page shows in this order",
        tls_verification="none",
        content_type="application/json",
        payload_sha256=sha256(pictures.payload),
        payload_bytes=len(pictures.payload),
        entries_json=pictures.payload.decode(),
        record_type="resource",
    )


def listing_row(
    portal_id: str, list_url: str, entries: Iterable[ListedEntry] | None, listed_at: dt.datetime
) -> IndexRow:
    """The row of a listing; no entries stand for the same as the last time."""
    rows = None if entries is None else [as_row(entry) for entry in entries]
    return IndexRow(
        kind=LISTING,
        portal_id=portal_id,
        url=list_url,
        fetched_at=listed_at,
        entries_json=None if rows is None else json.dumps(rows, ensure_ascii=False, default=str),
    )


def entries_of(entries_json: str | None) -> list[ListedEntry]:
    """The entries of a listing."""
    return [
        ListedEntry(**{**entry, "listed_on": _date(entry["listed_on"])}) for entry in json.loads(entries_json or "[]")
    ]


def to_metadata(row: IndexRow) -> bytes:
    """Payload of the metadata record: the row as JSON, without its place in the WARC and without what is empty."""
    fields = {key: value for key, value in as_row(row).items() if value is not None and key not in PLACE}
    for column in JSON_COLUMNS & fields.keys():
        fields[column.removesuffix(JSON_MARK)] = json.loads(fields.pop(column))
    return json.dumps(fields, ensure_ascii=False, default=_iso).encode("utf-8", "surrogatepass")


def from_metadata(payload: bytes, warc_file: str, warc_offset: int, record_type: str | None) -> IndexRow:
    """The row that a metadata record holds.

    Raises:
        ValueError: the payload is not a row (a record that another program wrote).
    """
    fields: dict[str, Any] = json.loads(payload.decode("utf-8", "surrogatepass"))
    try:
        for column in JSON_COLUMNS:
            name = column.removesuffix(JSON_MARK)
            if name in fields:
                fields[column] = json.dumps(fields.pop(name), ensure_ascii=False)
        fields["fetched_at"] = dt.datetime.fromisoformat(fields["fetched_at"])
        fields["listed_on"] = _date(fields.get("listed_on"))
        return IndexRow(**fields, warc_file=warc_file, warc_offset=warc_offset, record_type=record_type)
    except (TypeError, KeyError, AttributeError) as fault:
        raise ValueError(f"not an index row: {fault}") from fault


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _iso(value: dt.datetime | dt.date) -> str:
    return value.isoformat()
