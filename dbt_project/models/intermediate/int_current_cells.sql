-- One row per cell of the current report of each body and year.
{{ config(materialized='view') }}

with

versions as (

    select * from {{ ref('int_report_versions') }}

),

readings as (

    select * from {{ ref('int_readings') }}

),

cells as (

    select * from {{ ref('stg_raw__cell') }}

)

select
    readings.report_id,
    readings.body_id,
    readings.report_year,
    readings.scope,
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
from versions
inner join readings
    on versions.report_id = readings.report_id
inner join cells
    on
        readings.report_id = cells.report_id
        and readings.reader_version = cells.reader_version
where versions.is_current
