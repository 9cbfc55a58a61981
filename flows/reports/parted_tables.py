"""Where one table of a document ends and the next of the same kind begins: at the heads of its columns."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from flows.reports.rows import Row
from flows.reports.table_reading import is_alike, named_in


def begun_at_heads(
    tables: Sequence[list[Row]], labels: tuple[str, ...], column_labels: Sequence[str]
) -> list[list[Row]]:
    """Tables with the rows above their first label that is not lost: what stands below heads belongs to them.

    `labels` are those of rows, `column_labels` those of columns.
    """
    begun = [list(rows) for rows in tables]
    for before, rows in itertools.pairwise(begun):
        heads = [i for i, row in enumerate(before) if not row.has_figures and len(named_in(row, column_labels)) > 1]
        if not heads or not rows or not rows[0].has_figures:
            continue
        begin = heads[-1]
        while begin and not before[begin - 1].has_figures:  # with a caption and the heads above
            begin -= 1
        if begin and not any(row.label and is_alike(row.label, labels) for row in before[heads[-1] + 1 :]):
            rows[:0] = before[begin:]
            del before[begin:]
    return begun


def parted_at_heads(rows: Sequence[Row], labels: Sequence[str], least_rows: int) -> list[list[Row]]:
    """Rows parted where heads recur between two whole tables of at least so many rows: their labels may be lost.

    `labels` are those of columns. Heads that recur sooner are those of the next page.
    """
    counts = list(itertools.accumulate(row.has_figures for row in rows))
    for index, row in enumerate(rows):
        is_between = counts[index] >= least_rows and counts[-1] - counts[index] >= least_rows
        if is_between and not row.has_figures and len(named_in(row, labels)) > 1:
            begin = index  # with a caption and the heads above
            while not rows[begin - 1].has_figures:
                begin -= 1
            return [list(rows[:begin]), *parted_at_heads(rows[begin:], labels, least_rows)]
    return [list(rows)]
