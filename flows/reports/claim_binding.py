"""Which cell of the tables counts what a claim says; where there is none, why."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Sequence

from flows.reports.claim_scope import OTHER_BODY, OTHER_YEAR, OWN, SEVERAL_YEARS, SUB_PERIOD, Scope
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
_PART_OF_BEFORE = re.compile(r"（[^）]*$|其中|含|包括")
_PARTS_OF_RECEIVED = frozenset({"carried_in", "new_received"})
_HANDLED = frozenset({"received", "answered"})
_DISPUTES = frozenset({"reconsideration", "litigation", "litigation_direct", "litigation_after_reconsideration"})
_OTHER_KINDS = {"share": "it is a share, not a count", "change": "it is a change, not a count"}


@dataclasses.dataclass(frozen=True, slots=True)
class Saying:
    """What a number counts.

    `is_narrowed`: words that are not understood stand between verb and number; `is_of_part`: it takes up an object
    that was narrowed so before (收到关于征地的申请17件，办结16件).
    """

    verb: str
    object_key: str
    qualifier: str | None
    is_narrowed: bool
    is_of_part: bool = False


def bind(
    saying: Saying,
    number: Number,
    measure_kind: str,
    scope: Scope,
    cell_keys: Collection[CellKey],
    *,
    objection: str | None,
) -> tuple[CellKey | None, str | None]:
    """The cell and what may keep it from being equal, or None and why.

    Of a number about the year before it is that cell of last year's report. `objection` is what the rest of the
    sentence says against a binding.
    """
    binding = bindings().get((saying.verb, saying.object_key))
    column = qualifiers()[saying.qualifier].column if saying.qualifier else None
    objection = (
        _OTHER_KINDS.get(measure_kind)
        or (None if scope.key == OWN or scope.is_year_before else _OTHER_SCOPES[scope.key])
        or (None if binding else _no_cell(saying))
        or ("the number is not exact" if number.is_approximate else None)
        or ("words beside the number narrow what it counts" if saying.is_narrowed else None)
        or ("the tables do not count this part alone" if saying.qualifier and not column else None)
        or objection
    )
    if objection or binding is None:
        return None, objection
    cell = (binding.table_key, binding.row_key, column or binding.column_key)
    if column and binding.table_key != "requests":
        return None, "the tables do not count this part alone"
    if cell not in cell_keys:
        return None, "the tables of this report have no such cell"
    return cell, binding.note


def objection_in(text: str, place: int, saying: Saying, said: Sequence[tuple[int, Saying]]) -> str | None:
    """What the other numbers of a sentence, each with its place, say against binding the one at `place`."""
    if (saying.verb, saying.object_key) == ("received", "request"):
        for other_place, other in said:
            if other_place <= place or other.verb == "received":
                continue
            if other.verb not in _PARTS_OF_RECEIVED:
                break
            if _PART_OF_BEFORE.search(text[place:other_place]):
                return "it counts the carried-in requests too"
    if saying.object_key in _DISPUTES and "信息公开" not in text[:place]:
        before = [other for other_place, other in said if other_place < place]
        if any(other.verb in _HANDLED and other.object_key == saying.object_key for other in before):
            return "the sentence counts cases that the body handled, which may be about other things"
    return None


def _no_cell(saying: Saying) -> str:
    reasons: dict[str, str] = lexicon()["unbound"]
    return reasons.get(saying.verb) or reasons.get(saying.object_key) or "the tables do not count this"
