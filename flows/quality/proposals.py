"""Proposals for the reports of the warehouse whose balances fail: beside the values, never in their place.

They follow from the cells of a report, those of the report of the year before, and the rules. A reading never changes
under its version, so a report is searched again only when it has another reading, another report before it, or when
the method has changed. A search that is stopped leaves what is done; the next one goes on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.lake import Warehouse
from flows.paths import SEEDS
from flows.quality.balances import outcomes
from flows.quality.localisation import Fault, localise
from flows.records import Cell
from flows.stages import folder_fingerprint
from flows.warehouse.connection import writing
from flows.warehouse.raw import create_raw

if TYPE_CHECKING:
    import duckdb

REPORTS_AT_ONCE = 500
"""Two hundred thousand cells, with last year's twice as many: a hundred megabytes."""
SAME_READINGS = """
    report_id = {other}.report_id
    and reader_version = {other}.reader_version
    and previous_report_id is not distinct from {other}.previous_report_id
    and previous_reader_version is not distinct from {other}.previous_reader_version
    and method = {other}.method
"""
FAILING = """
create or replace temp table failing as
with corrected as (
    select report_id, string_agg(decided_at::varchar, ',' order by decided_at) as decisions
    from raw.correction
    group by report_id
)
select
    reports.report_id,
    reader_version,
    case when not is_other_scope_before then previous_report_id end as previous_report_id,
    case when not is_other_scope_before then previous_reader_version end as previous_reader_version,
    concat_ws('|', $1, own.decisions, before.decisions) as method
from intermediate.int_current_reports as reports
left join corrected as own on reports.report_id = own.report_id
left join corrected as before on reports.previous_report_id = before.report_id
where reports.report_id in (select report_id from intermediate.int_failed_checks)
"""
CELLS = """
select {columns} from staging.stg_raw__cell
where (report_id, reader_version) in (select unnest(?), unnest(?))
order by report_id
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Searched:
    """What a search did."""

    reports: int
    """Reports searched now; those whose readings, corrections and method are the same were left."""
    withdrawn: int
    """Reports of which an earlier answer was withdrawn: they are not current, do not fail, or were searched anew."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Failing:
    report_id: str
    reader_version: str
    previous_report_id: str | None
    previous_reader_version: str | None
    method: str
    """With the decisions on cells of both reports: another decision, and the report is searched again."""


def method_fingerprint() -> str:
    """Names the rules and the way in which cells are searched for."""
    code = folder_fingerprint(Path(__file__).parent, ("balances.py", "covering.py", "edits.py", "localisation.py"))
    seeds = folder_fingerprint(SEEDS, ("rules.csv", "rule_terms.csv", "format_cells.csv"))
    return f"{code}|{seeds}|highspy {version('highspy')}"


def search(warehouse: Warehouse) -> Searched:
    """Bring `raw.proposal` to what the marts say now.

    Raises BusyError when another process holds the warehouse.
    """
    method = method_fingerprint()
    with writing(warehouse) as connection:
        create_raw(connection)
        connection.execute(FAILING, [method])
        withdrawn = _withdraw(connection)
        same = SAME_READINGS.format(other="failing")
        rows = connection.execute(
            f"from failing where not exists (from raw.localised where {same}) order by report_id"
        ).fetchall()
        reports = [_Failing(*row) for row in rows]
        for first in range(0, len(reports), REPORTS_AT_ONCE):
            _search_some(connection, reports[first : first + REPORTS_AT_ONCE])
    return Searched(len(reports), withdrawn)


def _withdraw(connection: duckdb.DuckDBPyConnection) -> int:
    """Forget what was found in other readings or by another method."""
    same = SAME_READINGS.format(other="localised")
    stale = f"not exists (from failing where {same})"
    count = connection.execute(f"select count(*) from raw.localised where {stale}").fetchone()  # noqa: S608
    if not count or not count[0]:
        return 0
    connection.execute("begin")
    connection.execute(
        "delete from raw.proposal where report_id in"  # noqa: S608
        f" (select report_id from raw.localised where {stale})"
    )
    connection.execute(f"delete from raw.localised where {stale}")  # noqa: S608
    connection.execute("commit")
    return int(count[0])


def _search_some(connection: duckdb.DuckDBPyConnection, reports: Sequence[_Failing]) -> None:
    """Search these reports and keep all that was found of them, or nothing."""
    readings = {(report.report_id, report.reader_version) for report in reports}
    readings |= {
        (report.previous_report_id, report.previous_reader_version)
        for report in reports
        if report.previous_report_id and report.previous_reader_version
    }
    cells = _cells(connection, sorted(readings))
    found = []
    for report in reports:
        own = cells[report.report_id]
        previous = cells.get(report.previous_report_id) if report.previous_report_id else None
        found += list(_rows(report, localise(outcomes(own, previous), own, previous)))
    connection.execute("begin")
    _insert(connection, "proposal", found)
    _insert(connection, "localised", [dataclasses.asdict(report) for report in reports])
    connection.execute("commit")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    import pyarrow as pa

    if rows:
        connection.register("found", pa.Table.from_pylist(list(rows)))
        connection.execute(f"insert into raw.{table} by name from found")
        connection.unregister("found")


def _cells(connection: duckdb.DuckDBPyConnection, readings: Sequence[tuple[str, str]]) -> dict[str, list[Cell]]:
    """Cells of these readings by report."""
    columns = ", ".join(field.name for field in dataclasses.fields(Cell))
    report_ids, versions = zip(*readings, strict=True)
    rows = connection.execute(CELLS.format(columns=columns), [list(report_ids), list(versions)]).fetchall()
    return {report_id: [Cell(*row) for row in of_one] for report_id, of_one in groupby(rows, lambda row: row[0])}


def _rows(report: _Failing, faults: Sequence[Fault]) -> Iterator[dict[str, Any]]:
    """One row a cell of a set of a fault, in the columns of `raw.proposal`."""
    readings = {name: value for name, value in dataclasses.asdict(report).items() if name != "method"}
    for fault_ordinal, fault in enumerate(faults, start=1):
        for set_ordinal, one in enumerate(fault.sets, start=1):
            for cell_ordinal, cell in enumerate(one.cells, start=1):
                yield {
                    **readings,
                    "fault_ordinal": fault_ordinal,
                    "failed_checks": [f"{rule_id} {instance_key}" for rule_id, instance_key in fault.checks],
                    "set_count": len(fault.sets),
                    "is_complete": fault.is_complete,
                    "is_unique": fault.is_unique,
                    "is_preferred": fault.is_preferred and set_ordinal == 1,
                    "set_ordinal": set_ordinal,
                    "set_size": len(one.cells),
                    "is_exchange": one.is_exchange,
                    "cell_ordinal": cell_ordinal,
                    **dataclasses.asdict(cell),
                }
