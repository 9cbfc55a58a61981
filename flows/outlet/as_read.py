"""The current report of a body and year as it was read: the records that the rules on one report go by."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from flows.outlet.copy import rows
from flows.quality.conditions import FileRecords
from flows.records import STAGED

if TYPE_CHECKING:
    import duckdb

CURRENT = """
    select report_id, reader_version from intermediate.int_current_reports
    where body_id = ? and report_year = ?
"""
ORDINALS = {"section": "section_ordinal", "claim": "claim_ordinal", "text_remark": "remark_ordinal"}
"""Column that the records of a report are in the order of, where they have one."""


def as_read(connection: duckdb.DuckDBPyConnection, body_id: str, report_year: int) -> FileRecords | None:
    """Records of the current report, or None when the published copy has none.

    Raises InputError when the copy was made by another version of gongkai.
    """
    for current in rows(connection, CURRENT, [body_id, report_year]):
        key = (current["report_id"], current["reader_version"])
        (report,) = _records(connection, "report", key)
        names = ("cell", "section", "claim", "text_signature", "text_remark")
        return FileRecords(report, *(_records(connection, name, key) for name in names))
    return None


def _records(connection: duckdb.DuckDBPyConnection, name: str, key: tuple[str, str]) -> list[Any]:
    """Records of one table of the raw schema."""
    kind = STAGED[name]
    columns = ", ".join(field.name for field in dataclasses.fields(kind))
    order = f" order by {ORDINALS[name]}" if name in ORDINALS else ""
    query = f"select {columns} from raw.{name} where report_id = ? and reader_version = ?{order}"  # noqa: S608
    return [kind(**row) for row in rows(connection, query, key)]
