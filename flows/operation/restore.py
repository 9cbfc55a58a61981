"""A backup brought back: every file held against its digest first, and nothing written over that is there.

All of it is unpacked beside its place and put there by renaming, when every digest is right. What is there already is
left alone, or, when that is asked for, moved aside under another name.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import fcntl
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from flows.errors import BusyError, InputError
from flows.lake import Lake
from flows.operation.backup import snapshots
from flows.operation.manifest import MANIFEST_BYTES_MOST, NAME, BackedFile, Manifest, digest_of, parsed
from flows.settings import Settings
from flows.unfinished import folder_beside

COPY = ("published/gongkai.duckdb", "warehouse/gongkai.duckdb")
"""The published copy as it is unpacked, and the same once more as the live file: it has all that this had."""
Opener = Callable[[BackedFile], contextlib.AbstractContextManager[IO[bytes]]]


@dataclasses.dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back."""

    backup: Path
    made_at: dt.datetime
    parts: list[str]
    files: int
    size_bytes: int
    moved_aside: list[Path]
    has_warehouse: bool
    """False for a lake, which is left as it is: its catalogue and its storage have backups of their own."""


def check(source: Path) -> tuple[Path, Manifest]:
    """Hold every file of a backup against its digest.

    Raises:
        InputError: there is no backup, or files are missing or not what they were.
    """
    with _opened(source) as (place, manifest, opener):
        _verify(place, manifest, opener, None)
        return place, manifest


def restore(source: Path, settings: Settings, *, now: dt.datetime, is_replacing: bool = False) -> Restored:
    """Bring a backup back into the data folder of the settings.

    Args:
        source: a backup, or a folder of backups, of which the latest is taken.
        settings: where to.
        now: names what is moved aside.
        is_replacing: data that is there is moved aside, the warehouse too, as it would know what the rest does not.

    Raises:
        InputError: there is no backup, its files are not what they were, or there is data already.
        BusyError: a run is at work on the data that is to be moved aside.
    """
    with _opened(source) as (place, manifest, opener):
        targets = _targets(settings, manifest)
        live = [] if isinstance(settings.warehouse, Lake) else [settings.warehouse]
        there = sorted(target for target in {*targets.values(), *live} if _holds_anything(target))
        if there and not is_replacing:
            raise InputError(
                f"There is data already: {', '.join(map(str, there))}. Restore into another data folder "
                "(--home), or say --replace, which moves it aside."
            )
        _check_at_rest(settings)
        with folder_beside(settings.home / "restored") as scratch:
            _verify(place, manifest, opener, scratch)
            for name, modified_ns in manifest.folders_modified_ns.items():
                os.utime(scratch / name, ns=(modified_ns, modified_ns))
            if COPY[1] in targets:
                published, copy = (scratch / name for name in COPY)
                copy.parent.mkdir()
                shutil.copyfile(published, copy)
            moved = [_aside(path, now) for path in there]
            for name, target in targets.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                if target.is_dir():
                    target.rmdir()  # an empty one
                (scratch / name).rename(target)
    return Restored(
        place,
        manifest.made_at,
        manifest.parts,
        len(manifest.files),
        manifest.size_bytes,
        moved,
        COPY[1] in targets,
    )


def _targets(settings: Settings, manifest: Manifest) -> dict[str, Path]:
    """Where each part goes, by what it is called where it is unpacked. The registry comes into the data folder."""
    parts = {part: settings.home / part for part in manifest.parts if part != "published"}
    if "published" in manifest.parts:
        parts[COPY[0]] = settings.published
        if not isinstance(settings.warehouse, Lake):
            parts[COPY[1]] = settings.warehouse
    return parts


def _holds_anything(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


def _check_at_rest(settings: Settings) -> None:
    """Refuse while a run holds the warehouse or writes a WARC."""
    from flows.archive.members import warc_files
    from flows.quality.finding_store import opened
    from flows.warehouse.connection import writing

    for warc in warc_files(settings.archive):
        with warc.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError as busy:
                raise BusyError(f"{warc} is being written: wait until the run has ended, then try again.") from busy
    if settings.finding_store.is_file():
        with contextlib.suppress(InputError), opened(settings.finding_store):
            pass  # finishes what a killed process left, or its leftover would be taken for the restored store's
    if isinstance(settings.warehouse, Path) and settings.warehouse.is_file():
        with contextlib.suppress(InputError), writing(settings.warehouse):
            pass  # a damaged file may be moved aside; one that is held may not


def _aside(path: Path, now: dt.datetime) -> Path:
    aside = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S%fZ}")
    path.rename(aside)
    unwritten = Path(f"{path}.wal")
    if unwritten.is_file():  # beside another file DuckDB would take it for that one's
        unwritten.rename(f"{aside}.wal")
    return aside


def _verify(place: Path, manifest: Manifest, opener: Opener, into: Path | None) -> None:
    """Hold each file against its digest, unpacking it on the way when a folder is given."""
    faults: list[str] = []
    for file in manifest.files:
        try:
            with opener(file) as source:
                found = _copied(source, file, into / file.name) if into else digest_of(source, file.size_bytes)
        except (FileNotFoundError, KeyError):
            faults.append(f"{file.name} is missing")
        except InputError as fault:
            faults.append(str(fault).rstrip("."))
        else:
            if found != file.sha256:
                faults.append(f"{file.name} is not what it was")
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise InputError(f"The backup {place} is damaged ({'; '.join(faults[:3])}{more}): take another one.")


def _copied(source: IO[bytes], file: BackedFile, target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as sink:
        digest = digest_of(source, file.size_bytes, sink)
        sink.flush()
        os.fsync(sink.fileno())
    os.utime(target, ns=(file.modified_ns, file.modified_ns))
    return digest


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[tuple[Path, Manifest, Opener]]:
    """A backup, what it says of itself, and how a file of it is read."""
    if source.is_dir():
        place = source if (source / NAME).is_file() else next(reversed(snapshots(source)), None)
        if place is None:
            raise InputError(f"There is no backup in {source}: name a folder that `gongkai backup` wrote to.")
        yield place, parsed((place / NAME).read_bytes(), place), lambda file: (place / file.name).open("rb")
        return
    if not source.is_file():
        raise InputError(f"There is no backup {source}: name a file or a folder that `gongkai backup` wrote.")
    try:
        with tarfile.open(source, "r:") as tar:
            members = {member.name: member for member in tar.getmembers() if member.isreg()}
            about = members.get(NAME)
            if about is None or about.size > MANIFEST_BYTES_MOST:
                raise InputError(f"{source} holds no {NAME}, so it is no whole backup: take another one.")
            manifest = parsed(_file(tar, about).read(), source)
            yield source, manifest, lambda file: _file(tar, members[file.name])
    except tarfile.TarError as fault:
        raise InputError(f"{source} is no backup ({fault}): take another one.") from fault


def _file(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(member)
    if file is None:
        raise KeyError(member.name)
    return file
