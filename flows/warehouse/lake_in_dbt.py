"""dbt's connections to a lake: the extensions loaded from their packages, the lake as the current database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt.adapters.duckdb.plugins import BasePlugin

from flows.lake import CATALOG, prepare

if TYPE_CHECKING:
    import duckdb


class Plugin(BasePlugin):
    """The plugin that dbt_project/profiles.yml names for a lake, which dbt itself attaches afterwards."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Make a new connection able to attach a lake."""
        prepare(conn)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Let names without a database, of which all models are made, mean the lake."""
        cursor.execute(f"use {CATALOG}")
