"""What the marts propose for the failed balances of a report, told with the labels of the format."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

from flows.formats import labelled_cells
from flows.quality.proposal_words import number_text
from flows.records import Agreement

SETS_TOLD = 5
"""Sets that are told of a fault; the mart has all."""

QUERY = """
    from marts.fct_cell_proposal
    where ($1 is null or body_id = $1) and ($2 is null or report_year = $2)
    order by report_id, fault_ordinal, set_ordinal, cell_ordinal
"""


@dataclasses.dataclass(frozen=True, slots=True)
class NamedCell:
    """A cell that may be wrong."""

    table_key: str
    row_key: str
    column_key: str
    report_year: int
    row_label: str
    """As prescribed, with the label above it."""
    column_label: str
    printed: str
    proposed_value: Decimal | None
    """None where the balances leave it open."""
    second_value: str | None
    """What the second reading takes the cell for, where that is something else; None elsewhere."""
    error_owner: str
    """publisher, reader or undecided."""


@dataclasses.dataclass(frozen=True, slots=True)
class Proposal:
    """Sets of as few cells as possible whose change restores a failed balance and those that failed with it."""

    is_unique: bool
    """Whether there is only one."""
    is_preferred: bool
    """Whether the first is the only one or lighter than every other."""
    is_complete: bool
    """Whether these are all sets of so few cells."""
    set_count: int
    sets: tuple[tuple[NamedCell, ...], ...]
    """The first of them, lightest first."""


def row_label(table_key: str, row_key: str, column_key: str) -> str:
    """Label of a cell's row with the one above it (`（三）不予公开 1.属于国家秘密`), else its key."""
    labels = labelled_cells().get((table_key, row_key, column_key))
    return f"{labels.group_label.rpartition('/')[2]} {labels.row_label}".strip() if labels else row_key


def column_label(table_key: str, row_key: str, column_key: str) -> str:
    """Label of a cell's column; the key where the format has none."""
    labels = labelled_cells().get((table_key, row_key, column_key))
    return labels.column_label if labels else column_key


def proposals(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Proposal]:
    """Proposals by report and failed check (`rule_id instance_key`); `rows` are those of `QUERY`."""
    faults: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        faults[row["report_id"], row["fault_ordinal"]].append(row)
    return {
        (report_id, check): proposal
        for (report_id, _), of_fault in faults.items()
        for proposal in (_proposal(of_fault),)
        for check in of_fault[0]["failed_checks"]
    }


def _proposal(rows: list[Mapping[str, Any]]) -> Proposal:
    first = rows[0]
    sets = [tuple(map(_cell, of_set)) for _, of_set in groupby(rows, lambda row: row["set_ordinal"])]
    return Proposal(
        is_unique=first["is_unique"],
        is_preferred=first["is_preferred"],
        is_complete=first["is_complete"],
        set_count=first["set_count"],
        sets=tuple(sets[:SETS_TOLD]),
    )


def _cell(row: Mapping[str, Any]) -> NamedCell:
    key = (row["table_key"], row["row_key"], row["column_key"])
    return NamedCell(
        *key,
        report_year=row["cell_report_year"],
        row_label=row_label(*key),
        column_label=column_label(*key),
        printed=row["printed"],
        proposed_value=row["proposed_value"],
        second_value=row["second_value"] if row["agreement"] == Agreement.DISAGREED else None,
        error_owner=row["error_owner"],
    )


def proposal_text(proposal: Proposal) -> str:
    """The sets in the keys of their cells, `requests/granted/business@2024 34 -> 43`: cells by `+`, sets by `or`."""
    sets = [
        " + ".join(
            f"{cell.table_key}/{cell.row_key}/{cell.column_key}@{cell.report_year} {cell.printed} -> "
            + ("?" if cell.proposed_value is None else number_text(cell.proposed_value))
            for cell in one
        )
        for one in proposal.sets
    ]
    more = proposal.set_count - len(sets)
    return " or ".join([*sets, f"{more} more"] if more else sets)
