"""Staged batches: one folder of Parquet files, named by its content.

`<staged>/<batch_id>/<table>.parquet` with `batch_id` the first 32 hexadecimal digits of a sha-256 over the rows.
A folder is written under a temporary name and renamed when complete, so a batch is there whole or not at all, and
staging the same rows again finds the folder and changes nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from flows.records import KEYS, STAGED, arrow_schema, as_row


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """A staged batch on disk."""

    batch_id: str
    folder: Path

    @property
    def tables(self) -> dict[str, Path]:
        """Parquet file of each table in the batch, tables in the order of `records.STAGED`."""
        found = {path.stem: path for path in self.folder.glob("*.parquet")}
        return {name: found[name] for name in STAGED if name in found}


def stage(staged: Path, rows: Mapping[str, Iterable[Any]]) -> tuple[Batch, bool]:
    """Write records as one batch below `staged`; returns the batch and whether it is new.

    `rows` maps a table of `records.STAGED` to records of its type. Rows are ordered by key first, so the same rows
    in another order are the same batch.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    ordered = {name: _by_key(name, rows[name]) for name in STAGED if rows.get(name)}
    batch_id = _content_name(ordered)
    folder = staged / batch_id
    if folder.is_dir():
        os.utime(folder)  # of two batches that state what is so now, the one staged last holds
        return Batch(batch_id, folder), False
    staged.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=staged))
    try:
        for name, table_rows in ordered.items():
            table = pa.Table.from_pylist(table_rows, schema=arrow_schema(STAGED[name]))
            with (unfinished / f"{name}.parquet").open("wb") as sink:
                pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
                sink.flush()
                os.fsync(sink.fileno())
        unfinished.rename(folder)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not folder.is_dir():  # another process may have staged the same batch meanwhile
            raise
        return Batch(batch_id, folder), False
    return Batch(batch_id, folder), True


def staged_batches(staged: Path) -> Iterator[Batch]:
    """All complete batches below `staged`, ordered by name."""
    if not staged.is_dir():
        return
    for folder in sorted(staged.iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            yield Batch(folder.name, folder)


def set_aside(batch: Batch) -> Path:
    """Rename a damaged batch so that nothing takes it for one; what it held is staged again from the archive."""
    aside = batch.folder.with_name(f".damaged-{batch.batch_id}")
    if aside.exists():
        shutil.rmtree(batch.folder)
    else:
        batch.folder.rename(aside)
    return aside


def _by_key(name: str, records: Iterable[Any]) -> list[dict[str, Any]]:
    rows = [as_row(record) for record in records]
    return sorted(rows, key=lambda row: tuple(str(row[column]) for column in KEYS[name]))


def _content_name(rows: Mapping[str, list[dict[str, Any]]]) -> str:
    digest = hashlib.sha256()
    for name, table_rows in rows.items():
        digest.update(f"{name}\n".encode())
        for row in table_rows:
            digest.update(json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))
            digest.update(b"\n")
    return digest.hexdigest()[:32]
