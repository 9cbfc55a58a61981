"""The seed of changed divisions agrees with the list of divisions and with itself."""

import csv
from collections import Counter

import pytest

from flows.formats import divisions
from flows.paths import SEEDS

CHANGES = list(csv.DictReader((SEEDS / "division_changes.csv").open(encoding="utf-8", newline="")))
ENDS = {row["division_code"]: row for row in CHANGES if row["change_kind"] in ("recoded", "merged_into", "abolished")}
LISTED = {division.division_code: division for division in divisions()}
STANDING = {code for code, division in LISTED.items() if division.is_current}


def test_each_change_is_whole() -> None:
    for row in CHANGES:
        assert row["division_code"].isdigit() and len(row["division_code"]) == 6 and row["division_name"], row
        assert 2014 <= int(row["changed_in"]) <= 2023 and row["source"], row
        has_successor = row["change_kind"] not in ("abolished", "established")
        assert bool(row["successor_code"]) == bool(row["successor_name"]) == has_successor, row
        assert (row["successor_code"] == row["division_code"]) == (row["change_kind"] == "renamed"), row


def test_a_division_ends_once_and_is_no_more() -> None:
    assert max(Counter(row["division_code"] for row in CHANGES if row["division_code"] in ENDS).values()) <= 2
    assert not ENDS.keys() & STANDING
    assert set(LISTED) - STANDING <= ENDS.keys()


def test_every_chain_of_successors_ends_in_a_division_that_stands_under_its_name() -> None:
    for row in CHANGES:
        code, name, steps = row["successor_code"], row["successor_name"], 0
        if not code:
            continue
        while code in ENDS and steps < 10:
            assert int(ENDS[code]["changed_in"]) >= int(row["changed_in"]), row
            code, name, steps = ENDS[code]["successor_code"], ENDS[code]["successor_name"], steps + 1
        assert code in STANDING and LISTED[code].division_name == name, row


@pytest.mark.parametrize(
    ("code", "kind", "successor", "year"),
    [
        ("371202", "merged_into", "370116", "2018"),  # 莱城区, of the city that Jinan took in
        ("230702", "recoded", "230717", "2019"),  # 伊春区, 伊美区 since
        ("330103", "merged_into", "330105", "2021"),  # 下城区
        ("330104", "merged_into", "330102", "2021"),  # 江干区
        ("410322", "recoded", "410308", "2021"),  # 孟津县, with 吉利区
        ("410306", "merged_into", "410308", "2021"),
        ("540422", "recoded", "540481", "2023"),  # 米林县, a city since
    ],
)
def test_known_changes(code: str, kind: str, successor: str, year: str) -> None:
    row = ENDS[code]
    assert (row["change_kind"], row["successor_code"], row["changed_in"]) == (kind, successor, year)
