"""One file read and checked on its own: no archive, no warehouse, no orchestrator, no network."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.records import NOT_READ, Agreement, Cell, CellKind, Outcome, ReadState, Verdict, as_row

if TYPE_CHECKING:
    from flows.explanation import ExplainedRow
    from flows.quality.balances import CheckResult
    from flows.quality.conditions import FileRecords
    from flows.quality.localisation import Fault
    from flows.reports.reader import Reading
    from flows.settings import Settings

MARKS = {Outcome.PASSED: "passed", Outcome.FAILED: "FAILED", Outcome.NOT_ASSESSABLE: "not assessable"}

VERDICTS = {
    Verdict.PUBLISHER: "both readings of the report take these figures",
    Verdict.READER: "with what the second reading takes it balances",
    Verdict.UNDECIDED: "two readings do not tell whether the report or its reading is wrong",
}


@dataclasses.dataclass(frozen=True, slots=True)
class CheckedFile:
    """A report and the outcome of every rule on it; none where the report is of a kind not read yet."""

    reading: Reading
    results: list[CheckResult]
    remark: str = ""
    """What could not be made sure of, empty if nothing."""
    faults: Sequence[Fault] = ()
    """Where balances failed: the cells that may be wrong, with what they would have to be."""


def read_file(path: Path, settings: Settings) -> Reading:
    """Read one file as a report, in a process that is ended when it exceeds its time or memory.

    Raises:
        InputError: the file cannot be opened, is not a document that can be read, or holds no report.

    A report of a kind that is not read yet is no error: its reading has that state, a reason and no report.
    """
    return _read_files([path], settings)[0]


def read_pictures(paths: Sequence[Path], settings: Settings) -> Reading:
    """Read several pictures, in the order given, as one report; bounded as `read_file` is.

    Raises:
        InputError: one of them is no picture, or cannot be read, or together they hold no report.
    """
    from flows.documents.detect import detect_format
    from flows.documents.limits import Limits
    from flows.reports.bounded import read_payloads, reading_of
    from flows.reports.reader import Hints
    from flows.reports.workers import Workers

    payloads = [payload_of(path, settings) for path in paths]
    for path, payload in zip(paths, payloads, strict=True):
        if (kind := detect_format(payload)) != "image":
            raise InputError(f"{path} is a {kind} file; several files make one report only where all are pictures.")
    name = hashlib.sha256(b"".join(payloads)).hexdigest()[:32]
    with Workers.from_settings(settings) as workers:
        job = (payloads, Limits.from_settings(settings), name, Hints())
        (outcome,) = workers.run(read_payloads, [job])
    return _report_in(", ".join(map(str, paths)), reading_of(outcome, name).reading)


def _report_in(named: str, reading: Reading) -> Reading:
    """The reading of a file; raises `InputError` where it came to no report."""
    if reading.read_state in NOT_READ:
        raise InputError(f"{named}: {reading.reason}")
    if reading.read_state not in {ReadState.READ, ReadState.NOT_YET_READ}:
        raise InputError(f"{named} holds no report that can be read: {reading.reason}")
    return reading


def _read_files(paths: Sequence[Path], settings: Settings) -> list[Reading]:
    from flows.documents.limits import Limits
    from flows.reports.workers import Workers

    payloads = [payload_of(path, settings) for path in paths]
    with Workers.from_settings(settings) as workers:
        workers.start(len(paths))  # while this process imports the same
        from flows.reports.bounded import read_payload, reading_of
        from flows.reports.reader import Hints

        names = [hashlib.sha256(payload).hexdigest()[:32] for payload in payloads]
        limits = Limits.from_settings(settings)
        jobs = [(payload, limits, name, Hints()) for payload, name in zip(payloads, names, strict=True)]
        outcomes = workers.run(read_payload, jobs)
    readings = [reading_of(outcome, name).reading for outcome, name in zip(outcomes, names, strict=True)]
    return [_report_in(str(path), reading) for path, reading in zip(paths, readings, strict=True)]


def payload_of(path: Path, settings: Settings) -> bytes:
    """Bytes of a file that is not larger than a document may be.

    Raises:
        InputError: it is larger, or cannot be opened.
    """
    try:
        if path.stat().st_size > settings.document_bytes:
            raise InputError(
                f"{path} is larger than {settings.document_bytes} bytes; raise GONGKAI_DOCUMENT_BYTES to read it."
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error


def check_file(path: Path, last_year: Path | None, settings: Settings) -> CheckedFile:
    """Read a report, and last year's when given, and apply every rule that needs no archive and no other body.

    Raises:
        InputError: a file is not a readable report, or the two are not of one body, one year and the year before.
    """
    from flows.quality.checks import balances_among, check
    from flows.quality.localisation import localise

    reading, *before = _read_files([path, last_year] if last_year else [path], settings)
    previous = before[0] if before else None
    remark = ""
    if not reading.report:
        return CheckedFile(reading, [], in_a_sentence(reading))
    if previous and not previous.report:
        remark = f"{last_year} is not compared. {in_a_sentence(previous)}"
        previous = None
    if previous and previous.report:
        body, other = reading.report.body_id, previous.report.body_id
        if body != other and not any(one.startswith("unknown:") for one in (body, other)):
            raise InputError(
                f"{last_year} is a report of {other}, but {path} is of {body}: give one of the same body."
            )
        year, year_before = reading.report.report_year, previous.report.report_year
        if not (year and year_before):
            remark = (
                "The year of one of the two reports is unknown, so they may not be of one year and the year before."
            )
        if year and year_before and year_before != year - 1:
            raise InputError(
                f"{last_year} is a report for {year_before}, but {path} is for {year}: give the one for {year - 1}."
            )
    results = check(_records(reading), _records(previous) if previous else None)
    faults = localise(balances_among(results), reading.cells, previous.cells if previous else None)
    return CheckedFile(reading, results, remark, faults)


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


def in_a_sentence(reading: Reading) -> str:
    """State and reason of a reading without a report."""
    return f"{reading.read_state.replace('_', ' ').capitalize()}: {reading.reason}"


def as_csv(reading: Reading) -> str:
    """`table,row,column,value`, one line a cell of the format; blanks, marks and absent cells have no value."""
    from flows.reports.reader import figure_list

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "row", "column", "value"])
    writer.writerows(figure_list(reading.cells))
    return text.getvalue()


def as_json(reading: Reading, explained: Sequence[ExplainedRow] | None = None) -> str:
    """Everything that was read: identity, cells with raw text, kind, place, two readings, the rest.

    With `explained` also how each row was aligned.
    """
    return _json(
        {
            "read_state": reading.read_state,
            "reason": reading.reason,
            "report": as_row(reading.report) if reading.report else None,
            "cells": [as_row(cell) for cell in reading.cells],
            "sections": [as_row(section) for section in reading.sections],
            "leftovers": [as_row(leftover) for leftover in reading.leftovers],
            "claims": [as_row(claim) for claim in reading.claims],
            **_alignment(explained),
        }
    )


def as_text(reading: Reading) -> str:
    """A few lines for a terminal: whose report it is and how much of it was read."""
    report = reading.report
    if report is None:
        return f"{in_a_sentence(reading)}\n"
    kinds = Counter(cell.cell_kind for cell in reading.cells)
    where = f"{report.division_code or 'division unknown'}, {report.level or 'level unknown'}"
    lines = [
        f"{report.title}",
        f"  body         {report.body_name} ({where})",
        f"  report year  {report.report_year or 'unknown'} (from {report.report_year_source or 'nothing'})",
        f"  published    {report.published_on or 'unknown'}",
        f"  generation   {report.generation}",
        f"  scope        {report.scope}",
        *([f"  doubt        {report.identity_doubt}"] if report.identity_doubt else []),
        f"  cells        {', '.join(f'{kinds[kind]} {kind.value}' for kind in CellKind if kinds[kind])}",
        f"  two readings {', '.join(f'{n} {name}' for name, n in _agreements(reading).items() if n)}",
        *(f"    - {_name(cell)} = {cell.raw_text or cell.cell_kind}: {cell.doubt}" for cell in _doubtful(reading)),
        f"  leftovers    {len(reading.leftovers)}",
    ]
    lines += [f"    - {leftover.place}: {leftover.raw_text!r} ({leftover.reason})" for leftover in reading.leftovers]
    return "\n".join(lines) + "\n"


def _agreements(reading: Reading) -> dict[str, int]:
    """Cells by what the second reading says of them."""
    counts = Counter(cell.agreement for cell in reading.cells)
    return {agreement.value.replace("_", " "): counts[agreement] for agreement in Agreement}


def _doubtful(reading: Reading) -> list[Cell]:
    return [cell for cell in reading.cells if cell.doubt]


def _name(cell: Cell) -> str:
    return f"{cell.table_key}/{cell.row_key}/{cell.column_key}"


def _alignment(explained: Sequence[ExplainedRow] | None) -> dict[str, Any]:
    from flows.explanation import as_data

    return {} if explained is None else {"alignment": as_data(explained)}


def checks_as_json(checked: CheckedFile, explained: Sequence[ExplainedRow] | None = None) -> str:
    """Identity, every outcome with its cells and verdict, proposals, the cells of which two readings differ.

    With `explained` also how each row was aligned.
    """
    from flows.quality.proposal_words import faults_as_data

    report = checked.reading.report
    return _json(
        {
            "report": as_row(report) if report else None,
            "remark": checked.remark or None,
            "checks": [dataclasses.asdict(result) for result in checked.results],
            "proposals": faults_as_data(checked.faults),
            "doubtful_cells": [as_row(cell) for cell in _doubtful(checked.reading)],
            **_alignment(explained),
        }
    )


def checks_as_text(checked: CheckedFile) -> str:
    """Every rule in a line; the failed ones with cells and verdict; proposals; cells of which readings differ."""
    from flows.quality.proposal_words import faults_as_text

    report = checked.reading.report
    if report is None:
        return checked.remark
    lines = [report.title, *([checked.remark] if checked.remark else []), ""]
    for result in checked.results:
        reason = f"  {result.reason}" if result.reason else ""
        lines.append(f"  {result.rule_id}  {result.instance_key:<34} {MARKS[Outcome(result.outcome)]}{reason}")
        if result.outcome == Outcome.FAILED:
            lines += _failure(result)
    lines += ["", *faults_as_text(checked.faults)] if checked.faults else []
    counts = Counter(Outcome(result.outcome) for result in checked.results)
    lines += ["", ", ".join(f"{counts[outcome]} {outcome.value.replace('_', ' ')}" for outcome in Outcome)]
    lines += [
        f"{_name(cell)} = {cell.raw_text or cell.cell_kind}: {cell.doubt}" for cell in _doubtful(checked.reading)
    ]
    return "\n".join(lines)


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


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
