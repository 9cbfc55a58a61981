"""Which cell of the tables counts what a claim says; where there is none, why."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from flows.reports.claim_scope import OTHER_BODY, OTHER_YEAR, OWN, SEVERAL_YEARS, SUB_PERIOD
from flows.reports.claim_text import Number
from flows.reports.claim_words import bindings, lexicon, qualifiers

CellKey = tuple[str, str, str]
"""Table, row and column."""

_OTHER_SCOPES = {
    OTHER_YEAR: "the sentence speaks of another year",
    SUB_PERIOD: "the sentence speaks of a part of the year",
    SEVERAL_YEARS: "the sentence speaks of several years",
    OTHER_BODY: "the sentence speaks of another body",
}
_OTHER_KINDS = {"share": "it is a share, not a count", "change": "it is a change, not a count"}


@dataclasses.dataclass(frozen=True, slots=True)
class Saying:
    """What a number counts. `is_narrowed`: words that are not understood stand between verb and number."""

    verb: str
    object_key: str
    qualifier: str | None
    is_narrowed: bool


def bind(
    saying: Saying,
    number: Number,
    measure_kind: str,
    scope: str,
    cell_keys: Collection[CellKey],
    *,
    is_repeated: bool,
) -> tuple[CellKey | None, str | None]:
    """The cell and what may keep it from being equal, or None and why.

    `is_repeated`: the sentence has said another number of the same before, so that one of them counts a part.
    """
    binding = bindings().get((saying.verb, saying.object_key))
    column = qualifiers()[saying.qualifier].column if saying.qualifier else None
    objection = (
        _OTHER_KINDS.get(measure_kind)
        or (None if scope == OWN else _OTHER_SCOPES[scope])
        or (None if binding else _no_cell(saying))
        or ("the number is not exact" if number.is_approximate else None)
        or ("words beside the number narrow what it counts" if saying.is_narrowed else None)
        or ("the tables do not count this part alone" if saying.qualifier and not column else None)
        or ("the sentence states several numbers for the same" if is_repeated else None)
    )
    if objection or binding is None:
        return None, objection
    cell = (binding.table_key, binding.row_key, column or binding.column_key)
    if column and binding.table_key != "requests":
        return None, "the tables do not count this part alone"
    if cell not in cell_keys:
        return None, "the tables of this report have no such cell"
    return cell, binding.note


def _no_cell(saying: Saying) -> str:
    reasons: dict[str, str] = lexicon()["unbound"]
    return reasons.get(saying.verb) or reasons.get(saying.object_key) or "the tables do not count this"
