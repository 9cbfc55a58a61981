"""Transforming: dbt builds the marts, as a process of its own so that DuckDB's lock is given back."""

from __future__ import annotations

import datetime as dt

from prefect import flow, task

from flows.progress import say
from flows.settings import DBT_PROJECT, Settings
from flows.stages import StageResult, folder_fingerprint


@task(name="dbt-build")
def dbt_build(as_of: dt.date) -> None:
    """Run `dbt build`: seeds, models and data tests. Unit tests prove the code, not the data: they run in CI."""
    from flows.warehouse.dbt import run_dbt

    run_dbt(
        Settings(), args=["build", "--exclude-resource-type", "unit_test"], variables={"as_of": as_of.isoformat()}
    )


@flow(name="transform", flow_run_name="transform")
def transform(as_of: dt.date | None = None, is_forced: bool = False) -> StageResult:
    """Build the marts, unless the raw rows, the dbt project and the day are those of the last build.

    Raises:
        BusyError: another process holds the warehouse.
        PipelineError: a model or a test of ours failed.
    """
    from flows.warehouse.raw import raw_fingerprint, record_stage, stage_fingerprint

    settings = Settings()
    day = as_of or dt.datetime.now(dt.UTC).date()
    project = folder_fingerprint(DBT_PROJECT, ("*.sql", "*.csv", "*.yml"))
    fingerprint = f"{raw_fingerprint(settings.warehouse)}|{project}|{day}"
    if not is_forced and stage_fingerprint(settings.warehouse, "transform") == fingerprint:
        say("transform: nothing has changed since the last build")
        return StageResult(is_unchanged=True)
    # a build that is stopped half way must not pass for the last one
    record_stage(settings.warehouse, "transform", "", now=dt.datetime.now(dt.UTC))
    say("transform: dbt builds the marts")
    dbt_build(day)
    record_stage(settings.warehouse, "transform", fingerprint, now=dt.datetime.now(dt.UTC))
    return StageResult(is_unchanged=False)
