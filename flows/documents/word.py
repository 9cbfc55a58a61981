"""Word documents (docx). A merged cell is one cell with its spans, not one for each place it covers."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from flows.documents.document import (
    Block,
    Document,
    Paragraph,
    RawCell,
    UnreadableDocument,
    lay_out,
    tidy,
    too_deep,
    too_many_cells,
    too_many_paragraphs,
)
from flows.documents.limits import Limits
from flows.documents.unpacking import refuse_bombs

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SEPARATORS = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}


def read_word(payload: bytes, limits: Limits) -> Document:
    """Document of a docx package.

    Sizes and number of its parts are looked at before anything is unpacked. Deleted text of tracked changes is not
    read. Raises `UnreadableDocument` for a broken package and for one that is too large.
    """
    refuse_bombs(payload, limits)
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import XMLSyntaxError

    try:
        package = docx.Document(io.BytesIO(payload))
        body = package.element.body
        properties = package.core_properties
        title, created = tidy(properties.title or ""), properties.created
    except XMLSyntaxError as error:
        if "depth" in str(error):
            raise too_deep(limits) from error
        raise _broken(error) from error
    except (
        PackageNotFoundError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        ValueError,
        AttributeError,
    ) as error:
        raise _broken(error) from error
    metadata = {"title": title} if title else {}
    if created:
        metadata["created"] = created.isoformat()
    return Document("docx", title, metadata, tuple(_blocks(body, limits)))


def _broken(error: Exception) -> UnreadableDocument:
    return UnreadableDocument(f"The Word document is broken ({type(error).__name__}); fetch it again.")


def _blocks(body: Any, limits: Limits) -> Iterator[Block]:  # noqa: ANN401 - lxml has no types
    if sum(1 for _ in body.iter(f"{_W}tc")) > limits.document_cells:
        raise too_many_cells(limits)
    table_count = paragraph_count = 0
    for element in _block_elements(body):
        if element.tag == f"{_W}tbl":
            table_count += 1
            rows = _table_rows(element)
            yield lay_out(rows, f"table {table_count}")
        else:
            paragraph_count += 1
            if paragraph_count > limits.document_paragraphs:
                raise too_many_paragraphs(limits)
            for line in tidy(_text(element)).split("\n"):
                if line:
                    yield Paragraph(line, f"paragraph {paragraph_count}")


def _block_elements(container: Any) -> Iterator[Any]:  # noqa: ANN401
    """Paragraphs and outermost tables in order, those inside content controls too."""
    pending = list(container)[::-1]
    while pending:
        element = pending.pop()
        if element.tag in {f"{_W}p", f"{_W}tbl"}:
            yield element
        elif element.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins", f"{_W}smartTag"}:
            pending += list(element)[::-1]


def _table_rows(table: Any) -> list[list[RawCell]]:  # noqa: ANN401
    """Rows of a table; what Word merges downwards becomes one cell with its rowspan."""
    rows: list[list[tuple[int, int, str, bool]]] = []  # (grid column, colspan, text, goes on from above)
    for row in table.iterchildren(f"{_W}tr", f"{_W}sdt", f"{_W}ins"):
        for actual in [row] if row.tag == f"{_W}tr" else list(row.iter(f"{_W}tr")):
            if actual.find(f"{_W}trPr/{_W}del") is None and actual.find(f"{_W}trPr/{_W}hidden") is None:
                rows.append(_row_cells(actual))
    laid: list[list[RawCell]] = []
    for index, cells in enumerate(rows):
        raw = []
        for column, colspan, text, goes_on in cells:
            if goes_on and index and any(above[0] == column for above in rows[index - 1]):
                continue
            rowspan = 1
            for below in rows[index + 1 :]:
                if not any(c == column and on for c, _, _, on in below):
                    break
                rowspan += 1
            raw.append(RawCell(text, colspan, rowspan))
        laid.append(raw)
    return laid


def _row_cells(row: Any) -> list[tuple[int, int, str, bool]]:  # noqa: ANN401
    column = _number(row.find(f"{_W}trPr/{_W}gridBefore"), 0)
    cells = [(0, column, "", False)] if column else []
    for cell in row.iter(f"{_W}tc"):
        if next(ancestor for ancestor in cell.iterancestors(f"{_W}tr")) is not row:
            continue  # a table inside the cell: its text is part of the cell
        colspan = max(_number(cell.find(f"{_W}tcPr/{_W}gridSpan"), 1), 1)
        merge = cell.find(f"{_W}tcPr/{_W}vMerge")
        goes_on = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
        text = "\n".join(_text(paragraph) for paragraph in cell.iter(f"{_W}p"))
        cells.append((column, colspan, tidy(text), goes_on))
        column += colspan
    return cells


def _number(element: Any, otherwise: int) -> int:  # noqa: ANN401
    stated = element.get(f"{_W}val", "") if element is not None else ""
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 6 else otherwise


def _text(paragraph: Any) -> str:  # noqa: ANN401
    """Text of one paragraph, that of paragraphs inside it (text boxes) and of alternative drawings left out.

    Left out too is what a reader cannot see or is not to read: hidden or struck text, and text that was moved away.
    Raised text stands in brackets, so that the number of a note is no digit of a figure.
    """
    words = []
    for element in paragraph.iter(f"{_W}t", *_SEPARATORS):
        owner = next(element.iterancestors(f"{_W}p", _MC_FALLBACK, f"{_W}moveFrom"), None)
        run = element.getparent().find(f"{_W}rPr")
        if owner is not paragraph or any(_is_on(run, name) for name in ("vanish", "strike", "dstrike")):
            continue
        text = element.text or "" if element.tag == f"{_W}t" else _SEPARATORS[element.tag]
        is_raised = run is not None and run.find(f"{_W}vertAlign[@{_W}val='superscript']") is not None
        words.append(f"[{text}]" if is_raised and text.strip() else text)
    return "".join(words)


def _is_on(properties: Any, name: str) -> bool:  # noqa: ANN401
    """Whether properties of a run switch something on: stated, and not stated to be off."""
    element = properties.find(f"{_W}{name}") if properties is not None else None
    return element is not None and element.get(f"{_W}val", "true") not in {"0", "false", "off"}
