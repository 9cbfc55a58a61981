"""What a later version of a report says otherwise: values and kinds count, ways of printing do not."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from flows.records import Cell
from flows.revisions import CellRevision, compare

KEY = ("requests", "granted", "total")


def cell(kind: str, printed: str = "", value: str | None = None) -> Cell:
    fields = dict.fromkeys(field.name for field in dataclasses.fields(Cell))
    known = {"cell_kind": kind, "printed": printed, "value": Decimal(value) if value else None}
    return Cell(**(fields | known))  # type: ignore[arg-type]


NUMBER = cell("number", "1,234", "1234")
BLANK = cell("blank")
ZERO = cell("zero", "0", "0")
MARK = cell("not_applicable", "/")


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (NUMBER, cell("number", "1235", "1235"), ("1,234", "1235")),
        (NUMBER, cell("number", "1234", "1234"), None),
        (NUMBER, BLANK, ("1,234", "(blank)")),
        (BLANK, ZERO, ("(blank)", "0")),
        (BLANK, BLANK, None),
        (BLANK, MARK, ("(blank)", "/")),
        (cell("absent"), ZERO, ("absent", "0")),
        (None, ZERO, ("absent", "0")),
        (ZERO, None, ("0", "absent")),
        (cell("absent"), None, None),
    ],
)
def test_a_cell_beside_the_one_before(before: Cell | None, after: Cell | None, shown: tuple[str, str] | None) -> None:
    versions = [{KEY: one} if one is not None else {} for one in (before, after)]
    expected = [CellRevision(*KEY, *shown)] if shown else []
    assert compare(*versions) == expected
