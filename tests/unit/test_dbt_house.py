"""Naming and layering of the dbt project, as docs/warehouse.md promises them."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.paths import DBT_PROJECT, SEEDS

MODELS = DBT_PROJECT / "models"
PREFIXES = {"staging": ("stg_",), "intermediate": ("int_",), "marts": ("dim_", "fct_", "mart_")}
STAR = re.compile(r"^\s*(\w+\.)?\*\s*(,|$|exclude)", re.MULTILINE)
"""A column list's `*` or `a.*`, and no multiplication."""
SEED_NAMES = {path.stem for path in SEEDS.glob("*.csv")}
ALL = sorted(MODELS.rglob("*.sql"))
WITHOUT_COMPUTATION = {
    "dim_division",
    "fct_cell",
    "fct_cell_proposal",
    "fct_check_result",
    "fct_disclosure",
    "fct_dispute",
    "fct_expectation_result",
    "fct_narrative_claim",
    "fct_report",
    "fct_text_remark",
    "int_current_cells",
    "int_documents",
    "int_portal_bodies",
    "int_portals",
}
"""Models that choose, rename and join what others computed; every other one below staging has unit tests."""


@cache
def described() -> dict[str, dict[str, Any]]:
    """Every model of the YAML files, with the folder that it is described in."""
    found = {}
    for path in sorted(MODELS.rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            assert model["name"] not in found, f"{model['name']} is described twice"
            found[model["name"]] = {**model, "folder": path.parent}
    return found


@cache
def unit_tested() -> set[str]:
    """Models that a unit test is about."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(MODELS.rglob("*.yml"))]
    return {test["model"] for file in files for test in file.get("unit_tests", [])}


def layer(path: Path) -> str:
    return path.relative_to(MODELS).parts[0]


def references(sql: str) -> tuple[set[str], set[str]]:
    """What a model's SQL reads: models and seeds, tables of sources."""
    return (
        set(re.findall(r"\bref\('(\w+)'\)", sql)),
        set(re.findall(r"\bsource\('\w+',\s*'(\w+)'\)", sql)),
    )


def final_select(sql: str) -> str:
    """The select list that a model ends with: the last one that is not inside brackets."""
    return re.split(r"^select\b", sql, flags=re.MULTILINE)[-1].split("\nfrom ")[0]


def may_read(name: str, path: Path) -> bool:
    """Whether a model of the layer of `path` may read the model or seed called `name`."""
    if name in SEED_NAMES:
        return layer(path) != "staging"
    allowed = {"staging": (), "intermediate": ("stg_", "int_"), "marts": ("int_", "dim_", "fct_", "mart_")}
    return name.startswith(allowed[layer(path)])


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_model_is_named_and_described_where_it_stands(path: Path) -> None:
    assert path.stem.startswith(PREFIXES[layer(path)]), f"{path.stem} is no name for {layer(path)}"
    model = described().get(path.stem)
    assert model, f"no YAML describes {path.stem}"
    assert model["folder"] == path.parent, f"{path.stem} is described in {model['folder'].name}"
    assert "one row per" in model["description"].lower(), f"{path.stem} does not say what a row is"


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_every_column_is_described_and_those_of_marts_have_a_type(path: Path) -> None:
    columns = described()[path.stem]["columns"]
    assert columns and len({column["name"] for column in columns}) == len(columns)
    for column in columns:
        assert str(column.get("description", "")).strip(), f"{path.stem}.{column['name']} is not described"
        assert layer(path) != "marts" or column.get("data_type"), f"{path.stem}.{column['name']} has no type"


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_model_reads_only_the_layers_below_it(path: Path) -> None:
    models, sources = references(path.read_text(encoding="utf-8"))
    assert not sources or layer(path) == "staging", f"{path.stem} reads raw tables past staging"
    if layer(path) == "staging":
        assert len(sources) == 1, f"{path.stem} stages {len(sources)} tables"
    beyond = {name for name in models if not may_read(name, path)} - READ_FROM_STAGING.get(path.stem, set())
    assert not beyond, f"{path.stem} reads {sorted(beyond)}"


READ_FROM_STAGING: dict[str, set[str]] = {
    "stg_raw__cell": {"stg_raw__correction"},
    "fct_cell": {"stg_raw__cell"},
    "fct_cell_proposal": {"stg_raw__proposal"},
    "fct_cell_revision": {"stg_raw__cell"},
    "fct_narrative_claim": {"stg_raw__claim"},
    "fct_text_remark": {"stg_raw__text_remark"},
    "fct_expectation_result": {"stg_raw__expectation_result"},
}
"""Facts at the grain of a raw record: a model between would only copy two hundred million rows.

A correction is applied where cells are staged, so that nothing downstream can miss it.
"""


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_model_names_the_columns_it_gives(path: Path) -> None:
    """In staging the CTE `renamed` names them, which is all that the model gives."""
    columns = final_select(path.read_text(encoding="utf-8"))
    if layer(path) == "staging":
        assert columns.split() == ["*", "from", "renamed"]
    else:
        assert not STAR.search(columns), f"{path.stem} ends with select *"


@pytest.mark.parametrize("path", [path for path in ALL if layer(path) != "staging"], ids=lambda path: path.stem)
def test_what_computes_has_unit_tests(path: Path) -> None:
    assert (path.stem in unit_tested()) != (path.stem in WITHOUT_COMPUTATION), (
        f"{path.stem} has no unit test"
        if path.stem not in unit_tested()
        else f"{path.stem} has unit tests: strike it off"
    )


def test_marts_have_contracts() -> None:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["models"]["gongkai"]["marts"]["+contract"] == {"enforced": True}
    for path in ALL:
        assert "contract" not in path.read_text(encoding="utf-8"), f"{path.stem} has a contract of its own"


def test_seeds_are_described_column_by_column() -> None:
    listed = {seed["name"]: seed for seed in yaml.safe_load((SEEDS / "seeds.yml").read_text("utf-8"))["seeds"]}
    assert set(listed) == SEED_NAMES
    for name, seed in listed.items():
        with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            head = next(csv.reader(file))
        assert [column["name"] for column in seed["columns"]] == head, name
        assert all(str(column.get("description", "")).strip() for column in seed["columns"]), name


def test_a_release_has_every_mart_and_seed() -> None:
    exposures = yaml.safe_load((MODELS / "exposures.yml").read_text(encoding="utf-8"))["exposures"]
    needed = {
        exposure["name"]: set(re.findall(r"'(\w+)'", " ".join(exposure["depends_on"]))) for exposure in exposures
    }
    assert needed["release"] == SEED_NAMES | {path.stem for path in ALL if layer(path) == "marts"}
    assert needed["digest"] <= needed["release"]


def test_every_description_is_of_a_model_there_is() -> None:
    assert set(described()) == {path.stem for path in ALL}


def test_the_scans_see_what_they_look_for() -> None:
    sql = "with a as (\n    select * from {{ ref('int_b') }}\n)\n\nselect\n    a.b * 2 as c,\n    a.*\nfrom a\n"
    assert references(sql) == ({"int_b"}, set())
    assert STAR.search(final_select(sql))
    assert not STAR.search(final_select(sql.replace("a.*", "a.b")))
    assert not may_read("stg_raw__cell", MODELS / "marts" / "mart_x.sql")
    assert may_read("stg_raw__cell", MODELS / "intermediate" / "int_x.sql")
    assert not may_read("mart_metric", MODELS / "intermediate" / "int_x.sql")
