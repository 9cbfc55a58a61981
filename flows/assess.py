"""Assessing: Great Expectations over the marts, results back into the warehouse and into Data Docs."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from prefect import flow, task

from flows.errors import InputError
from flows.journal import noted
from flows.progress import say
from flows.records import ExpectationResult, Outcome
from flows.settings import PROJECT_ROOT, Settings
from flows.stages import StageResult, folder_fingerprint


@task(name="great-expectations")
def run_expectations(as_of: dt.date) -> list[ExpectationResult]:
    """Run every expectation once, read-only."""
    from expectations.checkpoint import assess as assess_marts

    settings = Settings()
    return assess_marts(
        settings.warehouse, settings.data_docs, as_of=as_of, memory_bytes=settings.warehouse_memory_bytes
    )


@task(name="keep-results")
def keep_results(results: list[ExpectationResult]) -> list[str]:
    """Stage the results and load them; returns what could not be loaded."""
    from flows.batches import stage, staged_batches
    from flows.warehouse.loader import load_batches

    settings = Settings()
    stage(settings.staged, {"expectation_result": results})
    loaded = load_batches(settings.warehouse, staged_batches(settings.staged), now=dt.datetime.now(dt.UTC))
    return list(loaded.refused)


@flow(name="assess", flow_run_name="assess")
@noted("assess")
def assess(as_of: dt.date | None = None, is_forced: bool = False) -> StageResult:
    """Assess the marts, unless they and the suites are those of the last assessment.

    A publisher's fault never fails the run; a fault of our own with severity error, or an expectation that could
    not run, is named in `problems`, and the annual cycle then publishes nothing.

    Args:
        as_of: the day that freshness is measured against; today (UTC) when empty.
        is_forced: assess although nothing has changed.
    """
    from flows.warehouse.raw import record_stage, stage_fingerprint
    from flows.warehouse.turns import alone

    settings = Settings()
    day = as_of or dt.datetime.now(dt.UTC).date()
    with alone(settings.warehouse):
        transformed = stage_fingerprint(settings.warehouse, "transform")
        suites = folder_fingerprint(PROJECT_ROOT / "expectations", ("*.py", "*.yaml", "*.j2", "*.css"))
        fingerprint = f"{transformed}|{suites}|{day}"
        if not is_forced and transformed and stage_fingerprint(settings.warehouse, "assess") == fingerprint:
            say("assess: nothing has changed since the last assessment")
            return StageResult(is_unchanged=True)
        if not transformed:
            raise InputError(f"The marts in {settings.warehouse} are not built: run `gongkai transform` first.")
        record_stage(settings.warehouse, "assess", "", now=dt.datetime.now(dt.UTC))
        results = run_expectations(day)
    problems = [*keep_results(results), *pipeline_faults(results)]
    if not problems:
        with alone(settings.warehouse):  # marts built meanwhile have another fingerprint and do not count as assessed
            record_stage(settings.warehouse, "assess", fingerprint, now=dt.datetime.now(dt.UTC))
    counts = Counter(result.outcome for result in results)
    say("assess: " + ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome))
    return StageResult(False, {outcome.value: counts[outcome] for outcome in Outcome}, problems)


def pipeline_faults(results: list[ExpectationResult]) -> list[str]:
    """What in the results is our own fault and serious: one sentence each."""
    return [
        f"{result.expectation_id}: {result.statement} ({result.outcome}: {result.reason or 'see Data Docs'})"
        for result in results
        if result.outcome == Outcome.ERROR
        or (result.outcome == Outcome.FAILED and result.fault_owner == "pipeline" and result.severity == "error")
    ]
