"""Failed checks of one file as findings: the same labels, equations and proposals as in the digest."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from flows.quality.balances import CheckedTerm, CheckResult
from flows.quality.findings import Finding, finding_of
from flows.quality.localisation import Fault, ProposedCell
from flows.quality.named_cells import SETS_TOLD, NamedCell, Proposal, column_label, row_label
from flows.records import Agreement, Outcome, Report


def findings_of(results: Sequence[CheckResult], faults: Sequence[Fault], report: Report) -> list[Finding]:
    """What failed: errors before warnings, and those before the rest; within each in the order of the results.

    Where the year of the report is not known, its cells are of the year 0 and those of the year before of -1.
    """
    year = report.report_year or 0
    proposed = {
        (report.report_id, f"{rule_id} {instance_key}"): proposal_of(fault, year)
        for fault in faults
        if fault.sets
        for rule_id, instance_key in fault.checks
    }
    failed = [result for result in results if result.outcome == Outcome.FAILED]
    found = [finding_of(_row(result, report, year), proposed) for result in failed]
    grave = {"error": 0, "warning": 1}
    return sorted(found, key=lambda finding: grave.get(finding.severity, len(grave)))


def proposal_of(fault: Fault, report_year: int) -> Proposal:
    """What the balances say of the cells that may be wrong."""
    return Proposal(
        is_unique=fault.is_unique,
        is_preferred=fault.is_preferred,
        is_complete=fault.is_complete,
        set_count=len(fault.sets),
        sets=tuple(tuple(_named(cell, report_year) for cell in one.cells) for one in fault.sets[:SETS_TOLD]),
    )


def _named(cell: ProposedCell, report_year: int) -> NamedCell:
    key = (cell.table_key, cell.row_key, cell.column_key)
    return NamedCell(
        *key,
        report_year=report_year + cell.year_offset,
        row_label=row_label(*key),
        column_label=column_label(*key),
        printed=cell.printed,
        proposed_value=cell.proposed_value,
        second_value=cell.second_value if cell.agreement == Agreement.DISAGREED else None,
        error_owner=cell.error_owner,
    )


def _row(result: CheckResult, report: Report, report_year: int) -> dict[str, Any]:
    """A result in the columns of `marts.fct_check_result`."""
    return {
        **{name: getattr(report, name) for name in ("report_id", "body_id", "body_name", "division_code")},
        "division_name": report.division_name,
        "report_year": report_year,
        **{name: getattr(result, name) for name in ("rule_id", "instance_key", "severity", "difference")},
        "verdict": result.verdict,
        "evidence": result.evidence,
        "cells": [_cell(term, report_year) for term in result.cells],
        "entry_url": None,
        "document_url": None,
    }


def _cell(term: CheckedTerm, report_year: int) -> dict[str, Any]:
    return {**dataclasses.asdict(term), "report_year": report_year + term.year_offset}
