"""Compares what was read with the truth: exact, doubtful, silently wrong, and numbers lost without a word."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter

from flows.documents import Limits, UnreadableDocument, read_document
from flows.documents.document import UNREAD
from flows.records import Agreement, CellKind
from flows.reports.reader import Hints, Reading, read_report
from tests.layouts.model import Key
from tests.layouts.quirks import Sample

HAS_VALUE = frozenset({CellKind.NUMBER, CellKind.ZERO})
IS_EMPTY = frozenset({CellKind.BLANK, CellKind.NOT_APPLICABLE})
IS_DOUBTFUL = frozenset({CellKind.ABSENT, CellKind.TEXT})


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What became of the cells of one document."""

    exact: int
    doubtful: tuple[Key, ...]
    """Not read, and said so (absent, left over or kept as text), or read and marked as doubtful."""
    wrong: tuple[Key, ...]
    """Another value than the careful reader's, a value where there is none, or none where there is one; unmarked.

    So is any of an untold cell, even if it happens to be right."""
    lost: tuple[str, ...]
    """Printed numbers that are neither in a cell nor left over."""
    caught: tuple[Key, ...] = ()
    """Of the doubtful ones: wrong in the first reading, and marked because the second takes another value."""
    suspected: tuple[Key, ...] = ()
    """Of the doubtful ones: right in the first reading, and marked all the same."""
    agreed: int = 0
    """Cells of which both readings take the same."""
    untold: tuple[Key, ...] = ()
    """Rightly not read or marked: the document does not say which figure is theirs."""


def read_sample(sample: Sample) -> Reading:
    """The document of a sample as the reader reads it."""
    document = read_document(sample.payload, Limits())
    return read_report(document, document_id="d" * 32, hints=Hints())


def judge(sample: Sample) -> Verdict:
    """Read a sample and compare it with its truth, cell by cell."""
    try:
        reading = read_sample(sample)
    except UnreadableDocument:
        return _unread(sample)
    if reading.report is None:
        return _unread(sample)
    cells = {(cell.table_key, cell.row_key, cell.column_key): cell for cell in reading.cells}
    exact = 0
    doubtful, wrong, caught, suspected, untold = [], [], [], [], []
    for key, value in sample.truth.items():
        cell = cells.get(key)
        kind = CellKind(cell.cell_kind) if cell else CellKind.ABSENT
        is_right = (kind in IS_EMPTY) if value is None else (kind in HAS_VALUE and cell and cell.value == value)
        if key in sample.untold:
            (untold if kind in IS_DOUBTFUL or (cell and cell.doubt) else wrong).append(key)
        elif kind in IS_DOUBTFUL:
            doubtful.append(key)
        elif cell and cell.doubt:
            doubtful.append(key)
            (suspected if is_right else caught).append(key)
        elif is_right:
            exact += 1
        else:
            wrong.append(key)
    for key, cell in cells.items():
        if key not in sample.truth and cell.cell_kind in HAS_VALUE:
            (caught if cell.doubt else wrong).append(key)
    agreed = sum(cell.agreement == Agreement.AGREED for cell in reading.cells)
    return Verdict(
        exact,
        tuple(doubtful),
        tuple(wrong),
        _lost(sample, reading),
        tuple(caught),
        tuple(suspected),
        agreed,
        tuple(untold),
    )


def _unread(sample: Sample) -> Verdict:
    told = tuple(key for key in sample.truth if key not in sample.untold)
    return Verdict(0, told, (), (), untold=tuple(sample.untold))


def _lost(sample: Sample, reading: Reading) -> tuple[str, ...]:
    def plain(text: str | None) -> str:
        return re.sub(r"\s+", "", text or "")

    kept = Counter(plain(cell.raw_text) for cell in reading.cells)
    kept += Counter(plain(leftover.raw_text) for leftover in reading.leftovers)
    printed = Counter(plain(text) for text in sample.printed if any(c.isdigit() for c in text))
    missing = tuple((printed - kept).elements())
    return missing[kept[UNREAD] :]  # each cell of a scan that could not be read stands for one of them
