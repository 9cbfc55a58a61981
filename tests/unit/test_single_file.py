"""Two files checked together are of one body, one year and the year before."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.checked_file import Context, check_file, checks_as_json, checks_as_text
from flows.cli import cli
from flows.errors import InputError
from flows.settings import Settings
from flows.single_file import as_text
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
        check_file(own, Context(last_year=other), Settings())


SHEET = (
    "<html><body><h1>宿迁市2016年政府信息公开工作年度报告</h1><table><tr><th>统计指标</th><th>单位</th><th>统计数</th></tr>"
    "<tr><td>（一）主动公开政府信息数</td><td>条</td><td>120</td></tr></table></body></html>"
)


@pytest.mark.parametrize(
    "arguments", [["parse"], ["parse", "--format", "csv"], ["parse", "--format", "json"], ["check"]]
)
def test_a_sheet_of_2014_is_not_yet_read_and_no_failure(tmp_path: Path, arguments: list[str]) -> None:
    path = tmp_path / "sheet.html"
    path.write_text(SHEET, encoding="utf-8")
    done = CliRunner().invoke(cli, [*arguments, str(path)])
    assert done.exit_code == 0 and "FAILED" not in done.output
    if arguments[-1] == "json":
        read = json.loads(done.stdout)
        assert (read["read_state"], read["report"], read["cells"]) == ("not_yet_read", None, [])
        assert "statistics sheet" in read["reason"]
    else:
        said = done.stderr if arguments[-1] == "csv" else done.stdout
        assert said.startswith("Not yet read: It has the statistics sheet of report years 2014 to 2018")
        assert arguments[-1] != "csv" or done.stdout == "table,row,column,value\n"


def test_a_report_is_not_compared_with_a_sheet_of_2014(tmp_path: Path) -> None:
    own = written(tmp_path, "own.html", "宿迁市2019年政府信息公开工作年度报告")
    before = tmp_path / "sheet.html"
    before.write_text(SHEET, encoding="utf-8")
    checked = check_file(own, Context(last_year=before), Settings())
    assert checked.remark.startswith(f"{before} is not compared. Not yet read:")
    assert {result.outcome for result in checked.results if result.rule_id == "Y01"} == {"not_assessable"}


def test_an_unknown_year_is_said(tmp_path: Path) -> None:
    own = written(tmp_path, "own.html", "宿迁市2024年政府信息公开工作年度报告")
    before = written(tmp_path, "before.html", "宿迁市2023年政府信息公开工作年度报告")
    undated = written(tmp_path, "undated.html", "宿迁市政府信息公开工作年度报告")
    assert check_file(own, Context(last_year=before), Settings()).remark == ""
    checked = check_file(own, Context(last_year=undated), Settings())
    assert "year" in checked.remark and checked.remark in checks_as_text(checked)


def test_a_failure_says_what_two_readings_make_of_it(tmp_path: Path) -> None:
    figures = made_up_figures("2021") | {("requests", "granted", "total"): "99"}
    path = tmp_path / "own.html"
    path.write_bytes(page_of(three_tables("2021", figures), title="宿迁市2024年政府信息公开工作年度报告"))
    checked = check_file(path, Context(), Settings())
    assert "verdict: publisher, both readings of the report take these figures" in checks_as_text(checked)
    found = json.loads(checks_as_json(checked))
    assert {check["verdict"] for check in found["checks"] if check["outcome"] == "failed" and check["cells"]} == {
        "publisher"
    }
    assert found["doubtful_cells"] == []
    assert "two readings 200 agreed" in as_text(checked.reading)


def test_the_wrong_cell_is_named_with_the_value_that_balances(tmp_path: Path) -> None:
    figures = made_up_figures("2021")
    right = figures["requests", "granted", "total"]
    path = tmp_path / "own.html"
    page = three_tables("2021", figures | {("requests", "granted", "total"): "99"})
    path.write_bytes(page_of(page, title="宿迁市2024年政府信息公开工作年度报告"))
    checked = check_file(path, Context(), Settings())
    text = checks_as_text(checked)
    assert "wrong cell of B01 granted, B02 total: nothing else so small restores every balance" in text
    assert f"requests/granted/total: printed 99, proposed {right}; both readings take what is printed" in text
    (fault,) = json.loads(checks_as_json(checked))["proposals"]
    assert fault["is_unique"] and fault["is_complete"]
    ((cell,),) = [one["cells"] for one in fault["sets"]]
    assert (cell["printed"], cell["proposed_value"], cell["error_owner"]) == ("99", right, "publisher")


def test_cells_of_which_the_readings_differ_are_shown(tmp_path: Path) -> None:
    key = ("requests", "granted", "total")
    path = written(tmp_path, "own.html", "宿迁市2024年政府信息公开工作年度报告")
    checked = check_file(path, Context(), Settings())
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


def test_several_files_are_pictures_of_one_report(tmp_path: Path) -> None:
    from PIL import Image

    blank = tmp_path / "1.png"
    Image.new("L", (600, 800), 255).save(blank)
    page = written(tmp_path, "2.html", "示例市2024年政府信息公开工作年度报告")
    runner = CliRunner()
    mixed = runner.invoke(cli, ["parse", str(blank), str(page)])
    assert isinstance(mixed.exception, InputError) and "2.html is a html file" in str(mixed.exception)
    empty = runner.invoke(cli, ["parse", str(blank), str(blank)])
    assert isinstance(empty.exception, InputError) and "no text that can be recognised" in str(empty.exception)
    drawn = runner.invoke(cli, ["parse", str(blank), str(blank), "--picture", str(tmp_path / "out.png")])
    assert drawn.exit_code == 2 and "--picture draws one file" in drawn.output
