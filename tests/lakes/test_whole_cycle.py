"""Everything after reading, on a lake beside a file: `make lake`. Longer than a test of every day may take."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from expectations.checkpoint import assess
from flows.batches import stage
from flows.lake import Lake
from flows.settings import Settings
from flows.warehouse.building import build, plan_build
from flows.warehouse.known_on import build_known_on
from flows.warehouse.loader import load_batches
from flows.warehouse.published import publish
from tests.integration.gongkai_process import COMMAND, content, environment, free_ports, gongkai
from tests.integration.test_increments import AS_OF, NOW, contents, first, later
from tests.postgres import Postgres, running_postgres
from tests.warehouse_records import World

PORTS = 12
SECONDS = 1800
"""Longest that one command may take, on a machine that has other work too."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


def test_the_sample_gives_the_same_marts_assessment_and_pages(postgres: Postgres, tmp_path: Path) -> None:
    as_of = dt.datetime.now(dt.UTC).date().isoformat()
    ports = ["--port", str(free_ports(PORTS))]
    done = gongkai("run", "--sample", *ports, "--as-of", as_of, home=tmp_path / "file", seconds=SECONDS)
    assert done.returncode == 0, done.stderr
    in_file, in_lake = tmp_path / "file" / "sample", tmp_path / "lake"
    staged = [
        folder for folder in (in_file / "staged").iterdir() if not (folder / "expectation_result.parquet").exists()
    ]
    for folder in sorted(staged, key=lambda path: path.stat().st_mtime_ns):
        shutil.copytree(folder, in_lake / "staged" / folder.name)
    lake = {
        "GONGKAI_WAREHOUSE": f"ducklake:postgres:{postgres.make_database('sample')}",
        "GONGKAI_LAKE_DATA": str(tmp_path / "parquet"),
    }
    for verb in (["load"], ["transform", "--as-of", as_of], ["assess", "--as-of", as_of], ["publish"]):
        done = gongkai(*verb, home=in_lake, extra=lake, seconds=SECONDS)
        assert done.returncode == 0, done.stderr
    assert not (in_lake / "warehouse").exists()
    found = content(in_lake / "published" / "gongkai.duckdb")
    expected = content(in_file / "published" / "gongkai.duckdb")
    assert found.keys() == expected.keys() and len(found) > 30
    for table, rows in expected.items():
        assert found[table] == rows, table
    again = gongkai("transform", "--as-of", as_of, "--format", "json", home=in_lake, extra=lake)
    assert '"is_unchanged": true' in again.stdout
    page = ["show", "宿迁市", "2024"]
    assert gongkai(*page, home=in_lake).stdout == gongkai(*page, home=in_file).stdout != ""


def test_an_increment_a_past_day_and_a_killed_build_give_what_the_file_gives(
    postgres: Postgres, tmp_path: Path
) -> None:
    world = World()
    first(world)
    lake = Lake(f"postgres:{postgres.make_database('increment')}", tmp_path / "parquet")
    grown = Settings(home=tmp_path / "lake", warehouse=lake)
    anew = Settings(home=tmp_path / "file")
    load_batches(lake, [stage(grown.staged, world.rows)[0]], now=NOW)
    build(grown, plan_build(grown, AS_OF), now=lambda: NOW)
    before = {name: len(rows) for name, rows in world.rows.items()}
    later(world)
    new = {name: rows[before[name] :] for name, rows in world.rows.items()}
    load_batches(lake, [stage(grown.staged, new)[0]], now=NOW)
    kill_a_build(grown)
    plan = plan_build(grown, AS_OF)
    assert plan.is_increment and plan.body_count == 7
    build(grown, plan, now=lambda: NOW)
    assert plan_build(grown, AS_OF).is_done

    load_batches(anew.warehouse, [stage(anew.staged, world.rows)[0]], now=NOW)
    build(anew, plan_build(anew, AS_OF), now=lambda: NOW)
    publish(lake, grown.published)
    assert isinstance(anew.warehouse, Path)
    assert contents(grown.published) == contents(anew.warehouse)
    assert assess(lake, grown.data_docs, as_of=AS_OF) == assess(anew.warehouse, anew.data_docs, as_of=AS_OF)

    day = min(row.fetched_at for row in world.rows["document"]).date() + dt.timedelta(days=1)
    past = [settings.home / "past.duckdb" for settings in (grown, anew)]
    for settings, output in zip((grown, anew), past, strict=True):
        build_known_on(settings, day, output)
    assert contents(past[0]) == contents(past[1])


def kill_a_build(settings: Settings) -> None:
    """Start `gongkai transform` and kill it, and the dbt that it started, when dbt is half way."""
    assert isinstance(settings.warehouse, Lake)
    variables = {"GONGKAI_WAREHOUSE": str(settings.warehouse), "GONGKAI_LAKE_DATA": str(settings.warehouse.data)}
    log = settings.logs / "dbt.log"
    log.unlink()
    process = subprocess.Popen(
        [*COMMAND, "transform", "--as-of", AS_OF.isoformat()],
        env=environment(settings.home, variables),
        cwd=settings.home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None:
        if log.is_file() and "fct_cell_revision" in log.read_text(encoding="utf-8"):
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the build ended before it could be killed")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
