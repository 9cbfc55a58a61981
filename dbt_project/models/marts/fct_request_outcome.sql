-- One row per row and column of the table of requests in the current report of each body and year.
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
    case
        when row_key like 'denied%' then 'denied'
        when row_key like 'unavailable%' then 'unavailable'
        when row_key like 'not_processed%' then 'not_processed'
        when row_key like 'other%' then 'other'
        else row_key
    end as outcome_group,
    column_key,
    {{ whole_count('value') }} as request_count
from cells
where is_current and table_key = 'requests'
