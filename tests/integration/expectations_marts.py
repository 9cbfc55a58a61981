"""Small marts with the promised columns: two bodies, three reports, every expectation but freshness fulfilled."""

from pathlib import Path

import duckdb

TABLES = """
create schema marts;
create table marts.dim_division (
    division_code varchar, division_name varchar, level varchar, parent_division_code varchar);
create table marts.dim_body (
    body_id varchar, body_name varchar, division_code varchar, division_name varchar, level varchar,
    body_kind varchar);
create table marts.fct_report (
    report_id varchar, body_id varchar, body_name varchar, division_code varchar, level varchar, body_kind varchar,
    scope varchar, report_year bigint, version_number bigint, is_current boolean, title varchar, generation varchar,
    published_on date, deadline_on date, days_late bigint, portal_id varchar, entry_url varchar, document_id varchar,
    document_url varchar, document_format varchar, payload_sha256 varchar, warc_file varchar, warc_offset bigint,
    first_fetched_at timestamptz, cells_expected bigint, cells_located bigint, leftover_count bigint);
create table marts.fct_cell (
    report_id varchar, body_id varchar, report_year bigint, is_current boolean, table_key varchar, row_key varchar,
    column_key varchar, generation varchar, measure_kind varchar, unit varchar, cell_kind varchar,
    value decimal(18, 6), printed varchar, raw_text varchar, place varchar, confidence double,
    second_value varchar, second_number decimal(18, 6), agreement varchar, doubt varchar);
create table marts.fct_request_outcome (
    report_id varchar, body_id varchar, report_year bigint, row_key varchar, outcome_group varchar,
    column_key varchar, request_count decimal(18, 6));
create table marts.fct_disclosure (
    report_id varchar, body_id varchar, report_year bigint, row_key varchar, column_key varchar, unit varchar,
    value decimal(18, 6));
create table marts.fct_dispute (
    report_id varchar, body_id varchar, report_year bigint, row_key varchar, column_key varchar,
    case_count decimal(18, 6));
create table marts.fct_check_result (
    check_result_id varchar, report_id varchar, body_id varchar, body_name varchar, division_code varchar,
    report_year bigint, rule_id varchar, instance_key varchar, severity varchar, outcome varchar, reason varchar,
    difference decimal(38, 6), verdict varchar,
    cells struct(table_key varchar, row_key varchar, column_key varchar, report_year bigint, coefficient bigint,
                 cell_kind varchar, printed varchar, value decimal(18, 6),
                 second_value varchar, agreement varchar)[],
    evidence varchar, entry_url varchar, document_url varchar);
create table marts.mart_body_year (
    body_id varchar, report_id varchar, report_year bigint, disclosure_rate_full double,
    disclosure_rate_strict double, disclosure_rate_resolvable double);
create table marts.mart_peer_comparison (
    body_id varchar, report_year bigint, metric_key varchar, competition_rank bigint, percentile double);
create table marts.fct_cell_revision (
    document_url varchar, changed_at timestamptz, body_id varchar, table_key varchar, row_key varchar,
    column_key varchar);
create table marts.mart_coverage (division_code varchar, level varchar, report_year bigint, found_share double);
create table marts.fct_expected_report (
    expected_report_id varchar, portal_id varchar, body_id varchar, report_year bigint, coverage_state varchar,
    coverage_reason varchar, deadline_on date, published_on date, days_late bigint);
"""

ROWS = """
insert into marts.dim_division values ('999900', '测试市', 'city', null), ('999901', '甲县', 'county', '999900');
insert into marts.dim_body values
    ('999900:测试市', '测试市', '999900', '测试市', 'city', 'government'),
    ('999901:甲县', '甲县', '999901', '甲县', 'county', 'government');
insert into marts.fct_report
select
    'r' || n, body_id, body_name, division_code, level, body_kind, 'aggregate', report_year, 1, true,
    report_year || '年报告', '2021', make_date(report_year + 1, 3, 1), make_date(report_year + 1, 3, 31), 0,
    'portal_a',
    'http://127.0.0.1/' || n, 'd' || n, 'http://127.0.0.1/' || n || '.pdf', 'pdf', repeat('a', 64), 'a.warc.gz',
    n * 100, timestamptz '2026-05-01 00:00:00+00', 4, 4, 0
from (values (1, '999900:测试市', 2024), (2, '999900:测试市', 2025), (3, '999901:甲县', 2025))
    as r(n, body_id, report_year)
join marts.dim_body using (body_id);
insert into marts.fct_cell
select
    report_id, body_id, report_year, is_current, 'requests', row_key, 'total', '2021', 'count', '件', cell_kind,
    value,
    coalesce(value::varchar, ''), null, 'page 1', 0.9, value::varchar, value, 'agreed', null
from marts.fct_report
cross join (values
    ('new_received', 'number', 5.0), ('carried_in', 'zero', 0.0), ('outcome_total', 'number', 5.0),
    ('carried_out', 'blank', null)) as c(row_key, cell_kind, value);
insert into marts.fct_request_outcome
select report_id, body_id, report_year, row_key, 'total', column_key, value from marts.fct_cell
where row_key = 'outcome_total';
insert into marts.mart_body_year select body_id, report_id, report_year, 0.4, 1, null from marts.fct_report;
insert into marts.mart_peer_comparison select body_id, report_year, 'workload', 1, 50 from marts.fct_report;
insert into marts.fct_cell_revision
select document_url, first_fetched_at, body_id, 'requests', 'granted', 'total' from marts.fct_report;
insert into marts.mart_coverage select division_code, level, report_year, 1 from marts.fct_report;
insert into marts.fct_expected_report
select report_id, portal_id, body_id, report_year, 'published_in_time', null, deadline_on, published_on, 0
from marts.fct_report;
insert into marts.fct_check_result
select
    report_id || rule_id, report_id, body_id, body_name, division_code, report_year, rule_id, 'total', severity,
    outcome, reason, difference, null, [], null, entry_url, document_url
from marts.fct_report
cross join (values
    ('B01', 'error', 'passed', null, 0), ('B03', 'error', 'not_assessable', '1 cell blank', null),
    ('D01', 'error', 'passed', null, 0)) as c(rule_id, severity, outcome, reason, difference);
"""


def make_marts(warehouse: Path, *changes: str) -> Path:
    """A DuckDB file with the marts; `changes` are statements run afterwards, names resolved in the schema marts."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(TABLES)
        connection.execute(ROWS)
        connection.execute("set search_path = 'marts'")
        for change in changes:
            connection.execute(change)
    return warehouse
