-- One row per row and column of the table of disputes in the current report of each body and year.
{{ config(materialized='view') }}

with

cells as (

    select * from {{ ref('fct_cell') }}

)

select
    report_id,
    body_id,
    report_year,
    row_key,
    column_key,
    {{ whole_count('value') }} as case_count
from cells
where is_current and table_key = 'disputes'
