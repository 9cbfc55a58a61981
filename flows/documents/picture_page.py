"""A picture of a page as a page: ruling lines and lines of text, in points, as a PDF's own text layer would give."""

from __future__ import annotations

from flows.documents.document import UnreadableDocument
from flows.documents.pdf_page import Glyph, PageContent, Stroke
from flows.documents.pdf_tables import RuledTable, merged_cells
from flows.documents.picture_lines import (
    Raster,
    ink_of,
    page_side,
    points_per_pixel,
    ruled_tables,
    ruling_strokes,
    straighten,
)
from flows.documents.picture_text import Word, words_of_cells, words_outside
from flows.documents.recogniser import Box
from flows.records import ReadState

_CELLS_MOST = 5_000
"""Cells that are recognised on one picture at most; a page of the three tables has some three hundred."""
_LINE_SHARE = 100
"""A ruling line is at most this part of the page's shorter side thick."""


def picture_page(gray: Raster, number: int) -> PageContent:
    """What stands on a picture (one byte a pixel, upright). Raises `UnreadableDocument` for too many cells."""
    gray = straighten(gray)
    scale = points_per_pixel(gray)
    height, width = gray.shape
    ink = ink_of(gray)
    strokes, ruled = ruling_strokes(ink, scale)
    page = PageContent(number, width * scale, height * scale, [], strokes)
    tables = ruled_tables(page)
    page.strokes = [stroke for table in tables for stroke in table.strokes]
    words: list[Word] = []
    outside = gray.copy()
    for table in tables:
        left, top, right, bottom = _pixels((table.xs[0], table.ys[0], table.xs[-1], table.ys[-1]), scale, height)
        outside[max(top - 2, 0) : bottom + 3, max(left - 2, 0) : right + 3] = 255
    cells = [cell for table in tables for cell in _cell_boxes(table, scale, height)]
    if len(cells) > _CELLS_MOST:
        raise UnreadableDocument(
            f"A picture has {len(cells)} cells, more than {_CELLS_MOST}, so it is not read.", ReadState.TOO_LARGE
        )
    words += words_of_cells(gray, _without_lines(ink, ruled, page.strokes, scale), cells)
    words += words_outside(outside)
    page.glyphs = [_glyph(word, scale, height) for word in words]
    return page


def _cell_boxes(table: RuledTable, scale: float, height: int) -> list[Box]:
    cells = merged_cells(table, table.xs)
    return [_pixels(cells.box(key), scale, height) for key in cells.extents]


def _pixels(box: tuple[float, float, float, float], scale: float, height: int) -> Box:
    """Points from the lower left as pixels from the upper left."""
    left, bottom, right, top = box
    return (
        max(round(left / scale), 0),
        max(round(height - top / scale), 0),
        max(round(right / scale), 0),
        max(round(height - bottom / scale), 0),
    )


def _without_lines(ink: Raster, ruled: Raster, strokes: list[Stroke], scale: float) -> Raster:
    """Ink without the lines of tables. A long stroke of a character is in `ruled` as well, and it stays."""
    import cv2
    import numpy as np

    near = np.zeros_like(ink)
    thick = max(int(page_side(ink)) // _LINE_SHARE, 7)
    height = ink.shape[0]
    for stroke in strokes:
        at, start, end = round(stroke.at / scale), round(stroke.start / scale), round(stroke.end / scale)
        if stroke.level:
            ends = (start, height - at), (end, height - at)
        else:
            ends = (at, height - start), (at, height - end)
        cv2.line(near, *ends, 255, thick)
    lines = cv2.dilate(cv2.bitwise_and(ruled, near), np.ones((3, 3), np.uint8))
    return cv2.bitwise_and(ink, cv2.bitwise_not(lines))


def _glyph(word: Word, scale: float, height: int) -> Glyph:
    left, top, right, bottom = word.box
    return Glyph(
        word.text,
        left * scale,
        (height - bottom) * scale,
        right * scale,
        (height - top) * scale,
        second_text=word.second_text,
    )
