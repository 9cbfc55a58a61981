"""The deployments of `prefect.yaml`: each names a flow that there is, with parameters that it takes, and a queue."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS: list[dict[str, Any]] = WRITTEN["deployments"]


def flow(entrypoint: str) -> ast.FunctionDef:
    """The function that an entrypoint names."""
    path, _, name = entrypoint.partition(":")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    (found,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return found


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_a_deployment_names_a_flow_and_gives_what_it_takes(deployment: dict[str, Any]) -> None:
    function = flow(deployment["entrypoint"])
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    assert any(decorator.startswith("flow(") for decorator in decorators)
    assert any(decorator.startswith("noted(") for decorator in decorators), "its runs are not in the journal"
    names = [argument.arg for argument in function.args.args]
    needed = names[: len(names) - len(function.args.defaults)]
    given = deployment["parameters"]
    assert set(needed) <= set(given) <= set(names)
    described = ast.get_docstring(function) or ""
    assert all(f"{name}: " in described for name in names), (
        "a parameter is not described, so no page shows what it is"
    )
    assert deployment["description"].endswith(".")
    assert deployment["tags"][0] == "gongkai"


def test_names_are_distinct_and_nothing_runs_twice_at_once() -> None:
    names = [deployment["name"] for deployment in DEPLOYMENTS]
    assert len(set(names)) == len(names)
    assert all(
        deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
        for deployment in DEPLOYMENTS
    )
    assert {deployment["work_pool"]["name"] for deployment in DEPLOYMENTS} == {"gongkai"}


def test_what_the_house_promises_is_deployed() -> None:
    flows = {deployment["name"]: deployment["entrypoint"].partition(":")[2] for deployment in DEPLOYMENTS}
    assert {"backfill", "revisit", "reread", "assess", "digest", "process"} <= set(flows)
    assert flows["digest"] == "notify" and flows["revisit"] == "collect"


def test_every_registered_portal_is_collected_by_one_region() -> None:
    from flows.portals.registration import chosen_portals, load_registry
    from flows.settings import Settings

    registry = Settings().registry
    regions = [d["parameters"]["divisions"] for d in DEPLOYMENTS if d["name"].startswith("collect-")]
    codes = sorted(code for region in regions for code in region)
    collected = [portal.portal_id for code in codes for portal in chosen_portals(registry, None, [code])[0]]
    assert sorted(collected) == sorted(portal.portal_id for portal in load_registry(registry)[0])


@pytest.mark.parametrize(
    "deployment",
    [d for d in DEPLOYMENTS if d["name"].startswith("collect-") or d["name"] == "process"],
    ids=lambda deployment: deployment["name"],
)
def test_daily_in_the_season_and_monthly_else(deployment: dict[str, Any]) -> None:
    crons = {schedule["slug"]: schedule["cron"].split() for schedule in deployment["schedules"]}
    assert crons["season"][2:] == ["*", "1-3", "*"]
    assert crons["off-season"][2] in ("1", "2") and crons["off-season"][3:] == ["4-12", "*"]
    assert {schedule["timezone"] for schedule in deployment["schedules"]} == {"Asia/Shanghai"}
