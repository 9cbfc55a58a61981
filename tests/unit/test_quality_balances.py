"""The balances of one report: four outcomes, no guess, the same as the model of the dbt project."""

from __future__ import annotations

import dataclasses
from collections import Counter
from decimal import Decimal

from flows.quality.balances import CheckResult, evaluate
from flows.records import Cell, CellKind, Outcome
from tests.unit.reports_builder import made_up_figures, page_of, read, three_tables

CELLS = {
    generation: read(page_of(three_tables(generation, made_up_figures(generation)))).cells
    for generation in ("2019", "2021")
}


def changed(cells: tuple[Cell, ...], table: str, row: str, column: str, text: str | None) -> list[Cell]:
    """Cells with another value in one of them; None makes it blank."""
    return [
        dataclasses.replace(
            cell,
            printed=text or "",
            value=Decimal(text) if text else None,
            cell_kind=(CellKind.NUMBER if text else CellKind.BLANK).value,
        )
        if (cell.table_key, cell.row_key, cell.column_key) == (table, row, column)
        else cell
        for cell in cells
    ]


def result(results: list[CheckResult], rule_id: str, instance_key: str) -> CheckResult:
    (found,) = [one for one in results if (one.rule_id, one.instance_key) == (rule_id, instance_key)]
    return found


def test_instances_follow_the_generation() -> None:
    instances = {g: Counter(one.rule_id for one in evaluate(cells)) for g, cells in CELLS.items()}
    assert instances["2021"] == {"B01": 25, "B02": 7, "B03": 7, "D01": 3, "Y01": 7, "A01": 2, "A02": 2}
    assert "A01" not in instances["2019"] and "A04" not in instances["2021"]
    assert [one.instance_key for one in evaluate(CELLS["2021"]) if one.rule_id == "A01"] == [
        "regulations",
        "normative_documents",
    ]
    rows = {one.instance_key for one in evaluate(CELLS["2019"]) if one.rule_id == "A04"}
    assert rows == {"licensing", "other_services", "penalties", "coercion", "fees"}


def test_every_row_and_column_of_the_requests_has_its_balance() -> None:
    for generation, cells in CELLS.items():
        rows = {cell.row_key for cell in cells if cell.table_key == "requests"}
        assert {one.instance_key for one in evaluate(cells) if one.rule_id == "B01"} == rows, generation


def test_the_single_other_row_is_a_term_in_2019_and_its_three_parts_in_2021() -> None:
    terms = {g: {term.row_key for term in result(evaluate(c), "B02", "total").cells} for g, c in CELLS.items()}
    assert terms["2019"] - terms["2021"] == {"other"}
    assert terms["2021"] - terms["2019"] == {"other_correction_overdue", "other_fee_overdue", "other_reason"}


def test_a_sound_report_passes_all_of_its_own_year() -> None:
    for cells in CELLS.values():
        outcomes = {
            one.rule_id: one.outcome for one in evaluate(cells) if one.rule_id in {"B01", "B02", "B03", "D01"}
        }
        assert set(outcomes.values()) == {Outcome.PASSED}


def test_one_wrong_cell_has_its_own_signature() -> None:
    wrong = changed(CELLS["2021"], "requests", "granted", "business", "50")
    failed = {
        (one.rule_id, one.instance_key, one.difference) for one in evaluate(wrong) if one.outcome == Outcome.FAILED
    }
    assert failed == {("B01", "granted", Decimal(50)), ("B02", "business", Decimal(50))}


def test_a_difference_of_a_millionth_fails() -> None:
    cells = changed(CELLS["2021"], "disputes", "reconsideration", "upheld", "3.000001")
    assert result(evaluate(cells), "D01", "reconsideration").difference == Decimal("0.000001")


def test_a_blank_is_not_a_zero_and_not_a_pass() -> None:
    blank = changed(CELLS["2021"], "requests", "granted", "research_institution", None)
    found = result(evaluate(blank), "B01", "granted")
    assert (found.outcome, found.reason, found.difference) == (Outcome.NOT_ASSESSABLE, "1 cell blank", None)


def test_parts_beyond_the_total_fail_though_a_part_is_missing() -> None:
    cells = changed(CELLS["2021"], "requests", "granted", "research_institution", None)
    cells = changed(tuple(cells), "requests", "granted", "business", "50")
    found = result(evaluate(cells), "B01", "granted")
    assert (found.outcome, found.reason, found.difference) == (Outcome.FAILED, "1 cell blank", Decimal(50))


def test_a_missing_total_cannot_be_assessed() -> None:
    cells = changed(CELLS["2021"], "requests", "granted", "total", None)
    assert result(evaluate(cells), "B01", "granted").outcome == Outcome.NOT_ASSESSABLE


def test_without_last_year_the_rules_across_years_cannot_be_assessed() -> None:
    found = result(evaluate(CELLS["2021"]), "Y01", "total")
    assert (found.outcome, found.reason) == (Outcome.NOT_ASSESSABLE, "no report of the year before")


def test_rules_across_years() -> None:
    own = CELLS["2021"]
    before = changed(own, "requests", "carried_out", "total", "5")
    assert result(evaluate(own, before), "Y01", "total").outcome == Outcome.PASSED
    found = result(evaluate(own, own), "Y01", "total")
    assert (found.outcome, found.difference) == (Outcome.FAILED, Decimal(-3))
    in_force = {c.column_key: c.value for c in own if c.row_key == "regulations"}
    fitting = str(in_force["in_force"] - in_force["issued"] + in_force["repealed"])
    before = changed(own, "proactive_disclosure", "regulations", "in_force", fitting)
    assert result(evaluate(own, before), "A01", "regulations").outcome == Outcome.PASSED


def test_last_year_on_the_older_tables_has_no_such_cell() -> None:
    found = result(evaluate(CELLS["2021"], CELLS["2019"]), "A01", "regulations")
    assert (found.outcome, found.reason) == (Outcome.NOT_ASSESSABLE, "1 cell not in the format of its report")
    assert [term.cell_kind for term in found.cells if term.year_offset == -1] == [None]


def test_a_missing_change_proves_nothing() -> None:
    before = changed(CELLS["2019"], "proactive_disclosure", "licensing", "change", None)
    own = changed(CELLS["2019"], "proactive_disclosure", "licensing", "previous_items", "1")
    found = result(evaluate(own, before), "A04", "licensing")
    assert (found.outcome, found.reason) == (Outcome.NOT_ASSESSABLE, "1 cell blank")


def test_no_cells_no_results() -> None:
    assert evaluate([]) == []


GRANTED = ("requests", "granted")


def told(cells: list[Cell], **second: tuple[str | None, str]) -> str | None:
    """Verdict on B01 of 予以公开 when the second reading takes other figures: by column, the figure and agreement."""
    bent = [
        dataclasses.replace(
            cell,
            second_number=Decimal(second[cell.column_key][0]) if second[cell.column_key][0] else None,
            agreement=second[cell.column_key][1],
        )
        if (cell.table_key, cell.row_key) == GRANTED and cell.column_key in second
        else cell
        for cell in cells
    ]
    return result(evaluate(bent), "B01", "granted").verdict


def test_a_verdict_needs_both_readings() -> None:
    cells = changed(CELLS["2021"], *GRANTED, "total", "99")
    printed = next(c.printed for c in CELLS["2021"] if (c.table_key, c.row_key, c.column_key) == (*GRANTED, "total"))
    assert told(list(CELLS["2021"])) is None
    assert told(cells) == "publisher"
    assert told(cells, total=(printed, "disagreed")) == "reader"
    assert told(cells, total=("98", "disagreed")) == "undecided"
    assert told(cells, total=(None, "disagreed")) == "undecided"
    assert told(cells, business=(None, "one_reading")) == "undecided"
    assert told(cells, business=("7", "disagreed")) == "undecided"


def test_every_failure_has_a_verdict_and_nothing_else_has_one() -> None:
    cells = changed(CELLS["2019"], "requests", "new_received", "natural_person", "999")
    results = evaluate(cells)
    assert {one.outcome for one in results} >= {Outcome.FAILED, Outcome.PASSED, Outcome.NOT_ASSESSABLE}
    assert all((one.verdict is not None) is (one.outcome == Outcome.FAILED) for one in results)
