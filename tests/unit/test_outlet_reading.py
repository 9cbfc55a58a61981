"""What a reader is shown of the published copy: a report's page, a comparison, answers to queries of his own."""

import datetime as dt
import json
import re
from pathlib import Path

import duckdb
import pytest

from flows.errors import InputError
from flows.outlet import comparison
from flows.outlet.bodies import find_body
from flows.outlet.catalog import Mart, mart, marts
from flows.outlet.copy import opened
from flows.outlet.metrics import find_metric, written
from flows.outlet.page import as_text, page
from flows.outlet.plain import as_json
from flows.outlet.queries import ask, printed, statements
from flows.terminal import cut, harmless, table, width
from tests.made_copy import JIA, OFFICE, SEEN, YI, make_copy, two_counties


@pytest.mark.parametrize("one", marts(), ids=lambda one: one.name)
def test_every_mart_is_described_and_says_what_tells_its_rows_apart(one: Mart) -> None:
    assert one.key and set(one.key) <= set(one.column_names)
    assert len(set(one.column_names)) == len(one.columns)
    assert all(column.description and column.data_type for column in one.columns)


def test_a_mart_that_is_not_there_is_answered_with_those_there_are() -> None:
    assert mart("dim_body").key == ("body_id",)
    with pytest.raises(InputError, match="no mart fct_nothing; there are dim_body"):
        mart("fct_nothing")


@pytest.mark.parametrize("text", [JIA, "甲县人民政府", "甲县人民", " 甲县人民政府 ", "990121:甲县人"])
def test_a_body_is_found_by_id_name_or_part(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert find_body(connection, text).body_id == JIA


def test_a_text_that_is_not_one_body_is_one_sentence(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(InputError, match=f'"甲县" fits several bodies: {JIA}, {OFFICE}; write one of these ids'):
        find_body(connection, "甲县")
    with pytest.raises(InputError, match=r"Did you mean 甲县人民政府.*\?$"):
        find_body(connection, "甲县人门政府")
    for text in ("", "%", "' or 1 = 1 --"):
        with pytest.raises(InputError, match="No body"):
            find_body(connection, text)


def test_the_page_of_a_report_has_its_figures_as_printed(connection: duckdb.DuckDBPyConnection) -> None:
    shown = page(connection, JIA, 2024)
    assert shown.report["version_number"] == 2 and len(shown.versions) == 2
    assert len(shown.cells) == 200
    text = as_text(shown)
    granted = next(line for line in text.splitlines() if "予以公开" in line)
    assert granted.split() == ["三、本年度办理结果（一）予以公开", "10", "?", "[", "]", "0", "0", "0", "0", "10"]
    assert "requests,granted,natural_person = 10 ?: the second reading takes 7" in text
    assert "version      2 of 2, first seen 2026-05-04 08:30 UTC" in text
    assert "published    2025-01-20 (due 2025-03-31, in time)" in text
    assert "checks: 1 passed, 1 failed" in text
    assert "10 = 13, difference -3; verdict: publisher" in text
    assert re.search(r"disclosure_rate_strict +公开率 +80\.0 % +20 +58\.4 - 91\.9 % +none: fewer than 5 peers", text)
    assert re.search(r"litigation_loss_rate +诉讼败诉率 +- +0 ", text)


def test_the_page_as_data(connection: duckdb.DuckDBPyConnection) -> None:
    found = json.loads(as_json(page(connection, OFFICE, None)))
    assert found["body"]["body_id"] == OFFICE and found["report"]["report_year"] == 2024
    assert found["report"]["first_fetched_at"] == SEEN.isoformat()
    assert {cell["value"] for cell in found["cells"] if cell["row_key"] == "granted"} == {0, 10}
    assert found["checks"] == {"passed": 1, "failed": 0, "not_assessable": 0, "error": 0}


def test_without_a_year_it_is_the_latest_and_a_missing_one_is_explained(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert page(connection, JIA, None).report["report_year"] == 2024
    with pytest.raises(InputError, match=r"no report for 2022; there are those for 2023, 2024\.$"):
        page(connection, JIA, 2022)
    with pytest.raises(InputError, match=r"no report for 2023 \(not found, no entry of that body and year"):
        page(connection, YI, 2023)


def test_values_that_are_not_to_be_compared_are_marked(connection: duckdb.DuckDBPyConnection) -> None:
    found = comparison.compare(connection, [JIA, YI, OFFICE], "公开率", [2023, 2024])
    assert [(row["body_id"], row["report_year"]) for row in found.values] == [
        (body, year) for body in (JIA, YI, OFFICE) for year in (2023, 2024)
    ]
    said = {(row["body_id"], row["report_year"]): [found.caveats[n] for n in row["caveats"]] for row in found.values}
    assert said[YI, 2023][0] == "no report of this year"
    assert "scope own_body: not to be held against a report of another scope" in said[YI, 2024]
    assert "the figures of the report contradict each other or those of the year before" in said[JIA, 2024]
    assert "county, department: not a peer of the others" in said[OFFICE, 2024]
    text = comparison.as_text(found)
    assert all(sentence in text for sentence in found.caveats)


def test_peers_of_one_scope_carry_no_mark(connection: duckdb.DuckDBPyConnection) -> None:
    found = comparison.compare(connection, [JIA, "甲县人民政府"], "workload", [2023])
    assert [body.body_id for body in found.bodies] == [JIA]
    assert found.caveats == [] and found.values[0]["metric_value"] == 21
    with pytest.raises(InputError, match="no report of 990121:甲县人民政府 for 2011"):
        comparison.compare(connection, [JIA], "workload", [2011])


def test_a_break_between_formats_is_marked_and_what_compares_is_not(tmp_path: Path) -> None:
    rows = two_counties()
    for old in ("fct_report", "mart_body_year"):
        for row in rows[old]:
            if row["report_year"] == 2023:
                row |= {name: "2019" for name in row if name.endswith("generation")}
    with opened(make_copy(tmp_path / "copy.duckdb", rows)) as connection:
        broken = comparison.compare(connection, [JIA], "repeal_rate")
        assert [row["generation"] for row in broken.values] == ["2019", "2021"]
        marked = [sentence for sentence in broken.caveats if "a break in the series" in sentence]
        assert any(sentence.startswith("on the tables of 2019") for sentence in marked)
        assert any(sentence.startswith("on the tables of 2021") for sentence in marked)
        assert all(any(broken.caveats[n] in marked for n in row["caveats"]) for row in broken.values)
        series = comparison.compare(connection, [JIA], "disclosure_rate_strict")
        assert [row["generation"] for row in series.values] == ["2019", "2021"]
        assert not [sentence for sentence in series.caveats if "break" in sentence]


def test_a_metric_is_found_by_key_or_name(connection: duckdb.DuckDBPyConnection) -> None:
    for text in ("disclosure_rate_strict", "公开率", "disclosure rate, STRICT", "rate_strict"):
        assert find_metric(connection, text).metric_key == "disclosure_rate_strict"
    with pytest.raises(InputError, match=r"fits several metrics: .*disclosure_rate_full.*; write one of these keys"):
        find_metric(connection, "disclosure")
    with pytest.raises(InputError, match="Did you mean disclosure_rate_strict"):
        find_metric(connection, "disclosure_rate_strikt")
    with pytest.raises(InputError, match="no metric"):
        find_metric(connection, "")


def test_values_are_written_with_their_unit() -> None:
    assert [written(0.5405, "share"), written(None, "share"), written(3646, "count"), written(0.99886, "ratio")] == [
        "54.0 %",
        "-",
        "3,646",
        "0.999",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "insert into marts.dim_body (body_id) values ('x')",
        "update marts.dim_body set body_name = ''",
        "drop table marts.dim_body",
        "create table marts.t as select 1",
        "copy (select 1) to 'out.csv'",
        "from read_text('/etc/hostname')",
        "from read_csv('/etc/passwd')",
        "attach 'other.duckdb'",
        "install httpfs",
        "load httpfs",
        "export database 'out'",
        "set enable_external_access = true",
        "reset lock_configuration",
        "from 'http://127.0.0.1/x.csv'",
        "select",
    ],
)
def test_no_query_writes_or_reaches_beyond_the_copy(
    connection: duckdb.DuckDBPyConnection, query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="The query was not run"):
        ask(connection, query)
    assert list(tmp_path.iterdir()) == []


def test_two_readers_in_one_process_are_both_locked(copy: Path) -> None:
    with opened(copy) as first, opened(copy) as second:
        for connection in (first, second):
            assert connection.execute("select count(*) from marts.dim_body").fetchone() == (3,)
            with pytest.raises(InputError):
                ask(connection, "from read_text('/etc/hostname')")
    with pytest.raises(InputError, match="Nothing is published at"), opened(copy.parent / "none.duckdb"):
        pass


def answered(connection: duckdb.DuckDBPyConnection, query: str, output_format: str, limit: int = 200) -> str:
    answer = ask(connection, query)
    assert answer is not None
    return "".join(printed(answer, output_format, limit))


def test_an_answer_as_table_csv_and_json(connection: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select 1.50::decimal(9, 2) as amount, 'a,\"b\"' as text, null as nothing, true as flag,"
        " date '2024-01-20' as day, [1, 2] as list"
    )
    assert answered(connection, query, "csv") == (
        'amount,text,nothing,flag,day,list\n1.50,"a,""b""",,true,2024-01-20,"[1, 2]"\n'
    )
    assert json.loads(answered(connection, query, "json")) == [
        {"amount": 1.5, "text": 'a,"b"', "nothing": None, "flag": True, "day": "2024-01-20", "list": [1, 2]}
    ]
    assert answered(connection, "select 'x\x1b[2Jy' as evil", "table").splitlines()[1] == "  x�[2Jy"
    assert answered(connection, "from range(5)", "table", 3).endswith(
        "(3 rows, the first of more: --limit shows more of them, --format csv all)\n"
    )
    assert answered(connection, "from range(3)", "table", 3).endswith("  2\n(3 rows)\n")
    assert json.loads(answered(connection, "from range(0)", "json")) == []
    assert len(json.loads(answered(connection, "from range(25000)", "json"))) == 25_000


def test_a_fault_amid_the_rows_is_a_sentence(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(InputError, match="The query was not run: Conversion Error"):
        answered(connection, "select cast(if(range = 40000, 'x', '1') as integer) from range(50000)", "csv")


def test_statements_end_with_a_semicolon_at_the_end_of_a_line() -> None:
    assert list(statements(["select 1,\n", "';' as b;\n", "\n", "select 2"])) == [
        "select 1,\n';' as b;\n",
        "\nselect 2",
    ]
    assert list(statements(["\n", "  \n"])) == []


def test_amounts_keep_all_their_digits_in_json() -> None:
    from decimal import Decimal

    assert (
        as_json([Decimal("72701.257800"), Decimal("3.000000"), dt.date(2024, 1, 20)])
        == '[72701.2578, 3, "2024-01-20"]'
    )
    assert as_json(Decimal("123456789012.123456")) == '"123456789012.123456"'


def test_text_for_a_terminal_is_aligned_and_harmless() -> None:
    assert width("公开ab") == 6
    assert table([["名", "n"], ["x", "10"]], right=frozenset({1})) == ["  名   n", "  x   10"]
    assert table([]) == []
    assert cut("公开 信息公开", 7) == "公开信…"
    assert harmless("a\x1b[31m\r\u202eb\nc") == "a�[31m��b\nc"
