"""Running the command `gongkai` as a user does: as a process, with a data folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMMAND = [str(Path(sys.executable).parent / "gongkai")]
VOLATILE = (
    "fetched_at",
    "first_seen_at",
    "first_fetched_at",
    "asked_before_at",
    "last_seen_at",
    "replaced_at",
    "vanished_at",
    "changed_at",
    "shown_before_at",
    "warc_file",
    "warc_offset",
    "loaded_at",
    "completed_at",
)
"""Columns that say when and where something was archived: two runs differ in them and in nothing else."""
PASSED_ON = "TEST_PREFECT_API_URL"
"""Address of the Prefect server that commands are to use, if there is one."""
OWN_TABLES = ("batch", "stage_state", "layout")


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without its own gongkai and Prefect settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GONGKAI_", "PREFECT_"))}
    server = {"PREFECT_API_URL": os.environ[PASSED_ON]} if PASSED_ON in os.environ else {}
    return {**kept, **server, "GONGKAI_HOME": str(home), **(extra or {})}


def gongkai(
    *arguments: str,
    home: Path,
    extra: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: int = 240,
) -> subprocess.CompletedProcess[str]:
    """Run to the end, started in `folder` (the one that holds the home unless named)."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(home, extra),
        cwd=folder or home.parent,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def run_sample(home: Path, port: int, *arguments: str) -> dict[str, Any]:
    """The annual cycle on the sample portals; its result as data."""
    done = gongkai("run", "--sample", "--port", str(port), "--format", "json", *arguments, home=home)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def kill_when_it_says(words: str, home: Path, port: int, after_lines: int = 0) -> None:
    """Start the annual cycle and kill it, and what it started, as soon as a line of its progress begins with `words`.

    `after_lines` more lines are let pass first.
    """
    process = subprocess.Popen(
        [*COMMAND, "run", "--sample", "--port", str(port)],
        env=environment(home),
        cwd=home.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    said: list[str] = []
    left = after_lines
    try:
        for line in process.stderr:
            said.append(line)
            if line.strip().startswith(words) or (left < after_lines):
                if left == 0:
                    return
                left -= 1
        raise AssertionError(f"the run never said {words!r}: {''.join(said)}")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()


def content(warehouse: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of every table in `raw` and `marts`, ordered, without the columns that two runs may differ in."""
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema in ('raw', 'marts') order by all"
        ).fetchall()
        held = {}
        for schema, table in tables:
            if table in OWN_TABLES:
                continue
            columns = [
                name
                for (name,) in connection.execute(
                    "select column_name from information_schema.columns"
                    " where table_schema = ? and table_name = ? order by ordinal_position",
                    [schema, table],
                ).fetchall()
                if name not in VOLATILE
            ]
            query = f"select distinct {', '.join(columns)} from {schema}.{table}"
            rows = connection.execute(query).fetchall()
            held[f"{schema}.{table}"] = sorted(rows, key=repr)
        return held


def free_ports(count: int) -> int:
    """First of several ports in a row that nothing listens on; every test process has a range of its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for first in range(20_000 + 2_000 * worker, 22_000 + 2_000 * worker, 97):
        taken = []
        try:
            for port in range(first, first + count):
                probe = socket.socket()
                taken.append(probe)
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        finally:
            for probe in taken:
                probe.close()
        return first
    raise AssertionError("no free ports")
