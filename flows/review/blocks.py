"""What a review sheet is made of, whatever it is written as."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeAlias

from flows.terminal import one_line

TEXT_CHARACTERS = 600
"""Characters of one text of a sheet at most: a cell of a hostile draft may hold a book."""


class Mark(StrEnum):
    """How a cell of a drawn table stands out, the graver the later."""

    PLAIN = "plain"
    HEAD = "head"
    CHECKED = "checked"
    """It stands in a check that failed."""
    SUSPECT = "suspect"
    """It is what the balances find wrong."""
    PROPOSED = "proposed"
    """What should stand there."""


@dataclasses.dataclass(frozen=True, slots=True)
class DrawnCell:
    """One cell of a table."""

    text: str
    mark: Mark = Mark.PLAIN


@dataclasses.dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the title of the sheet, 2 a part, 3 a finding."""

    level: int
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, with a word in bold before it where it has one."""

    text: str
    lead: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table; all rows have as many cells as the first. Its first column is the widest."""

    rows: tuple[tuple[DrawnCell, ...], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A page of the report with frames around its cells, as PNG."""

    png: bytes
    text: str
    """What it shows, for who cannot see it."""


Block: TypeAlias = Heading | Paragraph | Table | Picture


def shown(text: str) -> str:
    """A text that a stranger wrote, on one line, visible and not too long."""
    return one_line(text, TEXT_CHARACTERS)


def table(heads: Sequence[str], rows: Sequence[Sequence[str | DrawnCell]]) -> Table:
    """A table with a row of heads; cells given as texts are plain."""
    body = [tuple(cell if isinstance(cell, DrawnCell) else DrawnCell(cell) for cell in row) for row in rows]
    return Table((tuple(DrawnCell(head, Mark.HEAD) for head in heads), *body))
