"""The whole assessment over real DuckDB files: what each fault in the marts is called."""

import datetime as dt
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from selectolax.lexbor import LexborHTMLParser

from expectations.checkpoint import assess
from expectations.site import plain_page
from expectations.suites import expectations
from flows.errors import BusyError, InputError
from flows.formats import rules
from flows.records import ExpectationResult, Outcome
from tests.integration.expectations_marts import make_marts

AS_OF = dt.date(2026, 6, 1)


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> tuple[Path, list[ExpectationResult]]:
    folder = tmp_path_factory.mktemp("sound")
    results = assess(make_marts(folder / "gongkai.duckdb"), folder / "data_docs", as_of=AS_OF)
    return folder, results


@pytest.fixture(scope="module")
def faulty_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("faulty")


@pytest.fixture(scope="module")
def faulty(faulty_folder) -> dict[str, ExpectationResult]:
    """One assessment of marts with a fault of each kind, faults in places that do not touch each other."""
    folder = faulty_folder
    warehouse = make_marts(
        folder / "gongkai.duckdb",
        "update fct_check_result set outcome = 'failed', difference = 2 where rule_id = 'B01' and report_id = 'r1'",
        "update fct_check_result set outcome = 'error' where rule_id = 'D01' and report_id = 'r2'",
        "update fct_report set scope = '<img src=x onerror=a()>' where report_id = 'r1'",
        "update fct_report set leftover_count = -1 where report_id = 'r2'",
        "update fct_report set report_year = 2026 where report_id = 'r3'",
        "update fct_report set title = null",
        "insert into fct_dispute values ('r9', 'x', 2025, 'a', 'b', 1), ('r1', 'x', 2025, 'a', 'b', 1)",
        "insert into fct_cell select * from fct_cell where report_id = 'r1' and row_key = 'carried_in'",
        "update fct_cell set value = 4.5 where report_id = 'r2' and row_key = 'new_received'",
        "update fct_cell set value = null where report_id = 'r3' and row_key = 'new_received'",
        "update fct_expected_report set coverage_state = 'read_failed' where report_year = 2025",
        "alter table mart_peer_comparison drop column metric_key",
        "drop table fct_disclosure",
    )
    return {r.expectation_id: r for r in assess(warehouse, folder / "data_docs", as_of=AS_OF)}


def test_every_expectation_has_one_result_in_order(sound):
    _, results = sound
    assert [r.expectation_id for r in results] == [e.expectation_id for e in expectations(as_of=AS_OF)]


def test_sound_marts_have_no_failure_and_no_error(sound):
    _, results = sound
    assert [r for r in results if r.outcome in {Outcome.FAILED, Outcome.ERROR}] == []


def test_passed_says_how_much_was_looked_at(sound):
    _, results = sound
    by_id = {r.expectation_id: r for r in results}
    b01 = by_id["balances.fct_check_result.B01"]
    assert (b01.outcome, b01.evaluated_count, b01.unexpected_count) == (Outcome.PASSED, 3, 0)
    assert by_id["completeness.fct_cell.cell_kind.not_null"].evaluated_count == 12
    assert by_id["kinds.fct_cell.whole_counts"].evaluated_count == 9
    assert all(r.evaluated_count for r in results if r.outcome == Outcome.PASSED)


def test_nothing_to_look_at_is_not_a_pass(sound):
    _, results = sound
    by_id = {r.expectation_id: r for r in results}
    blank, absent = by_id["balances.fct_check_result.B03"], by_id["balances.fct_check_result.A01"]
    assert (blank.outcome, blank.evaluated_count) == (Outcome.NOT_ASSESSABLE, 0)
    assert blank.reason == "None of 3 can be assessed, most often because: 1 cell blank."
    assert (absent.outcome, absent.reason) == (Outcome.NOT_ASSESSABLE, "Nothing in fct_check_result to look at.")


def test_each_rule_is_one_expectation_of_the_publisher(sound):
    _, results = sound
    of_rules = {r.rule_id: r for r in results if r.rule_id}
    assert set(of_rules) == {rule.rule_id for rule in rules() if rule.computed_by != "not_built"}
    assert {r.fault_owner for r in of_rules.values()} == {"publisher"}
    assert of_rules["B01"].severity == "error"
    assert of_rules["Y01"].severity == "warning"


@pytest.mark.parametrize(
    ("expectation_id", "evaluated_count", "unexpected_count"),
    [
        ("balances.fct_check_result.B01", 3, 1),
        ("completeness.fct_check_result.ran", 9, 1),
        ("completeness.fct_cell.value_where_number", 13, 1),
        ("kinds.fct_report.scope.in_set", 3, 1),
        ("kinds.fct_report.leftover_count.between", 3, 1),
        ("kinds.fct_cell.whole_counts", 9, 1),
        ("references.fct_cell.report_id.table_key.row_key.column_key.unique", 13, 2),
        ("references.fct_dispute.report_id.reference", 2, 1),
        ("freshness.fct_report.year_is_over", 3, 1),
        ("volume.fct_expected_report.reports_read", 1, 1),
        ("volume.fct_expected_report.reports_read_by_portal", 1, 1),
        ("volume.fct_report.cells_kept", 3, 1),
    ],
)
def test_faults_are_counted(faulty, expectation_id, evaluated_count, unexpected_count):
    result = faulty[expectation_id]
    assert (result.outcome, result.evaluated_count, result.unexpected_count) == (
        Outcome.FAILED,
        evaluated_count,
        unexpected_count,
    )


def test_an_expectation_that_cannot_run_is_an_error_with_a_sentence_and_stops_no_other(faulty):
    dropped_column = faulty["references.mart_peer_comparison.body_id.report_year.metric_key.unique"]
    dropped_mart = faulty["references.fct_disclosure.report_id.reference"]
    assert dropped_column.outcome == Outcome.ERROR
    assert "metric_key" in dropped_column.reason
    assert "\n" not in dropped_column.reason
    assert dropped_mart.outcome == Outcome.ERROR
    assert dropped_mart.reason == "There is no mart fct_disclosure in the warehouse; run `gongkai transform`."
    assert dropped_mart.evaluated_count is None
    assert Counter(r.outcome for r in faulty.values())[Outcome.ERROR] == 3


def test_freshness_is_relative_to_the_day_of_the_assessment(tmp_path):
    warehouse = make_marts(tmp_path / "gongkai.duckdb")
    by_day = {
        day: {r.expectation_id: r.outcome for r in assess(warehouse, tmp_path / "data_docs", as_of=day)}
        for day in (dt.date(2027, 3, 31), dt.date(2027, 4, 1), dt.date(2026, 4, 29))
    }
    last_day, day_after, before_fetch = by_day.values()
    assert last_day["freshness.fct_report.latest_year"] == Outcome.PASSED
    assert day_after["freshness.fct_report.latest_year"] == Outcome.FAILED
    assert last_day["freshness.fct_report.fetched_by_then"] == Outcome.PASSED
    assert before_fetch["freshness.fct_report.fetched_by_then"] == Outcome.FAILED


def test_data_docs_are_plain_pages_that_fetch_nothing(sound):
    folder, results = sound
    pages = list((folder / "data_docs").rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<(script|link|img|iframe)", text)
        assert not re.search(r"(href|src)=.?(https?:)?//", text)
    index = (folder / "data_docs" / "index.html").read_text(encoding="utf-8")
    assert f"not assessable: {sum(r.outcome == Outcome.NOT_ASSESSABLE for r in results)}" in index
    links = re.findall(r'href="(validations/[^"]+)"', index)
    assert len(links) == len(results)
    assert all((folder / "data_docs" / link).is_file() for link in links)
    assert [path for path in folder.iterdir() if path.name.startswith(".")] == []


def test_values_of_a_mart_are_not_shown_in_data_docs(faulty_folder, faulty):
    (page,) = (faulty_folder / "data_docs" / "validations" / "kinds" / "fct_report").rglob("*.html")
    text = page.read_text(encoding="utf-8")
    assert "scope is one of" in text
    assert "onerror" not in text


def test_only_harmless_elements_are_kept():
    page = plain_page(
        """<html><head><meta http-equiv=refresh content="0;url=http://x.example"><style>b{}</style>
        <link href=http://x.example/a.css></head><body onload="a()"><script>a()</script><img src=x onerror=a()>
        <svg><a href=b>c</a></svg><a href="javascript:a()">one</a><a href="//x.example">two</a>
        <a href="../index.html" style="x">three</a>
        <form action=http://x.example><input value=v><b>kept</b></form></body></html>""",
        "p{}",
    )
    tree = LexborHTMLParser(page)
    assert {node.tag for node in tree.css("*")} - {"html", "head", "meta", "style", "body", "a", "b"} == set()
    assert [dict(node.attributes) for node in tree.css("a")] == [{}, {}, {"href": "../index.html"}]
    assert [dict(node.attributes) for node in tree.css("meta")] == [{"charset": "utf-8"}]
    assert [node.text() for node in tree.css("style")] == ["p{}"]
    assert tree.css_first("b").text() == "kept"
    assert "a()" not in page


def test_data_docs_do_not_pile_up(tmp_path):
    warehouse = make_marts(tmp_path / "gongkai.duckdb")
    (tmp_path / "data_docs").mkdir()
    (tmp_path / "data_docs" / "old.html").write_text("old", encoding="utf-8")
    assess(warehouse, tmp_path / "data_docs", as_of=AS_OF)
    assert not (tmp_path / "data_docs" / "old.html").exists()
    assert (tmp_path / "data_docs" / "index.html").is_file()


def test_the_same_marts_give_the_same_results_and_are_not_changed(sound, tmp_path):
    folder, results = sound
    before = (folder / "gongkai.duckdb").read_bytes()
    assert assess(folder / "gongkai.duckdb", tmp_path / "data_docs", as_of=AS_OF) == results
    assert (folder / "gongkai.duckdb").read_bytes() == before


def test_the_warehouse_is_free_for_the_writer_afterwards(sound):
    folder, _ = sound
    with duckdb.connect(str(folder / "gongkai.duckdb")) as writer:
        assert writer.execute("select count(*) from marts.fct_report").fetchone() == (3,)


def test_a_warehouse_without_marts_gives_errors_only(tmp_path):
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    results = assess(tmp_path / "empty.duckdb", tmp_path / "data_docs", as_of=AS_OF)
    assert {r.outcome for r in results} == {Outcome.ERROR}
    assert (tmp_path / "data_docs" / "index.html").is_file()


def test_no_warehouse_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="There is no warehouse at"):
        assess(tmp_path / "none.duckdb", tmp_path / "data_docs", as_of=AS_OF)


def test_a_file_that_is_no_warehouse_is_one_sentence(tmp_path):
    (tmp_path / "text.duckdb").write_text("not a database" * 1000, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be opened"):
        assess(tmp_path / "text.duckdb", tmp_path / "data_docs", as_of=AS_OF)


def test_a_warehouse_held_by_another_process_is_one_sentence(tmp_path):
    warehouse = make_marts(tmp_path / "gongkai.duckdb")
    script = f"import duckdb; c = duckdb.connect({str(warehouse)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"PID {holder.pid}"):
            assess(warehouse, tmp_path / "data_docs", as_of=AS_OF)
        holder.communicate("\n")
