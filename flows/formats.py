"""The seeds of the dbt project that Python reads too: format cells, balance rules with their terms, divisions.

One list serves both, so that a reader and a mart can never disagree about what a cell is called.
"""

from __future__ import annotations

import csv
import dataclasses
from functools import cache

from flows.settings import SEEDS


@dataclasses.dataclass(frozen=True, slots=True)
class FormatCell:
    """One cell that a format generation prescribes (notices 国办公开办函〔2019〕60号 and 〔2021〕30号)."""

    generation: str
    table_key: str
    row_key: str
    column_key: str
    row_label: str
    column_label: str
    group_label: str
    """Labels above or left of the row, outermost first, parted by `/`."""
    measure_kind: str
    """count, amount or change (the only one that may be negative)."""
    unit: str
    is_total: bool


@cache
def format_cells(generation: str) -> tuple[FormatCell, ...]:
    """Cells of one generation in printed order."""
    with (SEEDS / "format_cells.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            FormatCell(**{**row, "is_total": row["is_total"] == "true"})  # type: ignore[arg-type]
            for row in csv.DictReader(lines)
            if row["generation"] == generation
        )
