"""One file read on its own: no archive, no warehouse, no orchestrator, no network."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.records import NOT_READ, Agreement, Cell, CellKind, ReadState, as_row

if TYPE_CHECKING:
    from flows.explanation import ExplainedRow
    from flows.reports.reader import Hints, Reading
    from flows.settings import Settings


def read_file(path: Path, settings: Settings) -> Reading:
    """Read one file as a report, in a process that is ended when it exceeds its time or memory.

    Raises:
        InputError: the file cannot be opened, is not a document that can be read, or holds no report.

    A report of a kind that is not read yet is no error: its reading has that state, a reason and no report.
    """
    return read_files([path], settings)[0]


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
    return report_in(", ".join(map(str, paths)), reading_of(outcome, name).reading)


def report_in(named: str, reading: Reading) -> Reading:
    """The reading of a file; raises `InputError` where it came to no report."""
    if reading.read_state in NOT_READ:
        raise InputError(f"{named}: {reading.reason}")
    if reading.read_state not in {ReadState.READ, ReadState.NOT_YET_READ}:
        raise InputError(f"{named} holds no report that can be read: {reading.reason}")
    return reading


def read_files(paths: Sequence[Path], settings: Settings, hints: Hints | None = None) -> list[Reading]:
    """Read several files, each as a report of its own; raises what `read_file` raises."""
    readings = read_payloads_apart([payload_of(path, settings) for path in paths], settings, hints)
    return [report_in(str(path), reading) for path, reading in zip(paths, readings, strict=True)]


def read_payloads_apart(payloads: Sequence[bytes], settings: Settings, hints: Hints | None = None) -> list[Reading]:
    """Read each payload as a report; what cannot be read has a state and a reason. `hints` are those of them all."""
    from flows.documents.limits import Limits
    from flows.reports.workers import Workers

    with Workers.from_settings(settings) as workers:
        workers.start(len(payloads))  # while this process imports the same
        from flows.reports.bounded import read_payload, reading_of
        from flows.reports.reader import Hints

        names = [document_name(payload) for payload in payloads]
        limits = Limits.from_settings(settings)
        jobs = [(payload, limits, name, hints or Hints()) for payload, name in zip(payloads, names, strict=True)]
        outcomes = workers.run(read_payload, jobs)
    return [reading_of(outcome, name).reading for outcome, name in zip(outcomes, names, strict=True)]


def document_name(payload: bytes) -> str:
    """What a file that stands in no archive is called: 32 digits of its sha-256."""
    return hashlib.sha256(payload).hexdigest()[:32]


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
    return json_text(
        {
            "read_state": reading.read_state,
            "reason": reading.reason,
            "report": as_row(reading.report) if reading.report else None,
            "cells": [as_row(cell) for cell in reading.cells],
            "sections": [as_row(section) for section in reading.sections],
            "leftovers": [as_row(leftover) for leftover in reading.leftovers],
            "claims": [as_row(claim) for claim in reading.claims],
            **alignment(explained),
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
        *(f"    - {line}" for line in doubts_as_text(reading)),
        f"  leftovers    {len(reading.leftovers)}",
    ]
    lines += [f"    - {leftover.place}: {leftover.raw_text!r} ({leftover.reason})" for leftover in reading.leftovers]
    return "\n".join(lines) + "\n"


def _agreements(reading: Reading) -> dict[str, int]:
    """Cells by what the second reading says of them."""
    counts = Counter(cell.agreement for cell in reading.cells)
    return {agreement.value.replace("_", " "): counts[agreement] for agreement in Agreement}


def doubtful_cells(reading: Reading) -> list[Cell]:
    """Cells whose value may not be what the document has."""
    return [cell for cell in reading.cells if cell.doubt]


def cell_name(cell: Cell) -> str:
    """`requests/granted/total`."""
    return f"{cell.table_key}/{cell.row_key}/{cell.column_key}"


def doubts_as_text(reading: Reading) -> list[str]:
    """A line for each of them, with what speaks against its value."""
    return [
        f"{cell_name(cell)} = {cell.raw_text or cell.cell_kind}: {cell.doubt}" for cell in doubtful_cells(reading)
    ]


def alignment(explained: Sequence[ExplainedRow] | None) -> dict[str, Any]:
    """How each row was aligned, as a part of what is printed as JSON; nothing where it was not asked for."""
    from flows.explanation import as_data

    return {} if explained is None else {"alignment": as_data(explained)}


def json_text(value: object) -> str:
    """JSON with Chinese as it is; dates and decimals as texts."""
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
