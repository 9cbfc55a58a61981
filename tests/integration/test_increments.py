"""A build of what new batches touch gives the marts that a build of everything gives."""

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from flows.batches import stage
from flows.settings import Settings
from flows.warehouse.building import build, plan_build
from flows.warehouse.connection import reading
from flows.warehouse.loader import load_batches
from tests.warehouse_records import World

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
AS_OF = dt.date(2026, 2, 10)
BLANK = {("requests", "granted", "total"): "", ("requests", "outcome_total", "business"): "/"}
WRONG = {("requests", "carried_out", "total"): "5"}
NAMED = "http://127.0.0.1/county/named.html"


def first(world: World) -> None:
    """Fourteen counties, two of them with two years, and one that a portal's list shows without a report."""
    world.portal("county", "990100", level="city")
    for number in range(14):
        code = f"{990120 + number}"
        years = (2023, 2024) if number < 2 else (2024,)
        for year in years:
            world.report("county", f"第{number}县人民政府", year, division_code=code, scale=10 + number)
    world.report("county", "旧名县人民政府", 2024, division_code="990140", scale=9, url=NAMED, payload="n1")
    world.entry("county", "http://127.0.0.1/county/none.html", "第3县人民政府2022年政府信息公开工作年度报告")


def later(world: World) -> None:
    """A next year, a correction, two pages that are gone, a new body, one that a newer reader names otherwise.

    That one of the pages is gone is seen on the way from another entry.
    """
    world.report("county", "第0县人民政府", 2025, division_code="990120", scale=30, printed=WRONG)
    page = next(report.entry_url for report in world.rows["report"] if report.body_name == "第4县人民政府")
    world.report(
        "county",
        "第4县人民政府",
        2024,
        division_code="990124",
        scale=14,
        printed=BLANK,
        url=page,
        payload="c2",
        day=9,
    )
    gone = next(report.entry_url for report in world.rows["report"] if report.body_name == "第5县人民政府")
    world.fetch("county", gone, role="page", state="gone", entry_url=gone, day=12)
    shared = next(report.entry_url for report in world.rows["report"] if report.body_name == "第6县人民政府")
    world.fetch("county", shared, role="attachment", state="gone", entry_url=f"{shared}?another", day=12)
    world.report("county", "新县人民政府", 2024, division_code="990141", scale=8)
    (old,) = (report for report in world.rows["report"] if report.body_name == "旧名县人民政府")
    body = {"body_id": "990140:新名县人民政府", "body_name": "新名县人民政府"}
    world.rows["report"].append(dataclasses.replace(old, reader_version="2", **body))
    (document,) = (document for document in world.rows["document"] if document.document_id == old.document_id)
    world.rows["document"].append(dataclasses.replace(document, reader_version="2"))
    cells = [cell for cell in world.rows["cell"] if cell.report_id == old.report_id]
    world.rows["cell"].extend(dataclasses.replace(cell, reader_version="2") for cell in cells)


def contents(warehouse: Path) -> dict[str, list[tuple[Any, ...]]]:
    with reading(warehouse) as connection:
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema in ('intermediate', 'marts')"
        ).fetchall()
        return {table: connection.execute(f"select * from {table} order by all").fetchall() for (table,) in tables}


def test_an_increment_gives_what_a_build_of_everything_gives(tmp_path: Path) -> None:
    world = World()
    first(world)
    grown = Settings(home=tmp_path / "grown")
    load_batches(grown.warehouse, [stage(grown.staged, world.rows)[0]], now=NOW)
    plan = plan_build(grown, AS_OF)
    assert not plan.is_increment and not plan.is_done
    build(grown, plan, now=lambda: NOW)
    assert plan_build(grown, AS_OF).is_done

    before = {name: len(rows) for name, rows in world.rows.items()}
    later(world)
    new = {name: rows[before[name] :] for name, rows in world.rows.items()}
    load_batches(grown.warehouse, [stage(grown.staged, new)[0]], now=NOW)
    plan = plan_build(grown, AS_OF)
    # the next year, the correction, the pages that are gone, the new body, the old name and the new one
    assert (plan.is_increment, plan.body_count, plan.is_done) == (True, 7, False)
    assert plan.describe() == "what depends on 7 bodies"
    built = build(grown, plan, now=lambda: NOW)
    assert "seeds" not in built and built["tests"] > 50
    assert plan_build(grown, AS_OF).is_done

    anew = Settings(home=tmp_path / "anew")
    load_batches(anew.warehouse, [stage(anew.staged, world.rows)[0]], now=NOW)
    build(anew, plan_build(anew, AS_OF), now=lambda: NOW)
    found, expected = contents(grown.warehouse), contents(anew.warehouse)
    assert found.keys() == expected.keys() and len(found) > 30
    for table, rows in expected.items():
        assert found[table] == rows, table
    checked = {row[0] for row in found["intermediate.int_check_outcomes"]}
    assert len(checked) == 19  # seventeen of the first batch, the next year and the new body; the correction replaces
