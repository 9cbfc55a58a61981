"""A release: what others need of the published copy in one folder, byte for byte the same when made again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from flows.errors import InputError
from flows.outlet import changes, codebook
from flows.outlet.datapackage import datapackage
from flows.outlet.release_tables import (
    ReleasedTable,
    quoted,
    released_tables,
    write_csv,
    write_database,
    write_parquet,
)
from flows.progress import say
from flows.unfinished import flush, folder_beside

CHECKSUMS = "SHA256SUMS"
DESCRIPTOR = "datapackage.json"
CHANGES = "changes.csv.gz"
BLOCK_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Release:
    """What was written."""

    folder: str
    since: str | None
    """The earlier release that it was compared with."""
    rows: dict[str, int]
    files: dict[str, int]
    """Files with their bytes."""


def write_release(
    published: Path,
    target: Path,
    *,
    version: str,
    as_of: str | None,
    known_on: str | None = None,
    since: Path | None = None,
    is_forced: bool = False,
) -> Release:
    """Write the marts and what explains them into a folder, made beside its place and renamed.

    Args:
        published: the copy that is released.
        target: the folder; a release that is there is replaced only when forced, anything else never.
        version: of gongkai.
        as_of: day for which the marts were built.
        known_on: day at whose end what they hold was known; None for what is known now.
        since: folder of an earlier release to compare with, or None.

    Raises:
        InputError: there is no copy, the folder is taken, or `since` holds no release.
        PipelineError: the DuckDB file could not be written.
    """
    if not published.is_file():
        raise InputError(f"Nothing is published at {published}: run `gongkai run` or `gongkai publish` first.")
    check_target(target, is_forced=is_forced)
    with folder_beside(target) as folder:
        made, scratch = folder / "release", folder / "scratch"
        made.mkdir()
        scratch.mkdir()
        tables, changed = _write_tables(published, made, scratch, since)
        texts = {
            "codebook.csv": codebook.as_csv(tables),
            "codebook.md": codebook.as_markdown(tables),
            "CHANGELOG.md": changes.as_markdown(changed),
        }
        for name, text in texts.items():
            (made / name).write_text(text, encoding="utf-8")
        digests = {path: _digest(made / path) for path in _paths(made)}
        sizes = {path: (made / path).stat().st_size for path in digests}
        described = {path: (sizes[path], digest) for path, digest in digests.items()}
        text = datapackage(tables, described, version=version, as_of=as_of, known_on=known_on)
        (made / DESCRIPTOR).write_text(text, encoding="utf-8")
        digests[DESCRIPTOR] = _digest(made / DESCRIPTOR)
        sums = "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))
        (made / CHECKSUMS).write_text(sums, encoding="utf-8")
        for path in _paths(made):
            flush(made / path)
        if target.exists():
            target.rename(folder / "replaced")
        made.rename(target)
    flush(target.parent)
    return Release(str(target), changed.since if changed else None, {t.name: t.row_count for t in tables}, sizes)


def check_target(target: Path, *, is_forced: bool) -> None:
    """Refuse a folder that is taken: what is no release always, a release unless it may be replaced (InputError)."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not is_release(target):
        raise InputError(f"{target} is there already and is no release: name a folder that is not there yet.")
    if not is_forced:
        raise InputError(f"{target} holds a release already: name another folder, or add --force to replace it.")


def newest_beside(target: Path) -> Path | None:
    """The release beside a folder that is of the latest day, by name among several; None when there is none."""
    found = [
        (_as_of(path), path.name, path)
        for path in (target.parent.iterdir() if target.parent.is_dir() else ())
        if path.resolve() != target.resolve() and is_release(path)
    ]
    return max(found)[2] if found else None


def is_release(folder: Path) -> bool:
    """Whether a folder holds a release."""
    return all((folder / name).is_file() for name in (CHECKSUMS, DESCRIPTOR, changes.DATABASE))


def _write_tables(
    published: Path, made: Path, scratch: Path, since: Path | None
) -> tuple[list[ReleasedTable], changes.Changes | None]:
    import duckdb

    try:
        with duckdb.connect(config={"temp_directory": str(scratch)}) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"attach {quoted(published)} as published (read_only)")
            connection.execute("use published")
            tables = write_parquet(connection, released_tables(connection), made)
            connection.execute("use memory")
            connection.execute("detach published")
            write_database(tables, made, scratch)
            write_csv(connection, tables, made)
            if since is None:
                return tables, None
            say(f"release: changes since {since}")
            return tables, changes.write_changes(connection, since, made / changes.DATABASE, made / CHANGES)
    except duckdb.Error as fault:
        raise InputError(f"The release could not be written: {str(fault).splitlines()[0]}.") from fault


def _paths(folder: Path) -> list[str]:
    """Files below a folder, by their names in it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _as_of(folder: Path) -> str:
    try:
        described: dict[str, Any] = json.loads((folder / DESCRIPTOR).read_bytes())
    except ValueError as fault:
        raise InputError(f"{folder / DESCRIPTOR} is no JSON ({fault}): name another release with --since.") from fault
    return str(described.get("asOf") or "")
