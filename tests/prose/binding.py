"""How well numbers of sentences are bound to cells, on labelled sentences: precision and recall.

`python -m tests.prose.binding` prints both, overall, by verb and object, and every difference in the part that may be
looked at; `--all` shows those of the held-out part too.
"""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from flows.records import Claim
from flows.reports.claim_scope import OWN
from flows.reports.claim_words import bindings
from tests.corpus.test_claims import claims_of

SENTENCES = Path(__file__).with_name("sentences.yaml")
PARTS = ("development", "held_out")
BODY = "临河市人民政府"
YEAR_BEFORE = " of the year before"
NO_CLAIMS = Decimal(1)
"""Precision where nothing was bound, recall where nothing was to be bound."""


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """One sentence with the bindings that are right, wrong and missing, each as `row/column value`."""

    text: str
    right: Counter[str]
    wrong: Counter[str]
    missing: Counter[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Score:
    """Bindings counted over sentences."""

    right: int
    wrong: int
    missing: int

    @property
    def precision(self) -> Decimal:
        """Share of the bindings made that are right."""
        made = self.right + self.wrong
        return Decimal(self.right) / made if made else NO_CLAIMS

    @property
    def recall(self) -> Decimal:
        """Share of the bindings wanted that were made."""
        wanted = self.right + self.missing
        return Decimal(self.right) / wanted if wanted else NO_CLAIMS


def labelled() -> dict[str, list[dict[str, Any]]]:
    """Labelled sentences by part."""
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))
    return found


def judged(part: str) -> list[Judged]:
    """Every sentence of a part, judged."""
    return [_judged(row) for row in labelled()[part]]


def scored(judgements: Iterable[Judged], cells: str = "", years: Sequence[bool] = (False, True)) -> Score:
    """The bindings of sentences counted, those that begin with `cells` (`row/column` or `row/`).

    `years`: whether those of the year before count, those of the report's own, or both.
    """

    def count(found: Counter[str]) -> int:
        return sum(
            times for said, times in found.items() if said.startswith(cells) and said.endswith(YEAR_BEFORE) in years
        )

    judgements = list(judgements)
    return Score(*(sum(count(getattr(each, kind)) for each in judgements) for kind in ("right", "wrong", "missing")))


def by_verb_and_object(judgements: Sequence[Judged]) -> dict[str, Score]:
    """Score of each verb and object, told by the cell; verbs of the same cell (收到, 新收) share a score."""
    sayings: dict[str, list[str]] = {}
    for (verb, object_key), binding in bindings().items():
        # the columns of the requests table are applicants, whose parts of a row have the same verb
        column = "" if binding.table_key == "requests" else f"{binding.column_key} "
        sayings.setdefault(f"{binding.row_key}/{column}", []).append(f"{verb} {object_key}")
    return {", ".join(names): scored(judgements, cells) for cells, names in sayings.items()}


def _judged(row: dict[str, Any]) -> Judged:
    found = Counter(_said(claim) for claim in claims_of(row["text"], row.get("body", BODY)) if claim.bound_row)
    found -= Counter(row.get("allowed", ()))
    wanted = Counter([*row.get("bound", ()), *(f"{said}{YEAR_BEFORE}" for said in row.get("year_before", ()))])
    return Judged(row["text"], found & wanted, found - wanted, wanted - found)


def _said(claim: Claim) -> str:
    whose = "" if claim.scope == OWN else YEAR_BEFORE
    return f"{claim.bound_row}/{claim.bound_column} {claim.value.normalize():f}{whose}"


def main() -> None:
    """Print the figures, and what is wrong or missing."""
    shown = PARTS if "--all" in sys.argv else PARTS[:1]
    every = {part: judged(part) for part in PARTS}
    lines = [
        f"{each.text}\n  wrong: {sorted(each.wrong.elements())} missing: {sorted(each.missing.elements())}"
        for part in shown
        for each in every[part]
        if each.wrong or each.missing
    ]
    whole = [each for part in PARTS for each in every[part]]
    lines += [f"{'verb and object':60} right wrong missing precision recall"]
    lines += [
        f"{name:60} {score.right:5} {score.wrong:5} {score.missing:7} {score.precision:9.3f} {score.recall:6.3f}"
        for name, score in by_verb_and_object(whole).items()
        if score.right or score.wrong or score.missing
    ]
    own, before = [False], [True]
    for part, judgements, years in (
        *((part, judgements, own) for part, judgements in every.items()),
        ("whole", whole, own),
        ("whole, the year before", whole, before),
    ):
        score = scored(judgements, years=years)
        lines.append(
            f"{part}: {len(judgements)} sentences, {score.right + score.missing} cells to bind; right {score.right}, "
            f"wrong {score.wrong}, missing {score.missing}; "
            f"precision {score.precision:.4f}, recall {score.recall:.4f}"
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
