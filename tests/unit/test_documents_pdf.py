"""PDF: characters and ruling lines become grids; page numbers go, tables go on over pages.

The font is not embedded, and PDFium does not see a lone character whose glyph it lacks: labels have two at least.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from flows.documents import Document, Grid, Limits, Paragraph, UnreadableDocument, read_document
from flows.records import ReadState

FONT, SIZE = "STSong-Light", 10
WIDTH, HEIGHT = 595, 842


def pdf(*pages: Callable[[Canvas], None], encrypt: StandardEncryption | None = None, rotation: int = 0) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH, HEIGHT), encrypt=encrypt)
    for draw in pages:
        canvas.setFont(FONT, SIZE)
        if rotation:
            canvas.setPageRotation(rotation)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def table(
    canvas: Canvas, top: float, rows: list[list[str]], skip_walls: frozenset[tuple[int, int]] = frozenset()
) -> None:
    """Cells of 60 by 30 points with lines around them, but for the right walls of `skip_walls` (row, column)."""
    for r, row in enumerate(rows):
        y = top - 30 * r
        for c, text in enumerate(row):
            x = 60 + 60 * c
            canvas.line(x, y, x + 60, y)
            canvas.line(x, y - 30, x + 60, y - 30)
            if (r, c - 1) not in skip_walls:
                canvas.line(x, y, x, y - 30)
            if (r, c) not in skip_walls:
                canvas.line(x + 60, y, x + 60, y - 30)
            for n, line in enumerate(text.split("\n")):
                canvas.drawString(x + 4, y - 13 - 12 * n, line)


def read(payload: bytes, limits: Limits | None = None) -> Document:
    return read_document(payload, limits or Limits())


def grids(document: Document) -> list[Grid]:
    return [block for block in document.blocks if isinstance(block, Grid)]


def texts(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows]


def test_paragraphs_and_grids_in_reading_order() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 780, "一、总体情况")
        table(canvas, 700, [["规章", "1", "0"], ["商业\n企业", "22", ""]])
        canvas.drawString(60, 560, "五、其他")

    document = read(pdf(draw))
    assert [type(block) for block in document.blocks] == [Paragraph, Grid, Paragraph]
    assert texts(grids(document)[0]) == [["规章", "1", "0"], ["商业\n企业", "22", ""]]
    assert grids(document)[0].rows[1][1].place == "page 1, table 1, row 2, cell 2"


def test_a_missing_wall_makes_a_merged_cell() -> None:
    document = read(
        pdf(lambda canvas: table(canvas, 700, [["head", "", "sum"], ["a", "b", "c"]], frozenset({(0, 0)})))
    )
    first = grids(document)[0].rows[0]
    assert [(cell.text, cell.column_index, cell.colspan) for cell in first] == [("head", 0, 2), ("sum", 2, 1)]


def test_a_table_goes_on_over_a_page_and_page_numbers_are_dropped() -> None:
    def first(canvas: Canvas) -> None:
        table(canvas, 150, [["甲项", "1"], ["乙项", "2"]])
        canvas.drawString(280, 40, "- 4 -")

    def second(canvas: Canvas) -> None:
        table(canvas, 790, [["丙项", "3"]])
        canvas.drawString(300, 40, "5")

    (grid,) = grids(read(pdf(first, second)))
    assert texts(grid) == [["甲项", "1"], ["乙项", "2"], ["丙项", "3"]]
    assert grid.rows[2][1].place == "page 2, table 1, row 3, cell 2"


def test_text_between_parts_them() -> None:
    def second(canvas: Canvas) -> None:
        canvas.drawString(60, 810, "四、结转情况另表")
        table(canvas, 780, [["丙项", "3"]])

    document = read(pdf(lambda canvas: table(canvas, 150, [["甲项", "1"]]), second))
    assert len(grids(document)) == 2


def test_a_number_broken_by_a_narrow_cell_is_one_number() -> None:
    document = read(pdf(lambda canvas: table(canvas, 700, [["1234567890", "12345678\n90"], ["1", "2\n3"]])))
    assert texts(grids(document)[0]) == [["1234567890", "1234567890"], ["1", "2\n3"]]


def test_a_printed_space_parts_two_numbers() -> None:
    def draw(canvas: Canvas) -> None:
        table(canvas, 700, [["甲项", ""], ["乙项", ""]])
        canvas.setFont("Helvetica", SIZE)
        canvas.drawString(130, 687, "6 1")
        canvas.drawString(130, 657, "61")

    assert [row[1] for row in texts(grids(read(pdf(draw)))[0])] == ["6 1", "61"]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_page_is_read_upright(rotation: int) -> None:
    def draw(canvas: Canvas) -> None:
        if rotation == 90:
            canvas.translate(WIDTH, 0)
        elif rotation == 180:
            canvas.translate(WIDTH, HEIGHT)
        else:
            canvas.translate(0, HEIGHT)
        canvas.rotate(rotation)
        table(canvas, 500, [["row", "1"], ["next", "2"]])

    assert texts(grids(read(pdf(draw, rotation=rotation)))[0]) == [["row", "1"], ["next", "2"]]


def test_lines_that_fill_the_width_are_one_paragraph() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(80, 780, "满" * 44)
        canvas.drawString(60, 765, "续" * 10)
        canvas.drawString(80, 750, "新段")

    assert [block.text for block in read(pdf(draw)).blocks if isinstance(block, Paragraph)] == [
        "满" * 44 + "续" * 10,
        "新段",
    ]


def refused(payload: bytes, limits: Limits | None = None) -> UnreadableDocument:
    with pytest.raises(UnreadableDocument) as caught:
        read(payload, limits)
    return caught.value


def test_what_is_refused() -> None:
    whole = pdf(lambda canvas: canvas.drawString(60, 700, "x"), lambda canvas: canvas.drawString(60, 700, "y"))
    assert len(read(whole, Limits(document_pages=2)).blocks) == 2
    assert refused(whole, Limits(document_pages=1)).read_state == ReadState.TOO_LARGE
    assert "cut off" in str(refused(whole[:300]))
    locked = pdf(lambda canvas: canvas.drawString(60, 700, "x"), encrypt=StandardEncryption("user", "owner"))
    assert "encrypted" in str(refused(locked))
    scan = pdf(lambda canvas: canvas.rect(60, 60, 100, 100))
    assert refused(scan).read_state == ReadState.UNREADABLE
    assert "text layer" in str(refused(scan))


def test_too_many_cells() -> None:
    payload = pdf(lambda canvas: table(canvas, 700, [["a", "b"], ["c", "d"]]))
    assert grids(read(payload, Limits(document_cells=4)))
    assert refused(payload, Limits(document_cells=3)).read_state == ReadState.TOO_LARGE
