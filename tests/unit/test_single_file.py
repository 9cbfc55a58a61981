"""Two files checked together are of one body, one year and the year before."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from flows.errors import InputError
from flows.settings import Settings
from flows.single_file import as_text, check_file, checks_as_json, checks_as_text
from tests.unit.reports_builder import made_up_figures, page_of, three_tables

TABLES = three_tables("2021", made_up_figures("2021"))


def written(folder: Path, name: str, title: str) -> Path:
    path = folder / name
    path.write_bytes(page_of(TABLES, title=title))
    return path


def test_the_report_of_another_body_is_refused(tmp_path: Path) -> None:
    own = written(tmp_path, "own.html", "宿迁市2024年政府信息公开工作年度报告")
    other = written(tmp_path, "other.html", "淮安市2023年政府信息公开工作年度报告")
    with pytest.raises(InputError, match="320800:淮安市人民政府"):
        check_file(own, other, Settings())


def test_an_unknown_year_is_said(tmp_path: Path) -> None:
    own = written(tmp_path, "own.html", "宿迁市2024年政府信息公开工作年度报告")
    before = written(tmp_path, "before.html", "宿迁市2023年政府信息公开工作年度报告")
    undated = written(tmp_path, "undated.html", "宿迁市政府信息公开工作年度报告")
    assert check_file(own, before, Settings()).remark == ""
    checked = check_file(own, undated, Settings())
    assert "year" in checked.remark and checked.remark in checks_as_text(checked)


def test_a_failure_says_what_two_readings_make_of_it(tmp_path: Path) -> None:
    figures = made_up_figures("2021") | {("requests", "granted", "total"): "99"}
    path = tmp_path / "own.html"
    path.write_bytes(page_of(three_tables("2021", figures), title="宿迁市2024年政府信息公开工作年度报告"))
    checked = check_file(path, None, Settings())
    assert "verdict: publisher, both readings of the report take these figures" in checks_as_text(checked)
    found = json.loads(checks_as_json(checked))
    assert {check["verdict"] for check in found["checks"] if check["outcome"] == "failed"} == {"publisher"}
    assert found["doubtful_cells"] == []
    assert "two readings 200 agreed" in as_text(checked.reading)


def test_cells_of_which_the_readings_differ_are_shown(tmp_path: Path) -> None:
    key = ("requests", "granted", "total")
    path = written(tmp_path, "own.html", "宿迁市2024年政府信息公开工作年度报告")
    checked = check_file(path, None, Settings())
    cells = tuple(
        dataclasses.replace(cell, agreement="disagreed", second_value="43", doubt="the second reading takes 43")
        if (cell.table_key, cell.row_key, cell.column_key) == key
        else cell
        for cell in checked.reading.cells
    )
    reading = dataclasses.replace(checked.reading, cells=cells)
    line = f"requests/granted/total = {made_up_figures('2021')[key]}: the second reading takes 43"
    assert line in as_text(reading)
    assert line in checks_as_text(dataclasses.replace(checked, reading=reading))
