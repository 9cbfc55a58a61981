"""The index files: one Parquet a closed WARC, in `<archive>/index/`, made by scanning the WARC's metadata records."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from flows.archive.exchange import ArchiveError
from flows.archive.members import Damage, cut_torn_tail, members, record_of, warc_files
from flows.archive.rows import IndexRow, from_metadata
from flows.archive.table import moment
from flows.records import arrow_schema

SIZE_KEY = b"gongkai.warc_bytes"
LATER_COLUMNS = frozenset({"link_name", "file_name", "page_metadata_json", "offers_json"})
DAMAGE_KEY = b"gongkai.damage"


@dataclasses.dataclass(frozen=True, slots=True)
class Indexed:
    """The index file of one WARC."""

    parquet: Path
    problems: tuple[str, ...]

    def signature(self) -> str:
        """Tells this state of the file from any other."""
        about = self.parquet.stat()
        return f"{about.st_size}-{about.st_mtime_ns}"


def index_closed(folder: Path) -> dict[str, Indexed]:
    """Index files of all WARC files that nobody is writing, by name of the WARC; missing ones are made.

    Raises:
        ArchiveError: the folder cannot be read or written.
    """
    found = {}
    try:
        for warc in warc_files(folder):
            parquet = folder / "index" / f"{warc.name}.parquet"
            damage = _complete(parquet, warc.stat().st_size)
            if damage is not None:
                found[warc.name] = Indexed(parquet, damage)
            elif (made := _index_one(warc, parquet)) is not None:
                found[warc.name] = made
    except OSError as fault:
        raise ArchiveError(
            f"The index of the archive {folder} cannot be made ({fault}): make room or give access, and run again."
        ) from fault
    return found


def lasting_damage(folder: Path) -> list[str]:
    """What the index files say of damaged places in WARC files, one sentence each; nothing is read again or made."""
    found: list[str] = []
    for parquet in sorted((folder / "index").glob("*.parquet")):
        try:
            about = pq.read_schema(parquet).metadata or {}
        except (OSError, pa.ArrowException):
            continue  # it is made again from its WARC when the archive is next opened
        found += json.loads(about.get(DAMAGE_KEY, b"[]"))
    return found


def rows_of(parquet: Path) -> Iterator[IndexRow]:
    """The rows of one index file."""
    for batch in pq.ParquetFile(parquet).iter_batches(batch_size=1000):
        # a time as Arrow's own object would load pandas, which takes half a second and 50 MiB
        times = batch.column("fetched_at").cast(pa.int64()).to_pylist()
        for fields, time in zip(batch.drop_columns(["fetched_at"]).to_pylist(), times, strict=True):
            yield IndexRow(**fields, fetched_at=moment(time))


def scan(warc: Path) -> tuple[list[IndexRow], list[Damage]]:
    """Rows of one WARC file, and where it is no WARC.

    Only metadata records count: an exchange whose metadata record is missing was interrupted.
    """
    rows: list[IndexRow] = []
    damages: list[Damage] = []
    places: dict[str, tuple[int, str]] = {}
    for member in members(warc):
        if isinstance(member, Damage):
            damages.append(member)
            continue
        record = record_of(member)
        warc_type = record.get("WARC-Type")
        if warc_type in ("response", "revisit", "resource"):
            places[record.get("WARC-Record-ID") or ""] = (member.offset, warc_type)
        elif warc_type == "metadata":
            offset, record_type = places.get(record.get("WARC-Concurrent-To") or "", (member.offset, None))
            try:
                rows.append(from_metadata(record.block, warc.name, offset, record_type))
            except ValueError:
                damages.append(Damage(member.offset, member.end, is_tail=False))
    return rows, damages


def _index_one(warc: Path, parquet: Path) -> Indexed | None:
    with warc.open("rb") as held:
        if not _lock(held):
            return None
        size = warc.stat().st_size
        if not size:
            return None  # just being begun, or begun and killed: nothing was archived in it
        rows, damages = scan(warc)
        problems = []
        for damage in damages:
            place = f"{warc} between byte {damage.offset} and {damage.end}"
            if damage.is_tail:
                kept = cut_torn_tail(warc, damage)
                problems.append(f"{place} held no whole record: it was cut off and kept as {kept.name}.")
            else:
                problems.append(f"{place} is damaged: what stood there is missing; restore the file from a copy.")
        lasting = [text for text, damage in zip(problems, damages, strict=True) if not damage.is_tail]
        _write(parquet, rows, warc.stat().st_size, lasting)
        return Indexed(parquet, tuple(problems))


def _lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _complete(parquet: Path, warc_bytes: int) -> tuple[str, ...] | None:
    """Lasting problems of an index file that is complete, None when it must be made (again)."""
    if not parquet.is_file():
        return None
    try:
        schema = pq.read_schema(parquet)
    except pa.ArrowInvalid:
        return None
    about = schema.metadata or {}
    if about.get(SIZE_KEY) != str(warc_bytes).encode() or not _is_readable(schema):
        return None
    return tuple(json.loads(about.get(DAMAGE_KEY, b"[]")))


def _is_readable(schema: pa.Schema) -> bool:
    """Whether all columns are ours. Those that came later are missing in older files: they hold nothing for them."""
    current = arrow_schema(IndexRow)
    columns = set(schema.names)
    is_ours = all(name in current.names and schema.field(name).type == current.field(name).type for name in columns)
    return is_ours and columns >= set(current.names) - LATER_COLUMNS


def _write(parquet: Path, rows: list[IndexRow], warc_bytes: int, problems: list[str]) -> None:
    about = {SIZE_KEY: str(warc_bytes).encode(), DAMAGE_KEY: json.dumps(problems, ensure_ascii=False).encode()}
    schema = arrow_schema(IndexRow).with_metadata(about)
    parquet.parent.mkdir(parents=True, exist_ok=True)
    unfinished = parquet.with_name(f".{parquet.name}.{os.getpid()}")
    with unfinished.open("wb") as sink:
        columns = [_column([getattr(row, field.name) for row in rows], field.type) for field in schema]
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), sink, compression="zstd")
        sink.flush()
        os.fsync(sink.fileno())
    unfinished.rename(parquet)


def _column(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """Values by way of text: from Python's own `pa.array` would make them with the help of pandas."""
    texts = pa.lib.StringBuilder()
    texts.append_values([None if value is None else str(value) for value in values])
    return texts.finish().cast(kind)
