"""What a look at the published copy sees: failed checks and overdue reports, each with its name and its print.

The print (`fingerprint`) says what was found: the cells with their values and the difference. Who acknowledges a
finding acknowledges that; with another print it is another matter under the same name. Time, run, the way a number is
written and the version of the rule are not in it: a later version that finds the same finds the same.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.formats import rules
from flows.quality.findings import Finding, finding_id_of, findings, marts_rows
from flows.quality.proposal_words import number_text
from flows.records import Outcome
from flows.warehouse.connection import reading

if TYPE_CHECKING:
    import duckdb

OVERDUE = "overdue"
"""Stands where a rule's name does: a report that is expected for good reason and is not there after its deadline."""
SEVERITIES = ("info", "warning", "error")
"""From the mildest on."""

_OVERDUE = """
    select
        expected.body_id, body.body_name, body.division_code, body.division_name, expected.report_year,
        expected.deadline_on, expected.coverage_reason
    from marts.fct_expected_report as expected
    inner join marts.dim_body as body using (body_id)
    where expected.coverage_state = 'not_found' and not expected.is_inferred and expected.deadline_on is not null
    order by body.division_code, body.body_name, expected.report_year desc
"""
_OUTCOMES = """
    select asked.finding_id, checked.outcome, checked.severity, checked.reason
    from asked
    inner join marts.fct_check_result as checked
        on
            asked.report_year = checked.report_year
            and asked.rule_id = checked.rule_id
            and asked.instance_key = checked.instance_key
            and asked.whose = if(list_contains($1, checked.rule_id), checked.division_code, checked.body_id)
"""
_COVERAGE = """
    select asked.finding_id, expected.coverage_state, expected.coverage_reason
    from asked
    inner join marts.fct_expected_report as expected using (body_id, report_year)
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Sighting:
    """One failed check or overdue report as one look saw it."""

    finding_id: str
    body_id: str
    body_name: str
    division_code: str
    division_name: str
    report_year: int
    rule_id: str
    """Or `overdue`."""
    rule_version: int
    instance_key: str
    instance_label: str
    severity: str
    difference: Decimal | None
    """In the unit of the table; None where there is none."""
    told: str
    """A balance with its printed values, or what was found: `5 + 2 = 10`."""
    entry_url: str
    document_url: str
    fingerprint: str
    """16 hexadecimal digits."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """Why a finding is found no more."""

    is_fixed: bool
    """The same check is passed now, or the report is there; otherwise nothing can be said of it any more."""
    reason: str


def sightings(published: Path, found: Sequence[Finding] | None = None) -> list[Sighting]:
    """Everything that a look sees; `found` are its findings where they are at hand already.

    Raises what `findings` raises.
    """
    failed = [sighting_of(finding) for finding in (findings(published) if found is None else found)]
    with reading(published) as connection:
        return failed + [_overdue(row) for row in marts_rows(connection, _OVERDUE)]


def sighting_of(finding: Finding) -> Sighting:
    """A failed check as a look sees it."""
    return Sighting(
        **{
            field.name: getattr(finding, field.name)
            for field in dataclasses.fields(Sighting)
            if field.name not in ("told", "fingerprint")
        },
        told=finding.formula_values,
        fingerprint=_print(
            [
                (
                    *(cell.table_key, cell.row_key, cell.column_key, cell.report_year, cell.coefficient),
                    *(cell.cell_kind, cell.printed if cell.value is None else number_text(cell.value)),
                )
                for cell in finding.cells
            ]
            or finding.formula_values,
            None if finding.difference is None else number_text(finding.difference),
        ),
    )


def endings(published: Path, gone: Sequence[Sighting]) -> dict[str, Ending]:
    """What became of findings that are found no more, by `finding_id`.

    A check that has no row any more, as when the sentence that it was about is gone, is not taken for passed.
    """
    if not gone:
        return {}
    with reading(published) as connection:
        of_divisions = [rule.rule_id for rule in rules() if rule.computed_by == "mart_division_check"]
        _ask(connection, gone, of_divisions)
        rows = marts_rows(connection, _OUTCOMES, of_divisions)
        outcomes = {row["finding_id"]: _ending(row) for row in rows}
        coverage = {row["finding_id"]: _arrival(row) for row in marts_rows(connection, _COVERAGE)}
        connection.unregister("asked")
    unknown = Ending(is_fixed=False, reason="this is not checked any more")
    return {
        one.finding_id: (coverage if one.rule_id == OVERDUE else outcomes).get(one.finding_id, unknown)
        for one in gone
    }


def _ask(connection: duckdb.DuckDBPyConnection, gone: Sequence[Sighting], of_divisions: Sequence[str]) -> None:
    import pyarrow as pa

    names = ("finding_id", "body_id", "report_year", "rule_id", "instance_key")
    asked = [
        {name: getattr(one, name) for name in names}
        | {"whose": one.division_code if one.rule_id in of_divisions else one.body_id}
        for one in gone
    ]
    connection.register("asked", pa.Table.from_pylist(asked))


def _ending(row: Mapping[str, Any]) -> Ending:
    if row["outcome"] == Outcome.PASSED:
        return Ending(is_fixed=True, reason="the check is passed")
    if row["outcome"] == Outcome.FAILED:
        return Ending(is_fixed=False, reason=f"it is of severity {row['severity']} now")
    return Ending(is_fixed=False, reason=row["reason"] or "it cannot be checked now")


def _arrival(row: Mapping[str, Any]) -> Ending:
    is_there = row["coverage_state"].startswith("published")
    return Ending(is_there, "the report is there" if is_there else row["coverage_reason"] or row["coverage_state"])


def _overdue(row: Mapping[str, Any]) -> Sighting:
    deadline = f"{row['deadline_on']:%Y-%m-%d}"
    return Sighting(
        finding_id=finding_id_of(row["body_id"], row["report_year"], OVERDUE, "report"),
        body_id=row["body_id"],
        body_name=row["body_name"],
        division_code=row["division_code"] or "",
        division_name=row["division_name"] or "",
        report_year=row["report_year"],
        rule_id=OVERDUE,
        rule_version=1,
        instance_key="report",
        instance_label="整份报告",
        severity="warning",
        difference=None,
        told=deadline,
        entry_url="",
        document_url="",
        fingerprint=_print(deadline, None),
    )


def _print(*found: object) -> str:
    return hashlib.sha256(json.dumps(found, ensure_ascii=False).encode()).hexdigest()[:16]
