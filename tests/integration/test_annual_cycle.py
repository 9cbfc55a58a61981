"""The whole annual cycle on the sample portals, as a user runs it."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.quality.finding_store import acknowledge, stored_findings
from tests.integration.gongkai_process import content, free_ports, gongkai, kill_when_it_says, run_sample

PORTS = 12


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(PORTS)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, port: int) -> tuple[Path, dict[str, Any]]:
    """A data folder after one whole run, without a Prefect server besides, and what the run reported."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    return home / "sample", run_sample(home, port)


@pytest.fixture()
def marts(undisturbed: tuple[Path, dict[str, Any]]) -> Any:
    with duckdb.connect(str(undisturbed[0] / "published" / "gongkai.duckdb"), read_only=True) as connection:
        yield connection


def test_every_listed_report_is_fetched_read_and_in_the_marts(
    undisturbed: tuple[Path, dict[str, Any]], marts: duckdb.DuckDBPyConnection
) -> None:
    _, result = undisturbed
    collected, held = result["collected"], result["totals"]
    assert collected["portals"] >= 4
    assert collected["portals_refused"] == 1
    assert collected["titles_refused"] >= 2
    assert collected["fetched_new"] >= collected["reports_listed"] > 0
    assert result["read"]["read_states"].get("unreadable", 0) == 0
    # every accepted title on a portal that answers ends as a report
    assert held["reports"] == collected["reports_listed"]
    assert marts.execute("select count(*) from marts.fct_report where cells_located < cells_expected").fetchone() == (
        0,
    )


def test_only_the_planted_imbalance_fails(marts: duckdb.DuckDBPyConnection) -> None:
    from flows.sample.index import sample_reports

    planted = {report.body.name: report.report_year for report in sample_reports() if report.planted}
    failed = marts.execute(
        "select distinct body_name, report_year from marts.fct_check_result"
        " where outcome = 'failed' and severity = 'error'"
    ).fetchall()
    assert dict(failed) == planted
    assert len(planted) == 1


def test_the_planted_cell_is_named_with_its_right_value(marts: duckdb.DuckDBPyConnection) -> None:
    from flows.sample.index import sample_reports

    (planted,) = [report.planted for report in sample_reports() if report.planted]
    named = marts.execute(
        "select table_key, row_key, column_key, printed, proposed_value, is_unique, error_owner"
        " from marts.fct_cell_proposal"
    ).fetchall()
    cell = (planted.table, planted.row, planted.column, planted.printed, Decimal(planted.correct))
    assert named == [(*cell, True, "publisher")]


def test_suqian_2024_continues_suqian_2023(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select rule_id, outcome, count(*) from marts.fct_check_result"
        " where body_name = '宿迁市人民政府' and report_year = 2024 and rule_id in ('Y01', 'A01')"
        " group by all order by all"
    ).fetchall()
    assert rows == [("A01", "passed", 2), ("Y01", "passed", 7)]


def test_the_digest_holds_the_planted_imbalance_first_and_then_what_else_was_found(
    undisturbed: tuple[Path, dict[str, Any]], marts: duckdb.DuckDBPyConnection
) -> None:
    from flows.sample.index import sample_reports

    home, result = undisturbed
    (eml,) = (home / "outbox").glob("*.eml")
    message = email.message_from_bytes(eml.read_bytes(), policy=email.policy.default)
    text = message.get_body(("plain",)).get_content()
    planted = [report for report in sample_reports() if report.planted]
    warned = marts.execute(
        "select body_name, rule_id from marts.fct_check_result"
        " where outcome = 'failed' and severity = 'warning' order by rule_id, body_name"
    ).fetchall()
    assert warned == [
        *[("样本县教育局", "F06"), ("沭阳县发展和改革局", "F06"), ("示范县发展和改革局", "M01")],
        ("示例省", "X03"),  # one of its cities has a portal that refuses
    ]
    ((missing,),) = marts.execute(
        "select evidence from marts.fct_check_result"
        " where outcome = 'failed' and severity = 'warning' and rule_id = 'X03'"
    ).fetchall()
    told = {planted[0].body.name} | {name for name, _ in warned}
    told |= {report.body.name for report in sample_reports() if report.body.name in missing}
    for report in sample_reports():
        assert (report.body.name in text) == (report.body.name in told)
    assert all(text.index(planted[0].body.name) < text.index(name) for name, _ in warned)
    assert result["notified"]["findings"] >= 1
    assert any(part.get_filename() == "findings.csv" for part in message.iter_attachments())


def test_a_figure_is_walked_back_to_its_bytes(
    undisturbed: tuple[Path, dict[str, Any]], marts: duckdb.DuckDBPyConnection
) -> None:
    """The documented walk: mart -> cell -> document -> archived response, whose bytes hold the report."""
    from flows.archive.reader import read_payload

    home, _ = undisturbed
    rows = marts.execute(
        """
        select body_year.body_name, cell.value, cell.place, report.document_url, report.warc_file, report.warc_offset
        from marts.mart_body_year as body_year
        join marts.fct_report as report using (report_id)
        join marts.fct_cell as cell using (report_id)
        where cell.table_key = 'requests' and cell.row_key = 'new_received' and cell.column_key = 'total'
        """
    ).fetchall()
    assert rows
    for body_name, value, place, url, warc_file, warc_offset in rows:
        assert value is not None and place and url.startswith("http://127.0.0.1")
        payload = read_payload(home / "archive", warc_file, warc_offset, 10_000_000)
        assert payload, body_name


def test_every_cell_of_a_report_is_traced_to_the_archive_and_stands_there(
    undisturbed: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    """Each is walked back by the command's own steps; the archived bytes are read again and have it there."""
    from flows.archive.reader import read_payload
    from flows.formats import format_cells
    from flows.outlet.copy import opened
    from flows.outlet.trace import trace
    from flows.settings import Settings
    from flows.single_file import read_file

    home, _ = undisturbed
    limits = {"archive": home / "archive", "max_bytes": 10_000_000}
    read_again = {}
    with opened(home / "published" / "gongkai.duckdb") as connection:
        for prescribed in format_cells("2021"):
            key = (prescribed.table_key, prescribed.row_key, prescribed.column_key)
            found = trace(connection, "宿迁市人民政府", 2024, ",".join(key), **limits)
            assert found.cell is not None and found.faults == []
            (source,) = found.sources
            assert source.report["document_url"].startswith("http://127.0.0.1")
            if not read_again:
                where = (source.report["warc_file"], source.report["warc_offset"])
                page = tmp_path / "page.html"
                page.write_bytes(read_payload(home / "archive", *where, 10_000_000))
                cells = read_file(page, Settings()).cells
                read_again = {(cell.table_key, cell.row_key, cell.column_key): cell for cell in cells}
            again = read_again.pop(key)
            assert (found.cell["raw_text"], found.value) == (again.raw_text, again.value)
            assert found.cell["place"] == again.place
        assert read_again == {}
        figures = connection.execute("select distinct figure_key from seeds.figure_cells").fetchall()
        metrics = connection.execute("select metric_key from seeds.metrics").fetchall()
        for (name,) in [*figures, *metrics]:
            found = trace(connection, "宿迁市人民政府", 2024, name, **limits)
            assert found.value is not None and found.faults == []
            assert found.figures and all(figure.is_the_sum and figure.terms for figure in found.figures)


@pytest.mark.usefixtures("beside_a_server")
def test_a_second_run_changes_nothing(undisturbed: tuple[Path, dict[str, Any]], port: int, tmp_path: Path) -> None:
    home, _ = undisturbed
    again = tmp_path / "home" / "sample"
    shutil.copytree(home, again, ignore=shutil.ignore_patterns("prefect"))
    before = content(again / "warehouse" / "gongkai.duckdb")
    result = run_sample(again.parent, port)
    assert result["collected"]["fetched_new"] == result["collected"]["fetched_changed"] == 0
    assert result["collected"]["fetch_states"].get("content", 0) <= result["collected"]["unchanged"]
    assert result["read"]["documents"] == 0
    assert result["loaded"]["rows_added"] == {}
    assert all(result[stage]["is_unchanged"] for stage in ("transformed", "assessed", "published"))
    assert content(again / "warehouse" / "gongkai.duckdb") == before


@pytest.mark.killed
@pytest.mark.usefixtures("beside_a_server")
def test_killed_at_every_stage_it_ends_in_the_same_warehouse(
    undisturbed: tuple[Path, dict[str, Any]], port: int, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    kill_when_it_says("collecting", home, port, after_lines=2)
    kill_when_it_says("read:", home, port)
    kill_when_it_says("load:", home, port)
    kill_when_it_says("transform: dbt", home, port)
    kill_when_it_says("assess:", home, port)
    run_sample(home, port)
    expected, found = (
        content(folder / "published" / "gongkai.duckdb") for folder in (undisturbed[0], home / "sample")
    )
    assert found.keys() == expected.keys()
    for table in expected:
        assert found[table] == expected[table], table


@pytest.mark.usefixtures("beside_a_server")
def test_each_stage_by_its_own_verb_with_a_relative_home(
    undisturbed: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    shutil.copytree(undisturbed[0], tmp_path / "home", ignore=shutil.ignore_patterns("prefect"))
    (damaged,) = list((tmp_path / "home" / "staged").glob("*/document.parquet"))[:1]
    damaged.write_bytes(b"garbage")
    relative, registry = Path("home"), {"GONGKAI_REGISTRY": "home/registry"}
    for verb in (["read"], ["load"], ["assess", "--force"], ["publish"]):
        done = gongkai(*verb, home=relative, folder=tmp_path, extra=registry)
        assert done.returncode == 0, (verb, done.stderr)
        assert done.stdout.strip() and "Traceback" not in done.stderr
    expected, found = (
        content(folder / "warehouse" / "gongkai.duckdb") for folder in (undisturbed[0], tmp_path / "home")
    )
    assert found == expected


def test_backfill_plans_and_has_nothing_left_after_a_run(undisturbed: tuple[Path, dict[str, Any]]) -> None:
    home, _ = undisturbed
    registry = {"GONGKAI_REGISTRY": str(home / "registry")}
    planned = gongkai("backfill", "--years", "2022-2024", "--plan", home=home, extra=registry)
    assert planned.returncode == 0, planned.stderr
    assert "0 of" in planned.stdout, planned.stdout


def test_a_mail_server_that_is_down_leaves_the_digest_in_the_outbox(
    undisturbed: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    home, _ = undisturbed
    before = {path.name for path in (home / "outbox").glob("*.eml")}
    recipients = tmp_path / "recipients.yaml"
    recipients.write_text("- {address: desk@example.org, everything: true}\n", encoding="utf-8")
    down = {
        "GONGKAI_SMTP_HOST": "127.0.0.1",
        "GONGKAI_SMTP_PORT": str(free_ports(1)),
        "GONGKAI_RECIPIENTS": str(recipients),
    }
    store, now = home / "findings.sqlite", dt.datetime.now(dt.UTC)
    known, *_ = [one.sighting for one in stored_findings(store, today=now.date()) if one.sighting.severity == "error"]
    acknowledge(store, known.finding_id, by="Records office", reason="asked for a correction", now=now)
    done = gongkai("notify", home=home, extra=down)
    assert done.returncode == 3, done.stderr
    assert "127.0.0.1" in done.stderr and "Traceback" not in done.stderr
    (name,) = {path.name for path in (home / "outbox").glob("*.eml")} - before
    text = (home / "outbox" / name).with_suffix(".html").read_text(encoding="utf-8")
    assert "已确认：1 项" in text
    assert known.finding_id not in text
