"""Readers and the copy: while a writer loads and publishes, after a killed build, and as releases byte for byte."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from flows.batches import stage
from flows.outlet.copy import opened
from flows.outlet.release import write_release
from flows.settings import PROJECT_ROOT, Settings
from flows.warehouse.building import build, plan_build
from flows.warehouse.loader import load_batches
from flows.warehouse.published import publish
from flows.warehouse.raw import assessed_fingerprint, record_stage
from tests.integration.test_dbt_build import AS_OF, NOW, made_world
from tests.warehouse_records import World

pytestmark = pytest.mark.slow

DAY = dt.date.fromisoformat(AS_OF)
PATIENCE_SECONDS = 120
READERS = 3
ROUNDS = 6

COUNTING = """
import sys, time
from pathlib import Path
from flows.outlet.copy import opened, rows

def counted(connection, table):
    return rows(connection, f"select count(*) as n from raw.{table}")[0]["n"]

published, last = Path(sys.argv[1]), int(sys.argv[2])
"""
READER = """
seen = []
while not seen or seen[-1] < last:
    with opened(published) as connection:
        seen.append(counted(connection, "report"))
        if len(seen) == 1:
            print("ready", flush=True)
        time.sleep(0.01)  # another copy may be put in its place meanwhile
        assert counted(connection, "cell") == 200 * seen[-1]
        assert counted(connection, "report") == seen[-1]
assert seen == sorted(seen) and set(seen) <= set(range(1, last + 1)), seen
print("whole", flush=True)
"""
KEEPER = """
with opened(published) as connection:
    print("ready", flush=True)
    sys.stdin.read()
    assert (counted(connection, "report"), counted(connection, "cell")) == (1, 200)
with opened(published) as connection:
    assert counted(connection, "report") == last
print("whole", flush=True)
"""
BUILDER = """
import datetime as dt, sys
from pathlib import Path
from flows.settings import Settings
from flows.warehouse.building import build, plan_build

settings = Settings(home=Path(sys.argv[1]))
build(settings, plan_build(settings, dt.date.fromisoformat(sys.argv[2])), now=lambda: dt.datetime.now(dt.UTC))
"""


def python(program: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def load(settings: Settings, rows: dict[str, list[Any]]) -> None:
    load_batches(settings.warehouse, [stage(settings.staged, rows)[0]], now=NOW)


def test_readers_see_whole_states_while_a_writer_loads_and_publishes(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    def add(number: int) -> None:
        world = World()
        world.portal("p", "990100", level="city")
        world.report("p", f"第{number}县人民政府", 2024, division_code=f"9901{number + 20}")
        load(settings, world.rows)

    add(0)
    publish(settings.warehouse, settings.published)
    programs = [*[COUNTING + READER] * READERS, COUNTING + KEEPER]
    readers = [python(program, settings.published, ROUNDS + 1, stdin=subprocess.PIPE) for program in programs]
    try:
        for reader in readers:
            assert reader.stdout is not None and reader.stdout.readline() == "ready\n"
        for number in range(1, ROUNDS + 1):
            add(number)
            publish(settings.warehouse, settings.published)
        for reader in readers:
            said, _ = reader.communicate(timeout=PATIENCE_SECONDS)
            assert (reader.returncode, said) == (0, "whole\n")
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()
    assert [path.name for path in settings.published.parent.iterdir()] == ["gongkai.duckdb"]


def test_what_a_killed_publication_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    world = World()
    world.portal("p", "990100", level="city")
    load(settings, world.rows)
    left = settings.published.parent / ".unfinished-left"
    left.mkdir(parents=True)
    (left / "copy.duckdb").write_bytes(b"half")
    publish(settings.warehouse, settings.published)
    assert [path.name for path in settings.published.parent.iterdir()] == ["gongkai.duckdb"]


def kill_amid_the_marts(home: Path) -> None:
    """Start a build and kill all of it once it makes marts, some of them already made."""
    log = home / "logs" / "dbt.log"
    log.unlink(missing_ok=True)
    builder = python(BUILDER, home, AS_OF, start_new_session=True)
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while not (log.is_file() and b"marts.fct_report " in log.read_bytes()):
            assert builder.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, "the build made no mart"
            time.sleep(0.02)
    finally:
        os.killpg(builder.pid, signal.SIGKILL)
        builder.communicate()
    with contextlib.suppress(ProcessLookupError):  # dbt, its child, may need a moment longer to go
        while time.monotonic() < deadline:
            os.killpg(builder.pid, 0)
            time.sleep(0.02)


@pytest.mark.killed
def test_after_a_killed_build_readers_keep_the_copy_and_the_next_build_is_right(tmp_path: Path) -> None:
    """One warehouse is built, added to, killed amid the increment; another is built at once: the same release."""
    world = made_world()
    added = World()
    added.portal("city", "990100", level="city")
    page = world.rows["report"][0].entry_url
    added.report("city", "甲县人民政府", 2023, division_code="990121", scale=99, url=page, payload="p9", day=9)

    first = Settings(home=tmp_path / "first")
    load(first, world.rows)
    plan = plan_build(first, DAY)
    assert not plan.is_increment
    build(first, plan, now=lambda: NOW)
    record_stage(first.warehouse, "assess", f"{plan.fingerprint}|suites|day", now=NOW)
    assert assessed_fingerprint(first.warehouse) is not None
    publish(first.warehouse, first.published)
    before = first.published.read_bytes()

    load(first, added.rows)
    kill_amid_the_marts(first.home)
    assert first.published.read_bytes() == before
    with opened(first.published) as connection:
        assert connection.execute("select count(*) from marts.mart_body_year").fetchone() is not None
    assert assessed_fingerprint(first.warehouse) is None, "what a killed build left must not be published"
    plan = plan_build(first, DAY)
    assert plan.is_increment and not plan.is_done
    build(first, plan, now=lambda: NOW)
    publish(first.warehouse, first.published)

    second = Settings(home=tmp_path / "second")
    for rows in (added.rows, world.rows):
        for name in sorted(rows, reverse=True):
            load(second, {name: rows[name]})
    build(second, plan_build(second, DAY), now=lambda: NOW)
    publish(second.warehouse, second.published)

    for one in (first, second):
        write_release(one.published, one.home / "release", version="1", as_of=AS_OF)
    made = {
        path.relative_to(first.home).as_posix(): path.read_bytes()
        for path in (first.home / "release").rglob("*")
        if path.is_file()
    }
    assert len(made) > 20
    for name, held in made.items():
        assert (second.home / name).read_bytes() == held, f"{name} differs between two warehouses of the same content"
        assert str(tmp_path).encode() not in held
