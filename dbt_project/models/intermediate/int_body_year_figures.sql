-- One row per current report and figure of mart_body_year: the sum of the cells that seeds.figure_cells names.
-- NULL when a cell of it has no value, or is a count that is not whole or is negative.
with

cells as (

    select * from {{ ref('int_current_cells') }}

),

figure_cells as (

    select * from {{ ref('figure_cells') }}

),

format_cells as (

    select * from {{ ref('format_cells') }}

),

parts as (

    select
        cells.report_id,
        figure_cells.figure_key,
        figure_cells.coefficient * case
            when format_cells.measure_kind = 'count' then {{ whole_count('cells.value') }}
            else cells.value
        end as part
    from cells
    inner join figure_cells
        on
            cells.table_key = figure_cells.table_key
            and cells.row_key = figure_cells.row_key
            and cells.column_key = figure_cells.column_key
    inner join format_cells
        on
            cells.generation = format_cells.generation
            and cells.table_key = format_cells.table_key
            and cells.row_key = format_cells.row_key
            and cells.column_key = format_cells.column_key

)

select
    report_id,
    figure_key,
    case when bool_and(part is not null) then sum(part) end as figure_value
from parts
group by report_id, figure_key
