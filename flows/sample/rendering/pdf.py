"""A report as a PDF with a text layer: ruled tables, page numbers, the requests table cut by a page break."""

from __future__ import annotations

import io
from math import ceil
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import black
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table

from flows.sample.rendering.composition import Composition
from flows.sample.rendering.layout import FormTable

FONT = "STSong-Light"
"""A font that PDF viewers bring themselves, so no font file is embedded."""
TEXT_WIDTH_POINTS = 495
LABEL_WIDTHS_POINTS = {"proactive_disclosure": (150,), "requests": (16, 44, 162), "disputes": ()}
"""Widths of the label columns; the other columns share the rest."""
CELL_POINTS = 8
PADDING_POINTS = 2
REQUEST_ROWS_ABOVE_BREAK = 16
"""The page break in the requests table: below the first row of 无法提供, so that this label is torn."""


def pdf(composition: Composition) -> bytes:
    """The report as PDF bytes; the same report gives the same bytes."""
    registerFont(UnicodeCIDFont(FONT))
    prose = ParagraphStyle("prose", fontName=FONT, fontSize=12, leading=20, firstLineIndent=24, wordWrap="CJK")
    title = ParagraphStyle("title", parent=prose, fontSize=17, leading=26, alignment=1, firstLineIndent=0)
    story: list[Flowable] = [Paragraph(_markup(composition.title), title)]
    for block in composition.blocks:
        if not isinstance(block, FormTable):
            story.append(Paragraph(_markup(block.text), prose))
        elif block.table_key == "requests":
            story.insert(-1, PageBreak())  # its heading begins a page, so that the only break is the one below
            upper, lower = block.cut(REQUEST_ROWS_ABOVE_BREAK)
            story += [_table(upper), PageBreak(), _table(lower)]
        else:
            story.append(_table(block))
    sink = io.BytesIO()
    template = SimpleDocTemplate(
        sink, pagesize=A4, leftMargin=50, rightMargin=50, title=composition.title, invariant=1, author="", creator=""
    )
    template.build(story, onFirstPage=_page_number, onLaterPages=_page_number)
    return sink.getvalue()


def _table(table: FormTable) -> Flowable:
    labels = LABEL_WIDTHS_POINTS[table.table_key]
    others = table.column_count - len(labels)
    widths = [*labels, *[(TEXT_WIDTH_POINTS - sum(labels)) / others] * others]
    grid = [[""] * table.column_count for _ in table.rows]
    commands: list[tuple[Any, ...]] = [
        ("GRID", (0, 0), (-1, -1), 0.5, black),
        ("FONT", (0, 0), (-1, -1), FONT, CELL_POINTS, CELL_POINTS + 2),
        ("ALIGN", (0, 0), (-1, -1), "CENTER"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING_POINTS),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING_POINTS),
    ]
    for row_index, row in enumerate(table.placed()):
        for column, cell in row:
            width = sum(widths[column : column + cell.column_span]) - 2 * PADDING_POINTS
            grid[row_index][column] = "\n".join(_lines(cell.text, width))
            if cell.column_span > 1 or cell.row_span > 1:
                last = (column + cell.column_span - 1, row_index + cell.row_span - 1)
                commands.append(("SPAN", (column, row_index), last))
    return Table(grid, colWidths=widths, style=commands)


def _lines(text: str, width_points: float) -> list[str]:
    """The text of a cell in lines of about equal length that fit the width."""
    points = sum(CELL_POINTS / 2 if character.isascii() else CELL_POINTS for character in text)
    if points <= width_points:
        return [text]
    longest = max(1, int(width_points / CELL_POINTS))
    length = ceil(len(text) / ceil(len(text) / longest))
    lines = [text[start : start + length] for start in range(0, len(text), length)]
    # where no Chinese font is installed the characters of this font have no extent, and pdfium drops a run of one
    return [f"{line} " if len(line) == 1 else line for line in lines]


def _page_number(canvas: Any, document: Any) -> None:  # noqa: ANN401 - reportlab has no types
    canvas.setFont(FONT, 9)
    canvas.drawCentredString(document.pagesize[0] / 2, 30, f"— {document.page} —")


def _markup(text: str) -> str:
    return escape(text)
