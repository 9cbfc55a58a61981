"""How each row of a report came to be the row of the format that it is: the record of its alignment."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from flows.documents import GridCell
from flows.formats import FormatCell
from flows.reports.alignment import Found, Match, Wanted
from flows.reports.labels import similarity
from flows.reports.rows import Row

_HEAD_LEAST = 0.5
"""A head that is less like a column's label is not shown as its head."""


@dataclasses.dataclass(frozen=True, slots=True)
class PlacedRow:
    """What alignment said of one row, as the reader of a table notes it down."""

    match: Match
    found: Found
    wanted: Sequence[Wanted]
    """All rows among which it was aligned."""
    place: str
    heads: tuple[GridCell, ...]
    """Cells of the lines above that may be heads of its columns."""


@dataclasses.dataclass(frozen=True, slots=True)
class RowNote:
    """All that the record of one row is made of; it is made when somebody asks, which few do."""

    placed: PlacedRow
    wanted: Sequence[FormatCell]
    cells: Sequence[GridCell | None]
    """Those found for the `wanted` cells of its row of the format."""
    told_by: str


@dataclasses.dataclass(frozen=True, slots=True)
class AlignedColumn:
    """One cell of a row: the column of the format, and the head that is printed over it."""

    column_key: str
    column_label: str
    head: str
    """As printed; empty where no head is like the column's label."""
    head_score: float
    """Likeness of head and label, 0 to 1."""
    place: str


@dataclasses.dataclass(frozen=True, slots=True)
class AlignedRow:
    """One row of the document and the row of the format that it is."""

    table_key: str
    row_key: str
    row_label: str
    label: str
    """As printed, torn parts put together; empty when it is lost."""
    label_score: float
    """Likeness of the two labels, 0 to 1."""
    group_label: str
    """Groups that the format has the row in, parted by `/`."""
    group: str
    """The group that it stands in, empty where the document does not say."""
    score: float
    """Worth of the pair: label, group and count of values together."""
    margin: float
    """How much worse the best alignment without this pair is."""
    next_key: str | None
    """The row of the format that it is in that alignment; None when it is left over there."""
    columns_told_by: str
    """What says which value stands where: order, other rows, sum or heads."""
    place: str
    columns: tuple[AlignedColumn, ...]


def heads_among(rows: Iterable[Row]) -> tuple[GridCell, ...]:
    """Cells of the rows without figures: heads of columns are among them."""
    heads = (cell for row in rows if not row.has_figures for cell in (*row.label_cells, *row.values))
    return tuple([cell for cell in heads if cell.text])


def aligned_row(note: RowNote) -> AlignedRow:
    """The alignment of one row; of the labels that a torn row may have, the one most like the format's is its own."""
    placed, wanted = note.placed, note.wanted
    match = placed.match
    own = placed.wanted[match.wanted_index].labels
    label = max(placed.found.labels, key=lambda text: max(similarity(text, one) for one in own), default="")
    columns = tuple(
        _aligned_column(one, cell, placed.heads)
        for one, cell in zip(wanted, note.cells, strict=True)
        if cell is not None
    )
    return AlignedRow(
        wanted[0].table_key,
        wanted[0].row_key,
        wanted[0].row_label,
        label,
        round(match.label_score, 3),
        wanted[0].group_label,
        placed.found.group,
        round(match.score, 3),
        round(match.margin, 3),
        None if match.rival_index is None else placed.wanted[match.rival_index].key,
        note.told_by,
        placed.place,
        columns,
    )


def _aligned_column(wanted: FormatCell, cell: GridCell, heads: Iterable[GridCell]) -> AlignedColumn:
    head, score = _head_over(cell, wanted.column_label, heads)
    return AlignedColumn(wanted.column_key, wanted.column_label, head, round(score, 3), cell.place)


def _head_over(cell: GridCell, label: str, heads: Iterable[GridCell]) -> tuple[str, float]:
    """The head most like a column's label and how alike it is; of those alike, the one that stands over the cell.

    Empty and 0 when none is like it.
    """
    scored = ((similarity(head.text, label), head) for head in heads)

    def standing(item: tuple[float, GridCell]) -> tuple[float, bool]:
        score, head = item
        return score, head.column_index <= cell.column_index < head.column_index + head.colspan

    alike = (item for item in scored if item[0] >= _HEAD_LEAST)
    score, head = max(alike, key=standing, default=(0.0, None))
    return (head.text, score) if head else ("", 0.0)
