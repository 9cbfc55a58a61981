"""The marts as they would have been built on a past day, in a file of their own beside the live one.

The raw rows are copied into the new file and filtered there by the dbt variable `known_on`; the models are the same.
A copy rather than views over the attached live file, so that the result can be opened alone, moved and kept: views
would point to a file that is locked while it is written to, and that goes on changing.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from flows.errors import InputError
from flows.records import STAGED
from flows.settings import Settings
from flows.warehouse.connection import reading, writing
from flows.warehouse.dbt import WITHOUT_UNIT_TESTS, run_dbt
from flows.warehouse.raw import create_raw

COPIED = (*STAGED, "batch")
"""Tables of `raw` that the models read, and the batches they came from; not what stages did to the live file."""


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
    if output.resolve() in {path.resolve() for path in kept}:
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


def _copy_raw(warehouse: Path, copy: Path) -> None:
    with reading(warehouse):
        pass  # says who holds the file, in better words than attaching would
    quoted = str(warehouse).replace("'", "''")
    with writing(copy) as connection:
        connection.execute(f"attach '{quoted}' as live (read_only)")
        connection.execute("create schema raw")
        found = connection.execute(
            "select table_name from information_schema.tables where table_catalog = 'live' and table_schema = 'raw'"
        ).fetchall()
        for (table,) in found:
            if table in COPIED:
                connection.execute(f"create table raw.{table} as from live.raw.{table}")
        create_raw(connection)
