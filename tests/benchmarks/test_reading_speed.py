"""Reading against libraries that stop at raw grids, each from the same bytes in memory, both warm.

The whole reading (figures placed and proven, read a second time, identified, claims of its sentences found) and the
raw grids alone are measured. `pandas.read_html` is called as it comes, which is with lxml, its fastest parser; that
one does not build the tree a browser builds, so on pages with tags left open the grids differ.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.documents import Limits, read_document
from flows.reports.reader import Hints, read_report
from flows.sample.index import read_figures, sample_report
from flows.sample.rendering import render
from tests.layouts.quirks import draw

REPORT = "huaian-2024"
REAL = Path(__file__).resolve().parents[3] / "shared" / "reports"
CELLS = 200
FIGURES_LEAST = 75
"""The real page leaves most of its cells blank."""


def payload(name: str) -> bytes:
    """A document by name: a rendering of the sample, a seed of the generator, or a real one beside the checkout."""
    if "." in name:
        if not (REAL / name).is_file():
            pytest.skip(f"the real documents are not at {REAL}")
        return (REAL / name).read_bytes()
    if ":" in name:
        return draw(name, "html", ()).payload
    report = sample_report(REPORT)
    return render(report, read_figures(report), name)  # type: ignore[arg-type]


def grids(document: bytes) -> int:
    return len(read_document(document, Limits()).blocks)


def read(document: bytes) -> int:
    reading = read_report(read_document(document, Limits()), document_id="0" * 32, hints=Hints())
    return sum(cell.value is not None for cell in reading.cells)


@pytest.mark.parametrize("name", ["html", "bench:1", "html_word", "shuyang-fgj-2023.html"])
def test_html_against_pandas(name: str, ratio: Callable[..., float]) -> None:
    import pandas as pd

    page = payload(name)

    def tables() -> int:
        return len(pd.read_html(io.BytesIO(page), encoding="utf-8"))

    assert tables() >= 3
    assert read(page) >= FIGURES_LEAST
    ratio(f"raw grids of {name} ({len(page) // 1000} kB)", lambda: grids(page), "pandas.read_html", tables)
    ratio(f"whole reading of {name}", lambda: read(page), "pandas.read_html", tables)


@pytest.mark.parametrize("name", ["pdf", "huaian-2024.pdf"])
def test_pdf_against_pdfplumber(name: str, ratio: Callable[..., float]) -> None:
    import pdfplumber

    document = payload(name)

    def tables() -> int:
        with pdfplumber.open(io.BytesIO(document)) as pdf:
            return sum(len(page.extract_tables()) for page in pdf.pages)

    assert read(document) == CELLS
    assert tables() >= 3
    ratio(f"whole reading of {name}", lambda: read(document), "pdfplumber.extract_tables", tables)


def test_docx_against_python_docx(ratio: Callable[..., float]) -> None:
    import docx

    document = payload("docx")

    def cells() -> int:
        tables = docx.Document(io.BytesIO(document)).tables
        return sum(len([cell.text for cell in row.cells]) for table in tables for row in table.rows)

    assert read(document) == CELLS
    assert cells() > CELLS
    ratio("whole reading of docx", lambda: read(document), "python-docx cells", cells)
