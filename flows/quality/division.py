"""The rules that hold a division's aggregate report against the reports below it (X01 to X03), for files.

The models fct_division_member, mart_division_year and mart_division_check themselves, over the records of one
aggregate report and of the reports that somebody has of its division's members. Which report goes into a sum, and
why another does not, is decided there and nowhere else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flows.formats import figure_cells, rules
from flows.quality.balances import CheckedTerm, CheckResult
from flows.quality.conditions import FileRecords
from flows.quality.models import build, record_table, seed_table
from flows.quality.proposal_words import number_text
from flows.records import Cell, Outcome, Report

if TYPE_CHECKING:
    import duckdb

DIVISION_RULES = ("X01", "X02", "X03")
"""What is assessed here; the order in which it is told."""

_FIGURE_MODELS = ("int_current_cells", "int_body_year_figures", "int_divisions")
_DIVISION_MODELS = ("fct_division_member", "mart_division_year", "mart_division_check")
"""Each in the order in which they find what they read."""

_REPORTS = """
    create table int_readings as from staged_report;
    create table int_current_reports as
    select report_id, reader_version, body_id, report_year, scope from staged_report;
"""
_OWN_DIVISION = """
    create table int_portals as
    select division_code, coalesce(division_name, '') as division_name, level, body_id as portal_id
    from staged_report where report_id = $1 and division_code is not null
"""
"""The division of the aggregate report is known as a registered one is: its own government names it."""
_STAND_INS = """
    create table dim_division as from int_divisions;
    create table mart_body_year as
    select
        int_body_year_figures.*, staged_report.body_name, staged_report.division_code, staged_report.level,
        staged_report.body_kind
    from int_body_year_figures inner join staged_report using (report_id);
    create table fct_expected_report (
        body_id varchar, report_year bigint, coverage_state varchar, coverage_reason varchar, is_inferred boolean);
    create table dim_body (
        body_id varchar, body_name varchar, division_code varchar, level varchar, body_kind varchar);
"""
_CHECKS = """
    select rule_id, instance_key, severity, outcome, reason, aggregate_value, member_sum, difference, body_count,
        expected_count, evidence
    from mart_division_check where division_code = $1 and report_year = $2
    order by rule_id, instance_key
"""
_MEMBERS = """
    select body_id, exclusion_reason from fct_division_member where division_code = $1 and report_year = $2
"""


@dataclasses.dataclass(frozen=True, slots=True)
class ExpectedMember:
    """A report that is expected of a body which may be a member of the division."""

    body_id: str
    body_name: str
    division_code: str
    level: str | None
    body_kind: str | None
    coverage_state: str
    """found, read_failed or not_found."""
    coverage_reason: str | None = None
    records: FileRecords | None = None
    """None where there is no report that can be read."""


@dataclasses.dataclass(frozen=True, slots=True)
class DivisionChecks:
    """What came of the rules, and of each report that was given."""

    results: list[CheckResult]
    sums: dict[str, dict[str, Any]]
    """By figure: aggregate_value, member_sum, body_count and expected_count."""
    exclusions: dict[str, str | None]
    """By body that is a member of the division: why its report is in no sum, None where it is."""


def evaluate_division(
    aggregate: FileRecords, expected: Sequence[ExpectedMember], *, is_complete: bool = False
) -> DivisionChecks:
    """Outcomes of X01 and X02 by figure, and of X03.

    `aggregate` is the report of a division's government for a known year; bodies of `expected` are all different.
    With `is_complete` they are known to be all members of the division, without which X02 is not assessable. Where
    the report is no aggregate of a division, or none of the bodies is a member, the rules are not assessable.
    """
    import duckdb

    report = aggregate.report
    year = report.report_year or 0
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        _stage(connection, aggregate, expected, is_complete)
        build(connection, _DIVISION_MODELS)
        checks = _rows(connection, _CHECKS, report.division_code, year)
        members = _rows(connection, _MEMBERS, report.division_code, year)
    found = {row["rule_id"] for row in checks}
    results = [_result(row, aggregate.cells) for row in checks]
    results += [
        _not_assessable(rule_id, _why(report, bool(members))) for rule_id in DIVISION_RULES if rule_id not in found
    ]
    compared = ("aggregate_value", "member_sum", "body_count", "expected_count")
    return DivisionChecks(
        sorted(results, key=lambda result: (DIVISION_RULES.index(result.rule_id), result.instance_key)),
        {row["instance_key"]: {name: row[name] for name in compared} for row in checks if row["rule_id"] == "X01"},
        {row["body_id"]: row["exclusion_reason"] for row in members},
    )


def _why(report: Report, has_members: bool) -> str:
    if report.report_year is None:
        return "the year of the report is not known"
    if report.division_code is None or report.body_kind != "government" or report.level == "township":
        return "not the report of the government of a division"
    if report.scope != "aggregate":
        return (
            "the report does not say that it puts others together"
            if report.scope == "unknown"
            else "the report is on its own office only"
        )
    return "the division has several governments" if has_members else "no report of a member of the division"


def _stage(
    connection: duckdb.DuckDBPyConnection,
    aggregate: FileRecords,
    expected: Sequence[ExpectedMember],
    is_complete: bool,
) -> None:
    own = aggregate.report
    members = [
        dataclasses.replace(
            member.records.report,
            body_id=member.body_id,
            body_name=member.body_name,
            division_code=member.division_code,
            report_year=own.report_year,
        )
        for member in expected
        if member.records
    ]
    record_table(connection, "staged_report", Report, [own, *members])
    files = [aggregate, *(member.records for member in expected if member.records)]
    record_table(connection, "stg_raw__cell", Cell, (cell for file in files for cell in file.cells))
    connection.execute(_REPORTS)
    connection.execute(_OWN_DIVISION, [own.report_id])
    for name in ("rules", "figures", "figure_cells"):
        seed_table(connection, name)
    seed_table(connection, "format_cells", generation="varchar")
    seed_table(connection, "divisions", division_code="varchar", parent_division_code="varchar")
    seed_table(connection, "division_changes", division_code="varchar", successor_code="varchar")
    seed_table(
        connection,
        "complete_rosters",
        division_code="varchar",
        first_report_year="bigint",
        last_report_year="bigint",
    )
    if is_complete:
        roster = [own.division_code, own.report_year, own.report_year]
        connection.execute("insert into complete_rosters values ($1, $2, $3, 'said with the reports')", roster)
    build(connection, _FIGURE_MODELS)
    connection.execute(_STAND_INS)
    for one in expected:
        state = [one.body_id, own.report_year, one.coverage_state, one.coverage_reason]
        connection.execute("insert into fct_expected_report values ($1, $2, $3, $4, false)", state)
        body = [one.body_id, one.body_name, one.division_code, one.level, one.body_kind]
        connection.execute("insert into dim_body values ($1, $2, $3, $4, $5)", body)


def _rows(connection: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> list[dict[str, Any]]:
    result = connection.execute(query, list(parameters))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _result(row: Mapping[str, Any], cells: Sequence[Cell]) -> CheckResult:
    """An outcome with the cells of the aggregate report that its figure is summed of."""
    blank = _not_assessable(row["rule_id"], row["reason"])
    return dataclasses.replace(
        blank,
        instance_key=row["instance_key"],
        severity=row["severity"],
        outcome=Outcome(row["outcome"]),
        difference=row["difference"],
        cells=tuple(_terms(row["instance_key"], cells)),
        evidence=_evidence(row) if row["outcome"] == Outcome.FAILED else None,
    )


def _evidence(row: Mapping[str, Any]) -> str:
    """That of the mart, its decimals without trailing noughts."""
    if row["rule_id"] == "X03":
        return str(row["evidence"])
    values = " / ".join(number_text(row[name]) for name in ("aggregate_value", "member_sum"))
    return f"{row['instance_key']}: {values} of {row['body_count']}"


def _not_assessable(rule_id: str, reason: str) -> CheckResult:
    rule = next(rule for rule in rules() if rule.rule_id == rule_id)
    return CheckResult(
        rule_id=rule_id,
        instance_key="roster" if rule_id == "X03" else "report",
        statement_zh=rule.statement_zh,
        statement_en=rule.statement_en,
        formula=rule.formula,
        severity=rule.severity,
        outcome=Outcome.NOT_ASSESSABLE,
        reason=reason,
        difference=None,
        cells=(),
    )


def _terms(figure_key: str, cells: Sequence[Cell]) -> Iterator[CheckedTerm]:
    parts = {
        (table, row, column): factor for figure, table, row, column, factor in figure_cells() if figure == figure_key
    }
    for cell in cells:
        coefficient = parts.get((cell.table_key, cell.row_key, cell.column_key))
        if coefficient is not None:
            yield CheckedTerm(
                cell.table_key,
                cell.row_key,
                cell.column_key,
                0,
                coefficient,
                str(cell.cell_kind),
                cell.printed,
                cell.value,
                cell.second_value,
                cell.second_number,
                cell.agreement,
            )
