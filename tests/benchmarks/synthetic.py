"""Made-up reports by the million: staged batches whose figures balance, for measuring the warehouse.

Five reports of the 2021 format (2021 to 2025) a body, bodies spread over the divisions of GB/T 2260, one portal a
division. All figures follow from a hash of body, year and cell, so the same numbers come out whatever the number of
reports. One report in a thousand prints a wrong outcome total, and blanks stand in one cell of a hundred.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flows.paths import SEEDS
from flows.records import STAGED, arrow_schema

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

YEARS = range(2021, 2026)
REPORTS_A_BATCH = 10_000
"""Two million cells: what a machine of eight gigabytes stages and loads at once."""

BODIES = """
create or replace temp table bodies as
with places as (
    select *, row_number() over (order by division_code) - 1 as place, count(*) over () as places
    from divisions where is_current and level in ('province', 'city', 'county')
), numbered as (
    select unnest(range({first}, {last})) as body
)
select
    body,
    division_code,
    division_name,
    level,
    case when body < places then 'government' else 'department' end as body_kind,
    case when body < places then division_name || '人民政府' else division_name || '第' || body // places || '局' end
        as body_name,
    'synthetic-' || division_code as portal_id
from numbered inner join places on body % places = place
"""

REPORTS = """
create or replace temp table reports as
select
    *,
    division_code || ':' || body_name as body_id,
    'https://' || division_code || '.example/' || body || '/' || report_year || '.html' as url,
    sha256(body || ' ' || report_year) as payload_sha256,
    timestamptz '2022-01-20 00:00:00+00' + to_years(report_year - 2021) + to_hours(body % 1000) as fetched_at,
    md5(body || '/' || report_year) as report_id,
    md5(body || ',' || report_year) as document_id,
    body_name || report_year || '年政府信息公开工作年度报告' as title
from bodies cross join (select unnest(range({first_year}, {last_year})) as report_year)
"""

# `drawn(salt, n)` is a whole number from 0 to n - 1 that follows from body, year and salt
CELLS = """
create or replace temp table values_of as
with leaves as (
    select
        report_id, body, report_year, table_key, row_key, column_key,
        case
            when table_key = 'requests' and row_key = 'carried_out' then drawn(body, report_year, column_key, 4)
            when table_key = 'requests' and row_key = 'carried_in' then drawn(body, report_year - 1, column_key, 4)
            when table_key = 'requests' and row_key = 'granted' then 4 + drawn(body, report_year, column_key, 60)
            when row_key = 'fees' then drawn(body, report_year, 'fees', 9000000)
            when table_key = 'proactive_disclosure' and column_key = 'in_force'
                then 50 + drawn(body, report_year, row_key, 5)
            when table_key = 'proactive_disclosure' and column_key = 'issued'
                then 5 + drawn(body, report_year, row_key || 'i', 7)
            when table_key = 'proactive_disclosure' and column_key = 'repealed'
                then 5 + drawn(body, report_year, row_key || 'i', 7)
                    + drawn(body, report_year - 1, row_key, 5) - drawn(body, report_year, row_key, 5)
            when table_key = 'proactive_disclosure' then drawn(body, report_year, row_key, 20000)
            else greatest(drawn(body, report_year, row_key || column_key, 12) - 8, 0)
        end as number
    from reports cross join format_cells
    where column_key != 'total' and row_key not in ('new_received', 'outcome_total')
), outcomes as (
    select report_id, body, report_year, table_key, 'outcome_total' as row_key, column_key, sum(number) as number
    from leaves
    where table_key = 'requests' and row_key not in ('carried_in', 'carried_out')
    group by all
), received as (
    select
        report_id, body, report_year, table_key, 'new_received' as row_key, column_key,
        outcomes.number + drawn(body, report_year, column_key, 4)
            - drawn(body, report_year - 1, column_key, 4) as number
    from outcomes
), parts as (
    select * from leaves union all select * from outcomes union all select * from received
), totals as (
    select
        report_id, body, report_year, table_key, row_key, 'total' as column_key,
        sum(number) + case when row_key = 'outcome_total' and hash(report_id) % 1000 = 0 then 9 else 0 end as number
    from parts where table_key in ('requests', 'disputes')
    group by report_id, body, report_year, table_key, row_key
)
select * from parts union all select * from totals
"""

ROWS = {
    "portal": """
        select distinct
            portal_id, division_name as name, 'links' as family,
            'https://' || division_code || '.example/' as column_url, division_code, division_name, level,
            null as body_name, 'department' as body_kind, false as is_verified
        from bodies order by portal_id""",
    "entry": """
        select
            portal_id, url as entry_url, title, cast(fetched_at as date) as listed_on, true as is_accepted,
            'annual_report' as title_rule, 'https://' || division_code || '.example/' as list_url,
            fetched_at as first_seen_at
        from reports order by portal_id, entry_url""",
    "fetch": """
        select
            portal_id, url, 'page' as fetch_role, url as entry_url, 'content' as fetch_state, null as reason,
            200 as http_status, 'verified' as tls_verification, payload_sha256, 20000 as payload_bytes, fetched_at,
            'made-up.warc.gz' as warc_file, body * 10 + report_year - 2021 as warc_offset
        from reports order by portal_id, url""",
    "document": """
        select
            document_id, '1' as reader_version, portal_id, url as entry_url, url, 'page' as fetch_role,
            'html' as document_format, payload_sha256, 20000 as payload_bytes, fetched_at,
            'made-up.warc.gz' as warc_file, body * 10 + report_year - 2021 as warc_offset, 'read' as read_state,
            null as reason
        from reports order by document_id""",
    "report": """
        select
            report_id, '1' as reader_version, document_id, portal_id, url as entry_url, title, body_id, body_name,
            division_code, division_name, level, body_kind, report_year, 'title' as report_year_source,
            cast(fetched_at as date) as published_on, 'meta' as published_on_source,
            'own_body' as scope, '2021' as generation,
            make_date(report_year, 1, 1) as stated_period_from, make_date(report_year, 12, 31) as stated_period_to,
            '国办公开办函〔2021〕30号' as notice_cited, cells as cells_expected, cells as cells_located,
            0 as leftover_count, null as identity_doubt
        from reports cross join (select count(*) as cells from format_cells) order by report_id""",
    "cell": """
        select
            report_id, '1' as reader_version, table_key, row_key, column_key, '2021' as generation,
            case when is_blank then 'blank' when number = 0 then 'zero' else 'number' end as cell_kind,
            printed as raw_text, printed, value, null as remark,
            'table ' || table_key || ', row ' || row_key as place, 1.0 as confidence, 1.0 as row_score,
            0.8 as row_margin, printed as second_value, value as second_number, 'agreed' as agreement, null as doubt
        from (
            select
                *,
                number = 0 and hash(report_id || row_key || column_key) % 60 = 0 as is_blank,
                case when row_key = 'fees' then number / 10000.0 else number end as value_there,
                case when is_blank then '' else cast(value_there as varchar) end as printed,
                case when not is_blank then value_there end as value
            from values_of
        )
        order by report_id, table_key, row_key, column_key""",
}


def synthetic_batches(staged: Path, reports: int) -> Iterator[Path]:
    """Write that many reports (a multiple of five) as staged batches; yields each batch's folder."""
    import duckdb

    bodies = reports // len(YEARS)
    step = REPORTS_A_BATCH // len(YEARS)
    with duckdb.connect() as connection:
        _prepare(connection)
        for first in range(0, bodies, step):
            yield _write(connection, staged, (first, min(first + step, bodies)), YEARS)


def one_more_year(staged: Path, reports: int) -> Path:
    """Write a batch of the first so many bodies' reports of the year after; returns its folder."""
    import duckdb

    with duckdb.connect() as connection:
        _prepare(connection)
        return _write(connection, staged, (0, reports), range(YEARS.stop, YEARS.stop + 1))


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(
        "create macro drawn(body, year, salt, n) as cast(hash(body * 7919 + year * 104729, salt) % n as bigint)"
    )
    for seed in ("divisions", "format_cells"):
        connection.execute(
            f"create table {seed} as from read_csv('{SEEDS / seed}.csv', all_varchar = true)"
            + (" where generation = '2021'" if seed == "format_cells" else "")
        )


def _write(connection: duckdb.DuckDBPyConnection, staged: Path, bodies: tuple[int, int], years: range) -> Path:
    import pyarrow.parquet as pq

    connection.execute(BODIES.format(first=bodies[0], last=bodies[1]))
    connection.execute(REPORTS.format(first_year=years.start, last_year=years.stop))
    connection.execute(CELLS)
    folder = staged / f"{bodies[0]:010d}{bodies[1]:010d}{years.start:04d}{years.stop:04d}0000"
    folder.mkdir(parents=True)
    for name, query in ROWS.items():
        rows = _as_staged(connection, name, query)
        pq.write_table(rows, folder / f"{name}.parquet", compression="zstd", write_page_checksum=True)
    return folder


def _as_staged(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> pa.Table:
    """Rows of a query with the columns of the record type, those that it does not name empty."""
    import pyarrow as pa

    rows = connection.execute(query).to_arrow_table()
    schema = arrow_schema(STAGED[name])
    columns = [
        rows.column(field.name).cast(field.type)
        if field.name in rows.column_names
        else pa.array([False] * rows.num_rows if not field.nullable else [None] * rows.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


NOW = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
"""When the batches are loaded."""
