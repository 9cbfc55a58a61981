"""Reading payloads back, and proving that the archive still holds what was put into it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from flows.archive.exchange import ArchiveError
from flows.archive.members import PREFIX, Damage, member_at, members, warc_files

TORN = (
    "a run was killed while it wrote there, or is writing still. `gongkai archive entries`, like the next run, cuts "
    "it off and keeps it beside the file: then verify again. If no run was killed, restore the file from a copy."
)


@dataclasses.dataclass(frozen=True, slots=True)
class ArchivedAnswer:
    """One response or resource record."""

    url: str
    """The address that answered, after any redirect (WARC-Target-URI)."""
    payload: bytes


def read_payload(folder: Path, warc_file: str, warc_offset: int, max_bytes: int) -> bytes:
    """Payload of a record; arguments and errors are those of `read_answer`."""
    return read_answer(folder, warc_file, warc_offset, max_bytes).payload


def read_answer(folder: Path, warc_file: str, warc_offset: int, max_bytes: int) -> ArchivedAnswer:
    """The response or resource record that begins at an offset, its payload proven against its digest.

    Raises:
        ArchiveError: the file is missing, the record is damaged or holds no payload, or the payload is larger than
            `max_bytes`.
    """
    place = f"{folder / warc_file} at byte {warc_offset}"
    try:
        # unpacked by ourselves: warcio prints what it thinks of a damaged record on the terminal
        member = member_at(folder / warc_file, warc_offset)
        if member is None:
            raise ArchiveError(f"{place} holds no whole record: restore the archive from a copy.")
        record = next(iter(ArchiveIterator(io.BytesIO(member.content))), None)
        if record is None or record.rec_type not in ("response", "resource"):
            raise ArchiveError(f"{place} is no response record: remove {folder / 'index'}, it is made anew.")
        payload: bytes = record.raw_stream.read(max_bytes + 1)
        digest = record.rec_headers.get_header("WARC-Payload-Digest")
        url = record.rec_headers.get_header("WARC-Target-URI") or ""
    except FileNotFoundError as fault:
        raise ArchiveError(f"{folder / warc_file} is not there: restore the archive from a copy.") from fault
    except (OSError, ValueError, ArchiveLoadFailed, EOFError) as fault:
        raise ArchiveError(f"{place} cannot be read ({fault}): restore the archive from a copy.") from fault
    if len(payload) > max_bytes:
        raise ArchiveError(f"{place} holds more than {max_bytes} bytes: raise GONGKAI_DOCUMENT_BYTES to read it.")
    if digest != f"sha256:{hashlib.sha256(payload).hexdigest()}":
        raise ArchiveError(f"{place} does not match its digest: restore the archive from a copy.")
    return ArchivedAnswer(url, payload)


def verify(folder: Path) -> list[str]:
    """Recompute every digest of an archive; one sentence for each record or file that is not what it was."""
    problems = missing_files(folder)
    for warc in warc_files(folder):
        is_torn = False
        for member in members(warc):
            if isinstance(member, Damage):
                is_torn |= member.is_tail
                what_to_do = TORN if member.is_tail else "restore the file from a copy."
                place = f"{warc} between byte {member.offset} and {member.end}"
                problems.append(f"{place} holds no whole record: {what_to_do}")
        with warc.open("rb") as stream:
            try:
                records = ArchiveIterator(stream, check_digests=True)
                for record in records:
                    while record.content_stream().read(1 << 20):
                        pass
                    faults = record.digest_checker.problems
                    problems += [f"{warc} at byte {records.get_record_offset()}: {fault}." for fault in faults]
            except ArchiveLoadFailed as fault:
                if is_torn:
                    continue  # that is told
                problems.append(f"{warc} cannot be read to its end ({str(fault).strip()}).")
    return problems


def missing_files(folder: Path) -> list[str]:
    """WARC files that were indexed and are not there any more, one sentence each."""
    return [
        f"{folder / index.stem} is not there, though it was indexed: restore it from a copy, "
        f"or remove {index} if it was taken away on purpose."
        for index in sorted((folder / "index").glob(f"{PREFIX}*.parquet"))
        if not (folder / index.stem).is_file()
    ]
