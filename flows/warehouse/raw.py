"""The `raw` schema: one table for each staged record type, and five of our own.

`raw.batch` names every batch that was loaded, `raw.stage_state` keeps the fingerprint of what each stage last did,
`raw.touched_body` the bodies of which something was loaded since the marts were last built. `raw.localised` names the
reports whose failing balances were searched for wrong cells, with the readings and the method that it was done with,
`raw.proposal` what was found.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.errors import InputError
from flows.lake import Warehouse
from flows.records import STAGED, VALUE_PRECISION, VALUE_SCALE, arrow_schema
from flows.warehouse.connection import reading_if_there, writing
from flows.warehouse.layout import bring_forward

if TYPE_CHECKING:
    import duckdb

DUCKDB_TYPES = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    f"decimal128({VALUE_PRECISION}, {VALUE_SCALE})": f"DECIMAL({VALUE_PRECISION},{VALUE_SCALE})",
    "date32[day]": "DATE",
    "timestamp[us, tz=UTC]": "TIMESTAMP WITH TIME ZONE",
}
"""Column type of each Arrow type that `records.arrow_schema` uses."""

MEANT_BEFORE = {("portal", "allows_legacy_tls"): False}
"""What it meant that a row had no such column: the value of a later column that may not be empty, in earlier rows."""

OWN_TABLES = (
    """
    create table if not exists raw.batch (
        batch_id varchar not null,
        loaded_at timestamp with time zone not null,
        row_counts map(varchar, bigint) not null
    )
    """,
    """
    create table if not exists raw.stage_state (
        stage varchar not null,
        fingerprint varchar not null,
        completed_at timestamp with time zone not null
    )
    """,
    """
    create table if not exists raw.touched_body (
        body_id varchar not null,
        batch_id varchar not null
    )
    """,
    """
    create table if not exists raw.localised (
        report_id varchar not null,
        reader_version varchar not null,
        previous_report_id varchar,
        previous_reader_version varchar,
        method varchar not null
    )
    """,
    """
    create table if not exists raw.proposal (
        report_id varchar not null,
        reader_version varchar not null,
        previous_report_id varchar,
        previous_reader_version varchar,
        fault_ordinal bigint not null,
        failed_checks varchar[] not null,
        set_count bigint not null,
        is_complete boolean not null,
        is_unique boolean not null,
        is_preferred boolean not null,
        set_ordinal bigint not null,
        set_size bigint not null,
        is_exchange boolean not null,
        cell_ordinal bigint not null,
        table_key varchar not null,
        row_key varchar not null,
        column_key varchar not null,
        year_offset bigint not null,
        printed varchar not null,
        value decimal(18, 6) not null,
        proposed_value decimal(38, 6),
        second_value varchar,
        agreement varchar,
        weight bigint not null,
        error_owner varchar not null
    )
    """,
)


def raw_columns(table: str) -> dict[str, str]:
    """Columns of a raw table with their DuckDB types, in the order of the record's fields."""
    return {field.name: DUCKDB_TYPES[str(field.type)] for field in arrow_schema(STAGED[table])}


def create_raw(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of `raw` that do not exist yet.

    No primary keys: their index would have to fit in memory at a hundred million cells. The loader keeps keys
    unique, and the dbt tests of the staging models prove it.
    A table of an earlier version gets the columns that it lacks where they come last: empty where they may be, else
    with what their absence meant. Raises InputError when it differs in anything else, or has a later layout.
    """
    connection.execute("create schema if not exists raw")
    bring_forward(connection)
    connection.execute("begin")  # once: in a lake each statement would be a round of its own to the catalogue
    for statement in OWN_TABLES:
        connection.execute(statement)
    for table in STAGED:
        not_null = needed(table)
        definition = ", ".join(
            f"{name} {kind}{' not null' if name in not_null else ''}" for name, kind in raw_columns(table).items()
        )
        connection.execute(f"create table if not exists raw.{table} ({definition})")
    connection.execute("commit")
    there = connection.execute(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = 'raw' order by ordinal_position"
    ).fetchall()
    for table in STAGED:
        columns = raw_columns(table)
        found = [(name, kind) for of_table, name, kind in there if of_table == table]
        for name, value in missing_at_end(table, found).items():
            connection.execute(f"alter table raw.{table} add column {name} {columns[name]}")
            if value is not None:
                connection.execute(f"update raw.{table} set {name} = ?", [value])  # noqa: S608 - names of our own
                connection.execute(f"alter table raw.{table} alter column {name} set not null")
            found.append((name, columns[name]))
        if dict(found) != columns:
            odd = sorted(set(found) ^ set(columns.items()))[0][0]
            raise InputError(
                f"The warehouse was made by another version of gongkai (raw.{table} differs in column {odd}); "
                "move the file away and run `gongkai load`, which rebuilds it from the staged batches."
            )


def needed(table: str) -> set[str]:
    """Columns of a raw table that may not be empty."""
    return {field.name for field in arrow_schema(STAGED[table]) if not field.nullable}


def missing_at_end(table: str, found: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Columns that came behind those of an earlier version (names and types), with their value in its rows.

    None of them when it differs in anything else, or when a column may not be empty and it is not known what its
    absence meant.
    """
    columns = raw_columns(table)
    added = list(columns)[len(found) :]
    is_earlier = list(found) == list(columns.items())[: len(found)]
    if not is_earlier or any(name in needed(table) and (table, name) not in MEANT_BEFORE for name in added):
        return {}
    return {name: MEANT_BEFORE.get((table, name)) for name in added}


def stage_fingerprint(warehouse: Warehouse, stage: str) -> str | None:
    """Fingerprint of the inputs with which a stage last completed, None when it never did."""
    with reading_if_there(warehouse) as connection:
        if connection is None or not _has_table(connection, "stage_state"):
            return None
        row = connection.execute("select fingerprint from raw.stage_state where stage = ?", [stage]).fetchone()
    return None if row is None else str(row[0])


def assessed_fingerprint(warehouse: Warehouse) -> str | None:
    """Fingerprint of the last assessment, None unless it was of the marts as they stand.

    A build that was begun since, whether it was completed or killed, takes the assessment's worth away.
    """
    transformed = stage_fingerprint(warehouse, "transform")
    assessed = stage_fingerprint(warehouse, "assess")
    is_of_these = bool(transformed and assessed and assessed.startswith(f"{transformed}|"))
    return assessed if is_of_these else None


def built_for(warehouse: Warehouse) -> str | None:
    """Day (YYYY-MM-DD) for which the marts were built, the last part of the fingerprint of `transform`."""
    fingerprint = stage_fingerprint(warehouse, "transform")
    return fingerprint.rpartition("|")[2] if fingerprint else None


def record_stage(warehouse: Warehouse, stage: str, fingerprint: str, *, now: dt.datetime) -> None:
    """Note that a stage completed with these inputs; the one note per stage replaces the one before."""
    with writing(warehouse) as connection:
        create_raw(connection)
        connection.execute("begin")
        connection.execute("delete from raw.stage_state where stage = ?", [stage])
        connection.execute("insert into raw.stage_state values (?, ?, ?)", [stage, fingerprint, now])
        connection.execute("commit")


def raw_fingerprint(warehouse: Warehouse) -> str:
    """Names the batches that the marts are made from; those of expectations' results, made from the marts, apart."""
    return _fingerprint(
        warehouse,
        "select batch_id from raw.batch where map_keys(row_counts) != ['expectation_result'] order by all",
    )


def portals_fingerprint(warehouse: Warehouse) -> str:
    """Names the portals as they stand."""
    return _fingerprint(warehouse, "select * from raw.portal order by all")


def _fingerprint(warehouse: Warehouse, query: str) -> str:
    digest = hashlib.sha256()
    with reading_if_there(warehouse) as connection:
        if connection is not None and _has_table(connection, "batch"):
            digest.update(repr(connection.execute(query).fetchall()).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


@dataclasses.dataclass(frozen=True, slots=True)
class Touched:
    """Bodies of which something was loaded since the marts were last built."""

    body_count: int
    share: float
    """Of all bodies that have a report; 1 where none has."""
    batch_ids: tuple[str, ...]
    """Batches that brought it, in the order of their names."""


def touched_bodies(warehouse: Warehouse) -> Touched:
    """What was loaded since the marts were last built. Raises BusyError when another process holds the warehouse."""
    with writing(warehouse) as connection:
        create_raw(connection)
        touched, bodies = (
            int(row[0])
            for row in connection.execute(
                "select count(distinct body_id) from raw.touched_body"
                " union all select count(distinct body_id) from raw.report"
            ).fetchall()
        )
        batches = connection.execute("select distinct batch_id from raw.touched_body order by all").fetchall()
    return Touched(touched, touched / bodies if bodies else 1.0, tuple(row[0] for row in batches))


def forget_touched(warehouse: Warehouse, batch_ids: Sequence[str]) -> None:
    """Note that the marts hold what these batches brought."""
    with writing(warehouse) as connection:
        connection.execute("delete from raw.touched_body where batch_id in (select unnest(?))", [list(batch_ids)])


def _has_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    row = connection.execute(
        "select count(*) from information_schema.tables where table_schema = 'raw' and table_name = ?", [table]
    ).fetchone()
    return row is not None and row[0] == 1
