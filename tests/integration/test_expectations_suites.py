"""The suites as data: what an entry becomes, and what a suite with a fault in it is called."""

import datetime as dt

import duckdb
import pytest

from expectations.suites import expectations
from flows.errors import InputError
from flows.formats import rules

DAY = dt.date(2026, 4, 1)


def suite(tmp_path, entries: str):
    (tmp_path / "sample.yaml").write_text(
        f"severity: error\nfault_owner: pipeline\nexpectations:\n{entries}", encoding="utf-8"
    )
    return {e.expectation_id: e for e in expectations(as_of=DAY, folder=tmp_path) if e.suite == "sample"}


def test_names_are_stable_and_unique():
    names = [e.expectation_id for e in expectations(as_of=DAY)]
    assert len(names) == len(set(names))
    assert names == [e.expectation_id for e in expectations(as_of=dt.date(2030, 1, 1))]


def test_every_expectation_is_a_sentence_with_an_owner():
    for e in expectations(as_of=DAY):
        assert e.statement.endswith("."), e
        assert e.severity in {"error", "warning", "info"}, e
        assert e.fault_owner in {"pipeline", "publisher"}, e


def test_each_rule_that_is_built_is_an_expectation_with_the_severity_of_the_seed():
    made = {e.rule_id: e for e in expectations(as_of=DAY) if e.rule_id}
    assert {rule_id: e.severity for rule_id, e in made.items()} == {
        rule.rule_id: rule.severity for rule in rules() if rule.computed_by != "not_built"
    }
    assert rules()[0].statement_zh in made[rules()[0].rule_id].statement


def test_one_entry_gives_one_expectation_a_column(tmp_path):
    made = suite(tmp_path, "  - {kind: not_null, mart: fct_cell, columns: [row_key, column_key]}")
    assert list(made) == ["sample.fct_cell.row_key.not_null", "sample.fct_cell.column_key.not_null"]
    assert made["sample.fct_cell.row_key.not_null"].statement == "row_key is never empty."


def test_unique_columns_stay_together(tmp_path):
    made = suite(tmp_path, "  - {kind: unique, mart: fct_cell, columns: [row_key, column_key]}")
    assert made["sample.fct_cell.row_key.column_key.unique"].columns == ("row_key", "column_key")


def test_values_come_from_the_records(tmp_path):
    made = suite(tmp_path, "  - {kind: in_set, mart: fct_check_result, columns: [outcome], values_of: Outcome}")
    assert made["sample.fct_check_result.outcome.in_set"].values == ("passed", "failed", "not_assessable", "error")


def test_the_day_stands_in_the_sql_as_a_date(tmp_path):
    made = suite(
        tmp_path,
        "  - {kind: rows, mart: fct_report, name: then, statement: Then., unexpected: published_on > $as_of}",
    )
    assert made["sample.fct_report.then"].unexpected == "published_on > date '2026-04-01'"


@pytest.mark.parametrize(
    ("day", "newest_year", "is_unexpected"),
    [
        ("2026-03-31", 2024, False),
        ("2026-03-31", 2023, True),
        ("2026-04-01", 2024, True),
        ("2026-04-01", 2025, False),
    ],
)
def test_the_last_year_due_changes_after_31_march(day, newest_year, is_unexpected):
    made = {e.expectation_id: e for e in expectations(as_of=dt.date.fromisoformat(day))}
    predicate = made["freshness.fct_report.latest_year"].unexpected
    row = duckdb.sql(f"select {predicate} from (select {newest_year} as newest_year)").fetchone()
    assert row == (is_unexpected,)


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ("  - {kind: not_null, mart: fct_cell}", "kind not_null on fct_cell without columns"),
        ("  - {kind: in_set, mart: fct_cell, columns: [a]}", "without values or values_of"),
        ("  - {kind: between, mart: fct_cell, columns: [a]}", "without minimum or maximum"),
        ("  - {kind: reference, mart: fct_cell, columns: [a]}", "without to"),
        ("  - {kind: rows, mart: fct_cell, statement: A., unexpected: a}", "without name"),
        ("  - {kind: rows, mart: fct_cell, name: a, unexpected: a}", "without statement"),
        ("  - {kind: rows, mart: fct_cell, name: a, statement: A.}", "without unexpected"),
        ("  - {kind: not_nul, mart: fct_cell, columns: [a]}", "expectations.0.kind"),
        ("  - {kind: not_null, mart: 'fct_cell; drop', columns: [a]}", "expectations.0.mart"),
        ("  - {kind: not_null, mart: fct_cell, columns: [a], colour: red}", "expectations.0.colour"),
        ("  - {kind: not_null, mart: fct_cell, columns: [a], severity: fatal}", "expectations.0.severity"),
        ("  - [", "cannot be used"),
        (
            "  - {kind: not_null, mart: fct_cell, columns: [a]}\n  - {kind: not_null, mart: fct_cell, columns: [a]}",
            "called sample.fct_cell.a.not_null",
        ),
        (
            "  - {kind: rows, mart: fct_cell, name: a, statement: A., unexpected: a > $today}",
            "only $as_of is known",
        ),
    ],
)
def test_a_suite_with_a_fault_is_one_sentence(tmp_path, entries, sentence):
    with pytest.raises(InputError) as caught:
        suite(tmp_path, entries)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
