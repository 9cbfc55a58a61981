"""A lake with its catalogue in PostgreSQL: several loaders at once, kills, and the marts of the file."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.batches import stage, staged_batches
from flows.errors import EXIT_BAD_INPUT, BusyError, InputError, UnreachableError
from flows.lake import Lake, Warehouse
from flows.records import STAGED
from flows.settings import Settings
from flows.warehouse import turns
from flows.warehouse.connection import reading
from flows.warehouse.dbt import run_dbt
from flows.warehouse.loader import load_batches
from flows.warehouse.published import publish
from flows.warehouse.upkeep import tidy
from tests.integration.gongkai_process import gongkai
from tests.integration.test_increments import AS_OF, NOW, contents, first, later
from tests.postgres import Postgres, running_postgres
from tests.warehouse_records import World

pytestmark = pytest.mark.slow

LOADER = """
import dataclasses, datetime as dt, json, sys
from pathlib import Path
from flows.batches import staged_batches
from flows.lake import Lake
from flows.warehouse import loader
if sys.argv[4:] == ["midway"]:
    def wait(*arguments):
        print("midway", flush=True)
        sys.stdin.read()
    loader._touch = wait
print("ready", flush=True)
if not sys.argv[4:]:
    sys.stdin.readline()
lake = Lake(sys.argv[1], Path(sys.argv[2]))
now = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
done = loader.load_batches(lake, staged_batches(Path(sys.argv[3])), now=now)
print(json.dumps(dataclasses.asdict(done)))
"""
WITHOUT_TESTS = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def lake(postgres: Postgres, tmp_path: Path, request: pytest.FixtureRequest) -> Lake:
    """An empty lake."""
    database = f"lake_{abs(hash(request.node.name))}"
    return Lake(f"postgres:{postgres.make_database(database)}", tmp_path / "parquet")


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """Three batches, of which each names a page that the one before named too, a day earlier."""
    folder = tmp_path / "staged"
    for number in range(3):
        world = World()
        world.portal("county", "990100", level="city", day=number)
        for shared in (number, number + 1):
            page = f"http://127.0.0.1/county/{shared}.html"
            world.entry("county", page, f"第{shared}县人民政府2024年政府信息公开工作年度报告", day=number)
        world.report("county", f"新{number}县人民政府", 2024, division_code=f"9901{20 + number}", scale=8 + number)
        stage(folder, world.rows)
    return folder


def raw(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    with reading(warehouse) as connection:
        rows = {name: connection.execute(f"select * from raw.{name} order by all").fetchall() for name in STAGED}
        return rows | {
            "batch": connection.execute("select * from raw.batch order by all").fetchall(),
            "touched_body": connection.execute("select * from raw.touched_body order by all").fetchall(),
        }


def loader(lake: Lake, staged: Path, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", LOADER, lake.catalogue, str(lake.data), str(staged), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


def loaded_into_a_file(tmp_path: Path, staged: Path) -> dict[str, list[tuple[Any, ...]]]:
    assert not load_batches(tmp_path / "file.duckdb", staged_batches(staged), now=NOW).refused
    return raw(tmp_path / "file.duckdb")


def test_loaders_at_once_lose_nothing_and_double_nothing(
    lake: Lake, staged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    both = [loader(lake, staged) for _ in range(2)]
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    done = [json.loads(process.communicate()[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(one["batches_loaded"] for one in done) == 3
    assert sum(one["batches_known"] for one in done) == 3
    assert not any(one["refused"] for one in done)
    assert not list(home.iterdir()), "DuckDB's extensions come from their packages and are copied nowhere"
    assert raw(lake) == loaded_into_a_file(tmp_path, staged)


def test_a_loader_killed_midway_leaves_whole_batches_and_nobody_waiting(
    lake: Lake, staged: Path, tmp_path: Path
) -> None:
    load_batches(lake, list(staged_batches(staged))[:2], now=NOW)
    before = raw(lake)
    process = loader(lake, staged, "midway")
    assert process.stdout and process.stdout.readline() == "midway\n"
    process.kill()
    process.wait()
    assert raw(lake) == before
    assert load_batches(lake, staged_batches(staged), now=NOW).batches_loaded == 1
    assert raw(lake) == loaded_into_a_file(tmp_path, staged)


def test_who_has_to_wait_too_long_is_told_so(lake: Lake, staged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0)
    process = loader(lake, staged, "midway")
    assert process.stdout and process.stdout.readline() == "midway\n"
    for attempt in (lambda: load_batches(lake, [], now=NOW), turns.alone(lake).__enter__):
        with pytest.raises(BusyError, match="Another process loads into the lake") as refused:
            attempt()
        assert "\n" not in str(refused.value)
    process.communicate()


def test_the_marts_are_those_of_the_file(lake: Lake, tmp_path: Path) -> None:
    world = World()
    first(world)
    later(world)
    in_lake = Settings(home=tmp_path / "lake", warehouse=lake)
    in_file = Settings(home=tmp_path / "file")
    for settings in (in_lake, in_file):
        load_batches(settings.warehouse, [stage(settings.staged, world.rows)[0]], now=NOW)
        run_dbt(settings, args=WITHOUT_TESTS, variables={"as_of": AS_OF})
    publish(in_lake.warehouse, in_lake.published)
    assert isinstance(in_file.warehouse, Path)
    found, expected = contents(in_lake.published), contents(in_file.warehouse)
    assert found.keys() == expected.keys() and len(found) > 30
    for table, rows in expected.items():
        assert found[table] == rows, table


def test_a_catalogue_that_does_not_answer_is_one_sentence(postgres: Postgres, tmp_path: Path) -> None:
    for connection, reason in (
        (f"dbname=lake host={tmp_path}", "No such file or directory"),
        (postgres.connection("nowhere"), 'database "nowhere" does not exist'),
    ):
        with pytest.raises(UnreachableError, match=reason) as refused:
            load_batches(Lake(f"postgres:{connection}", tmp_path / "parquet"), [], now=NOW)
        assert "\n" not in str(refused.value)


def test_a_lake_has_one_folder_of_parquet_files(lake: Lake, tmp_path: Path) -> None:
    load_batches(lake, [], now=NOW)
    with pytest.raises(InputError, match="elsewhere"):
        load_batches(Lake(lake.catalogue, tmp_path / "other"), [], now=NOW)


def test_a_password_in_the_address_is_neither_taken_nor_repeated(tmp_path: Path) -> None:
    address = "ducklake:postgres:postgresql://loader:hush-hush@127.0.0.1/lake"
    refused = gongkai(
        "show", "anybody", "--format", "json", home=tmp_path / "d", extra={"GONGKAI_WAREHOUSE": address}
    )
    assert refused.returncode == EXIT_BAD_INPUT
    assert "PGPASSWORD" in refused.stderr and "hush-hush" not in refused.stderr + refused.stdout


def test_a_lake_in_files_is_for_one_process_at_a_time(staged: Path, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "catalogue.ducklake"), tmp_path / "parquet")
    process = loader(lake, staged, "midway")
    assert process.stdout and process.stdout.readline() == "midway\n"
    with pytest.raises(BusyError, match="in use by another process"):
        load_batches(lake, [], now=NOW)
    process.kill()
    process.wait()
    load_batches(lake, staged_batches(staged), now=NOW)
    assert raw(lake) == loaded_into_a_file(tmp_path, staged)


def test_upkeep_deletes_files_and_no_row(lake: Lake, staged: Path, tmp_path: Path) -> None:
    load_batches(lake, staged_batches(staged), now=NOW)
    left_by_a_killed_loader = lake.data / "raw" / "entry" / "ducklake-left.parquet"
    left_by_a_killed_loader.write_bytes(b"half a file")
    now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5)
    tidy(lake, now=now)
    assert left_by_a_killed_loader.exists(), "what is younger than a day may still be written"
    many = len(list(lake.data.rglob("*.parquet")))
    tidy(lake, now=now, kept=dt.timedelta())
    assert len(list(lake.data.rglob("*.parquet"))) < many - 1
    assert not left_by_a_killed_loader.exists()
    assert raw(lake) == loaded_into_a_file(tmp_path, staged)
