"""The published copy as a reader opens it: read-only, shut off from files and network, and not to be unlocked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.warehouse.connection import reading
from flows.warehouse.layout import refuse_later

if TYPE_CHECKING:
    import duckdb


@contextmanager
def opened(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A locked connection to the published copy. Who has it open keeps it when a new copy is published.

    Raises InputError when nothing is published, or what is there is no DuckDB file or one of a later version.
    """
    if not published.is_file():
        raise InputError(
            f"Nothing is published at {published}: run `gongkai run` or `gongkai publish` first, or name the data "
            "folder with --home."
        )
    with reading(published, is_locked=True) as connection:
        refuse_later(connection)
        yield connection


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()
) -> list[dict[str, Any]]:
    """Rows of one of our own queries, by column.

    Raises InputError when the copy does not have what the query asks for: another version of gongkai made it.
    """
    import duckdb

    try:
        result = connection.execute(query, list(parameters))
    except (duckdb.CatalogException, duckdb.BinderException) as fault:
        raise InputError(
            f"The published copy is not as this version of gongkai makes it ({str(fault).splitlines()[0]}); run "
            "`gongkai transform --force`, `gongkai assess` and `gongkai publish`."
        ) from fault
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def tables(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, dict[str, str]]:
    """Tables and views of a schema, each with its columns and their types, in order."""
    found: dict[str, dict[str, str]] = {}
    for row in rows(
        connection,
        "select table_name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and schema_name = ? and not internal"
        " order by table_name, column_index",
        [schema],
    ):
        found.setdefault(row["table_name"], {})[row["column_name"]] = row["data_type"]
    return found
