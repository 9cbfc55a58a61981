"""The same flows against a running Prefect server: task runs by portal, artifacts, deployments with schedules."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from pathlib import Path
from typing import Any

import requests

from tests.integration.conftest import PREFECT
from tests.integration.gongkai_process import environment, free_ports, gongkai

ROOT = Path(__file__).resolve().parents[2]


def found(server: dict[str, str], what: str, **filters: Any) -> list[dict[str, Any]]:
    answer = requests.post(f"{server['PREFECT_API_URL']}/{what}/filter", json={"limit": 200, **filters}, timeout=10)
    answer.raise_for_status()
    return answer.json()


def test_runs_and_artifacts_show_on_the_server(prefect_server: dict[str, str], tmp_path: Path) -> None:
    began = {"start_time": {"after_": dt.datetime.now(dt.UTC).isoformat()}}  # other tests' runs are on the server too
    done = gongkai("run", "--sample", "--port", str(free_ports(12)), home=tmp_path / "home", extra=prefect_server)
    assert done.returncode == 0, done.stderr
    flows = {run["name"] for run in found(prefect_server, "flow_runs", flow_runs=began)}
    assert {"annual-cycle", "collect", "read", "load", "transform", "assess", "publish", "notify"} <= flows
    tasks = {run["name"] for run in found(prefect_server, "task_runs", task_runs=began)}
    assert {"collect-sample-trs", "collect-sample-jpage", "collect-sample-ucap"} <= tasks
    artifacts = {artifact["key"] for artifact in found(prefect_server, "artifacts")}
    assert {"annual-cycle", "coverage", "collected-portals"} <= artifacts
    assert all(run["state_type"] == "COMPLETED" for run in found(prefect_server, "flow_runs", flow_runs=began))


def test_deployments_have_their_schedules(prefect_server: dict[str, str]) -> None:
    variables = environment(Path(prefect_server["PREFECT_HOME"]), {**prefect_server, "GONGKAI_CHECKOUT": str(ROOT)})
    for arguments in (["work-pool", "create", "gongkai", "--type", "process"], ["--no-prompt", "deploy", "--all"]):
        done = subprocess.run(
            [*PREFECT, *arguments], env=variables, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    deployments = {deployment["name"]: deployment for deployment in found(prefect_server, "deployments")}
    crons = {
        (schedule["schedule"]["cron"], schedule["schedule"]["timezone"])
        for schedule in deployments["process"]["schedules"]
    }
    assert crons == {("30 4 * 1-3 *", "Asia/Shanghai"), ("30 4 2 4-12 *", "Asia/Shanghai")}
    assert deployments["collect-east"]["parameters"] == {"divisions": ["3"]}
    # what Prefect's page offers: every parameter with its description, and of some the choice
    schema = deployments["backfill"]["parameter_openapi_schema"]
    assert set(schema["properties"]) == {"report_years", "portal_ids", "divisions", "wanted"}
    assert schema["required"] == ["report_years"]
    assert all(parameter["description"] for parameter in schema["properties"].values())
    assert schema["definitions"]["Wanted"]["enum"] == ["missing", "failed", "changed", "all"]
    assert deployments["backfill"]["parameters"]["report_years"]
    assert os.environ.get("PREFECT_API_URL") is None
