"""The same flows against a running Prefect server: task runs by portal, artifacts, deployments with schedules."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.gongkai_process import environment, free_ports, gongkai

ROOT = Path(__file__).resolve().parents[2]
PREFECT = [str(Path(sys.executable).parent / "prefect")]
START_SECONDS = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A Prefect server on loopback; gives the environment that points at it."""
    home = tmp_path_factory.mktemp("prefect")
    port = free_ports(1)
    variables = {
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*PREFECT, "server", "start", "--port", str(port)],
            env=environment(home, variables),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _is_healthy(variables["PREFECT_API_URL"]):
            assert process.poll() is None, (home / "server.log").read_text()
            assert time.monotonic() < deadline, "the Prefect server did not start"
            time.sleep(0.2)
        yield variables
    finally:
        process.terminate()
        process.wait(timeout=30)


def _is_healthy(api: str) -> bool:
    try:
        return requests.get(f"{api}/health", timeout=2).ok
    except requests.RequestException:
        return False


def found(server: dict[str, str], what: str) -> list[dict[str, Any]]:
    answer = requests.post(f"{server['PREFECT_API_URL']}/{what}/filter", json={"limit": 200}, timeout=10)
    answer.raise_for_status()
    return answer.json()


def test_runs_and_artifacts_show_on_the_server(server: dict[str, str], tmp_path: Path) -> None:
    done = gongkai("run", "--sample", "--port", str(free_ports(12)), home=tmp_path / "home", extra=server)
    assert done.returncode == 0, done.stderr
    flows = {run["name"] for run in found(server, "flow_runs")}
    assert {"annual-cycle", "collect", "read", "load", "transform", "assess", "publish", "notify"} <= flows
    tasks = {run["name"] for run in found(server, "task_runs")}
    assert {"collect-sample-trs", "collect-sample-jpage", "collect-sample-ucap"} <= tasks
    artifacts = {artifact["key"] for artifact in found(server, "artifacts")}
    assert {"annual-cycle", "coverage", "collected-portals"} <= artifacts
    assert all(run["state_type"] == "COMPLETED" for run in found(server, "flow_runs"))


def test_deployments_have_their_schedules(server: dict[str, str]) -> None:
    variables = environment(Path(server["PREFECT_HOME"]), {**server, "GONGKAI_CHECKOUT": str(ROOT)})
    for arguments in (["work-pool", "create", "gongkai", "--type", "process"], ["--no-prompt", "deploy", "--all"]):
        done = subprocess.run(
            [*PREFECT, *arguments], env=variables, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    deployments = {deployment["name"]: deployment for deployment in found(server, "deployments")}
    crons = {
        (schedule["schedule"]["cron"], schedule["schedule"]["timezone"])
        for schedule in deployments["annual-cycle"]["schedules"]
    }
    assert crons == {("30 4 * 1-3 *", "Asia/Shanghai"), ("30 4 1 4-12 *", "Asia/Shanghai")}
    assert deployments["backfill"]["parameters"]["report_years"]
    assert os.environ.get("PREFECT_API_URL") is None
