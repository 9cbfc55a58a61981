"""SQLAlchemy dialect `duckdb+snapshot`: a warehouse as a still picture, for Great Expectations to query.

Great Expectations leaves its connection before it fetches the result. SQLAlchemy then rolls the transaction back, at
which DuckDB drops the result that is still pending. A file that is opened read-only has nothing to begin, to commit
or to roll back, so all three do nothing here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL

from flows.lake import CATALOG, Lake, Warehouse, attach_lake, prepare

MARTS_SCHEMA = "marts"


class SnapshotDialect(duckdb_engine.Dialect):
    """duckdb_engine's dialect, read-only, without transactions, names resolved in the schema of the marts."""

    driver = "snapshot"
    supports_statement_cache = False  # as its parent, which SQLAlchemy does not let it inherit
    opened: ClassVar[defaultdict[str, list[Any]]] = defaultdict(list)
    """Connections by warehouse, so that `snapshot` can close those that an engine still keeps."""
    lakes: ClassVar[dict[str, Lake]] = {}
    """The lakes among them."""

    def connect(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own signature
        """Open the warehouse read-only; nothing outside it can be read through the connection."""
        lake = self.lakes.get(options["database"])
        if lake is None:
            connection = super().connect(*arguments, read_only=True, **options)
        else:
            connection = super().connect(*arguments, **{**options, "database": ":memory:"})
            prepare(connection)
            attach_lake(connection, lake, read_only=True)
        self.opened[options["database"]].append(connection)
        cursor = connection.cursor()
        cursor.execute(f"set search_path = '{MARTS_SCHEMA if lake is None else f'{CATALOG}.{MARTS_SCHEMA}'}'")
        if lake is not None:
            cursor.execute(f"set allowed_directories = ['{lake.data}/']")
        cursor.execute("set enable_external_access = false")
        return connection

    def do_begin(self, dbapi_connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own signature
        """Nothing to begin."""

    def do_commit(self, dbapi_connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own signature
        """Nothing to commit."""

    def do_rollback(self, dbapi_connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own signature
        """Nothing to roll back."""


@contextmanager
def snapshot(warehouse: Warehouse, memory_bytes: int) -> Iterator[str]:
    """SQLAlchemy address of a warehouse under this dialect, for the time of the block.

    At its end all connections to it are closed, whoever still refers to them: a forgotten one would keep the
    loader of the same process from opening the file for writing.
    """
    if isinstance(warehouse, Lake):
        SnapshotDialect.lakes[str(warehouse)] = warehouse
    registry.register("duckdb.snapshot", __name__, SnapshotDialect.__name__)
    url = URL.create("duckdb+snapshot", database=str(warehouse), query={"memory_limit": f"{memory_bytes}B"})
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        for connection in SnapshotDialect.opened.pop(str(warehouse), []):
            connection.close()
