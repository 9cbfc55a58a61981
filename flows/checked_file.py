"""One report checked before or after it is published: its own rules, last year's report and those below it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.records import Agreement, Outcome, Verdict, as_row
from flows.single_file import (
    alignment,
    document_name,
    doubtful_cells,
    doubts_as_text,
    in_a_sentence,
    json_text,
    payload_of,
    read_files,
)

if TYPE_CHECKING:
    import duckdb

    from flows.children import ChildFile
    from flows.explanation import ExplainedRow
    from flows.outlet.bodies import Body
    from flows.quality.balances import CheckResult
    from flows.quality.conditions import FileRecords
    from flows.quality.localisation import Fault
    from flows.records import Report
    from flows.reports.reader import Reading
    from flows.settings import Settings

MARKS = {Outcome.PASSED: "passed", Outcome.FAILED: "FAILED", Outcome.NOT_ASSESSABLE: "not assessable"}

VERDICTS = {
    Verdict.PUBLISHER: "both readings of the report take these figures",
    Verdict.READER: "with what the second reading takes it balances",
    Verdict.UNDECIDED: "two readings do not tell whether the report or its reading is wrong",
}
SUMS_OF_A_DIVISION = ("X01", "X02")
"""Rules that are applied to every figure, so that one reason stands for many."""


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """What a report is held against, besides its own sums."""

    last_year: Path | None = None
    """The same body's report for the year before."""
    is_warehouse_asked: bool = False
    """Whether that report is taken from the published copy."""
    body: str | None = None
    """Whose report it is, where the published copy is asked and the report does not say it."""
    children: Path | None = None
    """Folder of the reports for the same year of the bodies below."""
    is_complete: bool = False
    """Whether they are all that there are."""


@dataclasses.dataclass(frozen=True, slots=True)
class CheckedFile:
    """A report and the outcome of every rule on it; none where the report is of a kind not read yet."""

    reading: Reading
    results: list[CheckResult]
    remark: str = ""
    """What could not be made sure of, empty if nothing."""
    faults: Sequence[Fault] = ()
    """Where balances failed: the cells that may be wrong, with what they would have to be."""
    previous: FileRecords | None = None
    """Records of last year's report, None where it was held against none."""
    children: Sequence[ChildFile] | None = None
    """Files of the bodies below, each with its state; None where none were given."""
    sums: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    """By figure, what the report has and what those below sum to (`quality.division.DivisionChecks`)."""


def check_file(path: Path, context: Context, settings: Settings) -> CheckedFile:
    """Read a report and what it is held against, and apply every rule that these suffice for.

    Raises:
        InputError: a file is not a readable report, last year's is not the same body's for the year before, the
            published copy does not know the body, or there is no folder of reports below.
    """
    if context.is_warehouse_asked:
        from flows.outlet.copy import opened

        with opened(settings.published) as connection:
            checked = _against_published(path, context, connection, settings)
    else:
        reading, *before = read_files([path, context.last_year] if context.last_year else [path], settings)
        if reading.report and before and context.last_year:
            previous, remark = _last_year(path, reading.report, context.last_year, before[0])
            checked = judged(reading, previous, remark)
        else:
            checked = judged(reading)
    if context.children is None or checked.reading.report is None:
        return checked
    from flows.children import check_children

    own_name = document_name(payload_of(path, settings))
    own = _records(checked.reading)
    children, checks = check_children(context.children, own, own_name, settings, is_complete=context.is_complete)
    return dataclasses.replace(
        checked, results=[*checked.results, *checks.results], children=children, sums=checks.sums
    )


def judged(reading: Reading, previous: FileRecords | None = None, remark: str = "") -> CheckedFile:
    """The rules on a reading, and on last year's report where its records are given; `remark` is handed on."""
    from flows.quality.checks import balances_among, check
    from flows.quality.localisation import localise

    if not reading.report:
        return CheckedFile(reading, [], in_a_sentence(reading))
    results = check(_records(reading), previous)
    faults = localise(balances_among(results), reading.cells, previous.cells if previous else None)
    return CheckedFile(reading, results, remark, faults, previous)


def _last_year(path: Path, report: Report, last_year: Path, reading: Reading) -> tuple[FileRecords | None, str]:
    """Records of last year's file and what could not be made sure of."""
    before = reading.report
    if before is None:
        return None, f"{last_year} is not compared. {in_a_sentence(reading)}"
    if before.report_id == report.report_id:
        raise InputError(f"{last_year} has the same bytes as {path}: give the report for the year before.")
    body, other = report.body_id, before.body_id
    if body != other and not any(one.startswith("unknown:") for one in (body, other)):
        raise InputError(f"{last_year} is a report of {other}, but {path} is of {body}: give one of the same body.")
    year, year_before = report.report_year, before.report_year
    if not (year and year_before):
        remark = "The year of one of the two reports is unknown, so they may not be of one year and the year before."
        return _records(reading), remark
    if year_before != year - 1:
        raise InputError(
            f"{last_year} is a report for {year_before}, but {path} is for {year}: give the one for {year - 1}."
        )
    return _records(reading), ""


def _against_published(
    path: Path, context: Context, connection: duckdb.DuckDBPyConnection, settings: Settings
) -> CheckedFile:
    """A report held against the one that the published copy has of its body for the year before."""
    from flows.outlet.as_read import as_read
    from flows.outlet.bodies import find_body
    from flows.reports.identity import Hints

    body = find_body(connection, context.body) if context.body else None
    hints = Hints(body_name=body.body_name, division_code=body.division_code) if body else None
    (reading,) = read_files([path], settings, hints)
    report = reading.report
    if report is None:
        return judged(reading)
    remarks = []
    if body is None:
        body = _recognised(path, report, connection)
    elif report.body_id != body.body_id:
        remarks.append(f"The report names {report.body_id}, and is held against the one of {body.body_id}.")
    if report.report_year is None:
        remarks.append("The year of the report is unknown, so that no report of the year before can be looked for.")
        return judged(reading, None, " ".join(remarks))
    previous = as_read(connection, body.body_id, report.report_year - 1)
    if previous is None:
        remarks.append(f"The published copy has no report of {body.body_id} for {report.report_year - 1}.")
    return judged(reading, previous, " ".join(remarks))


def _recognised(path: Path, report: Report, connection: duckdb.DuckDBPyConnection) -> Body:
    from flows.outlet.bodies import find_body

    try:
        return find_body(connection, report.body_id)
    except InputError as error:
        raise InputError(
            f"{path} is a report of {report.body_id}, which the published copy does not know; name its body with "
            "--body, or give last year's report with --last-year."
        ) from error


def _records(reading: Reading) -> FileRecords:
    from flows.quality.conditions import FileRecords

    assert reading.report is not None  # the caller looked
    return FileRecords(
        reading.report,
        reading.cells,
        reading.sections,
        reading.claims,
        reading.text_signatures,
        reading.text_remarks,
    )


def has_failed(checked: CheckedFile) -> bool:
    """Whether the report has a fault: a balance that failed, or any other rule of severity error."""
    from flows.quality.checks import has_fault

    return any(map(has_fault, checked.results))


def checks_as_json(checked: CheckedFile, explained: Sequence[ExplainedRow] | None = None) -> str:
    """Identity, every outcome with its cells and verdict, proposals, the cells of which two readings differ.

    With `explained` also how each row was aligned.
    """
    from flows.quality.proposal_words import faults_as_data

    report = checked.reading.report
    return json_text(
        {
            "report": as_row(report) if report else None,
            "remark": checked.remark or None,
            "last_year": as_row(checked.previous.report) if checked.previous else None,
            "children": None
            if checked.children is None
            else [dataclasses.asdict(child) for child in checked.children],
            "checks": [dataclasses.asdict(result) for result in checked.results],
            "proposals": faults_as_data(checked.faults),
            "doubtful_cells": [as_row(cell) for cell in doubtful_cells(checked.reading)],
            **alignment(explained),
        }
    )


def checks_as_text(checked: CheckedFile) -> str:
    """Every rule in a line; the failed ones with cells and verdict; proposals; cells of which readings differ."""
    from flows.quality.proposal_words import faults_as_text

    report = checked.reading.report
    if report is None:
        return checked.remark
    lines = [report.title, *([checked.remark] if checked.remark else []), ""]
    for _, alike in groupby(checked.results, _told_together):
        results = list(alike)
        rule_id, outcome, reason = results[0].rule_id, Outcome(results[0].outcome), results[0].reason
        what = results[0].instance_key if len(results) == 1 else f"{len(results)} figures"
        lines.append(f"  {rule_id}  {what:<34} {MARKS[outcome]}{f'  {reason}' if reason else ''}")
        if outcome == Outcome.FAILED:
            lines += _failure(results[0])
    lines += ["", *_children(checked.children)] if checked.children is not None else []
    lines += ["", *faults_as_text(checked.faults)] if checked.faults else []
    counts = Counter(Outcome(result.outcome) for result in checked.results)
    lines += ["", ", ".join(f"{counts[outcome]} {outcome.value.replace('_', ' ')}" for outcome in Outcome)]
    return "\n".join([*lines, *doubts_as_text(checked.reading)])


def _told_together(result: CheckResult) -> tuple[object, ...]:
    """What results have in common that one line tells: sums of a division that came to the same for many figures."""
    outcome = Outcome(result.outcome)
    if result.rule_id in SUMS_OF_A_DIVISION and outcome != Outcome.FAILED:
        return (result.rule_id, outcome, result.reason)
    return (result.rule_id, outcome, result.reason, result.instance_key)


def _children(children: Sequence[ChildFile]) -> list[str]:
    counts = Counter(child.state for child in children)
    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items())
    lines = [f"  reports below: {len(children)} files, {states}"]
    for child in children:
        named = f"{child.body_name or 'no report'}, {child.state.replace('_', ' ')}"
        lines.append(f"    {child.file}: {named}{f': {child.reason}' if child.reason else ''}")
    return lines


def _failure(result: CheckResult) -> list[str]:
    difference = "" if result.difference is None else f"; the difference is {result.difference.normalize():f}"
    lines = [f"{result.severity}: {result.statement_zh}: {result.formula}{difference}"]
    lines += [f"found: {result.evidence}"] if result.evidence else []
    lines += [f"printed: {', '.join(_printed(cell) for cell in result.cells)}"] if result.cells else []
    lines += [f"verdict: {result.verdict}, {VERDICTS[Verdict(result.verdict)]}"] if result.verdict else []
    return [f"        {line}" for line in lines]


def _printed(cell: Any) -> str:  # noqa: ANN401 - a term of a check
    year = " (year before)" if cell.year_offset else ""
    second = f" (second reading: {cell.second_value or 'blank'})" if cell.agreement == Agreement.DISAGREED else ""
    return f"{cell.row_key}/{cell.column_key}{year} = {cell.printed or cell.cell_kind}{second}"
