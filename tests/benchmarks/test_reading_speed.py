"""Reading a whole report (figures placed, proven, identified) against libraries that stop at raw grids."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from flows.documents import Limits, read_document
from flows.reports.reader import Hints, read_report
from flows.sample.index import read_figures, sample_report
from flows.sample.rendering import render

REPORT = "huaian-2024"


def payload(rendering: Any) -> bytes:
    report = sample_report(REPORT)
    return render(report, read_figures(report), rendering)


def read(document: bytes) -> int:
    reading = read_report(read_document(document, Limits()), document_id="0" * 32, hints=Hints())
    return sum(cell.value is not None for cell in reading.cells)


@pytest.mark.parametrize("rendering", ["html", "html_word"])
def test_html_against_pandas(rendering: str, ratio: Callable[..., float]) -> None:
    import pandas as pd

    page = payload(rendering)
    text = page.decode()
    assert read(page) == 200
    assert len(pd.read_html(io.StringIO(text))) >= 3
    ratio(f"gongkai, {rendering}", lambda: read(page), "pandas.read_html", lambda: pd.read_html(io.StringIO(text)))


def test_pdf_against_pdfplumber(ratio: Callable[..., float]) -> None:
    import pdfplumber

    document = payload("pdf")

    def tables() -> int:
        with pdfplumber.open(io.BytesIO(document)) as pdf:
            return sum(len(page.extract_tables()) for page in pdf.pages)

    assert read(document) == 200
    assert tables() >= 3
    ratio("gongkai, PDF", lambda: read(document), "pdfplumber.extract_tables", tables)


def test_docx_against_python_docx(ratio: Callable[..., float]) -> None:
    import docx

    document = payload("docx")

    def cells() -> int:
        tables = docx.Document(io.BytesIO(document)).tables
        return sum(len([cell.text for cell in row.cells]) for table in tables for row in table.rows)

    assert read(document) == 200
    assert cells() > 200
    ratio("gongkai, docx", lambda: read(document), "python-docx cells", cells)
