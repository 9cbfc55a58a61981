"""Models of the dbt project as plain SQL, for evaluating them without dbt on the few rows of one file.

So that one wording decides for the marts and for `gongkai check`. Only what the models of the rules use of dbt is
known: `ref`, `var` as dbt_project.yml sets it, macros that return a value, and a build of everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from flows.paths import DBT_PROJECT, SEEDS
from flows.records import arrow_schema, as_row

if TYPE_CHECKING:
    import duckdb

RECORDS_AT_ONCE = 20_000
"""Records that are held as rows of a table in the making."""
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\(.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)


class _Returned(Exception):
    def __init__(self, value: Any) -> None:  # noqa: ANN401 - whatever the macro returns
        self.value = value


@cache
def model_sql(name: str) -> str:
    """The query of a model; what it refers to is named without a schema."""
    (path,) = (DBT_PROJECT / "models").rglob(f"{name}.sql")
    sql: str = _environment().from_string(path.read_text(encoding="utf-8")).render()
    return sql


def macro(name: str, *arguments: Any) -> Any:  # noqa: ANN401 - whatever the macro returns
    """What a macro of the project returns, or its text."""
    return _environment().globals[name](*arguments)


def build(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Make tables of these models, in the order given; what they refer to must be there under its own name."""
    for name in names:
        connection.execute(f"create table {name} as {model_sql(name)}")


def seed_table(connection: duckdb.DuckDBPyConnection, name: str, **types: str) -> None:
    """Make a table of a seed; `types` are those of columns that would be taken for others (a code for a number)."""
    given = f", types = {types}" if types else ""
    connection.execute(f"create table {name} as from read_csv('{SEEDS / name}.csv'{given})")


def record_table(connection: duckdb.DuckDBPyConnection, name: str, kind: type[Any], records: Iterable[Any]) -> None:
    """Make a table of records of one type, which may be none."""
    import pyarrow as pa

    schema = arrow_schema(kind)
    connection.register("given", pa.Table.from_pylist([], schema))
    connection.execute(f"create table {name} as from given")
    rows = map(as_row, records)
    while some := list(islice(rows, RECORDS_AT_ONCE)):
        connection.register("given", pa.Table.from_pylist(some, schema))
        connection.execute(f"insert into {name} from given")
    connection.unregister("given")


@cache
def _environment() -> Any:  # noqa: ANN401 - jinja2 is imported late
    import jinja2
    import yaml

    variables = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)  # noqa: S701 - SQL
    environment.globals.update(
        {
            "ref": lambda name: name,
            "config": lambda **_: "",
            "var": lambda name, default=None: variables.get(name, default),
            "return": _return,
        }
    )
    for path in sorted((DBT_PROJECT / "macros").glob("*.sql")):
        for found in _MACRO.finditer(path.read_text(encoding="utf-8")):
            environment.globals[found[1]] = _callable(environment, found[1], found[0])
    return environment


def _return(value: Any) -> None:  # noqa: ANN401 - whatever the macro returns
    raise _Returned(value)


def _callable(environment: Any, name: str, text: str) -> Any:  # noqa: ANN401 - as jinja2 has it
    """A macro as a function, each in a template of its own, so that one that returns leaves itself and no caller."""

    @cache
    def compiled() -> Any:  # noqa: ANN401
        return getattr(environment.from_string(text).module, name)

    def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        try:
            return compiled()(*arguments, **named)
        except _Returned as returned:
            return returned.value

    return call
