"""PDF: characters with their boxes, and ruling lines, made into paragraphs and grids; pictures are recognised."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import threading
from collections.abc import Iterable
from typing import Any

from flows.documents.document import (
    Block,
    Box,
    Document,
    Grid,
    Paragraph,
    UnreadableDocument,
    tidy,
    too_many_cells,
)
from flows.documents.limits import Limits
from flows.documents.pdf_page import Glyph, Line, PageContent, page_contents
from flows.documents.pdf_tables import RuledTable, fill, find_tables
from flows.documents.pdf_words import words_of
from flows.records import ReadState

_PAGE_NUMBER = re.compile(r"^(?:[-—–―·]\s?\d{1,3}\s?[-—–―·]|第\s?\d{1,3}\s?页(?:\s?[,，/]?\s?共\s?\d{1,3}\s?页)?)$")
_BARE_NUMBER = re.compile(r"^\d{1,3}(?:\s?/\s?\d{1,3})?$")
_MARGIN = 0.12
"""Share of the page's height, above and below, in which a lone number is a page number."""
_ENDS_IN_FIGURE = re.compile(r"[\d/—-]\S{0,3}$")
"""Lines that may be the row of a table, so that it is worth knowing where their words stand."""
_FULL_WIDTH = 0.4
"""Share of the page's width below which a line is not one that was broken for want of room."""
_pdfium = threading.Lock()
"""PDFium may be used by one thread at a time."""


def read_pdf(payload: bytes, limits: Limits) -> Document:
    """Document of a PDF. Page numbers are dropped; a table that goes on over a page is one grid.

    Raises `UnreadableDocument` for a file that is broken, encrypted, too long or holds no text.
    """
    import pypdfium2 as pdfium

    from flows.documents.pdf_pictures import with_pictures

    with _pdfium:
        try:
            pdf = pdfium.PdfDocument(payload)
        except pdfium.PdfiumError as error:
            reason = str(error)
            if "password" in reason.lower():
                raise UnreadableDocument("The PDF is encrypted; ask its publisher for one that opens.") from error
            raise UnreadableDocument("The PDF is broken or cut off; fetch it again.") from error
        try:
            if len(pdf) > limits.document_pages:
                raise UnreadableDocument(
                    f"The PDF has {len(pdf)} pages, more than the limit of {limits.document_pages}; "
                    "raise GONGKAI_DOCUMENT_PAGES if that is meant.",
                    ReadState.TOO_LARGE,
                )
            metadata = _metadata(pdf)
            try:
                pages = with_pictures(pdf, list(page_contents(pdf)))
            except pdfium.PdfiumError as error:
                raise UnreadableDocument("A page of the PDF is broken; fetch it again.") from error
        finally:
            pdf.close()
    if not any(page.glyphs for page in pages):
        raise UnreadableDocument("The PDF has neither a text layer nor text that can be recognised on its pages.")
    words = tuple(word for page in pages for word in words_of(page))
    return Document("pdf", metadata.get("title", ""), metadata, tuple(blocks_of(pages, limits)), words=words)


def _metadata(pdf: Any) -> dict[str, str]:  # noqa: ANN401 - pypdfium2 has no types
    """Properties of the file; one that is no text is left out."""
    found = {}
    for key in pdf.METADATA_KEYS:
        with contextlib.suppress(UnicodeDecodeError):
            if value := tidy(pdf.get_metadata_value(key)):
                found[key.lower()] = value
    return found


@dataclasses.dataclass(slots=True)
class _Part:
    """A line of text or a table on a page, to be put in reading order."""

    page: PageContent
    top: float
    line: Line | None = None
    table: RuledTable | None = None


def blocks_of(pages: list[PageContent], limits: Limits) -> Iterable[Block]:
    """Paragraphs and grids of some pages in reading order."""
    parts = [part for page in pages for part in _parts(page)]
    blocks: list[Block] = []
    lines: list[_Part] = []
    cell_count = table_count = 0
    index = 0
    while index < len(parts):
        part = parts[index]
        index += 1
        if part.table is None:
            lines.append(part)
            continue
        blocks += _paragraphs(lines, len(blocks))
        lines = []
        tables = [part.table]
        while index < len(parts) and _goes_on(parts[index - 1], parts[index]):
            tables.append(parts[index].table)  # type: ignore[arg-type]
            index += 1
        table_count += 1
        grid: Grid = fill(tables, f"table {table_count}")
        cell_count += sum(len(row) for row in grid.rows)
        if cell_count > limits.document_cells:
            raise too_many_cells(limits)
        blocks.append(grid)
    return [*blocks, *_paragraphs(lines, len(blocks))]


def _goes_on(before: _Part, after: _Part) -> bool:
    """Whether a table is the rest of one on the page before: nothing between them, and about as wide."""
    if before.table is None or after.table is None or after.page.number != before.page.number + 1:
        return False
    tolerance = 0.03 * after.page.width
    return (
        abs(before.table.xs[0] - after.table.xs[0]) < tolerance
        and abs(before.table.xs[-1] - after.table.xs[-1]) < tolerance
    )


def _parts(page: PageContent) -> list[_Part]:
    tables = find_tables(page)
    loose: list[Glyph] = []
    for line in page.lines(page.glyphs):
        in_margin = line.y < _MARGIN * page.height or line.y > (1 - _MARGIN) * page.height
        if in_margin and _PAGE_NUMBER.match(line.text):
            continue
        outside: list[Glyph] = []
        for glyph in line.glyphs:
            table = next((table for table in tables if table.holds(glyph)), None)
            (outside if table is None else table.glyphs).append(glyph)
        if in_margin and len(outside) == len(line.glyphs) and _BARE_NUMBER.match(line.text):
            continue
        loose += outside
    parts = [_Part(page, line.y, line=line) for line in page.lines(loose)]
    parts += [_Part(page, table.ys[-1], table=table) for table in tables]
    return sorted(parts, key=lambda part: -part.top)


def _paragraphs(parts: list[_Part], before: int) -> list[Paragraph]:
    """Lines joined into paragraphs: a line goes on in the next one if it is full and the next one not indented."""
    paragraphs: list[tuple[str, str, tuple[Box, ...]]] = []
    previous: Line | None = None
    left = min((part.line.x0 for part in parts if part.line), default=0.0)
    right = max((part.line.x1 for part in parts if part.line), default=0.0)
    for part in parts:
        line = part.line
        if line is None:
            continue
        full = (
            previous is not None
            and previous.x1 > right - 2 * previous.size
            and previous.x1 - previous.x0 > _FULL_WIDTH * part.page.width
        )
        if full and previous is not None and line.x0 < left + line.size and not _tabular(line.text):
            text, place, _ = paragraphs[-1]
            paragraphs[-1] = (text + line.text, place, ())
        else:
            boxes = part.page.word_boxes(line) if _ENDS_IN_FIGURE.search(line.text) else ()
            paragraphs.append((line.text, f"page {part.page.number}", boxes))
        previous = None if _tabular(line.text) else line
    return [
        Paragraph(tidy(text), f"{place}, paragraph {number}", boxes)
        for number, (text, place, boxes) in enumerate(paragraphs, start=before + 1)
    ]


def _tabular(text: str) -> bool:
    """Whether a line looks like the row of a table that has no ruling lines."""
    return len(re.findall(r"(?:^|\s)[-+]?[\d./—]+(?=\s|$)", text)) >= 3
