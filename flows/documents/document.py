"""The model of a document: ordered blocks, each a paragraph or a grid of cells, and nothing about reports."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flows.documents.limits import Limits
from flows.errors import InputError
from flows.records import ReadState

COLSPAN_MOST = 100
"""A cell spans this many columns at most; pages state thousands, by mistake or in malice."""

UNREAD = "?"
"""Text of a cell of a picture that has ink which could not be read for sure: neither a blank nor a figure."""


COLUMNS_MOST = 1_000
"""Columns of one table at most."""


class UnreadableDocument(InputError):
    """A document that cannot be read; `read_state` says in which way."""

    def __init__(self, message: str, read_state: ReadState = ReadState.UNREADABLE) -> None:
        super().__init__(message)
        self.read_state = read_state


@dataclasses.dataclass(frozen=True, slots=True)
class Box:
    """Where something stands on a page: shares of the page's width and height, from its upper left corner."""

    page_number: int
    left: float
    top: float
    right: float
    bottom: float


@dataclasses.dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph, or one line where the format has no paragraphs."""

    text: str
    place: str
    word_boxes: tuple[Box, ...] = ()
    """Box of each word of a single line on a page; empty where the document has no pages."""


@dataclasses.dataclass(slots=True, unsafe_hash=True)
class GridCell:
    """One cell. A merged cell is one cell with its spans, in its first row.

    Never changed, as all of a document; not frozen, because there are hundreds and each would take three times as long
    to make.
    """

    text: str
    column_index: int
    colspan: int
    rowspan: int
    place: str
    box: Box | None = None
    """None where the document has no pages."""
    second_text: str | None = None
    """What a second recognition of the cell's picture takes it for; None where none was made."""


@dataclasses.dataclass(frozen=True, slots=True)
class Grid:
    """One table as it stands in the document."""

    rows: tuple[tuple[GridCell, ...], ...]
    place: str


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """One hyperlink, its address absolute if the document's own is known."""

    url: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Word:
    """Characters written side by side on a page; their place is in points from its lower left corner."""

    text: str
    page_number: int
    x0: float
    x1: float
    y: float
    """Middle of the characters."""
    size: float
    """Height of the characters."""


Block = Paragraph | Grid


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """What a reader of one format hands on."""

    document_format: str
    """One of `detect.READABLE`: html, pdf, docx, odt, xlsx, text, markdown, image, doc or rtf."""
    title: str
    metadata: dict[str, str]
    """Meta tags of a page or properties of a file, names in lower case."""
    blocks: tuple[Block, ...]
    links: tuple[Link, ...] = ()
    words: tuple[Word, ...] = ()
    """The text once more, without paragraphs and grids, where the format has pages (PDF); empty elsewhere."""


class RawCell(NamedTuple):
    """Text and spans of a cell before its column is known."""

    text: str
    colspan: int = 1
    rowspan: int = 1


def lay_out(raw_rows: Iterable[Sequence[RawCell]], place: str) -> Grid:
    """Give each cell its grid column, as browsers do: cells step aside for those that reach down from above.

    Raises `UnreadableDocument` for a table that is wider than any honest one.
    """
    taken_until: dict[int, int] = {}  # grid column -> last row that a cell from above covers
    rows: list[tuple[GridCell, ...]] = []
    for row_number, raw_row in enumerate(raw_rows, start=1):
        column = 0
        cells = []
        row_place = f"{place}, row {row_number}, cell "
        for cell_number, (text, stated_colspan, rowspan) in enumerate(raw_row, start=1):
            while taken_until and taken_until.get(column, 0) >= row_number:
                column += 1
            colspan = 1 if stated_colspan == 1 else min(max(stated_colspan, 1), COLSPAN_MOST)
            if rowspan > 1:
                taken_until |= dict.fromkeys(range(column, column + colspan), row_number + rowspan - 1)
            cells.append(GridCell(text, column, colspan, max(rowspan, 1), f"{row_place}{cell_number}"))
            column += colspan
            if column > COLUMNS_MOST:
                raise UnreadableDocument(
                    f"A table has more than {COLUMNS_MOST} columns, so it is not read.", ReadState.TOO_LARGE
                )
        rows.append(tuple(cells))
    return Grid(tuple(rows), place)


def tidy(text: str) -> str:
    """Text without invisible characters, runs of blanks as one, lines stripped, empty lines dropped."""
    stripped = text.strip()
    if not stripped or stripped.isalnum() or not _UNTIDY.search(stripped):  # most cells: one word or number
        return stripped
    visible = text.translate(_INVISIBLE)
    lines = (_BLANKS.sub(" ", line).strip() for line in visible.split("\n"))
    return "\n".join(line for line in lines if line)


def too_many_cells(limits: Limits) -> UnreadableDocument:
    """The refusal that all formats share."""
    return UnreadableDocument(
        f"The tables have more than {limits.document_cells} cells; raise GONGKAI_DOCUMENT_CELLS if that is meant.",
        ReadState.TOO_LARGE,
    )


def too_much_text(limits: Limits) -> UnreadableDocument:
    """The refusal of texts beyond the length of any honest document."""
    return UnreadableDocument(
        f"The document has more than {limits.characters} characters of text, so it is not read.", ReadState.TOO_LARGE
    )


def too_many_paragraphs(limits: Limits) -> UnreadableDocument:
    """The refusal of a document of endless lines."""
    return UnreadableDocument(
        f"It has more than {limits.document_paragraphs} paragraphs, so it is not read.", ReadState.TOO_LARGE
    )


def too_deep(limits: Limits) -> UnreadableDocument:
    """The refusal of elements nested beyond what any honest document has."""
    return UnreadableDocument(
        f"More than {limits.nesting} elements stand inside one another, so it is not read.", ReadState.TOO_LARGE
    )


_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x0000), None) | {
    0x0D: "\n",
    0x0B: "\n",
    0x0C: "\n",
}
_BLANKS = re.compile(r"[^\S\n]+")
_UNTIDY = re.compile(f"[{''.join(map(chr, sorted(_INVISIBLE)))}]|[^\\S ]|  ")
"""What tidying a text would change."""
