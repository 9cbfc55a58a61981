"""Which cells of a report are wrong where its balances fail, and what they would have to be.

The fewest cells whose change restores every balance (Fellegi and Holt 1976), among as few those that can be trusted
least. HiGHS chooses the cells (`covering`), the values follow exactly from the balances (`edits`). Nothing is
changed: a proposal stands beside the value that was reported.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from flows.quality.balances import CheckedTerm, CheckResult, comparison_of, measure_kind, outcomes
from flows.quality.edits import Change, Domain, Edit, change
from flows.records import Agreement, Cell, Outcome, Verdict

METHOD_VERSION = "1"
"""Raised when the same cells would be answered otherwise."""
MOST_CELLS = 4
"""Cells of a set at most: whoever has to doubt more of them had better read the page."""
MOST_SETS = 40
"""Sets of a fault at most: two exchanged numbers can be explained by any row of their columns."""
MOST_ROUNDS = 400
"""Questions to HiGHS about one fault at most."""
SURE_CONFIDENCE = 0.75
"""Confidence of a reading from which on it is no doubt (docs/reading.md)."""

CELL_WEIGHT = 100
"""What any cell weighs; what follows is added to it, and never makes two cells lighter than one."""
AGREED_WEIGHT, ONE_READING_WEIGHT = 12, 6
"""Both readings take the same; only one reading can tell. Nothing is added where they differ."""
SURE_WEIGHT = 6
"""Row and column were found with confidence."""
CARRIED_WEIGHT = 3
"""A balance with last year's report confirms the cell as it is printed."""


@dataclasses.dataclass(frozen=True, slots=True)
class ProposedCell:
    """A cell that may be wrong, and what the balances would have in its place."""

    table_key: str
    row_key: str
    column_key: str
    year_offset: int
    """0 the report itself, -1 the report of the year before."""
    printed: str
    value: Decimal
    proposed_value: Decimal | None
    """None where the balances leave it open: they only say that it is too large or too small."""
    weight: int
    second_value: str | None
    agreement: str | None
    error_owner: str
    """Whose error it would be: the reader's where the second reading takes the proposed value, the publisher's where
    both readings take what was printed, else undecided."""


@dataclasses.dataclass(frozen=True, slots=True)
class ProposedSet:
    """Cells that restore every balance when they are changed together."""

    cells: tuple[ProposedCell, ...]

    @property
    def is_exchange(self) -> bool:
        """Whether two cells have each other's number: one slip rather than two."""
        values = [(cell.year_offset, cell.value) for cell in self.cells]
        return len(self.cells) == 2 and values[::-1] == [(c.year_offset, c.proposed_value) for c in self.cells]

    @property
    def weight(self) -> int:
        """Sum of the weights of its cells; of two exchanged numbers the greater one."""
        weights = [cell.weight for cell in self.cells]
        return max(weights) if self.is_exchange else sum(weights)


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """Failed balances that hang together through their cells, and the sets of fewest cells that restore them all."""

    checks: tuple[tuple[str, str], ...]
    """Rule and instance of each failed balance."""
    sets: tuple[ProposedSet, ...]
    """Lightest first."""
    is_complete: bool
    """Whether these are all; never True of none."""

    @property
    def is_unique(self) -> bool:
        """Whether the balances leave only one set of so few cells."""
        return self.is_complete and len(self.sets) == 1

    @property
    def is_preferred(self) -> bool:
        """Whether the first set is the only one or, of several, lighter than every other."""
        return self.is_unique or (
            self.is_complete and len(self.sets) > 1 and self.sets[0].weight < self.sets[1].weight
        )


def localise(
    results: Sequence[CheckResult], cells: Sequence[Cell], previous: Sequence[Cell] | None = None
) -> list[Fault]:
    """The faults of a report whose checks came to these results, in the order of the checks.

    `results` are those of `balances.evaluate(cells, previous)`, or of `balances.outcomes`. Balances of the report of
    the year before stand for its cells where they hold; where they do not, that report has a fault of its own.
    """
    if not any(result.outcome == Outcome.FAILED for result in results):
        return []
    before = [
        result
        for result in (outcomes(previous) if previous else [])
        if result.outcome == Outcome.PASSED and all(term.year_offset == 0 for term in result.cells)
    ]
    return [
        _Search(part, cells, previous or ()).fault()
        for part in _parts([*((result, 0) for result in results), *((result, -1) for result in before)])
        if any(result.outcome == Outcome.FAILED for result, _ in part)
    ]


_Check = tuple[CheckResult, int]
"""A check and how many years its report is away from the one that is looked at."""
_Key = tuple[int, str, str, str]
"""Years away, table, row and column."""


def _parts(checks: Sequence[_Check]) -> list[list[_Check]]:
    """Checks that share cells, directly or through others, in the order in which their first one comes."""
    leader: dict[_Key, _Key] = {}

    def find(key: _Key) -> _Key:
        while leader.setdefault(key, key) != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    keys = [[_key(term, years) for term in result.cells if term.value is not None] for result, years in checks]
    for names in keys:
        for name in names[1:]:
            leader[find(name)] = find(names[0])
    parts: dict[_Key, list[_Check]] = defaultdict(list)
    for check, names in zip(checks, keys, strict=True):
        if names:
            parts[find(names[0])].append(check)
    return list(parts.values())


def _key(term: CheckedTerm, years: int) -> _Key:
    return (term.year_offset + years, term.table_key, term.row_key, term.column_key)


class _Search:
    """One part of the balances as a system of edits over numbered cells."""

    def __init__(self, checks: Sequence[_Check], cells: Sequence[Cell], previous: Sequence[Cell]) -> None:
        self.failed = [result for result, years in checks if years == 0 and result.outcome == Outcome.FAILED]
        known = {
            _key(term, years): term.value
            for result, years in checks
            for term in result.cells
            if term.value is not None
        }
        self.keys = sorted(known, key=lambda key: (-key[0], *key[1:]))
        number = {key: place for place, key in enumerate(self.keys)}
        self.scale = max(_places(value) for value in known.values())
        self.values = [int(known[key].scaleb(self.scale)) for key in self.keys]
        self.domains = [_domain(measure_kind(*key[1:]), self.scale) for key in self.keys]
        self.edits = [edit for result, years in checks if (edit := _edit(result, years, number))]
        read = {
            (years, cell.table_key, cell.row_key, cell.column_key): cell
            for years, report in ((0, cells), (-1, previous))
            for cell in report
        }
        self.cells = [read[key] for key in self.keys]
        self.carried = {
            _key(term, years)
            for result, years in checks
            if result.outcome == Outcome.PASSED and any(term.year_offset for term in result.cells)
            for term in result.cells
        }

    def weight(self, number: int) -> int:
        """How much has to be said for a cell before it is doubted."""
        return _weight(self.cells[number], self.keys[number] in self.carried)

    def fault(self) -> Fault:
        """The sets of fewest cells with which every edit holds."""
        from flows.quality.covering import Cover

        cover = Cover(self.weight, MOST_CELLS)
        for edit in self.edits:
            if not edit.holds(self.values):
                cover.meet(edit.terms)
        for cell, (key, value, domain) in enumerate(zip(self.keys, self.values, self.domains, strict=True)):
            if key[0] == 0 and not domain.allows(value):
                cover.meet([cell])
        sets: list[ProposedSet] = []
        is_complete = False
        for _ in range(MOST_ROUNDS):
            chosen = cover.lightest()
            if chosen is None or len(sets) == MOST_SETS:
                is_complete = chosen is None and bool(sets)
                break
            found = change(chosen, self.edits, self.values, self.domains)
            if isinstance(found, Change):
                self._assert_restores(found)
                sets.append(ProposedSet(tuple(self._proposed(cell, found) for cell in chosen)))
                cover.forbid(chosen)
                cover.limit(len(chosen))
            else:
                for cells in found.cells:
                    cover.meet(cells)
        checks = tuple((result.rule_id, result.instance_key) for result in self.failed)
        return Fault(checks, tuple(sorted(sets, key=_order)), is_complete)

    def _assert_restores(self, found: Change) -> None:
        """Every balance once more from the values themselves: nothing is proposed that leaves one of them out."""
        values = list(self.values)
        for cell, value in found.values.items():
            assert value != self.values[cell], "a cell was chosen that need not change"
            values[cell] = value
        assert all(edit.holds(values) for edit in self.edits), "a proposed set leaves a balance out"

    def _proposed(self, number: int, found: Change) -> ProposedCell:
        cell = self.cells[number]
        assert cell.value is not None
        proposed = None
        if number not in found.open_cells:
            proposed = Decimal(found.values[number]).scaleb(-self.scale)
            proposed = proposed.quantize(Decimal(1)) if proposed == proposed.to_integral_value() else proposed
        return ProposedCell(
            table_key=cell.table_key,
            row_key=cell.row_key,
            column_key=cell.column_key,
            year_offset=self.keys[number][0],
            printed=cell.printed,
            value=cell.value,
            proposed_value=proposed,
            weight=self.weight(number),
            second_value=cell.second_value,
            agreement=cell.agreement,
            error_owner=_owner(cell, proposed),
        )


def _order(one: ProposedSet) -> tuple[object, ...]:
    return (one.weight, [(-cell.year_offset, cell.table_key, cell.row_key, cell.column_key) for cell in one.cells])


def _edit(result: CheckResult, years: int, number: Mapping[_Key, int]) -> Edit | None:
    """What a check asks of its known cells; None where what is missing leaves them free.

    A missing count or amount is not negative (as `evaluate` has it): where all that is missing adds to the sum, the
    known cells may sum to nothing above zero; where all of it takes from it, to nothing below. A rule that asks for
    zero at least says nothing where something missing adds to the sum.
    """
    is_at_least = comparison_of(result.rule_id) == "at_least"
    terms: dict[int, int] = {}
    for term in result.cells:
        if term.value is not None:
            key = number[_key(term, years)]
            terms[key] = terms.get(key, 0) + term.coefficient
    terms = {key: coefficient for key, coefficient in terms.items() if coefficient}
    missing = [term for term in result.cells if term.value is None]
    if not missing:
        return Edit(terms, is_equation=not is_at_least)
    if any(measure_kind(term.table_key, term.row_key, term.column_key) == "change" for term in missing):
        return None
    if not is_at_least and all(term.coefficient > 0 for term in missing):
        return Edit({key: -coefficient for key, coefficient in terms.items()}, is_equation=False)
    return Edit(terms, is_equation=False) if all(term.coefficient < 0 for term in missing) else None


def _places(value: Decimal) -> int:
    """Digits behind the point, noughts at the end left out."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


def _domain(kind: str, scale: int) -> Domain:
    """Counts and changes are whole; an amount has as many places as any value of its balances."""
    return Domain(step=1 if kind == "amount" else 10**scale, is_signed=kind == "change")


def _weight(cell: Cell, is_carried: bool) -> int:
    by_agreement = {Agreement.AGREED: AGREED_WEIGHT, Agreement.DISAGREED: 0}
    weight = CELL_WEIGHT + (by_agreement.get(Agreement(cell.agreement), ONE_READING_WEIGHT) if cell.agreement else 0)
    return weight + SURE_WEIGHT * (cell.confidence >= SURE_CONFIDENCE) + CARRIED_WEIGHT * is_carried


def _owner(cell: Cell, proposed: Decimal | None) -> str:
    if cell.agreement == Agreement.DISAGREED and proposed is not None and cell.second_number == proposed:
        return Verdict.READER
    return Verdict.PUBLISHER if cell.agreement == Agreement.AGREED else Verdict.UNDECIDED
