"""Loading: from staged batches into DuckDB's raw schema, by the single writer."""

from __future__ import annotations

import datetime as dt

from prefect import flow, task

from flows.journal import noted
from flows.progress import say, warn
from flows.settings import Settings
from flows.stages import LoadStageResult


@task(name="load-staged-batches")
def load_staged() -> LoadStageResult:
    """Load what is staged and not yet loaded, one transaction a batch, and what people decided of cells."""
    from flows.batches import stage, staged_batches
    from flows.quality.corrections import standing
    from flows.warehouse.loader import load_batches

    settings = Settings()
    if corrections := standing(settings.home):
        stage(settings.staged, {"correction": corrections})
    loaded = load_batches(settings.warehouse, staged_batches(settings.staged), now=dt.datetime.now(dt.UTC))
    return LoadStageResult(
        batches_loaded=loaded.batches_loaded,
        batches_known=loaded.batches_known,
        rows_added=loaded.rows_added,
        problems=list(loaded.refused),
    )


@flow(name="load", flow_run_name="load")
@noted("load")
def load() -> LoadStageResult:
    """Load every staged batch that the warehouse does not have yet.

    Raises:
        BusyError: another process holds the warehouse.
    """
    result = load_staged()
    for problem in result.problems:
        warn(problem)
    say(
        f"load: {result.batches_loaded} batches ({sum(result.rows_added.values())} rows), "
        f"{result.batches_known} known already"
    )
    return result
