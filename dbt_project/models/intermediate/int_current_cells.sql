-- One row per cell of the current report of each body and year.
{{ config(materialized='view') }}

with

reports as (

    select * from {{ ref('int_current_reports') }}

),

cells as (

    select * from {{ ref('stg_raw__cell') }}

)

select
    reports.report_id,
    reports.body_id,
    reports.report_year,
    reports.scope,
    cells.table_key,
    cells.row_key,
    cells.column_key,
    cells.generation,
    cells.cell_kind,
    cells.printed,
    cells.value,
    cells.second_value,
    cells.second_number,
    cells.agreement
from reports
inner join cells
    on
        reports.report_id = cells.report_id
        and reports.reader_version = cells.reader_version
