"""Reading what the archive holds: from archived answers to the rows of a staged batch, without the network."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.batches import staged_batches
from flows.documents import Limits, UnreadableDocument, read_document
from flows.records import KEYS, Document, Portal, ReadState
from flows.reports import READER_VERSION
from flows.reports.reader import Hints, Reading, read_report

log = logging.getLogger(__name__)
NOT_READ = (ReadState.UNREADABLE, ReadState.UNSUPPORTED, ReadState.TOO_LARGE)
"""States of documents that someone should look at."""
WITHOUT_TABLES = (ReadState.NOT_A_REPORT, ReadState.NO_TABLES)

if TYPE_CHECKING:
    from flows.archive.index import ArchiveIndex
    from flows.archive.view import ArchivedDocument


def document_id(url: str, payload_sha256: str) -> str:
    """Name of one payload at one URL: 32 hexadecimal digits."""
    return hashlib.sha256(f"{url}\n{payload_sha256}".encode()).hexdigest()[:32]


def pending_documents(index: ArchiveIndex, staged: Path) -> list[ArchivedDocument]:
    """Archived documents that this version of the reader has not read yet, ordered by name."""
    done = _staged_keys(staged, "document")
    pending = {
        document_id(document.url, document.payload_sha256): document
        for document in index.documents()
        if (document_id(document.url, document.payload_sha256), READER_VERSION) not in done
    }
    return [pending[name] for name in sorted(pending)]


def unstaged_sightings(index: ArchiveIndex, staged: Path) -> dict[str, list[Any]]:
    """Listed entries and changes of fetch state that no staged batch holds yet, by table."""
    found: dict[str, list[Any]] = {"entry": list(index.entries()), "fetch": list(index.transitions())}
    return {
        table: [row for row in rows if tuple(getattr(row, column) for column in KEYS[table]) not in done]
        for table, rows in found.items()
        for done in [_staged_keys(staged, table)]
    }


def read_archived(
    archive: Path, documents: Iterable[ArchivedDocument], portals: Mapping[str, Portal], limits: Limits
) -> tuple[dict[str, list[Any]], list[str]]:
    """Rows of what was read (`document`, `report`, `cell`, `section`, `leftover`, `claim`), and problems.

    A document that cannot be read has a row with its state and the reason, and no report. One whose archived record
    is damaged has a problem and no row, so that it is read as soon as the archive is mended.
    """
    from flows.archive.exchange import ArchiveError

    tables = ("document", "report", "cell", "section", "leftover", "claim")
    rows: dict[str, list[Any]] = {table: [] for table in tables}
    problems: list[str] = []
    for archived in documents:
        try:
            document_format, reading = _read_one(archive, archived, portals.get(archived.portal_id), limits)
        except ArchiveError as damage:
            problems.append(str(damage))
            continue
        if reading.read_state in NOT_READ:
            problems.append(f"{archived.url}: {reading.reason}")
        rows["document"].append(_document_row(archived, document_format, reading))
        if reading.read_state == ReadState.READ and reading.report is not None:
            rows["report"].append(reading.report)
            rows["cell"] += reading.cells
            rows["section"] += reading.sections
            rows["leftover"] += reading.leftovers
            rows["claim"] += reading.claims
    return rows, problems


def collected_entries(staged: Path) -> set[str]:
    """Addresses of the entries of which a report, or a file that is to be read some day, has been archived and read.

    A page that holds no tables does not count: its report may be an attachment that was not fetched yet.
    """
    import pyarrow.parquet as pq

    found: set[str] = set()
    for batch in staged_batches(staged):
        if "document" in batch.tables:
            rows = pq.read_table(batch.tables["document"], columns=["entry_url", "read_state"], partitioning=None)
            states = zip(rows.column("entry_url").to_pylist(), rows.column("read_state").to_pylist(), strict=True)
            found |= {entry_url for entry_url, state in states if state not in WITHOUT_TABLES}
    return found


def hints_for(archived: ArchivedDocument, portal: Portal | None) -> Hints:
    """What the list and the registry say about a document; the document itself decides."""
    return Hints(
        portal_id=archived.portal_id,
        entry_url=archived.entry_url,
        list_title=archived.list_title,
        listed_on=archived.listed_on,
        body_name=portal.body_name if portal else None,
        division_code=portal.division_code if portal else None,
        division_name=portal.division_name if portal else None,
        level=portal.level if portal else None,
        body_kind=portal.body_kind if portal else None,
    )


def _read_one(
    archive: Path, archived: ArchivedDocument, portal: Portal | None, limits: Limits
) -> tuple[str, Reading]:
    from flows.archive.reader import read_payload

    name = document_id(archived.url, archived.payload_sha256)
    payload = read_payload(archive, archived.warc_file, archived.warc_offset, max_bytes=limits.document_bytes + 1)
    try:
        document = read_document(payload, limits, content_type=archived.content_type, url=archived.url)
        return document.document_format, read_report(document, document_id=name, hints=hints_for(archived, portal))
    except UnreadableDocument as unreadable:
        return "unknown", Reading.failed(unreadable.read_state, str(unreadable))
    except Exception as fault:  # one odd document must not keep the others from being read; it is named, not lost
        log.exception("document %s at %s", name, archived.url)
        reason = f"The reader failed on it ({type(fault).__name__}: {fault}); please report document {name}."
        return "unknown", Reading.failed(ReadState.UNREADABLE, reason)


def _document_row(archived: ArchivedDocument, document_format: str, reading: Reading) -> Document:
    return Document(
        document_id=document_id(archived.url, archived.payload_sha256),
        reader_version=READER_VERSION,
        portal_id=archived.portal_id,
        entry_url=archived.entry_url,
        url=archived.url,
        fetch_role=archived.fetch_role,
        document_format=document_format,
        payload_sha256=archived.payload_sha256,
        payload_bytes=archived.payload_bytes,
        fetched_at=archived.fetched_at,
        warc_file=archived.warc_file,
        warc_offset=archived.warc_offset,
        read_state=reading.read_state.value,
        reason=reading.reason,
    )


def _staged_keys(staged: Path, table: str) -> set[tuple[Any, ...]]:
    """Keys of the rows of one table in all staged batches."""
    import pyarrow.parquet as pq

    columns: Sequence[str] = KEYS[table]
    keys: set[tuple[Any, ...]] = set()
    for batch in staged_batches(staged):
        if table in batch.tables:
            rows = pq.read_table(batch.tables[table], columns=list(columns), partitioning=None)
            keys |= set(zip(*(rows.column(column).to_pylist() for column in columns), strict=True))
    return keys
