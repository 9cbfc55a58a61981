"""How much of the marts has to be built: nothing, what depends on the bodies of new batches, or all.

A build that was stopped half way is no build: the next one begins where the last whole one ended.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from importlib.metadata import version

from flows.settings import DBT_PROJECT, Settings
from flows.stages import folder_fingerprint
from flows.warehouse.dbt import WITHOUT_UNIT_TESTS, run_dbt
from flows.warehouse.raw import (
    forget_touched,
    portals_fingerprint,
    raw_fingerprint,
    record_stage,
    stage_fingerprint,
    touched_bodies,
)

STAGE, FOUNDATION = "transform", "transform-foundation"
"""Notes in `raw.stage_state`: what the last build was made from, and of it what no increment can be added to."""
TOOLS = ("dbt-core", "dbt-duckdb", "duckdb")
LARGEST_INCREMENT = 0.5
"""Share of touched bodies above which all is built anew: that writes more, but looks nothing up."""


WHOLE = ("--full-refresh",)
INCREMENT = ("--exclude-resource-type", "seed")
"""The seeds belong to the dbt project, which is the one of the last build."""


@dataclasses.dataclass(frozen=True, slots=True)
class BuildPlan:
    """What a build has to do."""

    as_of: dt.date
    fingerprint: str
    """Names all that the marts are made from."""
    foundation: str
    """Names of it the dbt project, dbt, DuckDB and the portals as they stand."""
    is_done: bool
    is_increment: bool
    body_count: int
    """Bodies of which something was loaded since the last build."""
    batch_ids: tuple[str, ...]
    """Batches that brought it."""

    def describe(self) -> str:
        """What is built, in words."""
        return f"what depends on {self.body_count} bodies" if self.is_increment else "the marts"


def plan_build(settings: Settings, as_of: dt.date, *, is_forced: bool = False) -> BuildPlan:
    """What has to be built for a day. Raises BusyError when another process holds the warehouse."""
    tools = "|".join(f"{name} {version(name)}" for name in TOOLS)
    project = folder_fingerprint(DBT_PROJECT, ("*.sql", "*.csv", "*.yml"))
    foundation = f"{project}|{tools}|{portals_fingerprint(settings.warehouse)}"
    fingerprint = f"{raw_fingerprint(settings.warehouse)}|{foundation}|{as_of}"
    touched = touched_bodies(settings.warehouse)
    has_foundation = stage_fingerprint(settings.warehouse, FOUNDATION) == foundation
    return BuildPlan(
        as_of=as_of,
        fingerprint=fingerprint,
        foundation=foundation,
        is_done=not is_forced and stage_fingerprint(settings.warehouse, STAGE) == fingerprint,
        is_increment=not is_forced and has_foundation and touched.share <= LARGEST_INCREMENT,
        body_count=touched.body_count,
        batch_ids=touched.batch_ids,
    )


def build(settings: Settings, plan: BuildPlan, *, now: Callable[[], dt.datetime]) -> dict[str, int]:
    """Build the marts as planned: seeds, models and data tests; returns how many nodes of each kind ran.

    Raises:
        BusyError: another process holds the warehouse.
        PipelineError: a model or a test of ours failed.
    """

    def note(stage: str, fingerprint: str) -> None:
        record_stage(settings.warehouse, stage, fingerprint, now=now())

    note(STAGE, "")
    if not plan.is_increment:
        note(FOUNDATION, "")
    ran = run_dbt(
        settings,
        args=[*WITHOUT_UNIT_TESTS, *(INCREMENT if plan.is_increment else WHOLE)],
        variables={"as_of": plan.as_of.isoformat(), "increment": plan.is_increment},
    )
    forget_touched(settings.warehouse, plan.batch_ids)
    note(FOUNDATION, plan.foundation)
    note(STAGE, plan.fingerprint)
    return ran
