"""The tables of a release: Parquet in the order of the key, a DuckDB file of it, CSV that no spreadsheet runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import InputError
from flows.outlet.catalog import Column, Mart, marts, seeds
from flows.outlet.copy import tables
from flows.outlet.duckdb_file import write_duckdb
from flows.progress import say

if TYPE_CHECKING:
    import duckdb

ROW_GROUP_ROWS = 122_880
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What text begins with that a spreadsheet may take for a formula."""
APOSTROPHE = "'"
"""Stands before such text, and before text that begins with one itself."""
NUMBER = r"[+-]?[0-9]+([.][0-9]+)?"


@dataclasses.dataclass(frozen=True, slots=True)
class ReleasedTable:
    """One table of a release, its columns with their types in DuckDB."""

    schema: str
    mart: Mart
    row_count: int = 0

    @property
    def name(self) -> str:
        """Its name, which no other table of the release has."""
        return self.mart.name

    @property
    def parquet(self) -> str:
        """Where it lies as Parquet."""
        return f"parquet/{self.name}.parquet"

    @property
    def csv(self) -> str:
        """Where it lies as CSV."""
        return f"csv/{self.name}.csv.gz"


def released_tables(connection: duckdb.DuckDBPyConnection) -> list[ReleasedTable]:
    """The marts and seeds of the attached published copy, as they are described.

    Raises InputError when the copy has a mart or seed otherwise than this version of gongkai describes it.
    """
    found = []
    for schema, described in (("marts", marts()), ("seeds", seeds())):
        held = tables(connection, schema)
        for one in described:
            columns = held.get(one.name, {})
            if sorted(columns) != sorted(one.column_names):
                raise InputError(
                    f"The published copy has {schema}.{one.name} not as this version of gongkai describes it: run "
                    "`gongkai transform --force`, `gongkai assess` and `gongkai publish`."
                )
            typed = tuple(dataclasses.replace(column, data_type=columns[column.name]) for column in one.columns)
            found.append(ReleasedTable(schema, dataclasses.replace(one, columns=typed)))
    return found


def write_parquet(
    connection: duckdb.DuckDBPyConnection, found: Sequence[ReleasedTable], folder: Path
) -> list[ReleasedTable]:
    """Write every table in the order of its key (a seed in its own); returns them with their rows counted."""
    (folder / "parquet").mkdir()
    counted = []
    for one in found:
        columns = ", ".join(f'"{name}"' for name in one.mart.column_names)
        order = ", ".join(f'"{name}" nulls first' for name in one.mart.key) if one.schema == "marts" else "rowid"
        (size,) = connection.execute(
            f"copy (select {columns} from {one.schema}.{one.name} order by {order}) to {quoted(folder / one.parquet)}"  # noqa: S608
            f" (format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS})"
        ).fetchone() or (0,)
        say(f"release: {one.name}, {size:,} rows")
        counted.append(dataclasses.replace(one, row_count=int(size)))
    return counted


def write_database(found: Sequence[ReleasedTable], folder: Path, scratch: Path) -> None:
    """Make one DuckDB file of the Parquet files, tables and columns with their descriptions as comments."""
    say("release: gongkai.duckdb")
    statements = [f"create schema {schema}" for schema in dict.fromkeys(one.schema for one in found)]
    for one in found:
        name = f"{one.schema}.{one.name}"
        columns = ", ".join(f'"{column.name}" {column.data_type}' for column in one.mart.columns)
        statements += [
            f"create table {name} ({columns})",
            f"insert into {name} from read_parquet({quoted(folder / one.parquet)})",
            f"comment on table {name} is {quoted(one.mart.description)}",
            *(
                f'comment on column {name}."{column.name}" is {quoted(column.description)}'
                for column in one.mart.columns
            ),
        ]
    write_duckdb(folder / "gongkai.duckdb", statements, scratch)


def write_csv(connection: duckdb.DuckDBPyConnection, found: Iterable[ReleasedTable], folder: Path) -> None:
    """Write every table as CSV packed with gzip, row for row as in Parquet.

    With several threads the rows would be the same, but what is packed at once would not.
    """
    (folder / "csv").mkdir()
    connection.execute("set threads = 1")
    for one in found:
        say(f"release: {one.csv}")
        columns = ", ".join(f'{in_csv(column)} as "{column.name}"' for column in one.mart.columns)
        connection.execute(
            f"copy (select {columns} from read_parquet({quoted(folder / one.parquet)}))"  # noqa: S608
            f" to {quoted(folder / one.csv)} (format csv, header true, compression gzip)"
        )
    connection.execute("reset threads")


def in_csv(column: Column) -> str:
    """The expression that writes a column: lists and structs as JSON, times in UTC, text guarded, numbers untouched.

    Before text that begins as a formula does stands an apostrophe, unless it is a number or one character long. Text
    that begins with an apostrophe gets one too, so that taking one away always gives the text itself.
    """
    name = f'"{column.name}"'
    kind = column.data_type.upper()
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP")):
        return f"cast(to_json({name}) as varchar)"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({name} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind == "VARCHAR":
        starts = ", ".join(quoted(start) for start in STARTS_FORMULA)
        is_formula = f"left({name}, 1) in ({starts}) and length({name}) > 1"
        is_number = f"regexp_full_match({name}, {quoted(NUMBER)})"
        is_guarded = f"{is_formula} and not {is_number} or left({name}, 1) = {quoted(APOSTROPHE)}"
        return f"case when {is_guarded} then {quoted(APOSTROPHE)} || {name} else {name} end"
    return name


def quoted(text: str | Path) -> str:
    """A text as a literal of SQL."""
    return "'" + str(text).replace("'", "''") + "'"
