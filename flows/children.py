"""Reports of the bodies below a draft's, read from a folder: one state for each file, and what their sums say."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import InputError
from flows.single_file import document_name, in_a_sentence, payload_of, read_payloads_apart

if TYPE_CHECKING:
    from flows.quality.conditions import FileRecords
    from flows.quality.division import DivisionChecks, ExpectedMember
    from flows.records import Report
    from flows.reports.reader import Reading
    from flows.settings import Settings

FILES_MOST = 1000
"""Files that a folder may hold: departments, townships and lower governments of a large division are some hundred."""
READ_AT_ONCE = 16
"""Files whose bytes are held in memory together."""
KEPT_BY_PROGRAMS = ("thumbs.db", "desktop.ini")
HIDDEN = (".", "~$")
"""How the names of files begin that a system or an office program keeps for itself."""


class ChildState(StrEnum):
    """What became of one file of the folder."""

    SUMMED = "summed"
    NOT_SUMMED = "not_summed"
    """A report of the division that the sums must not hold, or cannot."""
    OTHER_DIVISION = "other_division"
    """The report of a body that is not directly below the draft's."""
    OTHER_YEAR = "other_year"
    SEVERAL = "several"
    """One of several files of the same body: which of them holds is not known, so none is summed."""
    NOT_READ = "not_read"
    LEFT_OUT = "left_out"
    """The draft itself, a second copy, or no document at all."""


@dataclasses.dataclass(frozen=True, slots=True)
class ChildFile:
    """One file of the folder."""

    file: str
    """Its path below the folder."""
    state: ChildState
    reason: str | None = None
    body_id: str | None = None
    body_name: str | None = None
    report_year: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class _Read:
    file: str
    name: str = ""
    """What it is called by its bytes, empty where they were not read."""
    records: FileRecords | None = None
    """What is summed of a report: who it is, and its cells."""
    reason: str | None = None
    """Why there is none."""


def check_children(
    folder: Path, own: FileRecords, own_name: str, settings: Settings, *, is_complete: bool
) -> tuple[list[ChildFile], DivisionChecks]:
    """States of all files in a folder and those below it, in the order of their names, and the rules X01 to X03.

    `own` are the records of the draft, `own_name` is what its file is called by its bytes. A file that names no
    division is taken for one of the draft's own: that is why it lies in the folder.

    Raises:
        InputError: there is no such folder, or it holds no file or too many.
    """
    from flows.quality.division import evaluate_division

    read = list(_read(_files(folder), folder, own.report, settings))
    children = _several(list(_sorted_out(read, own.report, own_name)))
    checks = evaluate_division(own, _expected(children, read, own.report), is_complete=is_complete)
    return [_told(child, one, checks) for child, one in zip(children, read, strict=True)], checks


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; --children takes the folder that holds the reports of this year.")
    files = list(islice((path for path in folder.rglob("*") if not path.is_dir()), FILES_MOST + 1))
    if not files:
        raise InputError(f"{folder} holds no file; put the reports of the bodies below into it.")
    if len(files) > FILES_MOST:
        raise InputError(
            f"{folder} holds more than {FILES_MOST} files; name a folder that holds only the reports of one division "
            "and year."
        )
    return sorted(files)


def _read(files: Sequence[Path], folder: Path, own: Report, settings: Settings) -> Iterator[_Read]:
    from flows.reports.identity import Hints

    hints = Hints(division_code=own.division_code, division_name=own.division_name, level=own.level)
    for first in range(0, len(files), READ_AT_ONCE):
        some = files[first : first + READ_AT_ONCE]
        payloads: dict[Path, bytes] = {}
        refused: dict[Path, str] = {}
        for path in some:
            if path.name.startswith(HIDDEN) or path.name.lower() in KEPT_BY_PROGRAMS:
                continue
            try:
                payloads[path] = _payload(path, settings)
            except InputError as error:
                refused[path] = _written(str(error))
        readings = dict(zip(payloads, read_payloads_apart([*payloads.values()], settings, hints), strict=True))
        for path in some:
            file = _written(str(path.relative_to(folder)))
            if path in readings:
                yield _kept(file, document_name(payloads[path]), readings[path])
            else:
                yield _Read(file, reason=refused.get(path))


def _payload(path: Path, settings: Settings) -> bytes:
    if not path.is_file():  # a pipe would be waited for
        raise InputError(f"{path} cannot be read: it is no file.")
    return payload_of(path, settings)


def _written(text: str) -> str:
    """Names in a text as they can be written: those out of another system's archive are often in its own encoding."""
    name = os.fsencode(text)
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("gb18030", errors="replace")


def _kept(file: str, name: str, reading: Reading) -> _Read:
    from flows.quality.conditions import FileRecords

    if reading.report is None:
        return _Read(file, name, reason=in_a_sentence(reading))
    return _Read(file, name, FileRecords(reading.report, reading.cells))


def _sorted_out(read: Sequence[_Read], own: Report, own_name: str) -> Iterator[ChildFile]:
    """Each file with what its own reading says of it; what may be summed is SUMMED until the rules have spoken."""
    first_of: dict[str, str] = {}
    for one in read:
        if not one.name:
            state = ChildState.NOT_READ if one.reason else ChildState.LEFT_OUT
            yield ChildFile(one.file, state, one.reason or "no document: a system or a program keeps it")
        elif one.name == own_name:
            yield ChildFile(one.file, ChildState.LEFT_OUT, "the draft itself")
        elif (same := first_of.setdefault(one.name, one.file)) != one.file:
            yield ChildFile(one.file, ChildState.LEFT_OUT, f"the same as {same}")
        elif one.records is None:
            yield ChildFile(one.file, ChildState.NOT_READ, one.reason)
        else:
            yield _by_report(one.file, one.records.report, own)


def _by_report(file: str, report: Report, own: Report) -> ChildFile:
    state: ChildState = ChildState.SUMMED
    reason: str | None = None
    if report.body_id == own.body_id:
        state, reason = ChildState.LEFT_OUT, "a report of the draft's own body"
    elif report.report_year is None:
        state, reason = ChildState.NOT_SUMMED, "its year is not known"
    elif report.report_year != own.report_year:
        state, reason = ChildState.OTHER_YEAR, f"a report for {report.report_year}"
    elif report.division_code is None:
        state, reason = ChildState.NOT_SUMMED, "where its body is, is not known"
    return ChildFile(file, state, reason, report.body_id, report.body_name, report.report_year)


def _several(children: Sequence[ChildFile]) -> list[ChildFile]:
    """The same, with the files marked that are reports of one body for the same year."""
    of_body: dict[str | None, list[ChildFile]] = {}
    for child in children:
        if child.state == ChildState.SUMMED:
            of_body.setdefault(child.body_id, []).append(child)
    told = []
    for child in children:
        alike = [other for other in of_body.get(child.body_id, ()) if other is not child]
        if child.state == ChildState.SUMMED and alike:
            reason = f"the same body as {alike[0].file}"
            told.append(dataclasses.replace(child, state=ChildState.SEVERAL, reason=reason))
        else:
            told.append(child)
    return told


def _expected(children: Sequence[ChildFile], read: Sequence[_Read], own: Report) -> list[ExpectedMember]:
    """One expected report a body: a file stands for a body below the draft's, whether it could be read or not."""
    from flows.quality.division import ExpectedMember

    expected: dict[str, ExpectedMember] = {}
    summed_first = sorted(zip(children, read, strict=True), key=lambda pair: pair[0].state != ChildState.SUMMED)
    for child, one in summed_first:
        if child.state == ChildState.LEFT_OUT:
            continue
        report = one.records.report if one.records else None
        records = one.records if child.state == ChildState.SUMMED else None
        member = ExpectedMember(
            body_id=child.body_id or f"unknown:{child.file}",
            body_name=child.body_name or child.file,
            division_code=(report.division_code if report else None) or own.division_code or "",
            level=report.level if report else own.level,
            body_kind=report.body_kind if report and report.division_code else "department",
            coverage_state="found" if records else "not_found" if report else "read_failed",
            coverage_reason=child.reason,
            records=records,
        )
        expected.setdefault(member.body_id, member)
    return list(expected.values())


def _told(child: ChildFile, one: _Read, checks: DivisionChecks) -> ChildFile:
    """A file with what the rules made of it, and how far its figures can be relied on."""
    if child.state != ChildState.SUMMED or child.body_id is None or one.records is None:
        return child
    if child.body_id not in checks.exclusions:
        beyond = "not directly below the division of the draft"
        return dataclasses.replace(child, state=ChildState.OTHER_DIVISION, reason=beyond)
    reason = checks.exclusions[child.body_id] or (None if checks.sums else "the draft is held against no sum")
    if reason:
        return dataclasses.replace(child, state=ChildState.NOT_SUMMED, reason=reason)
    doubtful = sum(cell.doubt is not None for cell in one.records.cells)
    return dataclasses.replace(child, reason=f"doubtful cells: {doubtful}") if doubtful else child
