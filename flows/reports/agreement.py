"""What two readings of one cell say together: whether they agree, and the doubt if they do not."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from decimal import Decimal

from flows.records import Agreement, CellKind
from flows.reports.figures import Figure, read_figure

Key = tuple[str, str, str]
"""Table, row and column."""


@dataclasses.dataclass(frozen=True, slots=True)
class Opinion:
    """The second reading of a cell beside the first."""

    agreement: Agreement
    number: Decimal | None = None
    """What the second reading takes, in the unit of the format."""
    doubt: str | None = None


def compare(first: str | None, second: str | None, measure_kind: str, unit: str) -> Opinion:
    """Compare the texts that two readings take for one cell of a measure kind and unit.

    `first` is None where the first reading has no such cell, `second` where the second cannot tell. They agree when
    they are the same value, or without values the same kind of cell: spacing, separators and remarks do not count.
    """
    if second is None:
        return Opinion(Agreement.ONE_READING)
    figure = read_figure(second, measure_kind, unit)
    if first is not None and _is_same(first, second, read_figure(first, measure_kind, unit), figure):
        return Opinion(Agreement.AGREED, figure.value)
    return Opinion(Agreement.DISAGREED, figure.value, f"the second reading takes {second.strip() or 'a blank'}")


def places_apart(first: Collection[Key], second: Mapping[Key, str]) -> dict[tuple[str, str], str]:
    """Rows of the first reading for which the second has others that the first has not, with the doubt.

    `first` are the cells that the first reading has by the heads it found. Where the second goes by other heads it
    has other columns in a row, or another row in the place of one.
    """
    known = set(first)
    besides = sorted(key for key, text in second.items() if text and key not in known)
    if not besides:
        return {}
    apart: dict[tuple[str, str], str] = {}
    rows = {(table, row) for table, row, _ in first}
    told = {(table, row) for table, row, _ in second}
    for table, row, column in besides:
        doubt = f"the second reading has {row}/{column}, which the first has not"
        if (table, row) in rows:
            apart.setdefault((table, row), doubt)
        else:
            for other in sorted(rows - told):
                if other[0] == table:
                    apart.setdefault(other, doubt)
    return apart


def _is_same(first: str, second: str, own: Figure, other: Figure) -> bool:
    if own.value is not None or other.value is not None:
        return own.value == other.value
    return own.kind == other.kind and (own.kind != CellKind.TEXT or "".join(first.split()) == "".join(second.split()))
