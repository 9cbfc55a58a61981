"""Workbooks (xlsx): each visible sheet a grid, merged cells as spans, cells as they are stored.

Cells are taken as the file lists them, so a sheet that claims a million empty rows costs nothing. Hidden sheets, rows
and columns are not what was published and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from flows.documents.document import Block, Document, Grid, GridCell, Paragraph, tidy, too_many_cells
from flows.documents.limits import Limits
from flows.documents.unpacking import refuse_bombs
from flows.documents.xml_parts import broken_package, open_package, xml_part

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_SIGNIFICANT_DIGITS = 15
"""Digits that a workbook's numbers carry; the binary number behind them prints more, as in 0.30000000000000004."""
_SPAN_MOST = 200
"""A merged cell covers this many rows and columns at most."""

_Span = tuple[int, int, int, int]
"""First row, first column, last row, last column; counted from 1."""


def read_workbook(payload: bytes, limits: Limits) -> Document:
    """Document of an xlsx package: the sheet's name is a paragraph, its cells a grid.

    Raises `UnreadableDocument` for a broken package and for one that is too large.
    """
    refuse_bombs(payload, limits)
    with open_package(payload) as package:
        workbook = xml_part(package, "xl/workbook.xml", limits)
        targets = {
            relation.get("Id"): relation.get("Target", "")
            for relation in xml_part(package, "xl/_rels/workbook.xml.rels", limits)
        }
        shared: list[str] = []
        if "xl/sharedStrings.xml" in package.namelist():
            shared = [_text(item) for item in xml_part(package, "xl/sharedStrings.xml", limits).iter(f"{_S}si")]
        blocks: list[Block] = []
        cell_count = 0
        for number, sheet in enumerate(workbook.iter(f"{_S}sheet"), start=1):
            target = targets.get(sheet.get(f"{_R}id"), "")
            if sheet.get("state", "visible") != "visible" or "worksheets/" not in target:
                continue
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            name = tidy(sheet.get("name", "")) or f"sheet {number}"
            grid = _grid(xml_part(package, part, limits), shared, f"sheet {name}", limits)
            cell_count += sum(len(row) for row in grid.rows)
            if cell_count > limits.document_cells:
                raise too_many_cells(limits)
            blocks.append(Paragraph(name, f"sheet {number}"))
            blocks += _blocks(grid)
    title = next((block.text for block in blocks[1:2] if isinstance(block, Paragraph)), "")
    return Document("xlsx", title, {}, tuple(blocks))


def _blocks(grid: Grid) -> Iterator[Block]:
    """The grid of a sheet; rows with a single text among them are lines of text, such as the title or a heading."""
    rows: list[tuple[GridCell, ...]] = []
    for row in grid.rows:
        filled = [cell for cell in row if cell.text]
        first = filled[0] if len(filled) == 1 else None
        if first and first.column_index == 0 and first.rowspan == 1 and not _number(first.text):
            if rows:
                yield Grid(tuple(rows), grid.place)
            rows = []
            yield from (Paragraph(line, first.place) for line in first.text.split("\n"))
        else:
            rows.append(row)
    if rows:
        yield Grid(tuple(rows), grid.place)


def _grid(sheet: Any, shared: list[str], place: str, limits: Limits) -> Grid:  # noqa: ANN401
    spans = {
        (span[0], span[1]): span for item in sheet.iter(f"{_S}mergeCell") if (span := _span(item.get("ref", "")))
    }
    covered = _covered(spans.values(), limits)
    hidden = [
        (int(column.get("min", "0")), int(column.get("max", "0")))
        for column in sheet.iter(f"{_S}col")
        if column.get("hidden") in {"1", "true"}
        if column.get("min", "0").isdecimal() and column.get("max", "0").isdecimal()
    ]
    rows = []
    count = 0
    for row in sheet.iter(f"{_S}row"):
        if row.get("hidden") in {"1", "true"}:
            continue
        cells = []
        for element in row.iterchildren(f"{_S}c"):
            reference = _REFERENCE.fullmatch(element.get("r", ""))
            if reference is None:
                raise broken_package(ValueError("a cell without a reference"))
            line, column = int(reference[2]), _column(reference[1])
            span = spans.get((line, column), (line, column, line, column))
            if (line, column) in covered or any(first <= column <= last for first, last in hidden):
                continue
            count += 1
            if count > limits.document_cells:
                raise too_many_cells(limits)
            where = f"{place}, cell {element.get('r')}"
            extent = min(span[3] - span[1], _SPAN_MOST) + 1, min(span[2] - span[0], _SPAN_MOST) + 1
            cells.append(GridCell(_value(element, shared), column - 1, *extent, where))
        while cells and not cells[-1].text and cells[-1].colspan == 1:
            cells.pop()  # formatted cells to the right of the table
        if cells:
            rows.append(tuple(cells))
    return Grid(tuple(rows), place)


def _covered(spans: Iterable[_Span], limits: Limits) -> set[tuple[int, int]]:
    """Places under merged cells, their first one left out."""
    covered: set[tuple[int, int]] = set()
    for top, left, bottom, right in spans:
        for row in range(top, min(bottom, top + _SPAN_MOST) + 1):
            covered |= {(row, column) for column in range(left, min(right, left + _SPAN_MOST) + 1)}
        covered.discard((top, left))
        if len(covered) > limits.document_cells:
            raise too_many_cells(limits)
    return covered


def _span(reference: str) -> _Span | None:
    ends = [_REFERENCE.fullmatch(part) for part in reference.split(":")]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return int(ends[0][2]), _column(ends[0][1]), int(ends[1][2]), _column(ends[1][1])


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _value(cell: Any, shared: list[str]) -> str:  # noqa: ANN401
    """Text of a cell; a formula counts with the value that was stored with it."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return tidy(_text(cell))
    stored = cell.findtext(f"{_S}v") or ""
    if kind == "s":
        index = int(stored) if stored.isdecimal() and len(stored) < 10 else -1
        if not 0 <= index < len(shared):
            raise broken_package(IndexError("a shared text that is not there"))
        return tidy(shared[index])
    return _number(stored) if kind == "n" and _number(stored) else tidy(stored)


def _number(stored: str) -> str:
    """A stored number as a person would have typed it, empty for what is none."""
    try:
        value = Decimal(stored.strip())
    except InvalidOperation:
        return ""
    if not value.is_finite() or abs(value.adjusted()) > 30:
        return ""
    if len(value.as_tuple().digits) > _SIGNIFICANT_DIGITS:
        value = Decimal(f"{value:.{_SIGNIFICANT_DIGITS - 1}E}").normalize()
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _text(item: Any) -> str:  # noqa: ANN401
    """Rich text without the reading aids of East Asian text."""
    parts = (t.text or "" for t in item.iter(f"{_S}t") if t.getparent().tag != f"{_S}rPh")
    return "".join(parts)
