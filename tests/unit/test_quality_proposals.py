"""Proposals of the warehouse: searched once, again when a reading or the method changes, kept by a killed search."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from flows.quality import proposals
from flows.quality.balances import outcomes
from flows.quality.proposals import Searched, search
from flows.records import Cell, Outcome
from flows.warehouse.connection import writing
from flows.warehouse.raw import create_raw
from tests.unit.reports_builder import made_up_figures, page_of, read, three_tables

WRONG = ("requests", "granted", "total")
RIGHT = Decimal(made_up_figures("2021")[WRONG])


def cells_of(report_id: str, figures: dict[tuple[str, str, str], str]) -> list[Cell]:
    cells = read(page_of(three_tables("2021", made_up_figures("2021") | figures))).cells
    return [dataclasses.replace(cell, report_id=report_id) for cell in cells]


def add(connection: duckdb.DuckDBPyConnection, cells: list[Cell], *, previous: str | None = None) -> None:
    """Put a report into the warehouse as the build leaves it."""
    report_id, version = cells[0].report_id, cells[0].reader_version
    names = [field.name for field in dataclasses.fields(Cell)]
    connection.executemany(
        f"insert into raw.cell values ({', '.join('?' * len(names))})",
        [[getattr(cell, name) for name in names] for cell in cells],
    )
    connection.execute(
        "insert into intermediate.int_current_reports values (?, ?, ?, ?, false)",
        [report_id, version, previous, version if previous else None],
    )
    connection.executemany(
        "insert into intermediate.int_failed_checks values (?, ?)",
        [["", ""], *([report_id, one.rule_id] for one in outcomes(cells) if one.outcome == Outcome.FAILED)],
    )


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """Three reports: one that balances and two with a wrong cell."""
    path = tmp_path / "w.duckdb"
    with writing(path) as connection:
        create_raw(connection)
        connection.execute(
            """
            create schema intermediate;
            create table intermediate.int_current_reports (
                report_id varchar, reader_version varchar, previous_report_id varchar,
                previous_reader_version varchar, is_other_scope_before boolean);
            create table intermediate.int_failed_checks (report_id varchar, rule_id varchar);
            create schema staging;
            create view staging.stg_raw__cell as from raw.cell;
            """
        )
        add(connection, cells_of("even", {}))
        add(connection, cells_of("odd", {WRONG: "99"}))
        add(connection, cells_of("second", {("disputes", "reconsideration", "total"): "1000"}), previous="odd")
    return path


def found(warehouse: Path) -> list[tuple[object, ...]]:
    with writing(warehouse) as connection:
        return connection.execute(
            "select report_id, set_ordinal, table_key, row_key, column_key, value, proposed_value, is_unique"
            " from raw.proposal where year_offset = 0 order by all"
        ).fetchall()


def test_failing_reports_are_searched_once(warehouse: Path) -> None:
    assert search(warehouse) == Searched(reports=2, withdrawn=0)
    first = found(warehouse)
    assert first[0] == ("odd", 1, *WRONG, Decimal(99), RIGHT, True)
    assert {row[0] for row in first} == {"odd", "second"} and not first[-1][-1]
    assert search(warehouse) == Searched(reports=0, withdrawn=0)
    assert found(warehouse) == first


def test_reports_are_searched_again_by_another_method(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search(warehouse)
    first = found(warehouse)
    monkeypatch.setattr(proposals, "method_fingerprint", lambda: "another")
    assert search(warehouse) == Searched(reports=2, withdrawn=2)
    assert found(warehouse) == first


def test_reports_are_searched_again_when_one_of_their_cells_was_decided_upon(warehouse: Path) -> None:
    search(warehouse)
    with writing(warehouse) as connection:
        connection.execute(
            "insert into raw.correction values ('odd', 'requests', 'granted', 'business', '1', 1, 2, 'desk', 'seen',"
            " timestamptz '2026-01-01 00:00:00+00', false)"
        )
    assert search(warehouse) == Searched(reports=2, withdrawn=2)  # its own year, and the one that follows it
    assert search(warehouse) == Searched(reports=0, withdrawn=0)


def test_what_is_found_of_a_report_that_balances_now_is_withdrawn(warehouse: Path) -> None:
    search(warehouse)
    with writing(warehouse) as connection:
        connection.execute("delete from intermediate.int_failed_checks where report_id = 'odd'")
    assert search(warehouse) == Searched(reports=0, withdrawn=1)
    assert {row[0] for row in found(warehouse)} == {"second"}


def test_another_report_of_the_year_before_is_another_question(warehouse: Path) -> None:
    search(warehouse)
    with writing(warehouse) as connection:
        connection.execute(
            "update intermediate.int_current_reports set previous_report_id = 'even' where report_id = 'second'"
        )
    assert search(warehouse) == Searched(reports=1, withdrawn=1)


def test_a_report_of_another_scope_before_is_left_out(warehouse: Path) -> None:
    with writing(warehouse) as connection:
        connection.execute("update intermediate.int_current_reports set is_other_scope_before = true")
    search(warehouse)
    with writing(warehouse) as connection:
        rows = connection.execute("select distinct previous_report_id from raw.localised").fetchall()
    assert rows == [(None,)]


def test_a_search_that_is_killed_goes_on_where_it_ended(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "REPORTS_AT_ONCE", 1)
    searched: list[str] = []

    def killed_at_second(*arguments: object) -> list[object]:
        if searched:
            raise KeyboardInterrupt
        searched.append("one")
        return localise(*arguments)  # type: ignore[arg-type]

    localise = proposals.localise
    monkeypatch.setattr(proposals, "localise", killed_at_second)
    with pytest.raises(KeyboardInterrupt):
        search(warehouse)
    assert {row[0] for row in found(warehouse)} == {"odd"}
    monkeypatch.setattr(proposals, "localise", localise)
    assert search(warehouse) == Searched(reports=1, withdrawn=0)
    assert {row[0] for row in found(warehouse)} == {"odd", "second"}
