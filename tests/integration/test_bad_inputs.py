"""A deliberately bad set of inputs gives exactly the marts that docs/warehouse.md describes.

Duplicates, two versions, a body renamed, a division merged, a report on the tables of another generation, an
aggregate beside a body's own report, a scope that changes, entries that were not read. Divisions are real, since
their changes are; the figures are made up. What each mart holds of it stands in tests/bad_inputs, one file a
query.
"""

import csv
import datetime as dt
import re
from pathlib import Path

import pytest

from flows.batches import stage
from flows.settings import PROJECT_ROOT, Settings
from flows.warehouse.connection import reading
from flows.warehouse.dbt import WITHOUT_UNIT_TESTS, run_dbt
from flows.warehouse.loader import load_batches
from tests.warehouse_records import World

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
AS_OF = dt.date(2026, 6, 1)
EXPECTED = Path(__file__).parent.parent / "bad_inputs"
QUERIES = {
    "fct_report": """
        select
            body_id, report_year, version_number, is_current, reading_count, scope, generation,
            first_fetched_at, last_seen_at, replaced_at, vanished_at, days_late
        from marts.fct_report
    """,
    "fct_cell_revision": """
        select
            document_url, changed_at, body_id, report_year, row_key, column_key, printed_before, printed_after
        from marts.fct_cell_revision
    """,
    "fct_expected_report": """
        select
            body_id, portal_id, report_year, expected_because, is_inferred, coverage_state, coverage_reason, days_late
        from marts.fct_expected_report
    """,
    "mart_coverage": """
        select
            division_code, level, report_year, expected_count, inferred_count, found_count, published_in_time_count,
            published_late_count, unread_count, moved_count, not_found_count, not_due_count,
            round(found_share, 3) as found_share, days_late_max
        from marts.mart_coverage
        where division_code in ('520200', '320611', '320613')
    """,
    "dim_body": """
        select
            body_id, level, body_kind, parent_body_id, first_report_year, last_report_year, successor_body_id,
            current_body_id, body_source
        from marts.dim_body
    """,
    "dim_division": """
        select
            division_code, division_name, parent_division_code, is_current, valid_from_year, valid_to_year, ended_by,
            successor_division_code, current_division_code
        from marts.dim_division
        where division_code like '5202%' or division_code in ('320602', '320611', '320613')
    """,
    "fct_check_result": """
        select body_id, report_year, rule_id, outcome, reason, count(*) as check_count
        from marts.fct_check_result
        where rule_id in (select rule_id from seeds.rules where computed_by = 'terms')
        group by all
    """,
    "findings": """
        select body_id, report_year, rule_id, instance_key, severity, evidence
        from marts.fct_check_result
        where outcome = 'failed' and rule_id in (select rule_id from seeds.rules where computed_by != 'terms')
    """,
    "mart_body_year": """
        select body_id, report_year, scope, new_received, outcome_total, disclosure_rate_strict
        from marts.mart_body_year
    """,
}


def bad_world() -> World:
    """Two portals of real divisions with one of each trouble."""
    world = World()
    world.portal("liupanshui", "520200", level="city")
    world.portal("gangzha", "320611", level="county", body_name="港闸区人民政府")

    # renamed: the county became a district in 2020 and reports under its new name for that year
    world.report("liupanshui", "水城县人民政府", 2019, division_code="520221", generation="2019")
    world.report("liupanshui", "水城区人民政府", 2020, division_code="520204", generation="2019")

    # merged: 港闸区 became part of 崇川区 in 2020, whose report the old portal shows
    world.report("gangzha", "港闸区人民政府", 2019, division_code="320611", generation="2019")
    world.report("gangzha", "崇川区人民政府", 2020, division_code="320613", generation="2019")

    # the tables of 2019 in a report for 2022
    world.report("liupanshui", "盘州市人民政府", 2022, division_code="520281", generation="2019", scale=20)

    # an aggregate beside a department's own report; a scope that changes from one year to the next
    city = {"division_code": "520200", "level": "city"}
    world.report("liupanshui", "六盘水市人民政府", 2022, scale=100, **city)
    world.report(
        "liupanshui",
        "六盘水市教育局",
        2022,
        body_kind="department",
        scope="own_body",
        published_on=dt.date(2023, 2, 3),
        **city,
    )
    world.report("liupanshui", "钟山区人民政府", 2021, division_code="520201", scale=30)
    world.report("liupanshui", "钟山区人民政府", 2022, division_code="520201", scale=10, scope="own_body")

    # two versions at one address, and the second one's figures at another address too; the first copy is gone again
    page = "http://127.0.0.1/liupanshui/corrected.html"
    wrong = {("requests", "granted", "natural_person"): "27"}
    county = {"division_code": "520201", "scale": 10, "scope": "own_body"}
    world.report("liupanshui", "钟山区人民政府", 2023, printed=wrong, url=page, payload="wrong", **county)
    world.report("liupanshui", "钟山区人民政府", 2023, url=page, payload="right", day=3, **county)
    world.report("liupanshui", "钟山区人民政府", 2023, url=f"{page}?copy", payload="copy", day=4, **county)
    world.fetch(
        "liupanshui", f"{page}?copy", role="page", state="gone", entry_url=f"{page}?copy", day=9, asked_before=8
    )

    # announced and not read: a cut-off file, an address that is gone, one that was never asked
    unread = "http://127.0.0.1/liupanshui/unread.html"
    world.entry("liupanshui", unread, "水城区人民政府2022年政府信息公开工作年度报告")
    world.document("liupanshui", unread, "cut", read_state="unreadable", reason="the PDF is cut off")
    gone = "http://127.0.0.1/liupanshui/gone.html"
    world.entry("liupanshui", gone, "盘州市人民政府2023年政府信息公开工作年度报告")
    world.fetch("liupanshui", gone, role="page", state="gone", entry_url=gone, reason="status 404")
    world.entry("liupanshui", "http://127.0.0.1/never.html", "六枝特区2023年政府信息公开工作年度报告")
    return world


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The set staged in several batches, each row of them twice."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    rows = bad_world().rows
    batches = [stage(settings.staged, {name: rows[name]})[0] for name in rows]
    batches += [
        stage(settings.staged, {name: rows[name] for name in names})[0] for names in (("entry", "fetch"), rows)
    ]
    for batch in [*batches, *batches]:
        assert not load_batches(settings.warehouse, [batch], now=NOW).refused
    run_dbt(settings, args=WITHOUT_UNIT_TESTS, variables={"as_of": AS_OF})
    return settings.warehouse


@pytest.mark.parametrize("mart", QUERIES)
def test_the_marts_are_as_documented(warehouse: Path, mart: str) -> None:
    with reading(warehouse) as connection:
        answer = connection.execute(f"{QUERIES[mart]} order by all")
        names = [column[0] for column in answer.description]
        found = [dict(zip(names, map(as_text, row), strict=True)) for row in answer.fetchall()]
    with (EXPECTED / f"{mart}.csv").open(encoding="utf-8", newline="") as lines:
        assert found == list(csv.DictReader(lines))


def test_each_query_of_the_page_finds_something(warehouse: Path) -> None:
    page = (PROJECT_ROOT / "docs" / "warehouse.md").read_text("utf-8")
    queries = [query for query in re.findall(r"```sql\n(.*?)```", page, re.DOTALL) if "$" not in query]
    assert len(queries) >= 5
    with reading(warehouse) as connection:
        for query in queries:
            assert connection.execute(query).fetchall(), query


def as_text(value: object) -> str:
    """A value as the files have it."""
    return "" if value is None else str(value)
