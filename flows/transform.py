"""Transforming: dbt builds the marts, as a process of its own so that DuckDB's lock is given back; then proposals."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import flow, task

from flows.errors import InputError
from flows.journal import noted
from flows.progress import say
from flows.settings import Settings
from flows.stages import KnownOnResult, StageResult

if TYPE_CHECKING:
    from flows.warehouse.building import BuildPlan


@task(name="dbt-build")
def dbt_build(plan: BuildPlan) -> None:
    """Run `dbt build` as planned."""
    from flows.warehouse.building import build

    build(Settings(), plan, now=lambda: dt.datetime.now(dt.UTC))


@task(name="name-wrong-cells")
def name_wrong_cells() -> str:
    """Search the reports whose balances fail for wrong cells; returns what was done, empty if nothing."""
    from flows.quality.proposals import method_fingerprint, search
    from flows.warehouse.raw import record_stage, stage_fingerprint

    warehouse = Settings().warehouse
    fingerprint = f"{stage_fingerprint(warehouse, 'transform')}|{method_fingerprint()}"
    if stage_fingerprint(warehouse, "localise") == fingerprint:
        return ""
    searched = search(warehouse)
    record_stage(warehouse, "localise", fingerprint, now=dt.datetime.now(dt.UTC))
    return f"{searched.reports} reports searched for wrong cells, {searched.withdrawn} earlier answers withdrawn"


@flow(name="transform", flow_run_name="transform")
@noted("transform")
def transform(as_of: dt.date | None = None, is_forced: bool = False) -> StageResult:
    """Build the marts, unless the raw rows, the dbt project and the day are those of the last build.

    Then name the cells that may be wrong where balances fail.

    Args:
        as_of: the day that deadlines are measured against; today (UTC) when empty.
        is_forced: build although nothing has changed.

    Raises:
        BusyError: another process holds the warehouse.
        PipelineError: a model or a test of ours failed.
    """
    from flows.warehouse.building import plan_build
    from flows.warehouse.turns import alone

    settings = Settings()
    with alone(settings.warehouse):
        plan = plan_build(settings, as_of or dt.datetime.now(dt.UTC).date(), is_forced=is_forced)
        if plan.is_done:
            say("transform: nothing has changed since the last build")
        else:
            say(f"transform: dbt builds {plan.describe()}")
            dbt_build(plan)
        named = name_wrong_cells()
    if named:
        say(f"transform: {named}")
    return StageResult(is_unchanged=plan.is_done and not named)


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
