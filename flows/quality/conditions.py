"""The rules that are conditions on one report, and those on what its text says of its tables, for a single file.

The models int_condition_outcomes and int_claim_checks themselves, over the records of one file and of last year's.
What only the archive knows (when it was seen, whether it changed) is left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from flows.quality.models import build, macro, record_table, seed_table
from flows.records import Cell, Claim, Report, Section, TextRemark, TextSignature

if TYPE_CHECKING:
    import duckdb

OF_THE_ARCHIVE = frozenset(
    {"document_format", "first_fetched_on", "deadline_on", "is_vanished", "is_revised", "shown_elsewhere_count"}
)
"""Facts that one file does not have; rules that need them are not asked."""

_MODELS = (
    "int_current_cells",
    "int_cell_summaries",
    "int_text_summaries",
    "int_text_signatures",
    "int_body_year_figures",
    "int_rule_facts",
    "int_condition_outcomes",
    "int_failed_conditions",
    "int_claim_checks",
    "int_balance_terms",
    "int_balance_instances",
    "int_check_sums",
    "int_check_outcomes",
    "int_failed_checks",
    "int_torn_number_checks",
    "int_blank_checks",
    "int_claim_sum_checks",
)
"""In the order in which each finds what it reads."""

_REPORTS = """
    create table stg_raw__report as from staged_report;
    create table int_readings as
    select *, cast(null as timestamptz) as first_fetched_at, cast(null as varchar) as document_format
    from staged_report;
    create table int_current_reports as
    select
        report_id, reader_version, body_id, report_year, scope,
        lag(report_id) over years as previous_report_id, lag(reader_version) over years as previous_reader_version,
        coalesce(lag(scope) over years != scope and lag(scope) over years != 'unknown' and scope != 'unknown', false)
            as is_other_scope_before
    from staged_report
    window years as (order by is_own);
    create table int_report_versions as
    select report_id, body_id, report_year, null::timestamptz as replaced_at, null::timestamptz as vanished_at
    from staged_report;
    create table int_body_year_deadlines (body_id varchar, report_year bigint, deadline_on date);
    create table int_revisions (
        body_id varchar, report_year bigint, changed_at timestamptz,
        report_id_before varchar, report_id_after varchar);
"""
_RESULTS = """
    select rule_id, instance_key, outcome, reason, null as difference, verdict, cells, evidence
    from int_condition_outcomes left join int_failed_conditions using (report_id, rule_id, instance_key)
    where report_id = $1
    union all
    select rule_id, instance_key, outcome, reason, difference, verdict, cells, evidence
    from int_claim_checks where report_id = $1
    union all
    select rule_id, instance_key, outcome, reason, difference, verdict, cells, evidence
    from int_torn_number_checks where report_id = $1
    union all
    select rule_id, instance_key, outcome, reason, difference, verdict, cells, evidence
    from int_blank_checks where report_id = $1
    union all
    select rule_id, instance_key, outcome, reason, difference, verdict, null, evidence
    from int_claim_sum_checks where report_id = $1
    order by rule_id, instance_key
"""


@dataclasses.dataclass(frozen=True, slots=True)
class FileRecords:
    """What was read of one file."""

    report: Report
    cells: Sequence[Cell]
    sections: Sequence[Section] = ()
    claims: Sequence[Claim] = ()
    text_signatures: Sequence[TextSignature] = ()
    text_remarks: Sequence[TextRemark] = ()


def evaluate_conditions(own: FileRecords, previous: FileRecords | None = None) -> list[dict[str, Any]]:
    """Outcomes as the models give them, by rule and instance.

    Each has rule_id, instance_key, outcome, reason, difference, verdict, cells (a list of dicts, None where no cell
    is concerned) and evidence. `previous` are the records of the same body's report of the year before.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name in ("figures", "figure_cells", "rules", "rule_terms"):
            seed_table(connection, name)
        seed_table(connection, "format_cells", generation="varchar")
        _stage(connection, [*([previous] if previous else []), own], own.report)
        build(connection, _MODELS)
        result = connection.execute(_RESULTS, [own.report.report_id])
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return [row for row in rows if row["rule_id"] not in _not_asked()]


@cache
def _not_asked() -> frozenset[str]:
    return frozenset(rule_id for rule_id, _, needs, *_ in macro("rule_conditions") if OF_THE_ARCHIVE & {*needs})


def _stage(connection: duckdb.DuckDBPyConnection, files: Sequence[FileRecords], own: Report) -> None:
    """The records as staging has them. Body and year are those of the checked file: the caller compared them."""
    year = own.report_year or 0
    reports = [
        dataclasses.replace(file.report, body_id=own.body_id, report_year=year - (file.report is not own))
        for file in files
    ]
    record_table(connection, "staged_report_rows", Report, reports)
    connection.execute(
        "create table staged_report as select *, report_id = $1 as is_own from staged_report_rows", [own.report_id]
    )
    connection.execute(_REPORTS)
    record_table(connection, "stg_raw__cell", Cell, (cell for file in files for cell in file.cells))
    record_table(connection, "stg_raw__section", Section, (section for file in files for section in file.sections))
    record_table(connection, "stg_raw__claim", Claim, (claim for file in files for claim in file.claims))
    signatures = (signature for file in files for signature in file.text_signatures)
    record_table(connection, "stg_raw__text_signature", TextSignature, signatures)
    remarks = (remark for file in files for remark in file.text_remarks)
    record_table(connection, "stg_raw__text_remark", TextRemark, remarks)
