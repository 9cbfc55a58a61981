"""Plain text with tables of tabs, and markdown with tables of pipes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from flows.documents.detect import is_markdown
from flows.documents.document import (
    Block,
    Document,
    Paragraph,
    RawCell,
    lay_out,
    tidy,
    too_many_cells,
    too_many_paragraphs,
)
from flows.documents.limits import Limits

_RULE = re.compile(r"\s*\|?(?:\s*(?::-+:?|-+:|-{2,})\s*\|)*\s*(?::-+:?|-+:|-{2,})?\s*\|?\s*")
"""The line under the head of a table. A row of single dashes is none: those are marks in cells."""
_LINES_MOST = 20
"""Lines of one row of pipes at most."""
_TABS_OF_A_ROW = 4
"""A line of so many tabs and nothing else is a row of blanks."""
_HEADING = re.compile(r"^#{1,6}\s+")


def read_text(text: str, limits: Limits) -> Document:
    """Document of a text: each line a paragraph, neighbouring lines with tabs (or pipes) a grid.

    An empty line does not end a table of tabs: a page break often leaves one in the middle.
    """
    markdown = is_markdown(text)
    blocks: list[Block] = []
    rows: list[list[RawCell]] = []
    cell_count = grid_count = 0
    separator = ""
    after_blank = False

    def close() -> None:
        nonlocal rows, grid_count
        if rows:
            grid_count += 1
            blocks.append(lay_out(rows, f"table {grid_count}"))
            rows = []

    for number, line in _lines(text, markdown):
        if not line.strip(" \t") and line.count("\t") < _TABS_OF_A_ROW:
            after_blank = True
            continue
        kind = _separator(line, markdown)
        if kind != separator or (kind == "|" and after_blank):
            close()
        separator, after_blank = kind, False
        if kind == "|" and len(rows) == 1 and _RULE.fullmatch(line):
            continue
        if kind:
            cells = [RawCell(tidy(part)) for part in _split(line, kind)]
            cell_count += len(cells)
            if cell_count > limits.document_cells:
                raise too_many_cells(limits)
            rows.append(cells)
        elif words := tidy(_HEADING.sub("", line) if markdown else line):
            blocks.append(Paragraph(words, f"line {number}"))
            if len(blocks) > limits.document_paragraphs:
                raise too_many_paragraphs(limits)
    close()
    title = next((block.text for block in blocks if isinstance(block, Paragraph)), "")
    return Document("markdown" if markdown else "text", title, {}, tuple(blocks))


def _lines(text: str, markdown: bool) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; a row of pipes that is closed only on a later line is one line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    index = 0
    while index < len(lines):
        end = index + 1
        if markdown and lines[index].lstrip().startswith("|") and not lines[index].rstrip().endswith("|"):
            rest = itertools.takewhile(lambda line: line.strip()[:1] not in ("", "|"), lines[end : end + _LINES_MOST])
            parts = list(rest)
            closed = next((i for i, part in enumerate(parts, start=1) if part.rstrip().endswith("|")), 0)
            end += closed
        yield index + 1, "\n".join(lines[index:end])
        index = end


def _separator(line: str, markdown: bool) -> str:
    if markdown and line.strip().startswith("|"):
        return "|"
    return "\t" if "\t" in line.strip(" ") else ""


def _split(line: str, separator: str) -> list[str]:
    if separator == "\t":
        return line.split("\t")
    inner = line.strip()
    inner = inner[1:-1] if inner.endswith("|") and len(inner) > 1 else inner[1:]
    return [part.replace("\\|", "|") for part in re.split(r"(?<!\\)\|", inner)]
