"""Marts as known on a past day: the same answer whatever was loaded since, in a file of their own."""

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from flows.batches import stage
from flows.errors import InputError, PipelineError
from flows.settings import Settings
from flows.transform import transform_known_on
from flows.warehouse.connection import reading, writing
from flows.warehouse.dbt import WITHOUT_UNIT_TESTS, run_dbt
from flows.warehouse.known_on import build_known_on, default_output
from flows.warehouse.loader import load_batches
from tests.warehouse_records import START, World

pytestmark = pytest.mark.slow

Contents = dict[str, list[tuple[Any, ...]]]
"""Rows of each table."""
Home = tuple[Settings, Contents]
"""A data folder, and what the marts in it held on the first day."""
NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
FIRST_DAY = START.date()
PAGE = "http://127.0.0.1/city/corrected.html"
COUNTY = {"division_code": "990121", "url": PAGE}
MARTS_AND_WHAT_THEY_REST_ON = (
    "select table_schema || '.' || table_name from information_schema.tables"
    " where table_schema in ('intermediate', 'marts') and table_name != 'int_touched_bodies' order by 1"
)


def first_year() -> World:
    """What was fetched on the first day: a report with a wrong figure, another one, and a list that names a third."""
    world = World()
    world.portal("city", "990100", level="city")
    world.report(
        "city", "甲县人民政府", 2024, printed={("requests", "carried_out", "total"): "5"}, payload="p1", **COUNTY
    )
    world.report("city", "乙县人民政府", 2024, division_code="990122")
    world.entry("city", "http://127.0.0.1/city/third.html", "丙县人民政府2024年政府信息公开工作年度报告")
    return world


def later() -> World:
    """What was fetched from the second day on: a correction, a page that is gone, a new year, a new portal."""
    world = World()
    world.report("city", "甲县人民政府", 2024, payload="p2", day=1, **COUNTY)
    gone = "http://127.0.0.1/city/990122-乙县人民政府-2024.html"
    world.fetch("city", gone, role="page", state="gone", entry_url=gone, day=2, reason="status 404", asked_before=1)
    world.report("city", "甲县人民政府", 2025, division_code="990121", day=3)
    world.portal("other", "990200", level="city", body_name="他市人民政府", day=3)
    return world


def load(settings: Settings, world: World) -> None:
    batch, _ = stage(settings.staged, world.rows)
    assert not load_batches(settings.warehouse, [batch], now=NOW).refused


def contents(warehouse: Path) -> Contents:
    with reading(warehouse) as connection:
        tables = [table for (table,) in connection.execute(MARTS_AND_WHAT_THEY_REST_ON).fetchall()]
        return {table: connection.execute(f"select * from {table} order by all").fetchall() for table in tables}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A warehouse of today, and what its marts held on the first day."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    load(settings, first_year())
    run_dbt(settings, args=WITHOUT_UNIT_TESTS, variables={"as_of": FIRST_DAY})
    then = contents(settings.warehouse)
    load(settings, later())
    run_dbt(settings, args=WITHOUT_UNIT_TESTS, variables={"as_of": FIRST_DAY + dt.timedelta(days=4)})
    return settings, then


def test_a_past_day_gives_the_same_marts_whatever_was_loaded_since(home: Home) -> None:
    settings, then = home
    now = contents(settings.warehouse)
    output = default_output(settings, FIRST_DAY)
    ran = build_known_on(settings, FIRST_DAY, output)
    assert ran["models"] > 30
    assert output == settings.home / "known_on" / f"gongkai-{FIRST_DAY}.duckdb"
    assert [path.name for path in output.parent.iterdir()] == [output.name]
    known = contents(output)
    assert list(known) == list(then)
    for table, rows in then.items():
        assert known[table] == rows, table
    assert contents(settings.warehouse) == now
    assert {table for table in now if now[table] != then[table]} > {"marts.fct_report", "marts.mart_body_year"}


def test_the_correction_is_a_revision_and_the_page_that_is_gone_has_vanished(home: Home) -> None:
    settings, then = home
    with reading(settings.warehouse) as connection:
        revisions = connection.execute(
            "select document_url, body_id, report_year, row_key, column_key, printed_before, printed_after,"
            " shown_before_at, changed_at from marts.fct_cell_revision"
        ).fetchall()
        versions = connection.execute(
            "select body_id, version_number, is_current, first_fetched_at, last_seen_at, replaced_at, vanished_at"
            " from marts.fct_report where report_year = 2024 order by all"
        ).fetchall()
    first, second, third = (START + dt.timedelta(days=days) for days in range(3))
    assert revisions == [
        (PAGE, "990121:甲县人民政府", 2024, "carried_out", "total", "5", "1", first, second),
    ]
    assert versions == [
        ("990121:甲县人民政府", 1, False, first, first, second, None),
        ("990121:甲县人民政府", 2, True, second, None, None, None),
        ("990122:乙县人民政府", 1, True, first, second, None, third),
    ]
    assert then["marts.fct_cell_revision"] == []


def test_a_later_reader_changes_a_past_day_unless_its_version_is_given(home: Home, tmp_path: Path) -> None:
    settings, then = home
    again = Settings(home=tmp_path)
    again.warehouse.parent.mkdir()
    again.warehouse.write_bytes(settings.warehouse.read_bytes())
    world = first_year()
    read_again = {
        table: [dataclasses.replace(row, reader_version="2") for row in world.rows[table]]
        for table in ("document", "report", "cell")
    }
    wrong, right = "5", "4"
    read_again["cell"] = [
        dataclasses.replace(cell, printed=right, value=cell.value - 1)
        if cell.printed == wrong and cell.value
        else cell
        for cell in read_again["cell"]
    ]
    batch, _ = stage(again.staged, read_again)
    load_batches(again.warehouse, [batch], now=NOW)
    build_known_on(again, FIRST_DAY, tmp_path / "first.duckdb", reader_version=1)
    assert contents(tmp_path / "first.duckdb") == then
    build_known_on(again, FIRST_DAY, tmp_path / "second.duckdb")
    assert contents(tmp_path / "second.duckdb")["marts.fct_cell"] != then["marts.fct_cell"]


def test_the_files_of_today_are_never_overwritten(home: Home, tmp_path: Path) -> None:
    settings, _ = home
    for path in (settings.warehouse, settings.published):
        with pytest.raises(InputError, match=r"is the warehouse of today; name another file"):
            build_known_on(settings, FIRST_DAY, path)
    with pytest.raises(InputError, match=r"is not over \(UTC\)"):
        transform_known_on.fn(dt.datetime.now(dt.UTC).date())
    broken = Settings(home=tmp_path)
    load(broken, first_year())
    with writing(broken.warehouse) as connection:
        connection.execute("insert into raw.report from raw.report limit 1")
    output = tmp_path / "kept.duckdb"
    output.write_text("what was there before")
    with pytest.raises(PipelineError, match=r"dbt build failed in"):
        build_known_on(broken, FIRST_DAY, output)
    assert output.read_text() == "what was there before"
    assert not list(tmp_path.glob(".unfinished-*"))
