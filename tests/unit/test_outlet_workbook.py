"""The Excel workbook: types, heads, text that would be a formula, and what a sheet cannot hold."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import xlsxwriter

from flows.errors import InputError
from flows.outlet import workbook
from flows.outlet.catalog import mart
from flows.outlet.copy import opened
from flows.outlet.selection import find_division, selected
from flows.outlet.workbook import CELL_CHARACTERS, write_cell, write_workbook
from tests.made_copy import JIA, OFFICE, SEEN, YI, make_copy


def written(connection: duckdb.DuckDBPyConnection, target: Path, *names: str, **limits: Any) -> Any:
    write_workbook(connection, target, selected(connection, names, **limits))
    return openpyxl.load_workbook(target)


def column(sheet: Any, name: str) -> list[Any]:
    heads = [cell.value for cell in sheet[1]]
    return [row[heads.index(name)] for row in sheet.iter_rows(min_row=2)]


def test_numbers_are_numbers_dates_are_dates_and_text_is_text(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    book = written(connection, tmp_path / "b.xlsx", "fct_report", "fct_cell")
    reports, cells = book["fct_report"], book["fct_cell"]
    days = {cell.value.date() for cell in column(reports, "published_on")}
    assert days == {dt.date(2025, 1, 20), dt.date(2024, 1, 20)}
    assert {cell.number_format for cell in column(reports, "published_on")} == {"yyyy-mm-dd"}
    times = {cell.value.replace(tzinfo=dt.UTC) for cell in column(reports, "first_fetched_at")}
    assert times == {SEEN, SEEN + dt.timedelta(days=3)}
    assert {cell.data_type for cell in column(reports, "is_current")} == {"b"}
    assert {type(cell.value) for cell in column(cells, "value")} <= {int, float, type(None)}
    hostile = [cell for cell in column(cells, "raw_text") if cell.value == "=1+1"]
    assert [cell.data_type for cell in hostile] == ["s"]
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_heads_are_frozen_and_filtered_and_every_column_is_described(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    book = written(connection, tmp_path / "b.xlsx")
    assert book.sheetnames[-1] == "codebook"
    assert all(name.startswith("mart_") for name in book.sheetnames[:-1]) and "mart_body_year" in book.sheetnames
    described = [tuple(row) for row in book["codebook"].iter_rows(min_row=2, values_only=True)]
    for sheet in book.worksheets[:-1]:
        names = mart(sheet.title).column_names
        assert [cell.value for cell in sheet[1]] == list(names)
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == f"A1:{openpyxl.utils.get_column_letter(len(names))}{sheet.max_row}"
        assert {row[1] for row in described if row[0] == sheet.title and row[1]} == set(names)
    assert all(row[3] for row in described)


def test_rows_are_limited_to_a_division_with_all_below_it_and_to_years(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    def bodies(**limits: Any) -> set[str]:
        found = selected(connection, ["mart_peer_comparison"], **limits)[0]
        return {row[0] for row in connection.execute(found.query, found.parameters).fetchall()}

    assert bodies(division_text="990100") == {JIA, YI, OFFICE}
    assert bodies(division_text="甲县") == {JIA, OFFICE}
    assert bodies(division_text="甲县", report_years=[2023]) == {JIA}
    with pytest.raises(InputError, match="no division"):
        find_division(connection, "丙县")
    with pytest.raises(InputError, match="fct_expectation_result has no division: leave out --division, or the mart"):
        selected(connection, ["fct_expectation_result"], "甲县")
    with pytest.raises(InputError, match="dim_body has no years"):
        selected(connection, ["dim_body"], report_years=[2024])


def test_what_excel_would_change_is_written_as_text(tmp_path: Path) -> None:
    values = [
        Decimal("72701.257800"),
        Decimal("123456789012.123456"),
        2**60,
        float("nan"),
        float("inf"),
        "@SUM(A1)",
        "-1",
        "http://127.0.0.1/",
        "a" * 40_000,
        dt.date(1900, 1, 1),
        [{"value": Decimal("1.5")}],
        None,
        "a\x01b",
    ]
    with xlsxwriter.Workbook(tmp_path / "v.xlsx", {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        formats = {name: book.add_format() for name in ("date", "time")}
        for row, value in enumerate(values):
            write_cell(sheet, row, 0, value, formats)
    found = [cell.value for (cell,) in openpyxl.load_workbook(tmp_path / "v.xlsx").active.iter_rows()]
    assert found[:8] == [
        72701.2578,
        "123456789012.123456",
        str(2**60),
        "nan",
        "inf",
        "@SUM(A1)",
        "-1",
        "http://127.0.0.1/",
    ]
    assert len(found[8]) == CELL_CHARACTERS and found[8].endswith("a…")
    assert found[9:12] == ["1900-01-01", '[{"value": 1.5}]', None]


def test_more_rows_than_a_sheet_holds_are_refused_and_nothing_is_left(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 6)
    selections = selected(connection, ["fct_report"])
    assert write_workbook(connection, tmp_path / "fits.xlsx", selections) == {"fct_report": 5}
    monkeypatch.setattr(workbook, "SHEET_ROWS", 5)
    with pytest.raises(InputError, match=r"fct_report has 5 rows here and a sheet of Excel holds 4 below its head"):
        write_workbook(connection, tmp_path / "full.xlsx", selections)
    assert [path.name for path in tmp_path.iterdir()] == ["fits.xlsx"]


def test_a_file_is_replaced_only_when_asked_and_the_same_rows_give_the_same_bytes(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    target = tmp_path / "new" / "b.xlsx"
    selections = selected(connection, ["dim_body"])
    write_workbook(connection, target, selections)
    first = target.read_bytes()
    with pytest.raises(InputError, match="is there already"):
        write_workbook(connection, target, selections)
    write_workbook(connection, target, selections, is_forced=True)
    assert target.read_bytes() == first
    with pytest.raises(InputError, match=r"ends in \.xlsx; write b\.xlsx"):
        write_workbook(connection, tmp_path / "b.csv", selections)


def test_a_copy_that_differs_from_the_description_is_refused(tmp_path: Path) -> None:
    copy = make_copy(tmp_path / "other.duckdb")
    with duckdb.connect(str(copy)) as connection:
        connection.execute("alter table marts.dim_body drop column level")
    with opened(copy) as connection, pytest.raises(InputError, match="dim_body not as this version"):
        selected(connection, ["dim_body"])
