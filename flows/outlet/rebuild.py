"""The marts as of another day: built anew from the raw rows of the published copy, beside it and not in it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from flows.errors import PipelineError
from flows.outlet.release_tables import quoted
from flows.progress import say
from flows.settings import Settings
from flows.warehouse.connection import reading, writing
from flows.warehouse.dbt import run_dbt

ARGUMENTS = ("build", "--exclude-resource-type", "unit_test")


def rebuilt(published: Path, folder: Path, variables: Mapping[str, str], logs: Path) -> Path:
    """Build a warehouse in a folder of its own; returns its file.

    `variables` are dbt's, such as `as_of`. Raises PipelineError when dbt fails; what it said stands in `logs`.
    """
    settings = Settings(home=folder)
    say("release: dbt builds the marts for " + ", ".join(f"{name} {value}" for name, value in variables.items()))
    with reading(published) as connection:
        tables = [
            str(name)
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'raw' order by 1"
            ).fetchall()
        ]
    with writing(settings.warehouse) as connection:
        connection.execute(f"attach {quoted(published)} as published (read_only)")
        connection.execute("create schema raw")
        for name in tables:
            connection.execute(f"create table raw.{name} as from published.raw.{name}")
        connection.execute("detach published")
    try:
        run_dbt(settings, args=ARGUMENTS, variables=variables)
    except PipelineError as fault:
        logs.mkdir(parents=True, exist_ok=True)
        kept = logs / "release-dbt.log"
        shutil.copyfile(settings.logs / "dbt.log", kept)
        raise PipelineError(str(fault).replace(str(settings.logs / "dbt.log"), str(kept))) from fault
    return settings.warehouse
