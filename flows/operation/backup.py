"""A copy of what cannot be made again: archive, staged batches, outbox, registry, recipients, journals, findings.

It is whole also while a run is at work, because of what the parts are and the order in which they are taken:

- a staged batch is a folder that was renamed into place when it was whole, and never changes;
- of the store of findings SQLite itself makes a copy, as it is between two transactions;
- a WARC file only grows at its end. Of one that is being written the whole records so far are taken;
- staged batches are taken before the archive, so the document of every batch lies in the archive's copy;
- the warehouse, where it is wanted, is the published copy, which is replaced in one step.

The live warehouse is never opened. Into a folder each backup is a folder of its own, `gongkai-<time>`, and what has
not changed since the one before is a hard link to it. Nothing appears in its place before it is whole.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import fcntl
import io
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from flows.batches import staged_batches
from flows.errors import InputError
from flows.operation.manifest import NAME, BackedFile, Manifest, digest_of, new_manifest, parsed
from flows.settings import Settings
from flows.unfinished import flush, folder_beside

PREFIX = "gongkai-"
TAR = ".tar"


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """One file to be taken."""

    name: str
    path: Path
    is_growing: bool = False
    """A WARC file that is being written."""
    is_store: bool = False
    """A file of SQLite, which another process may write to."""


class Sink(Protocol):
    """Where a backup is written to."""

    def take(self, source: Source) -> BackedFile:
        """Write one file, and say what was written."""


def back_up(
    settings: Settings, target: Path, *, now: dt.datetime, has_staged: bool = True, has_warehouse: bool = False
) -> tuple[Path, Manifest]:
    """Write a backup; returns where it is and what it holds.

    Args:
        settings: whose data.
        target: a file (`.tar`) or a folder that holds one folder a backup.
        now: names the backup.
        has_staged: staged batches too, without which everything has to be read again from the archive.
        has_warehouse: the published copy too, with which nothing has to be built again.

    Raises:
        InputError: there is nothing to back up, or the target lies in what is backed up or is there already.
    """
    _check_target(settings, target)
    place = target if target.suffix == TAR else target / f"{PREFIX}{now:%Y%m%dT%H%M%SZ}"
    if place.exists():
        raise InputError(f"{place} is there already: name another, backups are never written over.")
    with folder_beside(place) as scratch:
        if target.suffix == TAR:
            unfinished = scratch / "backup.tar"
            with tarfile.open(unfinished, "w", format=tarfile.PAX_FORMAT) as tar:
                manifest = _write(settings, _IntoTar(tar, scratch), now, has_staged, has_warehouse)
                _add(tar, NAME, io.BytesIO(manifest.as_json()), len(manifest.as_json()), now.timestamp())
        else:
            unfinished = scratch / "backup"
            unfinished.mkdir()
            into = _IntoFolder(unfinished, scratch, *_before(target))
            manifest = _write(settings, into, now, has_staged, has_warehouse)
            (unfinished / NAME).write_bytes(manifest.as_json())
            flush(unfinished / NAME)
        flush(unfinished)
        unfinished.rename(place)
    flush(place.parent)
    return place, manifest


def snapshots(folder: Path) -> list[Path]:
    """The whole backups in a folder, oldest first."""
    return sorted(path for path in folder.glob(f"{PREFIX}*") if (path / NAME).is_file())


def _write(settings: Settings, sink: Sink, now: dt.datetime, has_staged: bool, has_warehouse: bool) -> Manifest:
    folders: dict[str, int] = {}
    files: list[BackedFile] = []
    if has_warehouse and settings.published.is_file():
        files.append(sink.take(Source("published/gongkai.duckdb", settings.published)))
    files += [sink.take(source) for source in _small_things(settings)]
    for batch in staged_batches(settings.staged) if has_staged else ():
        name = f"staged/{batch.batch_id}"
        folders[name] = batch.folder.stat().st_mtime_ns
        files += [sink.take(Source(f"{name}/{path.name}", path)) for path in batch.tables.values()]
    files += [sink.take(source) for source in _archived(settings.archive)]
    if not any(file.part in ("archive", "staged", "published") for file in files):
        raise InputError(f"There is nothing to back up in {settings.home}: name the data folder with --home.")
    return new_manifest(now, files, folders)


def _small_things(settings: Settings) -> Iterator[Source]:
    from flows.portals.registration import registry_files

    if settings.registry.is_dir():
        for path in registry_files(settings.registry):
            yield Source(f"registry/{path.relative_to(settings.registry).as_posix()}", path)
    if settings.recipients is not None and settings.recipients.is_file():
        yield Source("recipients.yaml", settings.recipients)
    if settings.outbox.is_dir():
        for path in sorted(settings.outbox.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                yield Source(f"outbox/{path.name}", path)
    for journal in (settings.home / "runs.jsonl", settings.home / "corrections.jsonl"):
        if journal.is_file():
            yield Source(journal.name, journal)
    if settings.finding_store.is_file():
        yield Source("findings.sqlite", settings.finding_store, is_store=True)


def _archived(archive: Path) -> Iterator[Source]:
    from flows.archive.members import warc_files

    for path in warc_files(archive):
        yield Source(f"archive/{path.name}", path, is_growing=_is_growing(path))
        parquet = archive / "index" / f"{path.name}.parquet"
        if parquet.is_file():  # spares scanning the WARC again; one that does not fit its WARC is made anew
            yield Source(f"archive/index/{parquet.name}", parquet)


def _is_growing(warc: Path) -> bool:
    with warc.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def _opened(source: Source, scratch: Path) -> Iterator[tuple[IO[bytes], os.stat_result]]:
    """A file to be read as far as it is now; of a growing WARC a copy of its whole records, of a store SQLite's."""
    if source.is_store:
        with _copied_store(source.path, scratch / "store") as copy, copy.open("rb") as file:
            yield file, os.fstat(file.fileno())
        return
    with source.path.open("rb") as file:
        about = os.fstat(file.fileno())
        if not source.is_growing:
            yield file, about
            return
        copy = scratch / "growing"
        with copy.open("w+b") as sink:
            digest_of(file, about.st_size, sink)
            sink.flush()
            sink.truncate(_whole_bytes(copy))
            sink.seek(0)
            os.utime(copy, ns=(about.st_atime_ns, about.st_mtime_ns))
            yield sink, os.fstat(sink.fileno())
        copy.unlink()


@contextlib.contextmanager
def _copied_store(store: Path, copy: Path) -> Iterator[Path]:
    from flows.quality.finding_store import opened

    with opened(store) as connection, contextlib.closing(sqlite3.connect(copy)) as target:
        connection.backup(target)
    yield copy
    copy.unlink()


def _whole_bytes(warc: Path) -> int:
    """Where the last whole record of a copy ends."""
    from flows.archive.members import Damage, members

    end = 0
    for member in members(warc):
        if isinstance(member, Damage) and member.is_tail:
            return member.offset
        end = member.end
    return end


class _IntoTar:
    def __init__(self, tar: tarfile.TarFile, scratch: Path) -> None:
        self._tar = tar
        self._scratch = scratch

    def take(self, source: Source) -> BackedFile:
        with _opened(source, self._scratch) as (file, about):
            hashed = _Hashed(file)
            _add(self._tar, source.name, hashed, about.st_size, about.st_mtime)
            return BackedFile(source.name, about.st_size, hashed.hexdigest(), about.st_mtime_ns)


class _Hashed(io.RawIOBase):
    """A file that is digested as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        import hashlib

        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._digest.update(chunk)
        return chunk

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _add(tar: tarfile.TarFile, name: str, file: IO[bytes] | _Hashed, size_bytes: int, modified: float) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mtime, about.mode = size_bytes, modified, 0o640
    tar.addfile(about, file)


class _IntoFolder:
    def __init__(self, folder: Path, scratch: Path, before: Path | None, known: dict[str, BackedFile]) -> None:
        self._folder = folder
        self._scratch = scratch
        self._before = before
        self._known = known

    def take(self, source: Source) -> BackedFile:
        target = self._folder / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with _opened(source, self._scratch) as (file, about):
            known = self._known.get(source.name)
            is_same = known and (known.size_bytes, known.modified_ns) == (about.st_size, about.st_mtime_ns)
            if known and is_same and self._linked(source.name, target, about.st_size):
                return known
            with target.open("wb") as sink:
                digest = digest_of(file, about.st_size, sink)
                sink.flush()
                os.fsync(sink.fileno())
            os.utime(target, ns=(about.st_mtime_ns, about.st_mtime_ns))
            return BackedFile(source.name, about.st_size, digest, about.st_mtime_ns)

    def _linked(self, name: str, target: Path, size_bytes: int) -> bool:
        """Whether the file of the backup before could be linked; some disks have no links."""
        if self._before is None:
            return False
        earlier = self._before / name
        try:
            if earlier.stat().st_size != size_bytes:
                return False
            os.link(earlier, target)
        except OSError:
            return False
        return True


def _before(target: Path) -> tuple[Path | None, dict[str, BackedFile]]:
    """The latest backup in a folder, and its files by name."""
    found = snapshots(target)
    if not found:
        return None, {}
    manifest = parsed((found[-1] / NAME).read_bytes(), found[-1])
    return found[-1], {file.name: file for file in manifest.files}


def _check_target(settings: Settings, target: Path) -> None:
    whole = target.resolve()
    for part in (settings.archive, settings.staged, settings.outbox, settings.published.parent, settings.registry):
        if whole == part.resolve() or part.resolve() in whole.parents:
            raise InputError(f"{target} lies in {part}, which is to be backed up: name a place outside of it.")
    if target.suffix == TAR and target.is_dir():
        raise InputError(f"{target} is a folder: name a file that is not there yet, or a folder without {TAR}.")
    if target.suffix != TAR and target.is_file():
        raise InputError(f"{target} is a file: name a folder, or a file that ends in {TAR}.")
