"""Decisions to believe the second reading: only where the reader erred, never lost, taken back by another one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from flows.batches import stage, staged_batches
from flows.errors import InputError
from flows.quality.corrections import NAME, apply, proposed_by_second_reading, read_decisions, standing, withdraw
from flows.warehouse.connection import reading
from flows.warehouse.loader import load_batches

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
CELL = ("requests", "granted", "total")
BODY = "990121:甲县人民政府"


@pytest.fixture
def marts() -> duckdb.DuckDBPyConnection:
    """One cell that the reader took wrongly, one that the body published so, one with two answers."""
    connection = duckdb.connect()
    connection.execute(
        """
        create schema marts;
        create table marts.fct_cell as
        select 'r1' as report_id, 'requests' as table_key, 'granted' as row_key, column_key, '34' as raw_text,
            '34' as printed, 34::decimal(18, 6) as read_value, '43' as second_value
        from (values ('total'), ('business'), ('natural_person')) as cells(column_key);
        create table marts.fct_cell_proposal as
        select 'r1' as report_id, $1 as body_id, 2024::bigint as report_year, 2024::bigint as cell_report_year,
            'requests' as table_key, 'granted' as row_key, p.column_key, '34' as printed, p.proposed_value,
            '43' as second_value, p.error_owner
        from (values ('total', 43::decimal(38, 6), 'reader'), ('business', 43, 'publisher'),
            ('natural_person', 43, 'reader'), ('natural_person', 44, 'reader')
        ) as p(column_key, proposed_value, error_owner)
        """,
        [BODY],
    )
    return connection


def decide(marts: duckdb.DuckDBPyConnection, home: Path, column: str = "total", reason: str = "page 3 has 43"):
    return apply(marts, home, BODY, 2024, (*CELL[:2], column), decided_by="desk", reason=reason, now=NOW)


def test_a_decision_is_kept_and_taken_back(marts: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    decision = decide(marts, tmp_path)
    assert (decision.raw_text, decision.read_value, decision.value) == ("34", Decimal(34), Decimal(43))
    assert standing(tmp_path) == read_decisions(tmp_path) == [decision]
    taken_back = withdraw(tmp_path, "r1", CELL, decided_by="other", reason="a smudge", now=NOW + dt.timedelta(days=1))
    assert read_decisions(tmp_path) == [decision, taken_back]
    assert standing(tmp_path) == [taken_back] and taken_back.is_withdrawn
    with pytest.raises(InputError, match="No correction of requests/granted/total stands"):
        withdraw(tmp_path, "r1", CELL, decided_by="other", reason="again", now=NOW)


@pytest.mark.parametrize(
    ("column", "reason", "said"),
    [
        ("business", "it looks odd", "what a body published is not changed"),
        ("natural_person", "it looks odd", "Several values are proposed"),
        ("other_organization", "it looks odd", "No value is proposed"),
        ("total", " ", "The reason must have between 1 and 1000 characters"),
    ],
)
def test_what_cannot_be_decided(
    marts: duckdb.DuckDBPyConnection, tmp_path: Path, column: str, reason: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        decide(marts, tmp_path, column, reason)
    assert not (tmp_path / NAME).exists()


def test_cells_that_may_be_decided_upon_are_listed(marts: duckdb.DuckDBPyConnection) -> None:
    listed = [(row["column_key"], row["proposed_value"]) for row in proposed_by_second_reading(marts)]
    assert listed == [("natural_person", 43), ("natural_person", 44), ("total", 43)]


def test_a_torn_line_is_named_and_the_next_one_stands_by_itself(
    marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    decision = decide(marts, tmp_path)
    with (tmp_path / NAME).open("a") as journal:
        journal.write('{"report_id": "r')
    decide(marts, tmp_path)
    with pytest.raises(InputError, match=f"Line 2 of .*{NAME} is no decision"):
        read_decisions(tmp_path)
    lines = (tmp_path / NAME).read_text(encoding="utf-8").splitlines()
    (tmp_path / NAME).write_text("\n".join([lines[0], lines[2]]), encoding="utf-8")
    assert read_decisions(tmp_path) == [decision, decision]


def test_the_warehouse_has_the_last_decisions_and_touches_their_bodies(
    marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    def load() -> list[tuple[object, ...]]:
        stage(tmp_path / "staged", {"correction": standing(tmp_path)})
        load_batches(tmp_path / "w.duckdb", staged_batches(tmp_path / "staged"), now=NOW)
        with reading(tmp_path / "w.duckdb") as connection:
            return connection.execute("select report_id, value, is_withdrawn from raw.correction").fetchall()

    decide(marts, tmp_path)
    assert load() == load() == [("r1", Decimal(43), False)]
    withdraw(tmp_path, "r1", CELL, decided_by="other", reason="a smudge", now=NOW)
    assert load() == [("r1", Decimal(43), True)]
