-- The macro figures() and seeds.figures name the same figures in the same order, and seeds.figure_cells has cells of
-- each in its one table.
with

listed (figure_number, figure_key, table_key, is_amount) as (

    values
    {%- for figure_key, table_key, data_type in figures() %}
        (
            {{ loop.index }}, '{{ figure_key }}', '{{ table_key }}', {{ data_type != 'bigint' }}
        ){{ ',' if not loop.last }}
    {%- endfor %}

),

registered as (

    select distinct
        figures.figure_number,
        figures.figure_key,
        figure_cells.table_key,
        figures.unit != '件' as is_amount
    from {{ ref('figures') }} as figures
    left join {{ ref('figure_cells') }} as figure_cells
        on figures.figure_key = figure_cells.figure_key

)

select coalesce(listed.figure_key, registered.figure_key) as figure_key
from listed
full outer join registered
    on
        listed.figure_number = registered.figure_number
        and listed.figure_key = registered.figure_key
        and listed.table_key = registered.table_key
        and listed.is_amount = registered.is_amount
where listed.figure_key is null or registered.figure_key is null
