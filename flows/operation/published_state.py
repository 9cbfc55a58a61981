"""What the published copy says of itself: this season beside the last at the same day, open findings, its batches."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

from flows.outlet.copy import opened, rows


@dataclasses.dataclass(frozen=True, slots=True)
class SeasonCoverage:
    """What had been published of one report year by a day, of the reports that are expected today.

    Counts only: rates are computed by dbt and by no one else.
    """

    report_year: int
    by_day: dt.date
    expected: int
    inferred: int
    """Of the expected: those for which nothing but other years or other bodies speaks."""
    published: int
    """Published on that day or before."""
    undated: int
    """Found, but with no date of publication."""
    unread: int
    """Fetched, and the reader could not read it."""


@dataclasses.dataclass(frozen=True, slots=True)
class FindingCount:
    """Failed checks of one severity and verdict."""

    severity: str
    verdict: str
    findings: int


@dataclasses.dataclass(frozen=True, slots=True)
class PublishedState:
    """The copy that readers have."""

    assessed_at: dt.datetime | None
    season: tuple[SeasonCoverage, ...]
    """The report year of the season, then the one before at the same day of its own season."""
    findings: tuple[FindingCount, ...]
    own_faults: int
    """Expectations of the last assessment that failed by a fault of ours, or could not run."""
    batch_ids: frozenset[str]


COVERAGE = """
    select
        count(*) as expected,
        count(*) filter (where is_inferred) as inferred,
        count(*) filter (where published_on <= $2) as published,
        count(*) filter (where published_on is null and coverage_state like 'published%') as undated,
        count(*) filter (where coverage_state in ('read_failed', 'not_yet_read')) as unread
    from marts.fct_expected_report
    where report_year = $1
"""
FINDINGS = """
    select severity, coalesce(verdict, 'undecided') as verdict, count(*) as findings
    from marts.fct_check_result
    where outcome = 'failed'
    group by all
    order by all
"""
OWN_FAULTS = """
    select count(*) as own_faults
    from marts.fct_expectation_result
    where outcome = 'error' or (outcome = 'failed' and fault_owner = 'pipeline' and severity = 'error')
"""


def published_state(published: Path, as_of: dt.date) -> PublishedState:
    """Read the copy as of a day; the season of a day is that of the report year before the day's year.

    Raises:
        InputError: nothing is published there, or another version of gongkai made it.
    """
    days = (as_of, _year_before(as_of))
    with opened(published) as connection:
        season = [
            SeasonCoverage(day.year - 1, day, **rows(connection, COVERAGE, [day.year - 1, day])[0]) for day in days
        ]
        found = [FindingCount(**row) for row in rows(connection, FINDINGS)]
        (own,) = rows(connection, OWN_FAULTS)
        batches = rows(connection, "select batch_id from raw.batch")
        assessed = rows(
            connection, "select completed_at from raw.stage_state where stage = 'assess' and fingerprint != ''"
        )
    return PublishedState(
        assessed_at=assessed[0]["completed_at"] if assessed else None,
        season=tuple(season),
        findings=tuple(found),
        own_faults=own["own_faults"],
        batch_ids=frozenset(row["batch_id"] for row in batches),
    )


def _year_before(day: dt.date) -> dt.date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)
