"""Transforming: dbt builds the marts, as a process of its own so that DuckDB's lock is given back."""

from __future__ import annotations

import datetime as dt

from prefect import flow, task

from flows.progress import say
from flows.settings import DBT_PROJECT, Settings
from flows.stages import StageResult


@task(name="dbt-build")
def dbt_build(as_of: dt.date) -> dict[str, int]:
    """Run `dbt build`: seeds, models and their tests."""
    from flows.warehouse.dbt import run_dbt

    return run_dbt(Settings(), args=["build"], variables={"as_of": as_of.isoformat()})


@flow(name="transform", flow_run_name="transform")
def transform(as_of: dt.date | None = None, is_forced: bool = False) -> StageResult:
    """Build the marts, unless the raw rows, the dbt project and the day are those of the last build.

    Raises:
        BusyError: another process holds the warehouse.
        PipelineError: a model or a test of ours failed.
    """
    from flows.warehouse.state import StageState, folder_fingerprint, raw_fingerprint

    settings = Settings()
    day = as_of or dt.datetime.now(dt.UTC).date()
    state = StageState(settings.warehouse, "transform")
    fingerprint = "|".join(
        [raw_fingerprint(settings.warehouse), folder_fingerprint(DBT_PROJECT, ("*.sql", "*.csv", "*.yml")), str(day)]
    )
    if not is_forced and state.fingerprint() == fingerprint:
        say("transform: nothing changed since the last build")
        return StageResult(is_unchanged=True)
    state.forget()
    counts = dbt_build(day)
    state.remember(fingerprint, dt.datetime.now(dt.UTC))
    say("transform: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    return StageResult(is_unchanged=False, counts=counts)
