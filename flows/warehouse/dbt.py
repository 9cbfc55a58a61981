"""Running dbt as a process of its own: inside ours it would keep the lock of the warehouse."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.errors import PipelineError
from flows.lake import Lake, Warehouse
from flows.settings import DBT_PROJECT, Settings, child_environment
from flows.warehouse.connection import writing

WAREHOUSE_VARIABLE, TARGET_VARIABLE = "GONGKAI_DBT_WAREHOUSE", "GONGKAI_DBT_TARGET"
"""Environment variables from which dbt_project/profiles.yml takes where the warehouse is and which kind it is."""
MEMORY_VARIABLE = "GONGKAI_DBT_MEMORY"
"""The same for DuckDB's memory, as DuckDB writes it (`8589934592B`)."""
NAMED_NODES = 5
"""Failing nodes that an error names; the log has all of them."""
WITHOUT_UNIT_TESTS = ("build", "--exclude-resource-type", "unit_test")
"""Seeds, models and data tests. Unit tests prove the code, not the data: they run when the code is tested."""
QUIET = {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_VERSION_CHECK": "false"}
"""No telemetry, no look-up of newer versions."""


def run_dbt(
    settings: Settings,
    *,
    args: Sequence[str],
    variables: Mapping[str, Any] | None = None,
    warehouse: Warehouse | None = None,
) -> dict[str, int]:
    """Run dbt on the live warehouse, or on another file.

    Returns how many nodes of each kind ran, such as `{"models": 26, "tests": 90}`.

    `args` is the command, for example `WITHOUT_UNIT_TESTS`; `variables` are the dbt
    variables, of which the marts need `as_of` (a date). Raises BusyError when another process holds the warehouse,
    PipelineError with the names of the failing nodes when dbt fails; all that dbt said stands in `<logs>/dbt.log`.
    """
    warehouse = warehouse or settings.warehouse
    with writing(warehouse):
        pass  # says who holds the file, in better words than dbt would
    if isinstance(warehouse, Lake) or warehouse == settings.warehouse:
        target = settings.home / "dbt_target"
    else:
        target = warehouse.parent / "dbt_target"
    settings.logs.mkdir(parents=True, exist_ok=True)
    log = settings.logs / "dbt.log"
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--no-use-colors", *args),
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(target.resolve()), "--log-path", str((settings.logs / "dbt").resolve())),
        *("--vars", json.dumps(dict(variables or {}), ensure_ascii=False, default=str)),
    ]
    environment = child_environment(
        **QUIET,
        **{
            TARGET_VARIABLE: "lake" if isinstance(warehouse, Lake) else "file",
            WAREHOUSE_VARIABLE: str(warehouse) if isinstance(warehouse, Lake) else str(warehouse.resolve()),
            MEMORY_VARIABLE: f"{settings.warehouse_memory_bytes}B",
        },
    )
    with log.open("wb") as sink:
        status = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, check=False
        ).returncode
    ran = _results(results)
    if status:
        raise PipelineError(_failure(args, ran, log))
    kinds = Counter(result["unique_id"].split(".")[0] for result in ran if result["status"] != "skipped")
    return {f"{kind.replace('_', ' ')}s": kinds[kind] for kind in sorted(kinds)}


def _results(path: Path) -> list[dict[str, Any]]:
    """What became of each node, from dbt's run_results.json; empty when dbt stopped before it ran anything."""
    if not path.is_file():
        return []
    results: list[dict[str, Any]] = json.loads(path.read_bytes())["results"]
    return results


def _failure(args: Sequence[str], results: Sequence[Mapping[str, Any]], log: Path) -> str:
    """What failed, in one sentence."""
    what = f"dbt {args[0]}" if args else "dbt"
    # `unique_id` is kind.project.name, for tests followed by a digest
    nodes = sorted(
        result["unique_id"].split(".")[2]
        for result in results
        if result["status"] in ("error", "fail", "runtime error")
    )
    if not nodes:
        return f"{what} did not complete; the reason stands at the end of {log}."
    named = ", ".join(nodes[:NAMED_NODES]) + (f" and {len(nodes) - NAMED_NODES} more" if nodes[NAMED_NODES:] else "")
    return f"{what} failed in {named}; the reasons stand in {log}."
