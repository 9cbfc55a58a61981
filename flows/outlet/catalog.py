"""The marts as dbt's YAML describes them: the one description that people, releases and workbooks are given."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from flows.errors import InputError
from flows.paths import DBT_PROJECT

MARTS = DBT_PROJECT / "models" / "marts"
SEEDS = DBT_PROJECT / "seeds"


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One column of a mart or seed."""

    name: str
    data_type: str
    """As in the contract, in DuckDB's words; empty for a column of a seed, which has no contract."""
    description: str


@dataclasses.dataclass(frozen=True, slots=True)
class Mart:
    """One mart, or one seed, with its columns in the order of its description."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Columns that tell its rows apart, as its tests of uniqueness say; a seed may have none."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)


@cache
def marts(folder: Path = MARTS) -> tuple[Mart, ...]:
    """Every mart, by name.

    Raises InputError when one lacks a description or a test that says what tells its rows apart.
    """
    return _described(folder, "models")


@cache
def seeds(folder: Path = SEEDS) -> tuple[Mart, ...]:
    """Every seed (rules, metrics, formats and so on), by name. Raises InputError when one is not described."""
    return _described(folder, "seeds")


def mart(name: str) -> Mart:
    """One mart by its name; raises InputError that names those there are."""
    for one in marts():
        if one.name == name:
            return one
    raise InputError(f"There is no mart {name}; there are {', '.join(one.name for one in marts())}.")


def _described(folder: Path, kind: str) -> tuple[Mart, ...]:
    found = [
        _mart(model, path)
        for path in sorted(folder.glob("*.yml"))
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get(kind, [])
    ]
    return tuple(sorted(found, key=lambda mart: mart.name))


def _mart(model: Mapping[str, Any], path: Path) -> Mart:
    columns = tuple(
        Column(column["name"], str(column.get("data_type", "")), _sentence(column.get("description"), path))
        for column in model.get("columns", [])
    )
    return Mart(model["name"], _sentence(model.get("description"), path), columns, _key(model, path))


def _sentence(description: str | None, path: Path) -> str:
    if not description:
        raise InputError(f"{path} describes a mart or a column without a description: write one.")
    return " ".join(description.split())


def _key(model: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """The key that its `meta` names (a test on its source proves it), else what it is tested to be unique by."""
    stated = model.get("config", {}).get("meta", {}).get("key")
    if stated:
        return tuple(stated)
    for name, arguments in _tests(model):
        if name == "unique_combination":
            return tuple(arguments["columns"])
    unique = [c["name"] for c in model.get("columns", []) if any(name == "unique" for name, _ in _tests(c))]
    if not unique and path.parent == SEEDS:
        return ()
    if not unique:
        raise InputError(
            f"{path} says nowhere what tells the rows of {model['name']} apart: test it, or name it in meta: key."
        )
    return (unique[0],)


def _tests(described: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Tests of a model or column with their arguments."""
    for test in described.get("data_tests", []):
        if isinstance(test, str):
            yield test, {}
        else:
            for name, options in test.items():
                yield name, (options or {}).get("arguments", options or {})
