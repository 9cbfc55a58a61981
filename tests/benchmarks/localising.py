"""How often the wrong cell is named: `python -m tests.benchmarks.localising --reports 10000 --seed 1`.

Made-up and real figure sets in which every balance holds, each with its report of the year before, get one or two
wrong cells: a digit dropped, doubled, exchanged or other than it was. Printed are all of them, also those that no
balance can tell apart, and beside it what a plain look finds: the cell in which the failing balances with one and the
same difference cross. Seconds are of the processor, so that they say the same beside other work.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import random
import statistics
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal

from flows.formats import format_cells
from flows.quality.balances import CheckResult, outcomes
from flows.quality.localisation import Fault, ProposedSet, localise
from flows.records import Agreement, Cell, CellKind, Outcome
from tests.layouts.figures import Figures, draw_figures
from tests.layouts.model import Key

GENERATION = "2021"
Named = frozenset[tuple[Key, Decimal]]


@dataclasses.dataclass
class Tally:
    """What became of the reports of one line of the table."""

    reports: int = 0
    unseen: int = 0
    """All balances hold all the same: nothing to be found."""
    unique: int = 0
    """The wrong cells named with their right values, and no others."""
    unique_open: int = 0
    """The wrong cells named and no others, a value left open because blanks leave it open."""
    preferred: int = 0
    """Several sets, and the wrong cells are the one that is lighter than the others."""
    listed: int = 0
    """The wrong cells are one of the minimal sets, with their right values or with open ones."""
    misled: int = 0
    """One set is named as the only one or preferred, and it is another one."""
    plain: int = 0
    plain_misled: int = 0
    seconds: list[float] = dataclasses.field(default_factory=list)

    def line(self, name: str) -> str:
        failing = max(1, self.reports - self.unseen)
        shares = (
            self.unique,
            self.unique_open,
            self.preferred,
            self.listed,
            self.misled,
            self.plain,
            self.plain_misled,
        )
        median, slow = (
            (statistics.median(self.seconds), statistics.quantiles(self.seconds, n=100)[-1])
            if len(self.seconds) > 1
            else (0, 0)
        )
        columns = [f"{name:<42}", f"{self.reports:>6}", f"{self.unseen:>5}"]
        columns += [f"{100 * share / failing:>8.2f} %" for share in shares]
        return " | ".join([*columns, f"{1000 * median:>5.1f}", f"{1000 * slow:>6.1f}"])


HEAD = " | ".join(
    (
        *(
            f"{'wrong cells':<42}",
            "number",
            "unseen",
            "  unique",
            "value open",
            " preferred",
            "    listed",
            "   misled",
        ),
        *("plain look", "  misled", "ms", "ms of 99 %"),
    )
)


def clean_pair(rng: random.Random) -> tuple[Figures, Figures]:
    """Figures of a report and of the one of the year before; every balance of both and between them holds."""
    while True:
        own, before = draw_figures(rng, GENERATION), draw_figures(rng, GENERATION)
        if any(not text for figures in (own, before) for text in figures.values()):
            continue
        _join(own, before)
        if all(int(before[key]) >= 0 for key in before if key[0] == "requests") and not _failed(own, before):
            return own, before


def _join(own: Figures, before: Figures) -> None:
    """Make last year's report end where this year's begins."""
    for row in ("regulations", "normative_documents"):
        issued, repealed, in_force = (
            int(own["proactive_disclosure", row, column]) for column in ("issued", "repealed", "in_force")
        )
        in_force = max(in_force, issued - repealed)
        own["proactive_disclosure", row, "in_force"] = str(in_force)
        before["proactive_disclosure", row, "in_force"] = str(in_force - issued + repealed)
        before["proactive_disclosure", row, "issued"] = before["proactive_disclosure", row, "repealed"] = "0"
    for key in [key for key in before if key[:2] == ("requests", "carried_out")]:
        column = key[2]
        before[key] = own["requests", "carried_in", column]
        received = int(before["requests", "outcome_total", column]) + int(before[key])
        before["requests", "new_received", column] = str(received - int(before["requests", "carried_in", column]))


def _failed(own: Figures, before: Figures | None) -> list[CheckResult]:
    results = outcomes(as_cells(own), as_cells(before) if before else None)
    return [result for result in results if result.outcome == Outcome.FAILED]


def as_cells(figures: Figures) -> list[Cell]:
    """Cells as a reader that is sure of all of them takes them."""
    cells = []
    for (table, row, column), text in figures.items():
        value = Decimal(text) if text else None
        kind = CellKind.BLANK if value is None else CellKind.NUMBER if value else CellKind.ZERO
        where = ("report", "1", table, row, column, GENERATION)
        sure = (1.0, 1.0, 1.0, text, value, "agreed", None)
        cells.append(Cell(*where, kind.value, text, text, value, None, None, *sure))
    return cells


def spoilt(rng: random.Random, text: str) -> str:
    """A number as a slip of hand or eye has it."""
    while True:
        at = rng.randrange(len(text))
        digit = str(rng.randrange(10))
        other = rng.choice(
            (
                text[:at] + text[at + 1 :],
                text[:at] + text[at] + text[at:],
                text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
                text[:at] + digit + text[at + 1 :],
                text + digit,
            )
        )
        if other and int(other) != int(text):
            return str(int(other))


def neighbours_exchanged(rng: random.Random, figures: Figures) -> Figures:
    """Two different numbers side by side in a row of requests, each in the other's place; empty if all are alike."""
    cells = [key for key in figures if key[0] == "requests"]
    pairs = [
        pair
        for pair in itertools.pairwise(cells)
        if pair[0][1] == pair[1][1] and figures[pair[0]] != figures[pair[1]]
    ]
    if not pairs:
        return {}
    one, two = rng.choice(pairs)
    return {one: figures[two], two: figures[one]}


def plain_look(failed: Sequence[CheckResult]) -> Named:
    """Cells in which failing balances of one and the same difference cross, with that difference undone."""
    by_difference: dict[Decimal, list[CheckResult]] = {}
    for result in failed:
        if result.difference is not None:
            by_difference.setdefault(abs(result.difference), []).append(result)
    named = set()
    for results in by_difference.values():
        shared = set.intersection(
            *({(t.table_key, t.row_key, t.column_key, t.year_offset) for t in result.cells} for result in results)
        )
        if len(results) < 2 or len(shared) != 1:
            return frozenset()
        (cell,) = shared
        first = results[0]
        (term,) = [t for t in first.cells if (t.table_key, t.row_key, t.column_key, t.year_offset) == cell]
        assert term.value is not None and first.difference is not None
        named.add((cell[:3], term.value - first.difference / term.coefficient))
    return frozenset(named)


def try_one(tally: Tally, own: Figures, before: Figures | None, wrong: Figures, *, is_misread: bool = False) -> None:
    """Count what is made of a report with these cells wrong, or misread where the second reading has them right."""
    cells = as_cells(own | wrong)
    if is_misread:
        cells = [
            dataclasses.replace(
                cell, agreement=Agreement.DISAGREED.value, second_value=own[key], second_number=Decimal(own[key])
            )
            if (key := (cell.table_key, cell.row_key, cell.column_key)) in wrong
            else cell
            for cell in cells
        ]
    previous = as_cells(before) if before else None
    began = time.process_time()
    results = outcomes(cells, previous)
    faults = localise(results, cells, previous)
    seconds = time.process_time() - began
    tally.reports += 1
    if not faults:
        tally.unseen += 1
        return
    tally.seconds.append(seconds)
    right = {key: Decimal(own[key]) for key in wrong}
    # what belongs to one fault is looked for among its sets
    found = [[one for one in fault.sets if _is_right(one, right)] for fault in faults]
    is_listed = all(found) and sum(len(sets[0].cells) for sets in found) == len(right)
    is_open = any(cell.proposed_value is None for sets in found for one in sets for cell in one.cells)
    is_unique = is_listed and all(fault.is_unique for fault in faults)
    tally.listed += is_listed
    tally.unique += is_unique and not is_open
    tally.unique_open += is_unique and is_open
    tally.preferred += is_listed and not is_unique and all(_is_first(fault, right) for fault in faults)
    tally.misled += any(fault.is_preferred and not _is_first(fault, right) for fault in faults)
    plain = plain_look([result for result in results if result.outcome == Outcome.FAILED])
    tally.plain += plain == frozenset(right.items())
    tally.plain_misled += bool(plain) and not plain <= right.items()


def _is_first(fault: Fault, right: Mapping[Key, Decimal]) -> bool:
    return fault.is_preferred and _is_right(fault.sets[0], right)


def _is_right(one: ProposedSet, right: Mapping[Key, Decimal]) -> bool:
    return all(
        cell.year_offset == 0
        and (key := (cell.table_key, cell.row_key, cell.column_key)) in right
        and cell.proposed_value in (None, right[key])
        for cell in one.cells
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="How often the wrong cell is named.")
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    keys = [(cell.table_key, cell.row_key, cell.column_key) for cell in format_cells(GENERATION)]
    places = {
        "requests": [key for key in keys if key[0] == "requests"],
        "all": [
            key for key in keys if key[0] != "proactive_disclosure" or key[2] in {"in_force", "issued", "repealed"}
        ],
    }
    lines = {
        (count, place, context): Tally()
        for count in (1, 2)
        for place in places
        for context in ("alone", "with last year")
    }
    blank, exchanged, misread = Tally(), Tally(), Tally()
    for number in range(options.reports):
        own, before = clean_pair(rng)
        for count in (1, 2):
            for place, choice in places.items():
                wrong = {key: spoilt(rng, own[key]) for key in rng.sample(choice, count)}
                try_one(lines[count, place, "alone"], own, None, wrong)
                try_one(lines[count, place, "with last year"], own, before, wrong)
        key = rng.choice(places["requests"])
        wrong = {key: spoilt(rng, own[key])}
        try_one(blank, {k: "" if text == "0" and k != key else text for k, text in own.items()}, None, wrong)
        if number % 10 == 0:
            apart = random.Random(f"{options.seed}:{number}")
            wrong = neighbours_exchanged(apart, own)
            if wrong:
                try_one(exchanged, own, None, wrong)
            key = apart.choice(places["all"])
            try_one(misread, own, None, {key: spoilt(apart, own[key])}, is_misread=True)
    print(HEAD)
    for (count, place, context), tally in lines.items():
        print(tally.line(f"{count} of {place}, {context}"))
    print(blank.line("1 of requests, every zero left blank"))
    print(exchanged.line("2 neighbours of requests exchanged"))
    print(misread.line("1 of all, read rightly by the second"))


if __name__ == "__main__":
    main()
