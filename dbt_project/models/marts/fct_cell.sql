-- One row per cell of each version of a report.
{{ config(materialized='view') }}

with

reports as (

    select * from {{ ref('fct_report') }}

),

cells as (

    select * from {{ ref('stg_raw__cell') }}

),

format_cells as (

    select * from {{ ref('format_cells') }}

)

select
    reports.report_id,
    reports.body_id,
    reports.report_year,
    reports.is_current,
    cells.table_key,
    cells.row_key,
    cells.column_key,
    cells.generation,
    format_cells.measure_kind,
    format_cells.unit,
    cells.cell_kind,
    cells.value,
    cells.printed,
    cells.raw_text,
    cells.remark,
    cells.place,
    cells.confidence,
    cells.row_score,
    cells.row_margin,
    cells.second_value,
    cells.second_number,
    cells.agreement,
    cells.doubt,
    cells.read_value,
    cells.is_corrected
from reports
inner join cells
    on
        reports.report_id = cells.report_id
        and reports.reader_version = cells.reader_version
left join format_cells
    on
        cells.generation = format_cells.generation
        and cells.table_key = format_cells.table_key
        and cells.row_key = format_cells.row_key
        and cells.column_key = format_cells.column_key
