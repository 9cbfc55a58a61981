"""Every number in the tables is a cell or a leftover with its place and a reason, counted on the documents.

What is a number is said here anew, without the reader's own rules: digits in a cell of a grid, but not the number of
an item (`7.`), of a page or of an article, nor a year or a date. A merged cell that a converter has written once for
each column it covers is one number.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from flows.documents import Document, Grid, Limits, UnreadableDocument, read_document
from flows.records import ReadState
from flows.reports.reader import Hints, Reading, read_report
from tests.corpus.test_real_documents import DOCUMENTS, REPORTS
from tests.layouts.quirks import draw

NO_NUMBER = re.compile(
    r"^[（(#*]?\d{1,2}[.、．)）]+(?!\d)|^[-—－]\s*\d+\s*[-—－]$|^第\d+页$|^[（(]\d[）)]$|20\d\d年|^数据\d$|\d\d-[01]\d-[0-3]\d$"
)
PARTICULARS = re.compile(r"索\s*引\s*号")
"""A table of a page's own particulars, beside the three of the report."""


def read(payload: bytes) -> tuple[Document, Reading]:
    document = read_document(payload, Limits())
    return document, read_report(document, document_id="d" * 32, hints=Hints())


def is_number(text: str) -> bool:
    return any(character.isdigit() for character in NO_NUMBER.sub("", "".join(text.split())))


def unaccounted(document: Document, reading: Reading) -> list[str]:
    """Numbers in grids that are neither a cell nor a leftover."""
    places = {cell.place for cell in reading.cells} | {leftover.place for leftover in reading.leftovers}
    missing = []
    for grid in (block for block in document.blocks if isinstance(block, Grid)):
        if any(PARTICULARS.search(cell.text) for row in grid.rows for cell in row):
            continue
        for row in grid.rows:
            known = {cell.text for cell in row if cell.place in places}
            numbers = [cell for cell in row if is_number(cell.text) and cell.place not in places]
            missing += [f"{cell.text} at {cell.place}" for cell in numbers if cell.text not in known]
    return missing


def twice(reading: Reading) -> list[str]:
    """Places that are more than one cell or leftover."""
    places = Counter(cell.place for cell in reading.cells if cell.place)
    places += Counter(leftover.place for leftover in reading.leftovers)
    return [place for place, count in places.items() if count > 1]


@pytest.mark.skipif(not REPORTS.is_dir(), reason=f"the real documents are not at {REPORTS}")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_number_of_a_real_document_is_lost(name: str) -> None:
    document, reading = read((Path(REPORTS) / name).read_bytes())
    assert (unaccounted(document, reading), twice(reading)) == ([], [])
    numbers = [cell for cell in reading.cells if cell.raw_text and is_number(cell.raw_text)]
    in_grids = sum(
        is_number(cell.text)
        for grid in document.blocks
        if isinstance(grid, Grid)
        for row in grid.rows
        for cell in row
    )
    assert len(numbers) == in_grids > 50


@pytest.mark.parametrize("ten", range(10))
def test_no_number_of_a_made_up_document_is_lost(ten: int) -> None:
    read_count = 0
    for number in range(200 + 10 * ten, 210 + 10 * ten):
        sample = draw(f"1:{number}")
        try:
            document, reading = read(sample.payload)
        except UnreadableDocument:
            continue
        if reading.read_state != ReadState.READ:
            continue
        read_count += 1
        assert (unaccounted(document, reading), twice(reading)) == ([], []), sample.seed
        kept = Counter("".join((cell.raw_text or "").split()) for cell in reading.cells)
        kept += Counter("".join(leftover.raw_text.split()) for leftover in reading.leftovers)
        printed = Counter("".join(text.split()) for text in sample.printed if any(c.isdigit() for c in text))
        assert printed - kept == Counter(), sample.seed
        assert all(leftover.place and leftover.reason for leftover in reading.leftovers)
    assert read_count >= 8
