"""The annual cycle: collect -> read -> load -> transform -> assess -> publish -> notify."""

from __future__ import annotations

import dataclasses
import datetime as dt

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.assess import assess
from flows.collect import collect
from flows.errors import PipelineError
from flows.journal import noted
from flows.load import load
from flows.notify import notify
from flows.publish import publish
from flows.read import read
from flows.settings import Settings
from flows.stages import CollectResult, LoadStageResult, NotifyStageResult, ReadResult, StageResult
from flows.summary import Totals, totals
from flows.transform import transform


@dataclasses.dataclass(frozen=True, slots=True)
class CycleResult:
    """What each stage of one cycle did, and what the warehouse holds after it."""

    collected: CollectResult
    read: ReadResult
    loaded: LoadStageResult
    transformed: StageResult
    assessed: StageResult
    published: StageResult
    notified: NotifyStageResult
    totals: Totals

    @property
    def has_changed_tables(self) -> bool:
        """Whether any table of the warehouse is other than before this cycle."""
        return bool(self.loaded.rows_added) or not self.transformed.is_unchanged


@flow(name="annual-cycle", flow_run_name="annual-cycle")
@noted("annual-cycle")
def annual_cycle(
    portal_ids: list[str] | None = None,
    report_years: list[int] | None = None,
    as_of: dt.date | None = None,
    is_forced: bool = False,
    divisions: list[str] | None = None,
    is_collecting: bool = True,
) -> CycleResult:
    """Run every stage once, each only as far as its inputs have changed.

    Args:
        portal_ids: names of registered portals; all of them when empty.
        report_years: years of reports to fetch; all that are listed when empty.
        as_of: the day that deadlines and freshness are measured against; today (UTC) when empty.
        is_forced: transform, assess and publish although nothing has changed.
        divisions: collect only portals in or below these (codes of GB/T 2260, shortened or whole: 32, 3213).
        is_collecting: ask the portals first; without it what is archived already is gone through.

    Raises:
        PipelineError: a table of ours is wrong; nothing was published.
    """
    day = as_of or dt.datetime.now(dt.UTC).date()
    collected = collect(portal_ids, report_years, divisions) if is_collecting else CollectResult()
    was_read = read()
    loaded = load()
    transformed = transform(day, is_forced)
    assessed = assess(day, is_forced)
    if assessed.problems:
        raise PipelineError(
            "The assessment found faults of our own, nothing was published and readers keep the last copy: "
            + "; ".join(assessed.problems)
        )
    published = publish(is_forced)
    notified = notify()
    held = totals(Settings().published)
    create_markdown_artifact(key="annual-cycle", markdown=held.as_markdown(), description="What the warehouse holds")
    create_table_artifact(key="coverage", table=held.coverage_rows(), description="Expected reports by state")
    return CycleResult(collected, was_read, loaded, transformed, assessed, published, notified, held)
