"""What a backup says of itself: each file with its size, time and digest. `backup.json`, the last thing written."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from flows import __version__
from flows.errors import InputError

NAME = "backup.json"
BACKUP_FORMAT = 1
PARTS = (
    *("archive", "staged", "outbox", "registry", "recipients.yaml"),
    *("runs.jsonl", "corrections.jsonl", "findings.sqlite", "published"),
)
"""What a backup may hold, by the first part of the names in it."""
CHUNK_BYTES = 1 << 20
MANIFEST_BYTES_MOST = 1 << 30
_SAFE = re.compile(r"^[^/\\\x00-\x1f]+$")


@dataclasses.dataclass(frozen=True, slots=True)
class BackedFile:
    """One file of a backup."""

    name: str
    """Relative, with slashes: `archive/gongkai-....warc.gz`."""
    size_bytes: int
    sha256: str
    modified_ns: int

    @property
    def part(self) -> str:
        """What it belongs to, one of `PARTS`."""
        return PurePosixPath(self.name).parts[0]


@dataclasses.dataclass(frozen=True, slots=True)
class Manifest:
    """A whole backup."""

    made_at: dt.datetime
    made_by: str
    files: tuple[BackedFile, ...]
    folders_modified_ns: dict[str, int]
    """Times of the folders of staged batches: of two that state what is so now, the one staged last holds."""

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files)

    @property
    def parts(self) -> list[str]:
        """What it holds, in the order of `PARTS`."""
        found = {file.part for file in self.files}
        return [part for part in PARTS if part in found]

    def as_json(self) -> bytes:
        """As it is written down."""
        plain = {"backup_format": BACKUP_FORMAT, **dataclasses.asdict(self), "made_at": self.made_at.isoformat()}
        return json.dumps(plain, ensure_ascii=False, indent=1).encode()


def new_manifest(made_at: dt.datetime, files: Iterable[BackedFile], folders_modified_ns: dict[str, int]) -> Manifest:
    """The manifest of a backup that this version makes."""
    return Manifest(made_at, __version__, tuple(sorted(files, key=lambda file: file.name)), folders_modified_ns)


def parsed(text: bytes, where: Path) -> Manifest:
    """A manifest that was read from `where`.

    Raises:
        InputError: it is none, is of a later version, or names a file outside the backup.
    """
    try:
        plain = json.loads(text)
        if plain["backup_format"] > BACKUP_FORMAT:
            raise InputError(f"The backup {where} was made by a later gongkai ({plain['made_by']}): use that one.")
        files = tuple(BackedFile(**file) for file in plain["files"])
        folders = {str(name): int(time) for name, time in plain["folders_modified_ns"].items()}
        manifest = Manifest(dt.datetime.fromisoformat(plain["made_at"]), str(plain["made_by"]), files, folders)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise InputError(f"The backup {where} has a {NAME} that cannot be read ({fault}); take another.") from fault
    for name in (*(file.name for file in files), *folders):
        if not _is_within(name):
            raise InputError(f"The backup {where} names {name!r}, which is no part of one; nothing was restored.")
    return manifest


def digest_of(source: IO[bytes], size_bytes: int, sink: IO[bytes] | None = None) -> str:
    """Sha-256 of so many bytes, copied on the way when there is a sink.

    Raises:
        InputError: the source ends before.
    """
    digest = hashlib.sha256()
    for chunk in _chunks(source, size_bytes):
        digest.update(chunk)
        if sink is not None:
            sink.write(chunk)
    return digest.hexdigest()


def _chunks(source: IO[bytes], size_bytes: int) -> Iterator[bytes]:
    left = size_bytes
    while left:
        chunk = source.read(min(CHUNK_BYTES, left))
        if not chunk:
            raise InputError(f"{getattr(source, 'name', 'A file')} ends {left} bytes before its end.")
        left -= len(chunk)
        yield chunk


def _is_within(name: str) -> bool:
    pieces = name.split("/")
    return pieces[0] in PARTS and all(_SAFE.match(piece) and piece not in (".", "..") for piece in pieces)
