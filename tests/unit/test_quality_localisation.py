"""Naming the wrong cells: exact edits, the fewest cells, all sets of them, and whose error each would be."""

from __future__ import annotations

import dataclasses
import itertools
import random
from decimal import Decimal

import pytest

from flows.quality.balances import evaluate, outcomes
from flows.quality.covering import Cover
from flows.quality.edits import Change, Domain, Edit, Obstacle, change
from flows.quality.localisation import MOST_CELLS, Fault, localise
from flows.records import Agreement, Cell, CellKind
from tests.unit.reports_builder import made_up_figures, page_of, read, three_tables

Key = tuple[str, str, str]


def report(generation: str = "2021") -> list[Cell]:
    """A report in which every balance holds, read from a made-up page."""
    return list(read(page_of(three_tables(generation, made_up_figures(generation)))).cells)


BALANCED = report()


def printed(cells: list[Cell], values: dict[Key, str | None], **said: object) -> list[Cell]:
    """Cells with other values, None for a blank, and whatever else is said of them."""

    def one(cell: Cell) -> Cell:
        key = (cell.table_key, cell.row_key, cell.column_key)
        if key not in values:
            return cell
        text = values[key]
        kind = CellKind.BLANK if text is None else CellKind.NUMBER if Decimal(text) else CellKind.ZERO
        value = None if text is None else Decimal(text)
        return dataclasses.replace(cell, printed=text or "", value=value, cell_kind=kind.value, **said)  # type: ignore[arg-type]

    return [one(cell) for cell in cells]


def value_of(cells: list[Cell], key: Key) -> Decimal:
    (found,) = [cell.value for cell in cells if (cell.table_key, cell.row_key, cell.column_key) == key]
    assert found is not None
    return found


def faults(cells: list[Cell], previous: list[Cell] | None = None) -> list[Fault]:
    return localise(evaluate(cells, previous), cells, previous)


def named(fault: Fault) -> list[set[tuple[str, str, Decimal | None]]]:
    return [{(cell.row_key, cell.column_key, cell.proposed_value) for cell in one.cells} for one in fault.sets]


def test_a_report_that_balances_gives_no_proposal() -> None:
    assert faults(BALANCED) == []
    assert faults(report("2019")) == []


@pytest.mark.parametrize("generation", ["2019", "2021"])
def test_any_one_wrong_cell_of_the_requests_is_named_with_its_right_value(generation: str) -> None:
    clean = report(generation)
    keys = [(cell.table_key, cell.row_key, cell.column_key) for cell in clean if cell.table_key == "requests"]
    for key in keys:
        right = value_of(clean, key)
        (fault,) = faults(printed(clean, {key: str(right + 9)}))
        assert fault.is_unique, key
        assert named(fault) == [{(*key[1:], right)}]


def test_a_cell_of_one_balance_only_is_named_beside_all_others_that_would_do() -> None:
    """Upheld 3 -> 30: any part could be smaller, were it large enough, or the total larger."""
    row = dict(zip(("upheld", "corrected", "other", "pending", "total"), ("30", "40", "2", "0", "45"), strict=True))
    (fault,) = faults(printed(BALANCED, {("disputes", "reconsideration", key): text for key, text in row.items()}))
    assert fault.checks == (("D01", "reconsideration"),)
    assert named(fault) == [
        {("reconsideration", "corrected", Decimal(13))},
        {("reconsideration", "total", Decimal(72))},
        {("reconsideration", "upheld", Decimal(3))},
    ]
    assert fault.is_complete and not fault.is_unique and not fault.is_preferred


def test_the_cell_of_which_the_readings_differ_comes_first_and_is_the_readers_error() -> None:
    key = ("disputes", "reconsideration", "upheld")
    right = value_of(BALANCED, key)
    wrong = printed(
        BALANCED,
        {key: str(right + 30)},
        agreement=Agreement.DISAGREED.value,
        second_value=str(right),
        second_number=right,
    )
    (fault,) = faults(wrong)
    first, *others = fault.sets
    assert [(cell.column_key, cell.proposed_value, cell.error_owner) for cell in first.cells] == [
        ("upheld", right, "reader")
    ]
    assert fault.is_preferred and not fault.is_unique
    assert {cell.error_owner for one in others for cell in one.cells} == {"publisher"}


def test_a_cell_that_both_readings_take_alike_is_the_publishers_error_and_one_reading_decides_nothing() -> None:
    key = ("requests", "granted", "business")
    owners = {}
    for agreement in (Agreement.AGREED, Agreement.ONE_READING, Agreement.DISAGREED):
        said = {"agreement": agreement.value, "second_value": "77", "second_number": Decimal(77)}
        (fault,) = faults(printed(BALANCED, {key: "5000"}, **said))
        owners[agreement] = fault.sets[0].cells[0].error_owner
    assert owners == {"agreed": "publisher", "one_reading": "undecided", "disagreed": "undecided"}


def test_two_exchanged_numbers_are_among_the_sets_of_two_cells() -> None:
    """In any row of these columns large enough a unit could be moved, but nowhere else would that be one slip."""
    one, two = ("requests", "granted", "natural_person"), ("requests", "granted", "business")
    right = {one: value_of(BALANCED, one), two: value_of(BALANCED, two)}
    assert right[one] != right[two]
    (fault,) = faults(printed(BALANCED, {one: str(right[two]), two: str(right[one])}))
    assert named(fault)[0] == {(*key[1:], value) for key, value in right.items()}
    assert fault.sets[0].is_exchange and fault.is_preferred
    assert {len(one) for one in named(fault)} == {2} and len(fault.sets) > 10


def test_faults_that_share_no_cell_are_told_apart() -> None:
    wrong = {("requests", "granted", "business"): "5000", ("disputes", "litigation_direct", "total"): "9999"}
    requests, disputes = faults(printed(BALANCED, wrong))
    assert requests.is_unique
    assert not disputes.is_unique and ("litigation_direct", "total") in {
        (cell.row_key, cell.column_key) for one in disputes.sets for cell in one.cells
    }


def test_large_values_and_their_last_digit_stay_exact() -> None:
    """Twelve digits, out by one: what a big M in floating point loses."""
    large = [
        dataclasses.replace(cell, value=cell.value * 98_765_432_101_234 if cell.value is not None else None)
        for cell in BALANCED
    ]
    key = ("requests", "granted", "total")
    right = value_of(large, key)
    assert right > 10**12
    (fault,) = faults(printed(large, {key: str(right - 1)}))
    assert named(fault) == [{("granted", "total", right)}]


def test_a_value_that_is_not_whole_must_change() -> None:
    key = ("requests", "granted", "natural_person")
    right = value_of(BALANCED, key)
    (fault,) = faults(printed(BALANCED, {key: f"{right}.5"}))
    assert named(fault) == [{("granted", "natural_person", right)}]


def test_where_a_part_is_blank_the_balance_only_says_too_large_or_too_small() -> None:
    row = {"upheld": "9", "corrected": "0", "other": "0", "pending": None, "total": "4"}
    (fault,) = faults(printed(BALANCED, {("disputes", "reconsideration", key): text for key, text in row.items()}))
    assert named(fault) == [
        {("reconsideration", "total", None)},
        {("reconsideration", "upheld", None)},
    ]


def test_more_wrong_cells_than_anyone_should_doubt_are_not_guessed() -> None:
    columns = ("natural_person", "business", "research_institution", "legal_service", "other_organization")
    rows = ("granted", "denied_state_secret", "unavailable_not_held", "other_reason", "not_processed_petition")
    wrong = {("requests", row, column): "7777" for row, column in zip(rows, columns, strict=True)}
    assert len(wrong) > MOST_CELLS
    (fault,) = faults(printed(BALANCED, wrong))
    assert fault.sets == () and not fault.is_complete and not fault.is_unique


def test_last_years_report_tells_what_this_one_cannot() -> None:
    """Carried-in that differs from last year's carried-out may be wrong in either report."""
    carried_in = value_of(BALANCED, ("requests", "carried_in", "total"))
    before = printed(
        BALANCED,
        {
            ("requests", "carried_out", cell.column_key): str(
                value_of(BALANCED, ("requests", "carried_in", cell.column_key))
            )
            for cell in BALANCED
            if cell.row_key == "carried_in"
        },
    )
    results = outcomes(BALANCED, before)
    assert not [one for one in results if one.rule_id == "Y01" and one.outcome != "passed"]
    (fault,) = [
        one
        for one in faults(printed(BALANCED, {("requests", "carried_in", "total"): str(carried_in + 5)}), before)
        if ("Y01", "total") in one.checks
    ]
    assert named(fault) == [{("carried_in", "total", carried_in)}]
    (other,) = [
        one
        for one in faults(BALANCED, printed(before, {("requests", "carried_out", "total"): str(carried_in + 5)}))
        if ("Y01", "total") in one.checks
    ]
    assert [(cell.year_offset, cell.row_key, cell.column_key) for cell in other.sets[0].cells] == [
        (-1, "carried_out", "total")
    ]


def test_the_same_report_gives_the_same_sets_in_the_same_order() -> None:
    rng = random.Random(5)
    keys = [(cell.table_key, cell.row_key, cell.column_key) for cell in BALANCED if cell.table_key == "requests"]
    wrong = printed(BALANCED, dict.fromkeys(rng.sample(keys, 3), "31"))
    assert faults(wrong) == faults(list(wrong))


def test_what_is_eliminated_exactly_is_what_trying_every_value_finds() -> None:
    """Tables of two rows and two columns with their totals, values 0 to 4, every set of up to two cells."""
    rng = random.Random(11)
    sums = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8)]
    domains = [Domain()] * 9
    seen = set()
    for _ in range(60):
        edits = [Edit({a: 1, b: 1, c: -1}, is_equation=rng.random() < 0.8) for a, b, c in sums]
        values = [rng.randrange(3) for _ in range(9)]
        for size in (1, 2):
            for cells in itertools.combinations(range(9), size):
                touched = [edit for edit in edits if not set(cells).isdisjoint(edit.terms)]
                tried = []
                for numbers in itertools.product(range(9), repeat=size):
                    trial = list(values)
                    for cell, number in zip(cells, numbers, strict=True):
                        trial[cell] = number
                    if all(edit.holds(trial) for edit in touched):
                        tried.append(numbers)
                found = change(cells, edits, values, domains)
                assert isinstance(found, Change) == bool(tried)
                seen.add(type(found))
                if isinstance(found, Change):
                    assert tuple(found.values[cell] for cell in cells) in tried
                    assert bool(found.open_cells) == (len(tried) > 1)
    assert seen == {Change, Obstacle}


def test_an_obstacle_names_cells_of_which_one_must_change_as_well() -> None:
    """Row 1 + 1 = 2 holds, column 1 + 1 = 3 does not: changing the shared cell breaks the row."""
    edits = [Edit({0: 1, 1: 1, 2: -1}), Edit({0: 1, 3: 1, 4: -1})]
    found = change([0], edits, [1, 1, 2, 1, 3], [Domain()] * 5)
    assert isinstance(found, Obstacle)
    assert found.cells == (frozenset({1, 2, 3, 4}),)


def test_the_lightest_cover_is_found_and_then_the_next() -> None:
    cover = Cover(lambda cell: 100 + cell, most_cells=2)
    cover.meet([1, 2, 3])
    cover.meet([2, 3, 4])
    assert cover.lightest() == (2,)
    cover.forbid([2])
    cover.limit(1)
    assert cover.lightest() == (3,)
    cover.forbid([3])
    assert cover.lightest() is None


def test_a_cover_that_is_lighter_in_parts_is_not_taken_in_parts() -> None:
    """Of three pairs no two halves: the relaxed answer is not whole."""
    cover = Cover(lambda cell: 100, most_cells=4)
    for pair in ([0, 1], [1, 2], [0, 2]):
        cover.meet(pair)
    assert len(cover.lightest() or ()) == 2
