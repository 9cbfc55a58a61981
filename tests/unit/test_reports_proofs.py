"""Placements that only sums can tell: columns of wide tables, and the order of rows without labels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.reports_builder import (
    Figures,
    Table,
    Td,
    disclosure_table,
    disputes_table,
    found_figures,
    labels_and_values,
    made_up_figures,
    page_of,
    read,
    requests_table,
    tab_text,
)

FIGURES = made_up_figures("2021")
HEAD_ROWS = 3
FORMS = [page_of, tab_text]


def figures_with(form: Callable[[list[Table]], bytes], table: Table) -> Figures:
    tables = [disclosure_table("2021", FIGURES), table, disputes_table("2021", FIGURES)]
    return {key: value for key, value in found_figures(read(form(tables))).items() if key[0] == "requests"}


def requests_of(figures: Figures) -> Figures:
    return {key: value for key, value in figures.items() if key[0] == "requests"}


def bent(bend: Callable[[list[Td], list[Td]], list[Td]]) -> Table:
    """The requests table with each row of values made anew from its labels and values."""
    table = requests_table("2021", FIGURES)
    for row in table[HEAD_ROWS:]:
        row[:] = bend(*labels_and_values(row))
    return table


def without_labels(labels: list[Td]) -> list[Td]:
    return [Td("", label.colspan, label.rowspan) for label in labels]


def subtotal(values: list[Td]) -> Td:
    return Td(str(sum(int(value.text) for value in values[1:6])))


@pytest.mark.parametrize("form", FORMS)
def test_a_subtotal_an_empty_column_and_no_labels_at_once(form: Callable[[list[Table]], bytes]) -> None:
    table = bent(lambda labels, v: [*without_labels(labels), v[0], Td(), *v[1:6], subtotal(v), v[6]])
    assert figures_with(form, table) == requests_of(FIGURES)


@pytest.mark.parametrize("form", FORMS)
def test_a_subtotal_without_a_head_beside_blank_totals_is_no_total(form: Callable[[list[Table]], bytes]) -> None:
    table = bent(lambda labels, v: [*labels, *v[:6], subtotal(v), v[6]])
    for row in table[HEAD_ROWS + 2 : -2]:
        row[-1] = Td()
    found = figures_with(form, table)
    truth = requests_of(FIGURES)
    outcomes = {key: value for key, value in found.items() if key[2] == "total" and value}
    assert outcomes.items() <= truth.items()
    assert found["requests", "granted", "total"] == ""


def test_the_order_of_rows_with_totals_alone_is_proven_by_the_sums_of_the_columns() -> None:
    table = bent(lambda labels, v: [*without_labels(labels), *[Td()] * 6, v[6]])
    found = figures_with(page_of, table)
    totals = {key: value for key, value in requests_of(FIGURES).items() if key[2] == "total"}
    assert {key: value for key, value in found.items() if value} == totals


@pytest.mark.parametrize("form", FORMS)
def test_rows_without_labels_that_do_not_balance_are_not_placed(form: Callable[[list[Table]], bytes]) -> None:
    table = bent(lambda labels, v: [*without_labels(labels), *[Td()] * 6, v[6]])
    table[HEAD_ROWS], table[-1] = table[-1], table[HEAD_ROWS]
    assert set(figures_with(form, table).values()) <= {""}


@pytest.mark.parametrize("form", FORMS)
def test_blank_rows_among_rows_without_labels_are_no_rows_of_the_format(form: Callable[[list[Table]], bytes]) -> None:
    table = bent(lambda labels, v: [*[Td() for _ in labels], *v])
    table.insert(HEAD_ROWS + 4, [Td() for _ in range(8)])
    assert figures_with(form, table) == requests_of(FIGURES)


def test_columns_that_nothing_tells_apart_are_left_over() -> None:
    """Seven of nine columns, two of them blank, and only one value a row: it may be any of three."""
    table = bent(lambda labels, v: [*labels, *[Td()] * 7, v[6], Td()])
    del table[:HEAD_ROWS]
    table = [[Td(label.text) for label in row] for row in table]
    assert set(figures_with(tab_text, table).values()) <= {""}


def test_two_tables_without_labels_are_parted_at_their_heads() -> None:
    table = bent(lambda labels, v: [*without_labels(labels), *v])
    difference = bent(lambda labels, _: [*without_labels(labels), *(Td(str(n)) for n in (-3, -2, 1, -1, 4, 0, -1))])
    assert figures_with(tab_text, [*table, *difference]) == requests_of(FIGURES)


@pytest.mark.parametrize("form", FORMS)
def test_two_tables_of_which_nothing_says_the_year_are_left_over(form: Callable[[list[Table]], bytes]) -> None:
    last_year = bent(lambda labels, _: [*labels, *(Td(text) for text in ("1", "0", "0", "2", "0", "0", "3"))])
    found = figures_with(form, [*last_year, *requests_table("2021", FIGURES)])
    assert set(found.values()) == {""}


@pytest.mark.parametrize("form", FORMS)
def test_labels_that_have_slipped_by_a_row_take_no_other_rows_values(form: Callable[[list[Table]], bytes]) -> None:
    table = requests_table("2021", FIGURES)
    rows = table[HEAD_ROWS + 6 : HEAD_ROWS + 10]
    slipped = [labels_and_values(row)[0] for row in (*rows[1:], rows[0])]
    for row, labels in zip(rows, slipped, strict=True):
        row[:] = [*labels, *labels_and_values(row)[1]]
    found = figures_with(form, table)
    assert {key: value for key, value in found.items() if value and value != FIGURES[key]} == {}


@pytest.mark.parametrize("form", FORMS)
def test_a_row_too_many_does_not_take_the_place_of_a_blank_one(form: Callable[[list[Table]], bytes]) -> None:
    table = disclosure_table("2021", FIGURES)
    index = next(i for i, row in enumerate(table) if row[0].text == "行政规范性文件")
    values = table[index][1:]
    table[index : index + 1] = [
        [table[index][0], *(Td("", value.colspan) for value in values)],
        [Td("其他主动公开文件"), *(Td("93", value.colspan) for value in values)],
    ]
    tables = [table, requests_table("2021", FIGURES), disputes_table("2021", FIGURES)]
    found = found_figures(read(form(tables)))
    assert "93" not in found.values()
    assert found["proactive_disclosure", "normative_documents", "issued"] == ""
