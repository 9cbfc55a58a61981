"""What changed between two releases: rows that came, went or differ, and column by column in what."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import InputError
from flows.outlet.catalog import Column, Mart, marts
from flows.outlet.copy import rows
from flows.outlet.release_tables import in_csv, quoted

if TYPE_CHECKING:
    import duckdb

FIGURES = "mart_body_year"
"""The mart whose changed values the changelog names one by one."""
NAMED_CHANGES = 500
DATABASE = "gongkai.duckdb"


@dataclasses.dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one mart in two releases."""

    mart: str
    before: int | None
    """None when the earlier release does not have the mart, or tells its rows apart otherwise."""
    after: int
    added: int = 0
    removed: int = 0
    changed: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """Two releases beside each other."""

    since: str
    """Name of the folder of the earlier one."""
    counts: list[Counts]
    figures: list[str]
    """Changed values of `mart_body_year`, one line each, as many as are named."""
    figure_count: int


def write_changes(connection: duckdb.DuckDBPyConnection, before: Path, now: Path, target: Path) -> Changes:
    """Compare the databases of two releases, and write every change into a CSV packed with gzip.

    Its columns: mart, change (added, removed, changed), key (JSON), column, before, after.
    Raises InputError when the earlier folder holds no release.
    """
    database = before / DATABASE
    if not database.is_file():
        raise InputError(f"{before} holds no release: there is no {DATABASE} in it; name another with --since.")
    connection.execute(f"attach {quoted(database)} as release_before (read_only)")
    connection.execute(f"attach {quoted(now)} as release_now (read_only)")
    connection.execute(
        "create temp table change (mart varchar, change varchar, key varchar, column_name varchar, before varchar,"
        " after varchar)"
    )
    counts = [_compare(connection, mart) for mart in marts()]
    connection.execute("set threads = 1")  # as for every CSV of a release
    columns = ", ".join(in_csv(Column(name, "VARCHAR", "")) + f' as "{name}"' for name in CHANGE_COLUMNS)
    connection.execute(
        f'copy (select {columns} from (select mart, change, key, column_name as "column", before, after from change)'  # noqa: S608
        f" order by all) to {quoted(target)} (format csv, header true, compression gzip)"
    )
    connection.execute("reset threads")
    found = rows(
        connection,
        "select key, column_name, before, after from change where mart = ? and change = 'changed'"
        " order by key, column_name",
        [FIGURES],
    )
    connection.execute("detach release_before")
    connection.execute("detach release_now")
    figures = [
        f"{' '.join(str(part) for part in json.loads(row['key']).values())} {row['column_name']}: "
        f"{_shown(row['before'])} -> {_shown(row['after'])}"
        for row in found[:NAMED_CHANGES]
    ]
    return Changes(before.name, counts, figures, len(found))


CHANGE_COLUMNS = ("mart", "change", "key", "column", "before", "after")


def as_markdown(changes: Changes | None) -> str:
    """The changelog of a release."""
    lines = ["# What changed", ""]
    if changes is None:
        return "\n".join([*lines, "There is no release before this one to compare with.", ""])
    lines += [
        f"Since the release `{changes.since}`; every change stands in `changes.csv.gz`.",
        "",
        "| mart | rows before | rows now | added | removed | changed |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{one.mart}` | {'-' if one.before is None else f'{one.before:,}'} | {one.after:,} | {one.added:,} "
            f"| {one.removed:,} | {one.changed:,} |"
            for one in changes.counts
        ),
        "",
        "## Figures and metrics of a body and year that changed",
        "",
        *([f"- {line}" for line in changes.figures] or ["None."]),
    ]
    if changes.figure_count > len(changes.figures):
        lines.append(f"- and {changes.figure_count - len(changes.figures):,} more")
    return "\n".join([*lines, ""])


def _compare(connection: duckdb.DuckDBPyConnection, mart: Mart) -> Counts:
    now = _count(connection, f"release_now.marts.{mart.name}")
    held = {
        row["column_name"]
        for row in rows(
            connection,
            "select column_name from duckdb_columns()"
            " where database_name = 'release_before' and schema_name = 'marts' and table_name = ?",
            [mart.name],
        )
    }
    if not set(mart.key) <= held:
        return Counts(mart.name, None, now)
    before = _count(connection, f"release_before.marts.{mart.name}")
    common = [name for name in mart.column_names if name in held and name not in mart.key]
    for statement in _statements(mart, common):
        connection.execute(statement)
    found = {
        row["change"]: row["n"]
        for row in rows(
            connection,
            "select change, count(distinct key) as n from change where mart = ? group by change",
            [mart.name],
        )
    }
    return Counts(mart.name, before, now, *(found.get(kind, 0) for kind in ("added", "removed", "changed")))


def _statements(mart: Mart, common: Sequence[str]) -> list[str]:
    """What fills the table of changes for one mart."""
    before, now = f"release_before.marts.{mart.name}", f"release_now.marts.{mart.name}"
    key = ", ".join(mart.key)

    def key_of(table: str) -> str:
        packed = ", ".join(f'"{name}" := {table}."{name}"' for name in mart.key)
        return f"cast(to_json(struct_pack({packed})) as varchar)"

    statements = [
        f"insert into change select {quoted(mart.name)}, {quoted(kind)}, {key_of('one')}, null, null, null"  # noqa: S608
        f" from {there} as one anti join {other} as another using ({key})"
        for kind, there, other in (("added", now, before), ("removed", before, now))
    ]
    if common:
        differs = " or ".join(f'old."{name}" is distinct from new."{name}"' for name in common)
        pairs = ", ".join(
            f'struct_pack(column_name := {quoted(name)}, before := cast(old."{name}" as varchar),'
            f' after := cast(new."{name}" as varchar))'
            for name in common
        )
        statements.append(
            f"insert into change select {quoted(mart.name)}, 'changed', key, column_name, before, after from ("  # noqa: S608
            f"select {key_of('new')} as key, unnest([{pairs}], recursive := true)"
            f" from {now} as new inner join {before} as old using ({key}) where {differs}"
            ") where before is distinct from after"
        )
    return statements


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    (size,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)  # noqa: S608
    return int(size)


def _shown(value: str | None) -> str:
    return "none" if value is None else value
