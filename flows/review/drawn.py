"""The tables of a report drawn anew, whole or the part that a finding speaks of, with its cells marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from flows.quality.findings import Finding, FindingCell
from flows.quality.named_cells import column_label, row_label
from flows.records import Cell, CellKind
from flows.review.blocks import Block, DrawnCell, Mark, Paragraph, Table, shown, table
from flows.review.words import TABLES, short

NUMBERS_SHOWN = 3
"""Findings that a cell of a whole table names."""

Key = tuple[str, str, str]
"""Table, row and column."""


def excerpts(finding: Finding, report_year: int, words: Mapping[str, Any]) -> Iterator[Block]:
    """The cells of a finding where they stand to each other: one small table for each table and year."""
    suspects = suspects_of(finding, report_year)

    def part(cell: FindingCell) -> tuple[str, int]:
        return (cell.table_key, -cell.report_year)

    for (table_key, negative_year), group in groupby(sorted(finding.cells, key=part), key=part):
        of_part, year = list(group), -negative_year
        rows = list(dict.fromkeys(cell.row_key for cell in of_part))
        columns = list(dict.fromkeys(cell.column_key for cell in of_part))
        found = {(cell.row_key, cell.column_key): cell for cell in of_part}
        name = str(words["table_names"][table_key])
        if year != report_year:
            name = words["year_label"].format(label=name, year=year if year > 0 else words["last_year"])
        heads = [name, *(column_label(table_key, _row_of(found, column), column) for column in columns)]
        yield table(
            heads,
            [
                [
                    DrawnCell(short(row_label(table_key, row, _column_of(found, row))), Mark.HEAD),
                    *(_part_cell(found.get((row, column)), suspects, words) for column in columns),
                ]
                for row in rows
            ],
        )


def _row_of(found: Mapping[tuple[str, str], FindingCell], column: str) -> str:
    return next(row for row, other in found if other == column)


def _column_of(found: Mapping[tuple[str, str], FindingCell], row: str) -> str:
    return next(column for other, column in found if other == row)


def _part_cell(cell: FindingCell | None, suspects: set[tuple[int, Key]], words: Mapping[str, Any]) -> DrawnCell:
    if cell is None:
        return DrawnCell("")
    key = (cell.table_key, cell.row_key, cell.column_key)
    mark = Mark.SUSPECT if (cell.report_year, key) in suspects else Mark.CHECKED
    second = "" if cell.second_value is None else " ?"
    is_there = cell.cell_kind and cell.cell_kind != CellKind.ABSENT  # a format without the cell has no kind for it
    text = shown(cell.printed) or words["blank"] if is_there else words["absent"]
    return DrawnCell(f"{text}{second}", mark)


def suspects_of(finding: Finding, report_year: int) -> set[tuple[int, Key]]:
    """Year and key of the cells that the balances find wrong, where they leave one answer or prefer one."""
    proposal = finding.proposal
    if proposal is None or not (proposal.is_unique or proposal.is_preferred):
        return set()
    return {(cell.report_year, (cell.table_key, cell.row_key, cell.column_key)) for cell in proposal.sets[0]}


def whole_tables(cells: Sequence[Cell], findings: Sequence[Finding], words: Mapping[str, Any]) -> Iterator[Block]:
    """The three tables, each cell of a failed check framed and with the numbers of its findings.

    `cells` stand in printed order, `findings` in that of their numbers, from 1.
    """
    marks: dict[Key, Mark] = {}
    numbers: dict[Key, list[int]] = {}
    for number, finding in enumerate(findings, start=1):
        suspects = suspects_of(finding, finding.report_year)
        for cell in finding.cells:
            key = (cell.table_key, cell.row_key, cell.column_key)
            if cell.report_year == finding.report_year:
                numbers.setdefault(key, []).append(number)
                is_suspect = (cell.report_year, key) in suspects or marks.get(key) == Mark.SUSPECT
                marks[key] = Mark.SUSPECT if is_suspect else Mark.CHECKED
    for table_key in TABLES:
        yield Paragraph("", str(words["table_names"][table_key]))
        of_table = [cell for cell in cells if cell.table_key == table_key]
        if all(cell.cell_kind == CellKind.ABSENT for cell in of_table):
            yield Paragraph(words["table_missing"])
            continue
        rows = [list(row) for _, row in groupby(of_table, key=lambda cell: cell.row_key)]
        for _, alike in groupby(rows, key=lambda row: [cell.column_key for cell in row]):
            yield _block(list(alike), marks, numbers, words)


def _block(
    rows: Sequence[Sequence[Cell]],
    marks: Mapping[Key, Mark],
    numbers: Mapping[Key, Sequence[int]],
    words: Mapping[str, Any],
) -> Table:
    drawn = []
    for row in rows:
        label = DrawnCell(short(row_label(row[0].table_key, row[0].row_key, row[0].column_key)), Mark.HEAD)
        keys = [(cell.table_key, cell.row_key, cell.column_key) for cell in row]
        drawn.append(
            [
                label,
                *(
                    DrawnCell(_printed(cell, numbers.get(key, ()), words), marks.get(key, Mark.PLAIN))
                    for cell, key in zip(row, keys, strict=True)
                ),
            ]
        )
    heads = [column_label(cell.table_key, cell.row_key, cell.column_key) for cell in rows[0]]
    return table(["", *heads], drawn)


def _printed(cell: Cell, numbers: Sequence[int], words: Mapping[str, Any]) -> str:
    if cell.cell_kind == CellKind.ABSENT:
        text = str(words["absent"])
    else:
        text = shown(cell.printed or cell.raw_text or "") or str(words["blank"])
    more = "…" if len(numbers) > NUMBERS_SHOWN else ""
    named = f" [{','.join(map(str, numbers[:NUMBERS_SHOWN]))}{more}]" if numbers else ""
    return f"{text}{' ?' if cell.doubt else ''}{named}"
