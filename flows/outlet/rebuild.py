"""The marts as of another day: built anew from the raw rows of the published copy, beside it and not in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flows.outlet.release_tables import quoted
from flows.progress import say
from flows.settings import Settings
from flows.warehouse.connection import reading, writing
from flows.warehouse.dbt import WITHOUT_UNIT_TESTS, run_dbt
from flows.warehouse.raw import create_raw


def rebuilt(settings: Settings, folder: Path, variables: Mapping[str, str]) -> Path:
    """Build the marts of the published copy's raw rows in a folder of their own; returns the file.

    `variables` are dbt's: `as_of`, `known_on`. Raises PipelineError when dbt fails; what it said stands in the log.
    """
    warehouse = folder / "rebuilt.duckdb"
    say("release: dbt builds the marts with " + ", ".join(f"{name} {value}" for name, value in variables.items()))
    with reading(settings.published) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw' order by 1"
        ).fetchall()
    with writing(warehouse) as connection:
        connection.execute(f"attach {quoted(settings.published)} as published (read_only)")
        connection.execute("create schema raw")
        for (name,) in tables:
            connection.execute(f"create table raw.{name} as from published.raw.{name}")
        connection.execute("detach published")
        create_raw(connection)
    run_dbt(settings, args=WITHOUT_UNIT_TESTS, variables=variables, warehouse=warehouse)
    return warehouse
