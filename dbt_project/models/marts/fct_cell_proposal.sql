-- One row per cell of a set of cells whose change would restore the failed balances of a current report. A view, as
-- the search runs after the marts are built; what was found in other readings than the current ones is left out.
{{ config(materialized='view') }}

with

proposals as (

    select * from {{ ref('stg_raw__proposal') }}

),

reports as (

    select * from {{ ref('int_current_reports') }}

)

select
    proposals.report_id,
    reports.body_id,
    reports.report_year,
    proposals.fault_ordinal,
    proposals.failed_checks,
    proposals.set_count,
    proposals.is_complete,
    proposals.is_unique,
    proposals.set_ordinal,
    proposals.set_size,
    proposals.is_exchange,
    proposals.is_preferred,
    proposals.cell_ordinal,
    proposals.table_key,
    proposals.row_key,
    proposals.column_key,
    reports.report_year + proposals.year_offset as cell_report_year,
    proposals.printed,
    proposals.value,
    proposals.proposed_value,
    proposals.second_value,
    proposals.agreement,
    proposals.weight,
    proposals.error_owner
from proposals
inner join reports
    on
        proposals.report_id = reports.report_id
        and proposals.reader_version = reports.reader_version
        and proposals.previous_report_id
        is not distinct from case when not reports.is_other_scope_before then reports.previous_report_id end
        and proposals.previous_reader_version
        is not distinct from case when not reports.is_other_scope_before then reports.previous_reader_version end
