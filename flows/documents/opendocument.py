"""OpenDocument texts (odt): paragraphs and tables, merged cells with their spans, deleted text left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flows.documents.document import Block, Document, Paragraph, RawCell, lay_out, tidy, too_many_cells
from flows.documents.limits import Limits
from flows.documents.unpacking import refuse_bombs
from flows.documents.xml_parts import broken_package, open_package, xml_part

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_PARAGRAPHS = {f"{_TEXT}p", f"{_TEXT}h"}
_LEFT_OUT = {f"{_TEXT}tracked-changes", f"{_TEXT}note", f"{_OFFICE}annotation", f"{_OFFICE}forms"}
_REPEATED_MOST = 1_000
"""A cell or row stands for this many at most; more are paddings of an empty sheet, or malice."""
_SPACES_MOST = 100


def read_opendocument(payload: bytes, limits: Limits) -> Document:
    """Document of an odt package. Raises `UnreadableDocument` for a broken package and for one that is too large."""
    refuse_bombs(payload, limits)
    with open_package(payload) as package:
        root = xml_part(package, "content.xml", limits)
    body = root.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise broken_package(ValueError("no text"))
    blocks = tuple(_blocks(body, limits))
    title = next((block.text for block in blocks if isinstance(block, Paragraph)), "")
    return Document("odt", title, {}, blocks)


def _blocks(body: Any, limits: Limits) -> Iterator[Block]:  # noqa: ANN401 - lxml has no types
    table_count = paragraph_count = cell_count = 0
    pending = list(body)[::-1]
    while pending:
        element = pending.pop()
        if element.tag == f"{_TABLE}table":
            table_count += 1
            rows: list[list[RawCell]] = []
            for row in _rows(element):
                cells = list(_cells(row))
                for _ in range(_repeated(row, f"{_TABLE}number-rows-repeated")):
                    cell_count += len(cells)
                    if cell_count > limits.document_cells:
                        raise too_many_cells(limits)
                    rows.append(cells)
            yield lay_out(rows, f"table {table_count}")
        elif element.tag in _PARAGRAPHS:
            paragraph_count += 1
            for line in tidy(_text(element)).split("\n"):
                if line:
                    yield Paragraph(line, f"paragraph {paragraph_count}")
        elif element.tag not in _LEFT_OUT:
            pending += list(element)[::-1]  # a list or a section


def _rows(table: Any) -> Iterator[Any]:  # noqa: ANN401
    """Rows of a table, those of its head and of its groups too, those of a table inside a cell not."""
    pending = list(table)[::-1]
    while pending:
        element = pending.pop()
        if element.tag == f"{_TABLE}table-row":
            yield element
        elif element.tag in {
            f"{_TABLE}table-header-rows",
            f"{_TABLE}table-rows",
            f"{_TABLE}table-row-group",
        }:
            pending += list(element)[::-1]


def _cells(row: Any) -> Iterator[RawCell]:  # noqa: ANN401
    """Cells of a row; those that a merged cell covers are not listed."""
    for cell in row.iterchildren(f"{_TABLE}table-cell"):
        text = tidy("\n".join(_text(paragraph) for paragraph in _paragraphs(cell)))
        colspan = _repeated(cell, f"{_TABLE}number-columns-spanned")
        rowspan = _repeated(cell, f"{_TABLE}number-rows-spanned")
        for _ in range(_repeated(cell, f"{_TABLE}number-columns-repeated")):
            yield RawCell(text, colspan, rowspan)


def _paragraphs(cell: Any) -> Iterator[Any]:  # noqa: ANN401
    for element in cell.iter(*_PARAGRAPHS):
        if not any(ancestor.tag in _LEFT_OUT for ancestor in element.iterancestors()):
            yield element


def _repeated(element: Any, name: str) -> int:  # noqa: ANN401
    stated = element.get(name, "1")
    return (
        min(max(int(stated), 1), _REPEATED_MOST) if stated.isascii() and stated.isdigit() and len(stated) < 9 else 1
    )


def _text(paragraph: Any) -> str:  # noqa: ANN401
    """Text of one paragraph: its own, that of its spans and links, and its tabs, breaks and runs of spaces."""
    words: list[str] = [paragraph.text or ""]
    pending: list[Any] = list(paragraph)[::-1]
    while pending:
        element = pending.pop()
        if isinstance(element, str):
            words.append(element)
            continue
        pending.append(element.tail or "")
        if element.tag == f"{_TEXT}line-break":
            words.append("\n")
        elif element.tag == f"{_TEXT}tab":
            words.append(" ")
        elif element.tag == f"{_TEXT}s":
            stated = element.get(f"{_TEXT}c", "1")
            words.append(" " * (min(int(stated), _SPACES_MOST) if stated.isdecimal() and len(stated) < 6 else 1))
        elif isinstance(element.tag, str) and element.tag not in _LEFT_OUT | _PARAGRAPHS:
            words.append(element.text or "")
            pending += list(element)[::-1]
    return "".join(words)
