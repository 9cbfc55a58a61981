"""The whole way from staged records to marts with the real dbt, against answers worked out by hand."""

import csv
import datetime as dt
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows.batches import stage
from flows.errors import PipelineError
from flows.formats import format_cells
from flows.quality.checks import check
from flows.quality.conditions import OF_THE_ARCHIVE, FileRecords
from flows.quality.models import macro
from flows.records import Cell, Claim, Report
from flows.settings import DBT_PROJECT, PROJECT_ROOT, SEEDS, Settings
from flows.warehouse.connection import reading, writing
from flows.warehouse.dbt import run_dbt
from flows.warehouse.loader import load_batches
from flows.warehouse.published import publish
from tests.warehouse_records import APPLICANTS, World

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
AS_OF = "2025-02-10"
WITHOUT_UNIT_TESTS = ["build", "--exclude-resource-type", "unit_test"]


def made_world() -> World:
    """Six counties and a department of a made-up city, with one fault of each kind."""
    world = World()
    world.portal("city", "990100", level="city")
    world.portal("shut", "990500", level="city", body_name="受阻市人民政府")
    world.rows["fetch"].pop()
    world.fetch("shut", "http://127.0.0.1/shut/", role="list", state="blocked_js", reason="a script challenge")

    for year in (2023, 2024):
        jia = world.report("city", "甲县人民政府", year, division_code="990121", scale=10)
    world.claims(jia, [("received", 16, "new_received"), ("carried_out", 3, "carried_out"), ("extended", 2, None)])
    imbalance = {("requests", "granted", "natural_person"): "27"}
    second = {
        ("requests", "granted", "natural_person"): "20",
        ("requests", "partially_granted", "natural_person"): "2",
    }
    world.report("city", "乙县人民政府", 2024, division_code="990122", scale=20, printed=imbalance, second=second)
    blanks = {("requests", "granted", "total"): "", ("requests", "outcome_total", "business"): "/"}
    world.report("city", "丙县人民政府", 2024, division_code="990123", scale=30, printed=blanks)
    world.report("city", "丁县人民政府", 2020, division_code="990124", scale=40, generation="2019")
    world.report("city", "丁县人民政府", 2021, division_code="990124", scale=40)

    page = "http://127.0.0.1/city/corrected.html"
    wrong = {("requests", "carried_out", "total"): "5"}
    world.report(
        "city", "戊县人民政府", 2024, division_code="990125", scale=50, printed=wrong, url=page, payload="p1"
    )
    world.report("city", "戊县人民政府", 2024, division_code="990125", scale=50, url=page, payload="p2", day=5)
    world.report("city", "戊县人民政府", 2024, division_code="990125", scale=50, url=f"{page}?copy", day=6)

    late = dt.date(2025, 2, 3)
    world.report(
        "city",
        "甲县教育局",
        2024,
        division_code="990121",
        body_kind="department",
        scope="own_body",
        published_on=late,
    )
    for number, scale in enumerate((60, 70), 6):
        world.report("city", f"第{number}县人民政府", 2024, division_code=f"99012{number}", scale=scale)
    world.report("city", "庚县人民政府", None, division_code="990129")

    unread = "http://127.0.0.1/city/unread.html"
    world.entry("city", unread, "甲县教育局2023年政府信息公开工作年度报告")
    world.document("city", unread, "p3", read_state="unreadable", reason="the PDF is cut off")
    return world


def built(home: Path, world: World, args: list[str], *, is_reversed: bool = False) -> Path:
    """Stage, load and build a world; returns the warehouse. One batch a table, in either order."""
    settings = Settings(home=home)
    batches = [stage(settings.staged, {name: rows})[0] for name, rows in world.rows.items()]
    for batch in reversed(batches) if is_reversed else batches:
        load_batches(settings.warehouse, [batch], now=NOW)
    run_dbt(settings, args=args, variables={"as_of": AS_OF})
    return settings.warehouse


@pytest.fixture(scope="module")
def world() -> World:
    return made_world()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, world: World) -> Iterator[Path]:
    """The world built with all tests of the dbt project, its unit tests among them."""
    home = tmp_path_factory.mktemp("home")
    live = built(home, world, ["build"])
    publish(live, home / "another-name.duckdb")
    yield home / "another-name.duckdb"


def rows(warehouse: Path, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with reading(warehouse) as connection:
        return connection.execute(query, parameters).fetchall()


def test_versions(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select version_number, is_current, reading_count, payload_sha256 from marts.fct_report"
        " where body_name = '戊县人民政府' order by 1",
    )
    assert found == [(1, False, 1, "p1"), (2, True, 2, "p2")]
    assert rows(warehouse, "select is_current from marts.fct_report where report_year is null") == [(False,)]


def test_claims_stand_beside_the_cells_they_speak_of(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select body_id, report_year, verb, value, bound_row, cell_kind, cell_value, bound_reason"
        " from marts.fct_narrative_claim order by claim_ordinal",
    )
    own = ("990121:甲县人民政府", 2024)
    assert found == [
        (*own, "received", Decimal(16), "new_received", "number", Decimal(16), None),
        (*own, "carried_out", Decimal(3), "carried_out", "number", Decimal(1), None),
        (*own, "extended", Decimal(2), None, None, None, "the tables do not count this"),
    ]


def test_checks(warehouse: Path) -> None:
    failed = rows(
        warehouse,
        "select body_name, report_year, rule_id, instance_key, difference, verdict from marts.fct_check_result"
        " where outcome = 'failed' and rule_id in (select rule_id from seeds.rules where computed_by = 'terms')"
        " order by all",
    )
    assert failed == [
        ("乙县人民政府", 2024, "B01", "granted", Decimal(7), "reader"),
        ("乙县人民政府", 2024, "B02", "natural_person", Decimal(7), "undecided"),
    ]
    jia = rows(
        warehouse,
        "select rule_id, outcome, count(*) from marts.fct_check_result"
        " where body_name = '甲县人民政府' and report_year = 2024"
        " and rule_id in (select rule_id from seeds.rules where computed_by = 'terms') group by all order by all",
    )
    assert jia == [
        *[
            ("A01", "passed", 2),
            ("A02", "passed", 2),
            ("B01", "passed", 25),
            ("B02", "passed", 7),
            ("B03", "passed", 7),
        ],
        *[("D01", "passed", 3), ("Y01", "passed", 7)],
    ]
    reasons = rows(
        warehouse,
        "select rule_id, instance_key, reason from marts.fct_check_result"
        " where body_name = '丙县人民政府' and outcome = 'not_assessable' and rule_id like 'B%' order by all",
    )
    assert reasons == [
        ("B01", "granted", "1 cell blank"),
        ("B01", "outcome_total", "1 cell not applicable"),
        ("B02", "business", "1 cell not applicable"),
        ("B02", "total", "1 cell blank"),
        ("B03", "business", "1 cell not applicable"),
    ]


def test_checks_across_the_change_of_format(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select report_year, rule_id, outcome, reason, count(*) from marts.fct_check_result"
        " where body_name = '丁县人民政府' and rule_id in ('A01', 'A04', 'Y01') group by all order by all",
    )
    assert found == [
        (2020, "A04", "not_assessable", "no report of the year before", 5),
        (2020, "Y01", "not_assessable", "no report of the year before", 7),
        (2021, "A01", "not_assessable", "1 cell not in the format of its report", 2),
        (2021, "Y01", "passed", None, 7),
    ]


def test_the_cells_of_a_check_stand_in_the_order_of_its_rule(warehouse: Path) -> None:
    ((cells,),) = rows(
        warehouse,
        "select cells from marts.fct_check_result where body_name = '乙县人民政府' and instance_key = 'granted'",
    )
    assert [cell["column_key"] for cell in cells] == [*APPLICANTS, "total"]
    assert [cell["printed"] for cell in cells] == ["27", "0", "0", "0", "0", "0", "20"]
    assert [cell["coefficient"] for cell in cells] == [1, 1, 1, 1, 1, 1, -1]
    assert {cell["report_year"] for cell in cells} == {2024}
    assert [cell["second_value"] for cell in cells] == ["20", "0", "0", "0", "0", "0", "20"]
    assert [cell["agreement"] for cell in cells] == ["disagreed", *["agreed"] * 6]


def test_checks_agree_with_those_of_a_single_file(warehouse: Path, world: World) -> None:
    """Balances, conditions and claims alike; rules that need the archive or other bodies have no single file."""
    cells: dict[str, list[Cell]] = {}
    claims: dict[str, list[Claim]] = {}
    for cell in world.rows["cell"]:
        cells.setdefault(cell.report_id, []).append(cell)
    for claim in world.rows["claim"]:
        claims.setdefault(claim.report_id, []).append(claim)

    def records(report: Report) -> FileRecords:
        signatures = [row for row in world.rows["text_signature"] if row.report_id == report.report_id]
        return FileRecords(report, cells[report.report_id], (), claims.get(report.report_id, []), signatures)

    current = {row[0] for row in rows(warehouse, "select report_id from marts.fct_report where is_current")}
    of_the_archive = {rule_id for rule_id, _, needs, *_ in macro("rule_conditions") if OF_THE_ARCHIVE & {*needs}}
    not_of_a_file = sorted(of_the_archive | {"A05", "B08", "B09", "X01", "X02", "X03", "X05"})
    reports: dict[tuple[str, int], Report] = {
        (report.body_id, report.report_year): report for report in world.rows["report"] if report.report_id in current
    }
    checked, asked = 0, set[str]()
    for (body_id, year), report in reports.items():
        before = reports.get((body_id, year - 1))
        results = check(records(report), records(before) if before else None)
        asked |= {result.rule_id for result in results}
        ours = {
            (rule_id, instance): (
                outcome,
                reason,
                difference,
                verdict,
                evidence,
                [(c["printed"], c["value"]) for c in terms or []],
            )
            for rule_id, instance, outcome, reason, difference, verdict, evidence, terms in rows(
                warehouse,
                "select rule_id, instance_key, outcome, reason, difference, verdict, evidence, cells"
                " from marts.fct_check_result where report_id = ? and not list_contains(?, rule_id)",
                [report.report_id, not_of_a_file],
            )
        }
        assert ours == {
            (r.rule_id, r.instance_key): (
                *(r.outcome, r.reason, r.difference, r.verdict, r.evidence),
                [(c.printed, c.value) for c in r.cells] if r.outcome == "failed" else [],
            )
            for r in results
        }
        checked += len(results)
    all_of_them = rows(
        warehouse,
        "select count(*) from marts.fct_check_result where not list_contains(?, rule_id)",
        [not_of_a_file],
    )
    assert checked == all_of_them[0][0] > 400
    assert {"B01", "A02", "F06", "N01", "Y02"} <= asked


def test_figures_and_metrics(warehouse: Path) -> None:
    ((found),) = rows(
        warehouse,
        "select new_received, workload, granted, denied, outcome_total, carried_out, clearance_rate, backlog_ratio,"
        " disclosure_rate_full, disclosure_rate_strict, reconsideration_correction_rate, litigation_loss_rate,"
        " litigation_pending_share, normative_growth, new_received_log_growth"
        " from marts.mart_body_year where body_name = '甲县人民政府' and report_year = 2024",
    )
    assert found == (16, 17, 10, 0, 16, 1, 1.0, 1 / 17, 10 / 16, 1.0, 1 / 3, 2 / 6, 2 / 8, 24 / 23 - 1, 0.0)
    blank = rows(
        warehouse,
        "select granted, disclosure_rate_full, disclosure_rate_strict, outcome_total from marts.mart_body_year"
        " where body_name = '丙县人民政府'",
    )
    assert blank == [(None, None, None, 36)]
    old = rows(
        warehouse,
        "select report_year, other, other_share, normative_documents_in_force from marts.mart_body_year"
        " where body_name = '丁县人民政府' order by 1",
    )
    assert old == [(2020, 0, 0.0, None), (2021, 0, 0.0, 21)]


def test_every_metric_is_its_numerator_over_its_denominator(warehouse: Path) -> None:
    metrics = list(csv.DictReader((SEEDS / "metrics.csv").open(encoding="utf-8", newline="")))
    with reading(warehouse) as connection:
        years = [
            dict(zip([c[0] for c in found.description], row, strict=True))
            for found in [connection.execute("select * from marts.mart_body_year")]
            for row in found.fetchall()
        ]
    compared = 0
    for metric in metrics:
        for year in years:
            assert metric["metric_key"] in year and (not metric["denominator"] or metric["denominator"] in year)
            if metric["kind"] in ("share", "ratio"):
                above, below = year[metric["numerator"]], year[metric["denominator"]]
                expected = above / below if above is not None and below else None
                assert year[metric["metric_key"]] == expected, (metric["metric_key"], year["body_id"])
                compared += expected is not None
    assert compared > 100
    columns = set(years[0]) - {"body_id", "report_id", "report_year", "body_name", "division_code", "level"}
    figures = {row["figure_key"] for row in csv.DictReader((SEEDS / "figure_cells.csv").open(encoding="utf-8"))}
    named = figures | {metric["metric_key"] for metric in metrics}
    assert columns - named == {
        *("body_kind", "scope", "peer_group", "generation", "failed_check_count"),
        *("new_received_previous_year", "normative_documents_in_force_previous_year"),
        *("proactive_disclosure_generation", "requests_generation", "disputes_generation"),
    }


def test_the_outcome_shares_sum_to_one(warehouse: Path) -> None:
    shares = " + ".join(
        f"{k}_share" for k in ("granted", "partially_granted", "denied", "unavailable", "not_processed")
    )
    ((total,),) = rows(
        warehouse,
        f"select {shares} + other_share from marts.mart_body_year"
        " where body_name = '甲县人民政府' and report_year = 2024",
    )
    assert math.isclose(total, 1)


def test_peers_are_compared_within_their_group(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select body_id, peer_count, competition_rank, refusal_reason from marts.mart_peer_comparison"
        " where metric_key = 'workload' and report_year = 2024 order by competition_rank nulls last, body_id",
    )
    assert [row[1:] for row in found] == [
        *[(6, rank, None) for rank in range(1, 7)],
        (1, None, "fewer than 5 peers"),
    ]
    assert found[0][0] == "990127:第7县人民政府" and found[-1][0] == "990121:甲县教育局"


def test_coverage(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select body_id, coverage_state, coverage_reason, deadline_on, days_late from marts.fct_expected_report"
        " where body_id in ('990121:甲县教育局', '990500:受阻市人民政府') and report_year >= 2023 order by all",
    )
    assert found == [
        ("990121:甲县教育局", "published_late", None, dt.date(2025, 1, 31), 3),
        (
            *("990121:甲县教育局", "read_failed"),
            '"甲县教育局2023年政府信息公开工作年度报告": unreadable: the PDF is cut off',
            *(dt.date(2024, 1, 31), None),
        ),
        (
            *("990500:受阻市人民政府", "refused_by_portal", "blocked_js: a script challenge"),
            *(dt.date(2025, 3, 31), None),
        ),
    ]
    states = rows(
        warehouse, "select coverage_state from marts.fct_expected_report where body_id = '990123:丙县人民政府'"
    )
    assert sorted(states) == [("not_found",)] * 3 + [("published_in_time",)]


def test_divisions_that_only_the_registry_names_stand_beside_those_of_the_list(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select division_code, parent_division_code, province_name, division_source from marts.dim_division"
        " where division_code in ('990121', '990100', '321322') order by 1",
    )
    assert found == [
        ("321322", "321300", "江苏省", "GB/T 2260"),
        ("990100", None, None, "registry"),
        ("990121", "990100", None, "report"),
    ]


def walk_back_query() -> str:
    page = (PROJECT_ROOT / "docs" / "warehouse.md").read_text("utf-8")
    (query,) = [query for query in re.findall(r"```sql\n(.*?)```", page, re.DOTALL) if "$column_name" in query]
    return str(query)


@pytest.mark.parametrize(
    ("column_name", "cells"),
    [
        ("granted", {("granted", "total", "10")}),
        (
            "disclosure_rate_strict",
            {("granted", "total", "10"), ("partially_granted", "total", "6"), ("outcome_total", "total", "16")},
        ),
        ("new_received_log_growth", {("new_received", "total", "16")}),
        ("fees_amount_10k_cny", {("fees", "amount_10k_cny", "0")}),
    ],
)
def test_a_figure_is_walked_back_to_cells_documents_and_archived_answers(
    warehouse: Path, world: World, column_name: str, cells: set[tuple[str, str, str]]
) -> None:
    parameters = {"body_id": "990121:甲县人民政府", "report_year": 2024, "column_name": column_name}
    with reading(warehouse) as connection:
        answer = connection.execute(walk_back_query(), parameters)
        names = [column[0] for column in answer.description]
        found = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    assert {(row["row_key"], row["column_key"], row["printed"]) for row in found} == cells
    assert {row["report_year"] for row in found} == ({2023, 2024} if "growth" in column_name else {2024})
    documents = {document.document_id: document for document in world.rows["document"]}
    for row in found:
        document = documents[row["document_id"]]
        assert (row["document_url"], row["warc_file"], row["warc_offset"], row["payload_sha256"]) == (
            *(document.url, document.warc_file, document.warc_offset, document.payload_sha256),
        )


def test_every_figure_of_every_body_can_be_walked_back(warehouse: Path) -> None:
    figures = {row["figure_key"] for row in csv.DictReader((SEEDS / "figure_cells.csv").open(encoding="utf-8"))}
    metrics = {row["metric_key"] for row in csv.DictReader((SEEDS / "metrics.csv").open(encoding="utf-8"))}
    query = walk_back_query()
    with reading(warehouse) as connection:
        answer = connection.execute("select * from marts.mart_body_year")
        names = [column[0] for column in answer.description]
        for row in answer.fetchall():
            year = dict(zip(names, row, strict=True))
            for column in sorted(figures | metrics):
                if year[column] is None:
                    continue
                parameters = {"body_id": year["body_id"], "report_year": year["report_year"], "column_name": column}
                found = connection.execute(
                    f"select figure_key, coefficient * value from ({query})", parameters
                ).fetchall()
                assert found and all(value is not None for _, value in found), (column, year["body_id"])
                if column in figures:
                    assert sum(value for _, value in found) == year[column]


def test_the_same_content_in_another_order_gives_the_same_marts(
    warehouse: Path, world: World, tmp_path: Path
) -> None:
    again = built(tmp_path, world, WITHOUT_UNIT_TESTS, is_reversed=True)
    tables = rows(
        warehouse,
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema in ('seeds', 'staging', 'intermediate', 'marts') order by 1",
    )
    models = [
        path for path in (DBT_PROJECT / "models").rglob("*.sql") if "'ephemeral'" not in path.read_text("utf-8")
    ]
    assert len(tables) == len(models) + len(list(SEEDS.glob("*.csv")))
    for (table,) in tables:
        query = f"select * from {table} order by all"
        assert rows(again, query) == rows(warehouse, query), table

    # and a fault of our own stops the build with the names of what failed
    with writing(again) as connection:
        connection.execute("insert into raw.report from raw.report limit 1")
    with pytest.raises(PipelineError, match=r"dbt build failed in \S*unique_combination_stg_raw__report\S*"):
        run_dbt(
            Settings(home=tmp_path), args=[*WITHOUT_UNIT_TESTS, "-s", "stg_raw__report"], variables={"as_of": AS_OF}
        )


def test_an_empty_warehouse_builds_once_the_day_is_given(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    load_batches(settings.warehouse, [], now=NOW)
    with pytest.raises(PipelineError, match=r"dbt build .*int_expected_reports.*the reasons stand in .*dbt\.log"):
        run_dbt(settings, args=WITHOUT_UNIT_TESTS)
    assert "The variable as_of is missing" in (settings.logs / "dbt.log").read_text(encoding="utf-8")
    empty = built(tmp_path, World(), WITHOUT_UNIT_TESTS)
    assert rows(empty, "select count(*) from marts.fct_check_result") == [(0,)]
    assert rows(empty, "select count(*) from marts.fct_expected_report") == [(0,)]


def test_seeds_name_cells_that_exist() -> None:
    known = {
        (cell.table_key, cell.row_key, cell.column_key)
        for generation in ("2019", "2021")
        for cell in format_cells(generation)
    }
    named = [
        (row["table_key"], row["row_key"], row["column_key"])
        for row in csv.DictReader((SEEDS / "figure_cells.csv").open(encoding="utf-8", newline=""))
    ]
    assert set(named) <= known


def test_the_page_of_metrics_is_the_seed() -> None:
    page = (PROJECT_ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `.*$", page, re.MULTILINE)
    assert listed == [
        f"| `{row['metric_key']}` | {row['name_zh']} | {row['name_en']} | {row['formula']} | {row['denominator']}"
        f" | {row['direction']} | {row['caveats']} |"
        for row in csv.DictReader((SEEDS / "metrics.csv").open(encoding="utf-8", newline=""))
    ]
