"""Tables damaged at random: what is read is right, and no number is lost without a word."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Callable

import pytest

from tests.unit.reports_builder import (
    Table,
    Td,
    found_figures,
    labels_and_values,
    made_up_figures,
    page_of,
    read,
    tab_text,
    three_tables,
)

FIGURES = {generation: made_up_figures(generation) for generation in ("2019", "2021")}
HEAD_ROWS = 3


def misprinted(rng: random.Random, table: Table) -> None:
    """Two characters of half of the labels are replaced."""
    for index in rng.sample(range(HEAD_ROWS, len(table)), 12):
        labels, values = labels_and_values(table[index])
        text = list(labels[-1].text)
        for _ in range(2):
            text[rng.randrange(len(text))] = rng.choice("的一是不了在人有我他")
        table[index] = [*labels[:-1], dataclasses.replace(labels[-1], text="".join(text)), *values]


def labels_lost(rng: random.Random, table: Table) -> None:
    for index in rng.sample(range(HEAD_ROWS, len(table)), rng.randint(1, len(table) - HEAD_ROWS)):
        labels, values = labels_and_values(table[index])
        table[index] = [*(dataclasses.replace(label, text="") for label in labels), *values]


def rows_lost(rng: random.Random, table: Table) -> None:
    for _ in range(rng.randint(1, 3)):
        del table[rng.randrange(HEAD_ROWS, len(table))]


def rows_and_labels_lost(rng: random.Random, table: Table) -> None:
    for index in range(HEAD_ROWS, len(table)):
        labels, values = labels_and_values(table[index])
        table[index] = [*(dataclasses.replace(label, text="") for label in labels), *values]
    rows_lost(rng, table)


def cells_lost(rng: random.Random, table: Table) -> None:
    for row in rng.sample(table[HEAD_ROWS:], 5):
        del row[len(row) - rng.randint(1, 7)]


def cells_repeated(rng: random.Random, table: Table) -> None:
    for row in rng.sample(table[HEAD_ROWS:], 3):
        index = len(row) - rng.randint(1, 7)
        row.insert(index, row[index])


def cells_merged(rng: random.Random, table: Table) -> None:
    for row in rng.sample(table[HEAD_ROWS:], 3):
        index = len(row) - rng.randint(2, 7)
        row[index : index + 2] = [dataclasses.replace(row[index], colspan=2)]


def blanks_inserted(rng: random.Random, table: Table) -> None:
    for row in rng.sample(table[HEAD_ROWS:], 8):
        row.insert(len(row) - rng.randint(0, 7), Td())


def heads_lost(rng: random.Random, table: Table) -> None:
    del table[: rng.randint(1, HEAD_ROWS)]


def rows_added(rng: random.Random, table: Table) -> None:
    label = Td(rng.choice(["小计", "合计", "不予公开合计", "其中：网上申请"]), 3)
    table.insert(rng.randrange(HEAD_ROWS, len(table)), [label, *(Td(str(rng.randint(1, 9))) for _ in range(7))])


DAMAGES = [
    misprinted,
    labels_lost,
    rows_lost,
    rows_and_labels_lost,
    cells_lost,
    cells_repeated,
    cells_merged,
    blanks_inserted,
    heads_lost,
    rows_added,
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("seed", range(6))
def test_damage_never_makes_a_wrong_number(damage: Callable[[random.Random, Table], None], seed: int) -> None:
    rng = random.Random(seed)
    generation = rng.choice(["2019", "2021"])
    tables = three_tables(generation, FIGURES[generation])
    damage(rng, tables[1])
    reading = read(rng.choice([page_of, tab_text])(tables))
    found = found_figures(reading)
    wrong = {key: value for key, value in found.items() if value not in {"", FIGURES[generation].get(key)}}
    assert wrong == {}
    printed = Counter(
        cell.text for table in tables for row in table for cell in row if cell.text.lstrip("-")[:1].isdigit()
    )
    kept = Counter(cell.raw_text for cell in reading.cells) + Counter(left.raw_text for left in reading.leftovers)
    lost = {text: count for text, count in (printed - kept).items() if text.lstrip("-").replace(".", "").isdigit()}
    assert lost == {}
