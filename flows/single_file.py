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
from flows.records import NOT_READ, CellKind, Outcome, ReadState, as_row

if TYPE_CHECKING:
    from flows.quality.balances import CheckResult
    from flows.reports.reader import Reading
    from flows.settings import Settings

MARKS = {Outcome.PASSED: "passed", Outcome.FAILED: "FAILED", Outcome.NOT_ASSESSABLE: "not assessable"}


@dataclasses.dataclass(frozen=True, slots=True)
class CheckedFile:
    """A report and the outcome of every balance on it."""

    reading: Reading
    results: list[CheckResult]
    remark: str = ""
    """What could not be made sure of, empty if nothing."""


def read_file(path: Path, settings: Settings) -> Reading:
    """Read one file as a report, in a process that is ended when it exceeds its time or memory.

    Raises:
        InputError: the file cannot be opened, is not a document that can be read, or holds no report.
    """
    return _read_files([path], settings)[0]


def _read_files(paths: Sequence[Path], settings: Settings) -> list[Reading]:
    from flows.documents.limits import Limits
    from flows.reports.workers import Workers

    payloads = [_payload(path, settings) for path in paths]
    with Workers.from_settings(settings) as workers:
        workers.start(len(paths))  # while this process imports the same
        from flows.reports.bounded import read_payload, reading_of
        from flows.reports.reader import Hints

        names = [hashlib.sha256(payload).hexdigest()[:32] for payload in payloads]
        limits = Limits.from_settings(settings)
        jobs = [(payload, limits, name, Hints()) for payload, name in zip(payloads, names, strict=True)]
        outcomes = workers.run(read_payload, jobs)
    readings = [reading_of(outcome, name).reading for outcome, name in zip(outcomes, names, strict=True)]
    for path, reading in zip(paths, readings, strict=True):
        if reading.read_state in NOT_READ:
            raise InputError(f"{path}: {reading.reason}")
        if reading.read_state != ReadState.READ:
            raise InputError(f"{path} holds no report that can be read: {reading.reason}")
    return readings


def _payload(path: Path, settings: Settings) -> bytes:
    try:
        if path.stat().st_size > settings.document_bytes:
            raise InputError(
                f"{path} is larger than {settings.document_bytes} bytes; raise GONGKAI_DOCUMENT_BYTES to read it."
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error


def check_file(path: Path, last_year: Path | None, settings: Settings) -> CheckedFile:
    """Read a report, and last year's when given, and evaluate every balance.

    Raises:
        InputError: a file is not a readable report, or the two are not of one body, one year and the year before.
    """
    from flows.quality.balances import evaluate

    reading, *before = _read_files([path, last_year] if last_year else [path], settings)
    previous = before[0] if before else None
    remark = ""
    if previous and reading.report and previous.report:
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
    return CheckedFile(reading, evaluate(reading.cells, previous.cells if previous else None), remark)


def has_failed(checked: CheckedFile) -> bool:
    """Whether any balance failed."""
    return any(result.outcome == Outcome.FAILED for result in checked.results)


def as_csv(reading: Reading) -> str:
    """`table,row,column,value`, one line a cell of the format; blanks, marks and absent cells have no value."""
    from flows.reports.reader import figure_list

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "row", "column", "value"])
    writer.writerows(figure_list(reading.cells))
    return text.getvalue()


def as_json(reading: Reading) -> str:
    """Everything that was read: identity, cells with raw text, kind, place, confidence, sections, remains, claims."""
    return _json(
        {
            "report": as_row(reading.report) if reading.report else None,
            "cells": [as_row(cell) for cell in reading.cells],
            "sections": [as_row(section) for section in reading.sections],
            "leftovers": [as_row(leftover) for leftover in reading.leftovers],
            "claims": [as_row(claim) for claim in reading.claims],
        }
    )


def as_text(reading: Reading) -> str:
    """A few lines for a terminal: whose report it is and how much of it was read."""
    report = reading.report
    assert report is not None  # read_file lets only reports pass
    kinds = Counter(cell.cell_kind for cell in reading.cells)
    where = f"{report.division_code or 'division unknown'}, {report.level or 'level unknown'}"
    lines = [
        f"{report.title}",
        f"  body         {report.body_name} ({where})",
        f"  report year  {report.report_year or 'unknown'} (from {report.report_year_source or 'nothing'})",
        f"  published    {report.published_on or 'unknown'}",
        f"  generation   {report.generation}",
        f"  scope        {report.scope}",
        f"  cells        {', '.join(f'{kinds[kind]} {kind.value}' for kind in CellKind if kinds[kind])}",
        f"  leftovers    {len(reading.leftovers)}",
    ]
    lines += [f"    - {leftover.place}: {leftover.raw_text!r} ({leftover.reason})" for leftover in reading.leftovers]
    return "\n".join(lines) + "\n"


def checks_as_json(checked: CheckedFile) -> str:
    """Identity and every outcome with its cells."""
    report = checked.reading.report
    return _json(
        {
            "report": as_row(report) if report else None,
            "remark": checked.remark or None,
            "checks": [dataclasses.asdict(result) for result in checked.results],
        }
    )


def checks_as_text(checked: CheckedFile) -> str:
    """Every balance in a line; the failed ones with their cells."""
    report = checked.reading.report
    lines = [f"{report.title}" if report else "report", *([checked.remark] if checked.remark else []), ""]
    for result in checked.results:
        reason = f"  {result.reason}" if result.reason else ""
        lines.append(f"  {result.rule_id}  {result.instance_key:<34} {MARKS[Outcome(result.outcome)]}{reason}")
        if result.outcome == Outcome.FAILED:
            lines.append(f"        {result.statement_zh}: {result.formula}; the difference is {result.difference}")
            lines.append(f"        printed: {', '.join(_printed(cell) for cell in result.cells)}")
    counts = Counter(Outcome(result.outcome) for result in checked.results)
    lines += ["", ", ".join(f"{counts[outcome]} {outcome.value.replace('_', ' ')}" for outcome in Outcome)]
    return "\n".join(lines)


def _printed(cell: Any) -> str:  # noqa: ANN401 - a term of a check
    year = " (year before)" if cell.year_offset else ""
    return f"{cell.row_key}/{cell.column_key}{year} = {cell.printed or cell.cell_kind}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
