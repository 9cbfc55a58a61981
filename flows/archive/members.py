"""WARC files and their gzip members. Each record is one, so a torn tail can be cut off without losing the rest."""

from __future__ import annotations

import dataclasses
import io
import mmap
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from warcio.statusandheaders import StatusAndHeadersParser

from flows.archive.exchange import ArchiveError, Headers

PREFIX = "gongkai-"
GZIP_MAGIC = b"\x1f\x8b\x08"
CHUNK_BYTES = (8 << 10, 256 << 10)
"""Read first, and then again and again: most records are small, and what is read beyond one is read again."""
MEMBER_BYTES = 1 << 30
"""No record of ours is larger when unpacked; one that is was not written by us."""


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """One whole record, unpacked."""

    offset: int
    end: int
    content: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no whole record."""

    offset: int
    end: int
    is_tail: bool
    """True when no whole record follows."""


def warc_files(folder: Path) -> list[Path]:
    """The WARC files of an archive, oldest first.

    Raises:
        ArchiveError: what is named like one is a folder, or a link that leads nowhere.
    """
    found = sorted(folder.glob(f"{PREFIX}*.warc.gz")) if folder.is_dir() else []
    for path in found:
        if not path.is_file():
            what = "is a link that leads nowhere" if path.is_symlink() else "is no file"
            raise ArchiveError(
                f"{path} {what}, though it is named like a file of the archive: put the file there, or move it "
                "out of the archive."
            )
    return found


def members(path: Path) -> Iterator[Member | Damage]:
    """Walk the records of a WARC file in order."""
    size = path.stat().st_size
    if not size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        offset = 0
        while offset < size:
            member = _member(data, offset)
            if member is None:
                after = _next_whole(data, offset + 1)
                yield Damage(offset, size if after is None else after, is_tail=after is None)
                if after is None:
                    return
                offset = after
                continue
            yield member
            offset = member.end


def member_at(path: Path, offset: int) -> Member | None:
    """The record that begins at an offset; None when no whole record does."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _member(data, offset)


def cut_torn_tail(path: Path, damage: Damage) -> Path:
    """Cut the torn tail off a WARC file, keeping the bytes in `<file>.torn` beside it."""
    kept = path.with_name(path.name + ".torn")
    with path.open("r+b") as file:
        file.seek(damage.offset)
        with kept.open("wb") as sink:
            sink.write(file.read())
            sink.flush()
            os.fsync(sink.fileno())
        file.truncate(damage.offset)
        os.fsync(file.fileno())
    return kept


@dataclasses.dataclass(frozen=True, slots=True)
class RecordHead:
    """Headers of one WARC record and its block."""

    headers: Headers
    block: bytes

    def get(self, name: str) -> str | None:
        """First WARC header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def record_of(member: Member) -> RecordHead:
    """WARC headers and block of a member."""
    stream = io.BytesIO(member.content)
    head = StatusAndHeadersParser(["WARC/1.0", "WARC/1.1"]).parse(stream)
    length = int(head.get_header("Content-Length") or 0)
    return RecordHead(tuple(head.headers), stream.read(length))


def _member(data: mmap.mmap, offset: int) -> Member | None:
    if data[offset : offset + len(GZIP_MAGIC)] != GZIP_MAGIC:
        return None
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    content = bytearray()
    position = offset
    while not unpacker.eof:
        chunk = data[position : position + CHUNK_BYTES[position > offset]]
        if not chunk:
            return None
        try:
            content += unpacker.decompress(chunk, MEMBER_BYTES - len(content))
        except zlib.error:
            return None
        position += len(chunk) - len(unpacker.unconsumed_tail)
        if len(content) >= MEMBER_BYTES:
            return None
    if not content.startswith(b"WARC/1."):
        return None
    return Member(offset, position - len(unpacker.unused_data), bytes(content))


def _next_whole(data: mmap.mmap, start: int) -> int | None:
    while (start := data.find(GZIP_MAGIC, start)) >= 0:
        if _member(data, start) is not None:
            return start
        start += 1
    return None
