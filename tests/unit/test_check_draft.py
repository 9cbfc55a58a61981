"""A draft is held against last year's report and the reports below it, offline."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner

from flows.checked_file import CheckedFile, Context, check_file, checks_as_json, checks_as_text
from flows.cli import cli
from flows.documents import Limits
from flows.errors import EXIT_FINDINGS, InputError
from flows.quality.conditions import FileRecords
from flows.records import as_row
from flows.reports.bounded import read_payload
from flows.reports.reader import Hints, Reading
from flows.sample.index import read_figures, sample_report
from flows.sample.rendering import render
from flows.settings import PROJECT_ROOT, Settings
from flows.single_file import document_name, read_file
from flows.warehouse.connection import writing
from flows.warehouse.raw import create_raw
from tests.unit.draft_folder import TOTAL, children, draft, page, scaled


@cache
def read_once(payload: bytes, hints: Hints) -> Reading:
    return read_payload(payload, Limits(), document_name(payload), hints).reading


@pytest.fixture(autouse=True, scope="module")
def read_here() -> Iterator[None]:
    """Documents of our own are read in this process, which starts no other."""

    def read(payloads: Sequence[bytes], settings: Settings, hints: Hints | None = None) -> list[Reading]:
        return [read_once(one, hints or Hints()) for one in payloads]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("flows.single_file.read_payloads_apart", read)
        patched.setattr("flows.children.read_payloads_apart", read)
        yield


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory, read_here: None) -> CheckedFile:
    """The draft with a file of every kind below it."""
    folder = tmp_path_factory.mktemp("draft")
    return check_file(draft(folder), Context(children=children(folder)), Settings())


def outcomes(checked: CheckedFile, rule_id: str) -> dict[str, tuple[str, str | None]]:
    return {r.instance_key: (r.outcome.value, r.reason) for r in checked.results if r.rule_id == rule_id}


def test_each_file_of_the_folder_has_one_state_and_a_reason(checked: CheckedFile) -> None:
    assert checked.children is not None
    assert {child.file: (child.state.value, child.reason) for child in checked.children} == {
        "counties/shuyang copy.html": ("summed", None),
        "counties/shuyang.html": ("left_out", "the same as counties/shuyang copy.html"),
        "education.docx": ("summed", None),
        "finance.html": ("other_year", "a report for 2023"),
        "health 1.html": ("several", "the same body as health 2.html"),
        "health 2.html": ("several", "the same body as health 1.html"),
        "huaian.html": ("other_division", "not directly below the division of the draft"),
        "notes.html": (
            "not_read",
            "Not a report: It has neither the headings nor the tables of an annual report.",
        ),
        "own earlier.html": ("left_out", "a report of the draft's own body"),
        "own.html": ("left_out", "the draft itself"),
        "photo.xyz": ("not_read", next(c.reason for c in checked.children if c.file == "photo.xyz")),
        "siyang.html": ("not_summed", "scope of the report unknown"),
        "~$education.docx": ("left_out", "no document: a system or a program keeps it"),
    }
    finance = next(child for child in checked.children if child.file == "finance.html")
    assert finance.body_id == "321300:宿迁市财政局", "a name without its place is taken for one of the draft's"


def test_the_sums_are_those_of_the_reports_below(checked: CheckedFile) -> None:
    assert checked.sums["granted"] == {
        "aggregate_value": Decimal(4),
        "member_sum": Decimal(3),
        "body_count": 2,
        "expected_count": 7,
    }
    x01 = outcomes(checked, "X01")
    assert x01["granted"] == ("passed", None)
    assert x01["licensing_decisions"] == ("failed", None), "it has 49, the two below have 49 each"
    failed = next(r for r in checked.results if (r.rule_id, r.instance_key) == ("X01", "licensing_decisions"))
    assert (failed.difference, failed.evidence) == (Decimal(-49), "licensing_decisions: 49 / 98 of 2")
    assert [(cell.row_key, cell.column_key, cell.printed) for cell in failed.cells] == [
        ("licensing", "decisions", "49")
    ]
    assert set(outcomes(checked, "X02").values()) == {("not_assessable", "the roster is not known to be complete")}
    (missing,) = [r for r in checked.results if r.rule_id == "X03"]
    assert missing.outcome == "failed" and missing.severity == "warning"
    assert missing.evidence == "4 of 7: 宿迁市卫生健康委员会, 宿迁市财政局, notes.html, photo.xyz"
    text = checks_as_text(checked)
    assert "X02  45 figures" in text and "X01  licensing_decisions" in text
    assert "reports below: 13 files" in text and "finance.html: 宿迁市财政局, other year: a report for 2023" in text
    assert [child["state"] for child in json.loads(checks_as_json(checked))["children"]].count("summed") == 2


def test_names_of_another_encoding_and_pipes_have_their_states_too(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (below / os.fsdecode("卫健委.html".encode("gb18030"))).write_bytes(b"\x00\x01")
    (below / os.fsdecode("残联.html".encode("gb18030"))).symlink_to(below / "nowhere")
    os.mkfifo(below / "pipe.html")
    (below / "gone.html").symlink_to(below / "nowhere")
    checked = check_file(draft(tmp_path), Context(children=below), Settings())
    assert checked.children is not None
    found = {child.file: (child.state.value, child.reason) for child in checked.children}
    assert found["卫健委.html"][0] == found["pipe.html"][0] == found["gone.html"][0] == "not_read"
    assert found["pipe.html"][1] == f"{below / 'pipe.html'} cannot be read: it is no file."
    checks_as_text(checked).encode()
    checks_as_json(checked).encode()


def test_doubtful_cells_of_a_report_below_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_with_a_doubt(payloads: Sequence[bytes], settings: Settings, hints: Hints) -> list[Reading]:
        (reading,) = (read_once(one, hints) for one in payloads)
        cells = (dataclasses.replace(reading.cells[0], doubt="the second reading takes 8"), *reading.cells[1:])
        return [dataclasses.replace(reading, cells=cells)]

    monkeypatch.setattr("flows.children.read_payloads_apart", read_with_a_doubt)
    checked = check_file(draft(tmp_path), Context(children=few(tmp_path)), Settings())
    assert checked.children is not None
    assert [(child.state.value, child.reason) for child in checked.children] == [("summed", "doubtful cells: 1")]


def few(tmp_path: Path) -> Path:
    """A department's report only, of which the draft's figures are the multiple."""
    below = tmp_path / "few"
    below.mkdir()
    (below / "education.html").write_bytes(page("宿迁市教育局2024年政府信息公开工作年度报告", scaled(4)))
    return below


def test_of_a_complete_folder_the_sums_must_be_equal(tmp_path: Path) -> None:
    below = few(tmp_path)
    exact = check_file(draft(tmp_path), Context(children=below, is_complete=True), Settings())
    assert {outcome for outcome, _ in outcomes(exact, "X02").values()} == {"passed"}
    assert outcomes(exact, "X03") == {"roster": ("passed", None)}
    more = draft(tmp_path, scaled(4) | {("requests", "granted", "total"): "17"})
    checked = check_file(more, Context(children=below, is_complete=True), Settings())
    assert outcomes(checked, "X02")["granted"] == ("failed", None)
    assert outcomes(checked, "X01")["granted"] == ("passed", None), "it may be more than what was found"
    (below / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    checked = check_file(more, Context(children=below, is_complete=True), Settings())
    assert outcomes(checked, "X02")["granted"] == ("not_assessable", "1 of 2 reports missing or without a value")


@pytest.mark.parametrize(
    ("title", "is_aggregate", "reason"),
    [
        ("宿迁市2024年政府信息公开工作年度报告", False, "the report does not say that it puts others together"),
        ("宿迁市2024年政府信息公开工作年度报告", True, "no report of a member of the division"),
        ("宿迁市公安局2024年政府信息公开工作年度报告", False, "not the report of the government of a division"),
        ("宿迁市政府信息公开工作年度报告", True, "the year of the report is not known"),
    ],
)
def test_a_draft_that_can_be_held_against_no_sum_says_why(
    tmp_path: Path, title: str, is_aggregate: bool, reason: str
) -> None:
    path = tmp_path / "draft.html"
    path.write_bytes(page(title, scaled(4), is_aggregate=is_aggregate))
    below = few(tmp_path)
    if reason.startswith("no report"):
        (below / "education.html").write_bytes(page("淮安市教育局2024年政府信息公开工作年度报告", scaled(1)))
    checked = check_file(path, Context(children=below), Settings())
    assert outcomes(checked, "X01") == {"report": ("not_assessable", reason)}
    assert checked.children is not None and checked.children[0].state != "summed"


def test_a_folder_that_is_none_or_holds_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, sentence in (("nowhere", "is no folder"), ("empty", "holds no file")):
        with pytest.raises(InputError, match=sentence):
            check_file(draft(tmp_path), Context(children=tmp_path / folder), Settings())


def published(home: Path, reading: Reading) -> Settings:
    """A published copy that holds one report as it was read."""
    settings = Settings(home=home)
    assert reading.report
    with writing(settings.published) as connection:
        create_raw(connection)
        for name, records in (
            ("report", [reading.report]),
            ("cell", reading.cells),
            ("section", reading.sections),
            ("claim", reading.claims),
            ("text_signature", reading.text_signatures),
            ("text_remark", reading.text_remarks),
        ):
            for record in records:
                row = as_row(record)
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                table = f"raw.{name}"
                columns = [column[1] for column in connection.execute(f"pragma table_info('{table}')").fetchall()]
                assert set(row) <= set(columns)
                connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))
        connection.execute(
            "create schema intermediate; create schema marts;"
            "create table intermediate.int_current_reports as"
            " select report_id, reader_version, body_id, report_year from raw.report;"
            "create table marts.dim_body as select body_id, body_name, division_code, division_name, level, body_kind"
            " from raw.report"
        )
    return settings


def test_the_published_copy_says_what_last_years_file_says(tmp_path: Path) -> None:
    last = tmp_path / "last.html"
    last.write_bytes(page("宿迁市2023年政府信息公开工作年度报告", scaled(3), is_aggregate=True))
    settings = published(tmp_path / "home", read_file(last, Settings()))
    wrong = draft(tmp_path, scaled(4) | {TOTAL: "99"})
    by_file = check_file(wrong, Context(last_year=last), settings)
    by_copy = check_file(wrong, Context(is_warehouse_asked=True), settings)
    assert by_copy.results == by_file.results and by_copy.faults == by_file.faults
    assert outcomes(by_copy, "Y01")["total"] == ("failed", None)
    assert isinstance(by_copy.previous, FileRecords) and by_copy.previous.report.report_year == 2023


def test_the_published_copy_is_asked_for_the_body_that_is_named(tmp_path: Path) -> None:
    last = tmp_path / "last.html"
    last.write_bytes(page("宿迁市2023年政府信息公开工作年度报告", scaled(3)))
    settings = published(tmp_path / "home", read_file(last, Settings()))
    unnamed = tmp_path / "unnamed.html"
    unnamed.write_bytes(page("2024年政府信息公开工作年度报告", scaled(3)))
    with pytest.raises(InputError, match="which the published copy does not know; name its body with --body"):
        check_file(unnamed, Context(is_warehouse_asked=True), settings)
    checked = check_file(unnamed, Context(is_warehouse_asked=True, body="宿迁市"), settings)
    assert checked.reading.report and checked.reading.report.body_id == "321300:宿迁市人民政府"
    assert outcomes(checked, "Y03") == {"requests": ("failed", None)}, "the table is last year's"
    later = tmp_path / "later.html"
    later.write_bytes(page("宿迁市2025年政府信息公开工作年度报告", scaled(3)))
    checked = check_file(later, Context(is_warehouse_asked=True), settings)
    assert checked.remark == "The published copy has no report of 321300:宿迁市人民政府 for 2024."
    assert outcomes(checked, "Y03") == {"requests": ("not_assessable", "no report of the year before")}


def test_the_same_file_is_no_report_of_the_year_before(tmp_path: Path) -> None:
    path = tmp_path / "draft.html"
    path.write_bytes(page("宿迁市政府信息公开工作年度报告", scaled(4)))
    with pytest.raises(InputError, match="has the same bytes"):
        check_file(path, Context(last_year=path), Settings())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--last-year", "x.html", "--warehouse"], "leave one option out"),
        (["--body", "宿迁市"], "give --warehouse with it"),
        (["--children-complete"], "give that with it"),
    ],
)
def test_options_that_contradict_each_other_are_refused(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = CliRunner().invoke(cli, ["check", str(draft(tmp_path)), *arguments])
    assert done.exit_code == 2 and sentence in done.stderr


NO_NETWORK = """
import sys
def refuse(event, arguments):
    asks = event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
    if asks or (event in ("socket.connect", "socket.bind") and isinstance(arguments[1], tuple)):
        with open({log!r}, "a") as log:
            log.write(event + chr(10))
        raise RuntimeError("no network: " + event)
sys.addaudithook(refuse)
"""


def test_no_process_of_it_asks_the_network(tmp_path: Path) -> None:
    """With the processes that read: each begins with a hook that refuses, and notes, every address."""
    log, hooks = tmp_path / "asked.txt", tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(NO_NETWORK.format(log=str(log)), encoding="utf-8")
    last, printed, sheet = tmp_path / "last.html", tmp_path / "draft.pdf", tmp_path / "sheet.docx"
    last.write_bytes(page("宿迁市2023年政府信息公开工作年度报告", scaled(3)))
    report = sample_report("suqian-2024")
    printed.write_bytes(render(report, {**read_figures(report), TOTAL: "99"}, "pdf"))
    arguments = ["check", str(printed), "--last-year", str(last)]
    arguments += ["--children", str(few(tmp_path)), "--sheet", str(sheet)]
    environment = {
        "PATH": "/nowhere",
        "PYTHONPATH": f"{hooks}:{PROJECT_ROOT}",
        "GONGKAI_HOME": str(tmp_path / "home"),
    }

    def run(code: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    done = run("from flows.cli import main; main()")
    assert done.returncode == EXIT_FINDINGS, done.stderr
    assert not log.exists()
    document = docx.Document(str(sheet))
    texts = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert any(text.startswith("99 [") for text in texts)
    assert len(document.inline_shapes) >= 1, "its pages are drawn"
    refused = run("import socket; socket.create_connection(('127.0.0.1', 9))")
    assert "no network" in refused.stderr and log.exists(), "the hook sees what it looks for"
