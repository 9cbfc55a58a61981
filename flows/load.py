"""Loading: from staged batches into DuckDB's raw schema, by the single writer."""

from __future__ import annotations

import datetime as dt

from prefect import flow, task

from flows.collect import chosen_portals
from flows.progress import say
from flows.settings import Settings
from flows.stages import LoadResult


@task(name="load-staged-batches")
def load_staged() -> LoadResult:
    """Load what is staged and not yet loaded, one transaction a batch."""
    from flows.batches import staged_batches
    from flows.warehouse.loader import load_batches, replace_rows

    settings = Settings()
    portals, problems = chosen_portals(settings, None)
    loaded = load_batches(settings.warehouse, staged_batches(settings.staged), now=dt.datetime.now(dt.UTC))
    replace_rows(settings.warehouse, "portal", portals)
    return LoadResult(
        batches_loaded=loaded.batches_loaded,
        batches_known=loaded.batches_known,
        rows_loaded=loaded.rows_loaded,
        problems=[*problems, *loaded.problems],
    )


@flow(name="load", flow_run_name="load")
def load() -> LoadResult:
    """Load every staged batch that the warehouse does not have yet.

    Raises:
        BusyError: another process holds the warehouse.
    """
    result = load_staged()
    say(f"loaded {result.batches_loaded} batches ({result.rows_loaded} rows), {result.batches_known} known already")
    return result
