"""What two readings of one cell say together: whether they agree, and the doubt if they do not."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from flows.records import Agreement, CellKind
from flows.reports.figures import Figure, read_figure


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


def _is_same(first: str, second: str, own: Figure, other: Figure) -> bool:
    if own.value is not None or other.value is not None:
        return own.value == other.value
    return own.kind == other.kind and (own.kind != CellKind.TEXT or "".join(first.split()) == "".join(second.split()))
