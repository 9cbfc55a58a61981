"""The current report of a body and year as it was read: the records that the rules on one report go by."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from flows.outlet.copy import rows
from flows.quality.conditions import FileRecords
from flows.records import Cell, Claim, Report, Section

if TYPE_CHECKING:
    import duckdb

CURRENT = """
    select report_id, reader_version from intermediate.int_current_reports
    where body_id = ? and report_year = ?
"""
ORDERS = {Section: "section_ordinal", Claim: "claim_ordinal"}
"""What the records of a report are in the order of, where they have one."""


def as_read(connection: duckdb.DuckDBPyConnection, body_id: str, report_year: int) -> FileRecords | None:
    """Records of the current report, or None when the published copy has none.

    Raises InputError when the copy was made by another version of gongkai.
    """
    for current in rows(connection, CURRENT, [body_id, report_year]):
        key = (current["report_id"], current["reader_version"])
        (report,) = _records(connection, Report, key)
        return FileRecords(
            report,
            _records(connection, Cell, key),
            _records(connection, Section, key),
            _records(connection, Claim, key),
        )
    return None


def _records(connection: duckdb.DuckDBPyConnection, kind: type[Any], key: tuple[str, str]) -> list[Any]:
    columns = ", ".join(field.name for field in dataclasses.fields(kind))
    order = f" order by {ORDERS[kind]}" if kind in ORDERS else ""
    query = f"select {columns} from raw.{kind.__name__.lower()} where report_id = ? and reader_version = ?{order}"  # noqa: S608
    return [kind(**row) for row in rows(connection, query, key)]
