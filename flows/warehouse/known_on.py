"""The marts as they would have been built on a past day, in a file of their own beside the live one.

The live file is copied, what was built in the copy is dropped, and dbt filters its raw rows by the variable
`known_on`; the models are the same. A copy rather than the live file attached, so that the result can be opened
alone, moved and kept: views would point to a file that is locked while it is written to, and that goes on changing.
Byte by byte rather than row by row, which takes nine times as long (docs/warehouse.md).
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path

from flows.errors import InputError
from flows.lake import Lake, Warehouse
from flows.settings import Settings
from flows.warehouse.connection import reading, writing
from flows.warehouse.dbt import WITHOUT_UNIT_TESTS, run_dbt
from flows.warehouse.published import copy_into
from flows.warehouse.raw import create_raw

BUILT = ("seeds", "staging", "intermediate", "marts")
"""Schemas that dbt builds."""


def default_output(settings: Settings, known_on: dt.date) -> Path:
    """Where the marts as known on a day are put when no file is named."""
    return settings.home / "known_on" / f"gongkai-{known_on.isoformat()}.duckdb"


def build_known_on(
    settings: Settings, known_on: dt.date, output: Path, *, reader_version: int | None = None
) -> dict[str, int]:
    """Build the marts with what had been fetched by the end of a day (UTC) into `output`; returns dbt's counts.

    The live warehouse is only read. `output` is replaced in one step once it is whole. Documents are taken as the
    latest version of the reader read them, or the latest up to `reader_version`.

    Raises:
        InputError: `output` is the live file or the published copy, or there is no warehouse yet.
        BusyError: another process holds the warehouse.
        PipelineError: a model or a test of ours failed; `output` is as it was.
    """
    kept = (settings.warehouse, settings.published)
    if output.resolve() in {path.resolve() for path in kept if isinstance(path, Path)}:
        raise InputError(
            f"{output} is the warehouse of today; name another file for the marts as known on {known_on}."
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    variables: dict[str, object] = {"as_of": known_on.isoformat(), "known_on": known_on.isoformat()}
    if reader_version is not None:
        variables["reader_version"] = reader_version
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=output.parent) as folder:
        copy = Path(folder) / "copy.duckdb"
        _copy_raw(settings.warehouse, copy)
        ran = run_dbt(settings, args=WITHOUT_UNIT_TESTS, variables=variables, warehouse=copy)
        copy.replace(output)
    return ran


def _copy_raw(warehouse: Warehouse, copy: Path) -> None:
    """A new file with the raw rows of the warehouse and nothing that was built from them."""
    if isinstance(warehouse, Lake):
        copy_into(copy, warehouse)
    else:
        _copy_bytes(warehouse, copy)
    with writing(copy) as connection:
        for schema in BUILT:
            connection.execute(f"drop schema if exists {schema} cascade")
        create_raw(connection)
        connection.execute("delete from raw.stage_state")
        connection.execute("checkpoint")


def _copy_bytes(warehouse: Path, copy: Path) -> None:
    with reading(warehouse):  # nobody writes meanwhile
        shutil.copyfile(warehouse, copy)
        unwritten = Path(f"{warehouse}.wal")
        if unwritten.is_file():
            shutil.copyfile(unwritten, f"{copy}.wal")
