"""Backfilling: past years, only what is missing, in bounded batches, resumable."""

from __future__ import annotations

import dataclasses
import datetime as dt

from prefect import flow

from flows.assess import assess
from flows.backfill_plan import BackfillPlan, PlanState, Wanted, plan_backfill
from flows.collect import collect
from flows.errors import PipelineError
from flows.journal import noted
from flows.load import load
from flows.progress import say
from flows.publish import publish
from flows.read import read
from flows.settings import Settings
from flows.transform import transform

BATCH_PORTALS = 50
"""Portals collected before what they gave is read and loaded: a stop loses no more than one batch's reading."""


@dataclasses.dataclass(frozen=True, slots=True)
class BackfillResult:
    """What a backfill fetched and what is left."""

    portals_asked: int
    fetched_new: int
    reports_read: int
    portal_years_complete: int
    portal_years_left: int
    problems: list[str] = dataclasses.field(default_factory=list)

    def in_words(self) -> str:
        """One sentence for a terminal."""
        return (
            f"{self.portals_asked} portals asked, {self.fetched_new} answers fetched, "
            f"{self.reports_read} reports read; "
            f"{self.portal_years_complete} portal-years complete, {self.portal_years_left} left."
        )


@flow(name="backfill", flow_run_name="backfill")
@noted("backfill")
def backfill(
    report_years: list[int],
    portal_ids: list[str] | None = None,
    divisions: list[str] | None = None,
    wanted: Wanted = Wanted.MISSING,
) -> BackfillResult:
    """Collect, read and load what the plan finds wanted, then build, assess and publish once.

    Stopped at any point, the next run plans again from the archive and goes on with what is left.

    Args:
        report_years: years of reports.
        portal_ids: names of registered portals; all of them when empty.
        divisions: only portals in or below these (codes of GB/T 2260, shortened or whole: 32, 3213).
        wanted: missing, failed (asked for in vain), changed (collected, asked for again) or all.

    Raises:
        InputError: a named portal is not registered, or none is in the divisions.
        PipelineError: the assessment found a fault of ours; nothing was published.
    """
    settings = Settings()
    reports = read().reports  # of an interrupted backfill, what was archived and not read

    def plan_now() -> BackfillPlan:
        now = dt.datetime.now(dt.UTC)
        return plan_backfill(settings, report_years, portal_ids, now, divisions=divisions, wanted=wanted)

    plan = plan_now()
    to_ask = plan.portals_to_ask
    fetched = 0
    problems: list[str] = []
    for start in range(0, len(to_ask), BATCH_PORTALS):
        batch = to_ask[start : start + BATCH_PORTALS]
        say(f"backfill: portals {start + 1} to {start + len(batch)} of {len(to_ask)}")
        collected = collect(batch, report_years, is_revisit=wanted in (Wanted.CHANGED, Wanted.ALL))
        was_read = read()
        loaded = load()
        fetched += collected.fetched_new + collected.fetched_changed
        reports += was_read.reports
        problems += [*collected.problems, *was_read.problems, *loaded.problems]
    load()
    transform()
    assessed = assess()
    if assessed.problems:
        faults = "; ".join(assessed.problems)
        raise PipelineError(f"The assessment found faults of our own, nothing was published: {faults}")
    publish()
    after = plan_now()
    return BackfillResult(len(to_ask), fetched, reports, after.count(PlanState.COMPLETE), _left(after), problems)


def _left(plan: BackfillPlan) -> int:
    return sum(plan.count(state) for state in (PlanState.MISSING, PlanState.TO_LIST, PlanState.PAUSED))
