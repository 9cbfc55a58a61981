-- One row per current report: what kind of cells it has, counts that cannot be counts, the rules it reports, and
-- what tells one table of requests from another. One pass over all cells.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

cells as (

    select * from {{ ref('int_current_cells') }}
    where {{ is_touched() }}

),

format_cells as (

    select * from {{ ref('format_cells') }}

),

not_counts as (

    -- changes may be negative, amounts have decimals; what a column measures is the same in all its rows
    select distinct column_key
    from format_cells
    where measure_kind != 'count'

)

select
    cells.report_id,
    cells.body_id,
    cells.report_year,
    count(*) filter (where cells.cell_kind = 'blank') as blank_count,
    count(*) filter (where cells.cell_kind = 'not_applicable') as mark_count,
    count(*) filter (where cells.cell_kind = 'text') as text_count,
    coalesce(
        string_agg(
            -- put together where it is needed only
            case
                when not_counts.column_key is null and (cells.value < 0 or cells.value != floor(cells.value))
                    then concat(cells.table_key, '/', cells.row_key, '/', cells.column_key, ' = ', cells.printed)
            end,
            ', '
            order by cells.table_key, cells.row_key, cells.column_key
        ) filter (
            where not_counts.column_key is null and (cells.value < 0 or cells.value != floor(cells.value))
        ),
        ''
    ) as invalid_cells,
    max(cells.value) filter (
        where cells.row_key = 'regulations' and cells.column_key != 'repealed'
    ) as regulations_count,
    count(*) filter (where cells.table_key = 'requests' and cells.value != 0) as requests_nonzero_count,
    -- a sum of hashes needs no order
    cast(
        sum(hash(cells.row_key, cells.column_key, cells.value)) filter (
            where cells.table_key = 'requests' and cells.value != 0
        ) as varchar
    ) as requests_content
from cells
left join not_counts
    on cells.column_key = not_counts.column_key
group by cells.report_id, cells.body_id, cells.report_year
