"""Transforming: dbt builds the marts, as a process of its own so that DuckDB's lock is given back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from prefect import flow, task

from flows.errors import InputError
from flows.progress import say
from flows.settings import DBT_PROJECT, Settings
from flows.stages import KnownOnResult, StageResult, folder_fingerprint


@task(name="dbt-build")
def dbt_build(as_of: dt.date) -> None:
    """Run `dbt build`: seeds, models and data tests."""
    from flows.warehouse.dbt import WITHOUT_UNIT_TESTS, run_dbt

    run_dbt(Settings(), args=WITHOUT_UNIT_TESTS, variables={"as_of": as_of.isoformat()})


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


@flow(name="transform-known-on", flow_run_name="transform-known-on")
def transform_known_on(
    known_on: dt.date, output: Path | None = None, reader_version: int | None = None
) -> KnownOnResult:
    """Build the marts as known on a past day into a file of their own.

    Raises:
        InputError: the day is not over yet, or the file is the warehouse or the published copy.
        BusyError: another process holds the warehouse.
        PipelineError: a model or a test of ours failed.
    """
    from flows.warehouse.known_on import build_known_on, default_output

    settings = Settings()
    if known_on >= dt.datetime.now(dt.UTC).date():
        raise InputError(
            f"The day {known_on} is not over (UTC), so what was known on it may still grow; name a past one."
        )
    output = output or default_output(settings, known_on)
    say(f"transform: dbt builds the marts as known on {known_on}")
    build_known_on(settings, known_on, output, reader_version=reader_version)
    return KnownOnResult(known_on, output)
