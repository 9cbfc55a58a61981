"""Handing part of an archive on: the records of some portals or addresses, as one valid WARC file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from flows.archive.exchange import ArchiveError
from flows.archive.members import Damage, Member, members, record_of, warc_files
from flows.archive.rows import IndexRow, from_metadata


def export(folder: Path, target: Path, is_wanted: Callable[[IndexRow], bool]) -> int:
    """Copy the exchanges and listings whose row is wanted, record by record as they are; returns how many.

    The file begins with the warcinfo record of the first WARC and is renamed into place when it is whole.

    Raises:
        ArchiveError: the file exists already, lies in the archive or cannot be written; nothing is wanted.
    """
    if target.exists():
        raise ArchiveError(f"{target} exists already: name another file.")
    if target.resolve().is_relative_to(folder.resolve()):
        raise ArchiveError(f"{target} lies in the archive, which would take it for a part of itself: name another.")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    count = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as sink:
            for number, warc in enumerate(warc_files(folder)):
                for block in _blocks(warc):
                    is_info = _type(block[-1]) == "warcinfo"
                    if (is_info and number == 0) or (not is_info and _is_sealed(block[-1], warc.name, is_wanted)):
                        sink.write(_bytes(warc, block))
                        count += not is_info
            sink.flush()
            os.fsync(sink.fileno())
        if not count:
            raise ArchiveError(f"The archive {folder} has nothing of what is to be copied: {target} was not written.")
        unfinished.rename(target)
    except OSError as fault:
        raise ArchiveError(f"{target} cannot be written ({fault.strerror}): make room or give access.") from fault
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _blocks(warc: Path) -> Iterator[list[Member]]:
    """The records that belong together: a warcinfo, or those of an exchange up to its metadata record."""
    block: list[Member] = []
    for member in members(warc):
        if isinstance(member, Damage):
            block = []
            continue
        block.append(member)
        if _type(member) in ("warcinfo", "metadata"):
            yield block
            block = []


def _bytes(warc: Path, block: list[Member]) -> bytes:
    with warc.open("rb") as source:
        source.seek(block[0].offset)
        return source.read(block[-1].end - block[0].offset)


def _type(member: Member) -> str | None:
    return record_of(member).get("WARC-Type")


def _is_sealed(seal: Member, warc_file: str, is_wanted: Callable[[IndexRow], bool]) -> bool:
    """Whether a metadata record is that of something wanted."""
    try:
        return is_wanted(from_metadata(record_of(seal).block, warc_file, seal.offset, None))
    except ValueError:
        return False  # a record that another program wrote
