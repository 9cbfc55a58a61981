"""Nothing but the archive and the registry is needed: everything after them is rebuilt with the same content.

Takes minutes, so it is no part of `make test`: `make rebuild`.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.gongkai_process import free_ports, gongkai

DAY = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
"""Named to every verb, so that midnight may pass meanwhile."""
PORTS = 12
NOT_CONTENT = ("batch", "stage_state", "touched_body", "layout")
"""Tables of `raw` that say when and in which batches it was loaded."""


def content(warehouse: Path) -> dict[str, list[str]]:
    """Every row of every table in `raw` and `marts`, in order, with all of its columns."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema in ('raw', 'marts') order by all"
        ).fetchall()
        return {
            f"{schema}.{table}": sorted(map(repr, connection.execute(f'from {schema}."{table}"').fetchall()))
            for schema, table in tables
            if (schema, table) not in {("raw", name) for name in NOT_CONTENT}
        }


def done(*arguments: str, home: Path, registry: Path) -> dict[str, Any]:
    """Run a verb to its end; what it said."""
    process = gongkai(*arguments, "--format", "json", home=home, extra={"GONGKAI_REGISTRY": str(registry)})
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def built(home: Path, registry: Path) -> None:
    """Everything that follows reading."""
    done("load", home=home, registry=registry)
    done("transform", "--as-of", DAY, home=home, registry=registry)
    done("assess", "--as-of", DAY, home=home, registry=registry)
    done("publish", home=home, registry=registry)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, list[str]]]]:
    """The data folder of a whole run on the sample portals, and the content of its warehouse."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    process = gongkai("run", "--sample", "--port", str(free_ports(PORTS)), "--as-of", DAY, home=home)
    assert process.returncode == 0, process.stderr
    sample = home / "sample"
    yield sample, content(sample / "warehouse" / "gongkai.duckdb")


def difference(found: dict[str, list[str]], expected: dict[str, list[str]]) -> list[str]:
    """Tables that differ, with the first row that only one of them has."""
    told = []
    for table in sorted({*found, *expected}):
        odd = sorted(set(found.get(table, ["no table"])) ^ set(expected.get(table, ["no table"])))
        if odd or len(found[table]) != len(expected[table]):
            told.append(f"{table}: {odd[:1]}")
    return told


def test_the_warehouse_of_the_archive_alone_has_the_same_content(
    undisturbed: tuple[Path, dict[str, list[str]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample, expected = undisturbed
    home = tmp_path / "home"
    home.mkdir()
    for warc in (sample / "archive").glob("*.warc.gz"):  # without the index, which is made from it too
        (home / "archive").mkdir(exist_ok=True)
        shutil.copy(warc, home / "archive")
    began = time.monotonic()
    was_read = done("read", home=home, registry=sample / "registry")
    built(home, sample / "registry")
    seconds = time.monotonic() - began
    assert was_read["reports"] > 0
    assert difference(content(home / "warehouse" / "gongkai.duckdb"), expected) == []
    assert difference(content(home / "published" / "gongkai.duckdb"), expected) == []
    rows = sum(map(len, expected.values()))
    with capsys.disabled():
        print(f"\nrebuilt from the archive alone: {len(expected)} tables, {rows} rows, all equal; {seconds:.0f} s")


def test_a_destroyed_data_folder_comes_back_from_its_backup(
    undisturbed: tuple[Path, dict[str, list[str]]], tmp_path: Path
) -> None:
    sample, expected = undisturbed
    registry = sample / "registry"
    home = tmp_path / "home"
    shutil.copytree(sample, home)
    done("backup", str(tmp_path / "backups"), home=home, registry=registry)
    shutil.rmtree(home)
    done("restore", str(tmp_path / "backups"), home=home, registry=registry)
    assert not (home / "warehouse").exists()
    assert done("read", home=home, registry=registry)["documents"] == 0
    built(home, registry)
    assert difference(content(home / "warehouse" / "gongkai.duckdb"), expected) == []
