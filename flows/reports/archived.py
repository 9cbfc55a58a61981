"""Reading what the archive holds: from archived answers to the rows of a staged batch, without the network."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.batches import set_aside, staged_batches
from flows.documents import Limits
from flows.formats import divisions
from flows.progress import warn
from flows.records import KEYS, NOT_READ, Document, Portal, ReadState
from flows.reports import READER_VERSION
from flows.reports.bounded import PayloadReading, read_payload, read_payloads, reading_of
from flows.reports.reader import Hints
from flows.reports.worker import attempt

log = logging.getLogger(__name__)
WITHOUT_TABLES = (ReadState.NOT_A_REPORT, ReadState.NO_TABLES)

if TYPE_CHECKING:
    from flows.archive.index import ArchiveIndex
    from flows.archive.sightings import ArchivedDocument
    from flows.reports.workers import Workers


def document_id(url: str, payload_sha256: str) -> str:
    """Name of one payload at one URL: 32 hexadecimal digits."""
    return hashlib.sha256(f"{url}\n{payload_sha256}".encode()).hexdigest()[:32]


def pending_documents(index: ArchiveIndex, staged: Path) -> list[ArchivedDocument]:
    """Archived documents that this version of the reader has not read yet, ordered by name."""
    done = staged_keys(staged, "document")
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
        for done in [staged_keys(staged, table)]
    }


@dataclasses.dataclass(frozen=True, slots=True)
class _Damaged:
    """An archived record that does not hold what was put into it."""

    problem: str


def read_archived(
    archive: Path,
    documents: Iterable[ArchivedDocument],
    portals: Mapping[str, Portal],
    limits: Limits,
    workers: Workers | None = None,
) -> tuple[dict[str, list[Any]], list[str]]:
    """Rows of what was read (`document`, `report`, `cell`, `section`, `leftover`, `claim`, `text_signature`,
    `text_remark`), and problems.

    A document that cannot be read has a row with its state and the reason, and no report. One whose archived record
    is damaged has a problem and no row, so that it is read as soon as the archive is mended. Without workers the
    documents are read in this process, one after the other, with the same result but without bounds of time and
    memory.
    """
    tables = ("document", "report", "cell", "section", "leftover", "claim", "text_signature", "text_remark")
    rows: dict[str, list[Any]] = {table: [] for table in tables}
    problems: list[str] = []
    listed = list(documents)
    jobs = [(archive, archived, portals.get(archived.portal_id), limits) for archived in listed]
    outcomes = workers.run(_read_one, jobs) if workers else [attempt(_read_one, job) for job in jobs]
    for archived, outcome in zip(listed, outcomes, strict=True):
        name = document_id(archived.url, archived.payload_sha256)
        if isinstance(outcome.result, _Damaged):
            problems.append(outcome.result.problem)
            continue
        if outcome.trace:
            log.error("document %s at %s\n%s", name, archived.url, outcome.trace)
        read = reading_of(outcome, name)
        reading = read.reading
        if reading.read_state in NOT_READ:
            problems.append(f"{archived.url}: {reading.reason}")
        rows["document"].append(_document_row(archived, read))
        if reading.read_state == ReadState.READ and reading.report is not None:
            rows["report"].append(reading.report)
            rows["cell"] += reading.cells
            rows["section"] += reading.sections
            rows["leftover"] += reading.leftovers
            rows["claim"] += reading.claims
            rows["text_signature"] += reading.text_signatures
            rows["text_remark"] += reading.text_remarks
    return rows, problems


def collected_entries(staged: Path) -> set[str]:
    """Addresses of the entries of which a report, or a file that is to be read some day, has been archived and read.

    A page that holds no tables does not count: its report may be an attachment that was not fetched yet.
    """
    rows = _staged_columns(staged, "document", ("entry_url", "read_state"))
    return {entry_url for entry_url, state in rows if state not in WITHOUT_TABLES}


def hints_for(archived: ArchivedDocument, portal: Portal | None) -> Hints:
    """What the list, the registry and whoever brought it in by hand say about a document; the document decides."""
    if archived.division_code is not None:
        return _hints_by_hand(archived, portal)
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


def _hints_by_hand(archived: ArchivedDocument, portal: Portal | None) -> Hints:
    known = [*divisions(), portal]
    division = next((one for one in known if one and one.division_code == archived.division_code), None)
    return Hints(
        portal_id=archived.portal_id,
        entry_url=archived.entry_url,
        body_name=archived.body_name,
        division_code=archived.division_code,
        division_name=division.division_name if division else None,
        level=division.level if division else None,
    )


def _read_one(
    archive: Path, archived: ArchivedDocument, portal: Portal | None, limits: Limits
) -> PayloadReading | _Damaged:
    from flows.archive.exchange import ArchiveError
    from flows.archive.reader import read_payload as archived_payload

    name = document_id(archived.url, archived.payload_sha256)
    most = limits.document_bytes + 1
    payloads: list[bytes] = []
    try:
        for place in archived.pictures or (archived,):
            if sum(map(len, payloads)) < most:  # beyond that they are refused, however many there are
                payloads.append(archived_payload(archive, place.warc_file, place.warc_offset, max_bytes=most))
    except ArchiveError as damage:
        return _Damaged(str(damage))
    if archived.pictures:
        return read_payloads(payloads, limits, name, hints_for(archived, portal), has_ornaments=True)
    (payload,) = payloads
    return read_payload(payload, limits, name, hints_for(archived, portal), archived.content_type, archived.url)


def _document_row(archived: ArchivedDocument, read: PayloadReading) -> Document:
    return Document(
        document_id=document_id(archived.url, archived.payload_sha256),
        reader_version=READER_VERSION,
        portal_id=archived.portal_id,
        entry_url=archived.entry_url,
        url=archived.url,
        fetch_role=archived.fetch_role,
        document_format=read.document_format,
        payload_sha256=archived.payload_sha256,
        payload_bytes=archived.payload_bytes,
        fetched_at=archived.fetched_at,
        warc_file=archived.warc_file,
        warc_offset=archived.warc_offset,
        read_state=read.reading.read_state.value,
        reason=read.reading.reason,
    )


def staged_keys(staged: Path, table: str) -> set[tuple[Any, ...]]:
    """Keys of the rows of one table in all staged batches."""
    return set(_staged_columns(staged, table, KEYS[table]))


def _staged_columns(staged: Path, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Some columns of the rows of one table in all staged batches; a damaged batch is set aside and said."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for batch in staged_batches(staged):
        if table not in batch.tables:
            continue
        try:
            rows = pq.read_table(batch.tables[table], columns=list(columns), partitioning=None)
        except (OSError, pa.ArrowException) as damage:
            aside = set_aside(batch)
            warn(
                f"The staged batch {batch.folder} is damaged ({type(damage).__name__}): moved to {aside}, read again."
            )
            continue
        yield from zip(*(rows.column(column).to_pylist() for column in columns), strict=True)
