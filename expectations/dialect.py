"""SQLAlchemy dialect `duckdb+snapshot`: a DuckDB file as a still picture, for Great Expectations to query.

Great Expectations leaves its connection before it fetches the result. SQLAlchemy then rolls the transaction back, at
which DuckDB drops the result that is still pending. A file that is opened read-only has nothing to begin, to commit
or to roll back, so all three do nothing here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL

MARTS_SCHEMA = "marts"


class SnapshotDialect(duckdb_engine.Dialect):
    """duckdb_engine's dialect, read-only, without transactions, names resolved in the schema of the marts."""

    driver = "snapshot"
    supports_statement_cache = False  # as its parent, which SQLAlchemy does not let it inherit
    opened: ClassVar[defaultdict[str, list[Any]]] = defaultdict(list)
    """Connections by file, so that `snapshot` can close those that an engine still keeps."""

    def connect(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own signature
        """Open the file read-only; nothing outside the file can be read through the connection."""
        connection = super().connect(*arguments, read_only=True, **options)
        self.opened[options["database"]].append(connection)
        cursor = connection.cursor()
        cursor.execute(f"set search_path = '{MARTS_SCHEMA}'")
        cursor.execute("set enable_external_access = false")
        return connection

    def do_begin(self, dbapi_connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own signature
        """Nothing to begin."""

    def do_commit(self, dbapi_connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own signature
        """Nothing to commit."""

    def do_rollback(self, dbapi_connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own signature
        """Nothing to roll back."""


@contextmanager
def snapshot(warehouse: Path, memory_bytes: int) -> Iterator[str]:
    """SQLAlchemy address of a DuckDB file under this dialect, for the time of the block.

    At its end all connections to the file are closed, whoever still refers to them: a forgotten one would keep the
    loader of the same process from opening the file for writing.
    """
    registry.register("duckdb.snapshot", __name__, SnapshotDialect.__name__)
    url = URL.create("duckdb+snapshot", database=str(warehouse), query={"memory_limit": f"{memory_bytes}B"})
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        for connection in SnapshotDialect.opened.pop(str(warehouse), []):
            connection.close()
