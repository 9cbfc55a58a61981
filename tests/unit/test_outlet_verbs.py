"""The verbs that show and hand on the published copy, as they are called."""

import json
from pathlib import Path

import click
import openpyxl
import pytest
from click.testing import CliRunner, Result

from flows.cli_outlet import compare, show, sql, trace
from flows.cli_release import export, release
from flows.errors import EXIT_FINDINGS, InputError
from tests.made_copy import JIA, YI, make_copy


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / "published").mkdir()
    make_copy(folder / "published" / "gongkai.duckdb")
    return folder


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGKAI_HOME", str(home))


def run(command: click.Command, *arguments: object, given: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments], input=given)


@pytest.mark.parametrize("command", [compare, export, release, show, sql, trace], ids=lambda one: one.name)
def test_every_verb_has_help_with_an_example_and_says_how_to_get_data(command: click.Command) -> None:
    said = run(command, "--help").output
    assert f"Example: gongkai {command.name} " in said
    assert "json" in said


def test_show_and_compare_as_text_and_as_data() -> None:
    assert "甲县人民政府2024年政府信息公开工作年度报告" in run(show, JIA).output
    assert json.loads(run(show, JIA, 2023, "--format", "json").output)["report"]["report_year"] == 2023
    assert "not to be held against" in run(compare, JIA, YI, "--metric", "公开率").output
    found = json.loads(run(compare, JIA, "-m", "workload", "--years", "2023-2024", "--format", "json").output)
    assert [row["metric_value"] for row in found["values"]] == [21, 21]
    refused = run(show, "无此县").exception
    assert isinstance(refused, InputError) and refused.exit_code == 2


def test_sql_answers_a_query_or_those_on_standard_input() -> None:
    assert run(sql, "select count(*) as bodies from marts.dim_body", "--format", "csv").output == "bodies\n3\n"
    piped = run(sql, "--format", "json", given="select 1 as a;\nselect\n2 as b\n")
    assert piped.output == '[\n{"a": 1}\n]\n[\n{"b": 2}\n]\n'
    assert isinstance(run(sql, given="select 1;\nfrom nowhere;\n").exception, InputError)
    assert isinstance(run(sql, "delete from marts.dim_body").exception, InputError)
    assert run(sql, "from range(9)", "--limit", 2).output.count("\n") == 4


def test_trace_ends_with_1_where_the_archive_does_not_prove_it() -> None:
    traced = run(trace, JIA, 2024, "requests,granted,total", "--format", "json")
    assert traced.exit_code == EXIT_FINDINGS
    found = json.loads(traced.output)
    assert found["value"] == 10 and "is not there" in found["faults"][0]


def test_export_writes_what_was_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "b.xlsx"
    done = run(export, "--xlsx", target, "--mart", "fct_report", "--division", "甲县", "--year", 2024)
    assert done.output.endswith(f"{target}: fct_report 3 rows.\n")
    assert openpyxl.load_workbook(target).sheetnames == ["fct_report", "codebook"]
    again = run(export, "--xlsx", target, "--mart", "fct_report", "--force", "--format", "json")
    assert json.loads(again.output.splitlines()[-1])["rows"] == {"fct_report": 5}


def test_release_is_compared_with_the_one_beside_it(tmp_path: Path) -> None:
    first = run(release, tmp_path / "1", "--format", "json")
    assert first.exit_code == 0, first.exception
    assert json.loads(first.output.splitlines()[-1])["since"] is None
    second = run(release, tmp_path / "2")
    assert second.output.endswith("compared with 1.\n")
    assert run(release, tmp_path / "3", "--first", "--since", tmp_path / "1").exit_code == 2
    assert run(release, tmp_path / "3", "--known-on", "2999-01-01").exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2"]
