"""A report as docx: tables with merged cells as in the official template."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

from docx import Document

from flows.sample.rendering.composition import Composition, Heading
from flows.sample.rendering.layout import FormTable

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""Earliest time a zip can name: bytes must not depend on when they were written."""


def docx(composition: Composition, written_at: dt.datetime) -> bytes:
    """The report as docx bytes; `written_at` (UTC) stands in its properties. The same input gives the same bytes."""
    document = Document()
    properties = document.core_properties
    properties.title = composition.title
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = written_at.replace(tzinfo=None)
    document.add_heading(composition.title, level=0)
    for block in composition.blocks:
        if isinstance(block, FormTable):
            _add_table(document, block)
        elif isinstance(block, Heading):
            document.add_heading(block.text, level=1)
        else:
            document.add_paragraph(block.text)
    saved = io.BytesIO()
    document.save(saved)
    return without_times(saved)


def _add_table(document: Any, form: FormTable) -> None:  # noqa: ANN401 - python-docx has no types
    table = document.add_table(rows=len(form.rows), cols=form.column_count)
    table.style = "Table Grid"
    cells = [row.cells for row in table.rows]
    for row_index, row in enumerate(form.placed()):
        for column, cell in row:
            merged = cells[row_index][column]
            if cell.column_span > 1 or cell.row_span > 1:
                merged = merged.merge(cells[row_index + cell.row_span - 1][column + cell.column_span - 1])
            merged.text = cell.text


def without_times(saved: io.BytesIO) -> bytes:
    """The same package with every member dated alike."""
    sink = io.BytesIO()
    with zipfile.ZipFile(saved) as package, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as dated:
        for name in package.namelist():
            member = zipfile.ZipInfo(name, ZIP_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            dated.writestr(member, package.read(name))
    return sink.getvalue()
