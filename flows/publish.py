"""Publishing: readers get an atomically renamed copy of the warehouse."""

from __future__ import annotations

import datetime as dt

from prefect import flow, task

from flows.errors import PipelineError
from flows.journal import noted
from flows.lake import Lake
from flows.progress import say
from flows.settings import Settings
from flows.stages import StageResult


@task(name="publish-copy")
def publish_copy() -> None:
    """Copy the warehouse beside the published copy and rename it into place; then rid a lake of old files."""
    from flows.warehouse.published import publish as publish_warehouse
    from flows.warehouse.upkeep import tidy

    settings = Settings()
    publish_warehouse(settings.warehouse, settings.published)
    if isinstance(settings.warehouse, Lake):
        tidy(settings.warehouse, now=dt.datetime.now(dt.UTC))


@flow(name="publish", flow_run_name="publish")
@noted("publish")
def publish(is_forced: bool = False) -> StageResult:
    """Publish the warehouse, unless the published copy already is of the same assessment.

    Raises:
        PipelineError: the marts have not passed an assessment since they were built.
    """
    from flows.warehouse.turns import alone

    settings = Settings()
    with alone(settings.warehouse):
        return _publish(settings, is_forced)


def _publish(settings: Settings, is_forced: bool) -> StageResult:
    from flows.warehouse.raw import assessed_fingerprint, stage_fingerprint

    assessed = assessed_fingerprint(settings.warehouse)
    if not assessed and not is_forced:
        raise PipelineError(
            f"The marts in {settings.warehouse} have not passed an assessment since they were built, so nothing was "
            "published and readers keep the last copy: run `gongkai assess` and mend what it names."
        )
    if not is_forced and stage_fingerprint(settings.published, "assess") == assessed:
        say("publish: the published copy is up to date")
        return StageResult(is_unchanged=True)
    publish_copy()
    say(f"publish: {settings.published}")
    return StageResult(is_unchanged=False)
