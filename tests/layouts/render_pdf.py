"""A layout as a PDF with a text layer: ruled tables that break wherever the page ends, and page numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from math import ceil
from typing import Any

from tests.layouts.model import Layout, Table, cut, placed, width_of

FONT = "STSong-Light"
WIDTH_POINTS = 515
LABELS_MOST = 3
CELL_POINTS = 8
PADDING_POINTS = 2
ROWS_OF_A_PAGE = 17
"""A table with more rows is cut by a page break here, below the first row of a group, so that its label is torn."""
LABEL_SHARE = {"requests": 0.42, "proactive_disclosure": 0.3}
"""Part of the width that the label columns of a table take."""


def pdf(
    layout: Layout,
    *,
    figure_font: str = FONT,
    cell_points: float = CELL_POINTS,
    table_as: Callable[[Any], Any] = lambda table: table,
) -> bytes:
    """The report as PDF bytes. Its figures may have a font of their own; `table_as` makes what is set of a table."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.platypus import PageBreak, Paragraph
    from reportlab.platypus.doctemplate import LayoutError

    from tests.layouts.render import blocks_of

    registerFont(UnicodeCIDFont(FONT))
    prose = ParagraphStyle("prose", fontName=FONT, fontSize=12, leading=20, wordWrap="CJK")
    title = ParagraphStyle("title", parent=prose, fontSize=17, leading=26, alignment=1)

    def set_table(table: Table, whole: Table):
        return table_as(_table(table, whole, figure_font, cell_points))

    def story() -> list[Any]:
        flowables = [Paragraph(line, title) for line in layout.title_lines]
        for block in blocks_of(layout):
            if not isinstance(block, Table):
                flowables.append(Paragraph(block, prose))
            elif len(block.rows) > ROWS_OF_A_PAGE:
                upper, lower = cut(block, ROWS_OF_A_PAGE)
                flowables += [PageBreak(), set_table(upper, block), PageBreak(), set_table(lower, block)]
            else:
                flowables.append(set_table(block, block))
        return flowables

    try:
        return _built(story(), A4)
    except LayoutError:  # narrow columns make rows so high that a merged cell is taller than a page
        return _built(story(), (A4[0], 2 * A4[1]))


def _built(story: list[Any], page_size: tuple[float, float]) -> bytes:
    from reportlab.platypus import SimpleDocTemplate

    sink = io.BytesIO()
    template = SimpleDocTemplate(sink, pagesize=page_size, leftMargin=40, rightMargin=40, invariant=1)
    template.build(story, onFirstPage=_page_number, onLaterPages=_page_number)
    return sink.getvalue()


def _widths(table: Table) -> list[float]:
    columns = width_of(table)
    labels = _label_columns(table)
    share = LABEL_SHARE.get(table.name, 0.0) if 0 < labels <= LABELS_MOST else 0.0
    if not share:
        return [WIDTH_POINTS / columns] * columns
    narrow = [16.0, 44.0][: labels - 1]
    wide = WIDTH_POINTS * share - sum(narrow)
    return [*narrow, wide, *[WIDTH_POINTS * (1 - share) / (columns - labels)] * (columns - labels)]


def _label_columns(table: Table) -> int:
    """Grid columns left of the leftmost figure."""
    return min((column for row in placed(table) for column, slot in row if slot.key), default=0)


def _table(table: Table, whole: Table, figure_font: str, cell_points: float):
    from reportlab.lib.colors import black
    from reportlab.platypus import Table as Ruled

    widths = _widths(whole)  # of both sides of a page break
    grid = [[""] * len(widths) for _ in table.rows]
    commands = [
        ("GRID", (0, 0), (-1, -1), 0.5, black),
        ("FONT", (0, 0), (-1, -1), FONT, cell_points, cell_points + 2),
        ("ALIGN", (0, 0), (-1, -1), "CENTER"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING_POINTS),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING_POINTS),
    ]
    for number, row in enumerate(placed(table)):
        for column, slot in row:
            width = sum(widths[column : column + slot.colspan]) - 2 * PADDING_POINTS
            lines = (line for part in slot.text.split("\n") for line in _lines(part, width, cell_points))
            grid[number][column] = "\n".join(lines)
            if slot.key and slot.text.isascii():
                commands.append(("FONTNAME", (column, number), (column, number), figure_font))
            if slot.colspan > 1 or slot.rowspan > 1:
                last = min(number + slot.rowspan, len(table.rows)) - 1
                commands.append(("SPAN", (column, number), (column + slot.colspan - 1, last)))
    return Ruled(grid, colWidths=widths, style=commands)


def _lines(text: str, width_points: float, size: float) -> list[str]:
    """The text of a cell in lines of about equal length; figures are never parted."""
    points = sum(size / 2 if character.isascii() else size for character in text)
    if points <= width_points or text.isascii():
        lines = [text]
    else:
        length = ceil(len(text) / ceil(len(text) / max(1, int(width_points / size))))
        lines = [text[start : start + length] for start in range(0, len(text), length)]
    # where no Chinese font is installed the characters have no extent, and a run of one would be dropped
    return [f"{line} " if len(line) == 1 and not line.isascii() else line for line in lines]


def _page_number(canvas, document) -> None:
    canvas.setFont(FONT, 9)
    canvas.drawCentredString(document.pagesize[0] / 2, 30, f"— {document.page} —")
