"""A report before it has a format: slots in rows in tables in parts. Quirks bend it, renderers write it down.

A slot that holds a figure carries the figure's key and the value that a careful reader takes, so the truth travels
with the cell wherever a quirk moves it, and needs no second account.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal

Key = tuple[str, str, str]
Truth = dict[Key, Decimal | None]
"""What a careful reader takes; None where the document has a blank or a mark."""


@dataclasses.dataclass(eq=False)
class Slot:
    """One printed cell. Without a key it is a label, a head or something that is no figure of the format."""

    text: str = ""
    colspan: int = 1
    rowspan: int = 1
    key: Key | None = None
    value: Decimal | None = None
    is_foreign: bool = False
    """Whether it stands among the figures and is none of the format: of another year, of a row of the body's own, a
    cell too many."""
    is_untold: bool = False
    """Whether it is printed, but what said that it is the figure of its key is not: nobody could know it."""

    def empty(self, mark: str = "") -> None:
        """Nothing is stated here."""
        self.text, self.value = mark, None

    @property
    def is_plain(self) -> bool:
        """Whether the text is the value and nothing else, so that a quirk may still dress it."""
        return self.key is not None and self.value is not None and self.text == str(self.value)


Row = list[Slot]


@dataclasses.dataclass(eq=False)
class Table:
    """One printed table; `name` is a table key, or what else it is."""

    name: str
    rows: list[Row]
    needs_heads: bool = False
    """Whether its heads alone say which of its figures are the report's own."""

    def lose_heads(self) -> None:
        """Its heads are not printed: what they alone said is in the document no more."""
        for row in self.value_rows if self.needs_heads else ():
            for slot in row:
                slot.is_untold = slot.key is not None

    @property
    def value_rows(self) -> list[Row]:
        """Rows with figures of the format."""
        return [row for row in self.rows if any(slot.key for slot in row)]

    @property
    def head_count(self) -> int:
        """Rows above the first one with figures."""
        return next((i for i, row in enumerate(self.rows) if any(slot.key for slot in row)), len(self.rows))


@dataclasses.dataclass(eq=False)
class Part:
    """One section: its heading and what stands under it, paragraphs and tables."""

    section_key: str
    heading: str
    blocks: list[str | Table]


@dataclasses.dataclass(eq=False)
class Layout:
    """A whole report on its way to paper."""

    report_year: int
    title_lines: list[str]
    opening: str
    parts: list[Part]
    before: list[str | Table] = dataclasses.field(default_factory=list)
    markup: set[str] = dataclasses.field(default_factory=set)
    """What only a renderer can do: gbk, no_charset, spans_repeated, unclosed."""

    @property
    def tables(self) -> list[Table]:
        """All tables in order."""
        parts = [block for part in self.parts for block in part.blocks]
        return [block for block in [*self.before, *parts] if isinstance(block, Table)]

    def of(self, name: str) -> list[Table]:
        """Tables of one name: one, or its pieces."""
        return [table for table in self.tables if table.name == name]

    def slots(self, name: str | None = None) -> Iterator[Slot]:
        """Slots with figures of the format."""
        for table in self.tables:
            for row in table.rows:
                yield from (slot for slot in row if slot.key and name in (None, table.name))

    def truth(self) -> Truth:
        """The value of each figure as a careful reader takes it."""
        return {slot.key: slot.value for slot in self.slots() if slot.key}

    def untold(self) -> frozenset[Key]:
        """Figures of which the document does not say that they are those of their key."""
        return frozenset(slot.key for slot in self.slots() if slot.key and slot.is_untold)

    def replace(self, table: Table, pieces: list[str | Table]) -> None:
        """Put something in a table's place."""
        for part in self.parts:
            part.blocks = [one for block in part.blocks for one in (pieces if block is table else [block])]


def labels_of(row: Row) -> Row:
    """Slots before the first figure."""
    return row[: next((i for i, slot in enumerate(row) if slot.key or slot.is_foreign), len(row))]


def values_of(row: Row) -> Row:
    """Slots from the first figure on."""
    return row[len(labels_of(row)) :]


def width_of(table: Table) -> int:
    """Grid columns of a table."""
    return max((column + slot.colspan for row in placed(table) for column, slot in row), default=0)


def placed(table: Table) -> list[list[tuple[int, Slot]]]:
    """Each row's slots with the grid column at which they begin."""
    taken: set[tuple[int, int]] = set()
    rows = []
    for number, row in enumerate(table.rows):
        column = 0
        slots = []
        for slot in row:
            while (number, column) in taken:
                column += 1
            taken |= {(number + d, column + r) for d in range(slot.rowspan) for r in range(slot.colspan)}
            slots.append((column, slot))
            column += slot.colspan
        rows.append(slots)
    return rows


def cut(table: Table, index: int) -> tuple[Table, Table]:
    """The table cut above a row, as a page break does it: the label of a cell that goes on is torn in two."""
    rows = placed(table)
    torn: list[tuple[int, Slot]] = []
    upper: list[Row] = []
    for number, row in enumerate(rows[:index]):
        slots = []
        for column, slot in row:
            left = index - number
            if slot.rowspan <= left:
                slots.append(slot)
                continue
            half = (len(slot.text) + 1) // 2
            slots.append(dataclasses.replace(slot, text=slot.text[:half], rowspan=left))
            torn.append((column, dataclasses.replace(slot, text=slot.text[half:], rowspan=slot.rowspan - left)))
        upper.append(slots)
    first = [slot for _, slot in sorted([*torn, *rows[index]], key=lambda at: at[0])]
    return Table(table.name, upper), Table(table.name, [first, *table.rows[index + 1 :]])
