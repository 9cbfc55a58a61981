-- One row per current report: every figure of seeds.figures as a column, the sum of the cells that seeds.figure_cells
-- names. NULL when a cell of it has no value, or is a count that is not whole or is negative. Beside them the
-- generation of each table, `mixed` where the figures of a table come from the tables of two notices.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

cells as (

    select * from {{ ref('int_current_cells') }}
    where {{ is_touched() }}

),

figures as (

    select * from {{ ref('figures') }}

),

figure_cells as (

    select * from {{ ref('figure_cells') }}

),

format_cells as (

    select * from {{ ref('format_cells') }}

),

measures as (

    -- what a cell measures is the same in every generation that has it
    select distinct
        table_key,
        row_key,
        column_key,
        measure_kind
    from format_cells

),

terms as (

    select
        figures.figure_number,
        figure_cells.table_key,
        figure_cells.row_key,
        figure_cells.column_key,
        figure_cells.coefficient,
        measures.measure_kind,
        figures.unit = '件' as is_whole
    from figures
    inner join figure_cells
        on figures.figure_key = figure_cells.figure_key
    inner join measures
        on
            figure_cells.table_key = measures.table_key
            and figure_cells.row_key = measures.row_key
            and figure_cells.column_key = measures.column_key

),

parts as (

    select
        cells.report_id,
        cells.body_id,
        cells.report_year,
        cells.scope,
        cells.table_key,
        cells.generation,
        terms.figure_number,
        terms.coefficient * {{ whole_count('cells.value') }} as whole_part,
        case
            when terms.is_whole then null
            when terms.measure_kind = 'count' then terms.coefficient * {{ whole_count('cells.value') }}
            else terms.coefficient * cells.value
        end as part,
        terms.is_whole
    from cells
    inner join terms
        on
            cells.table_key = terms.table_key
            and cells.row_key = terms.row_key
            and cells.column_key = terms.column_key

),

-- Numbers rather than keys, one sum a figure, and a bit for each figure that is not known: this is where all cells of
-- all reports pass. Sums of decimals and their casts would take twice as long as those of whole numbers.
sums as (

    select
        report_id,
        body_id,
        report_year,
        scope,
        {%- for table_key in ('proactive_disclosure', 'requests', 'disputes') %}
            min(case when table_key = '{{ table_key }}' then generation end) as {{ table_key }}_generation,
            max(case when table_key = '{{ table_key }}' then generation end) as other_{{ table_key }}_generation,
        {%- endfor %}
        {%- for figure_key, table_key, data_type in figures() %}
            {%- set part = 'whole_part' if data_type == 'bigint' else 'part' %}
            sum(case when figure_number = {{ loop.index }} then {{ part }} end) as {{ figure_key }},
        {%- endfor %}
        bit_or(
            case
                when case when is_whole then whole_part is null else part is null end
                    then cast(1 as bigint) << figure_number
                else 0
            end
        ) as unknown_figures
    from parts
    group by report_id, body_id, report_year, scope

)

select
    report_id,
    body_id,
    report_year,
    {%- for table_key in ('proactive_disclosure', 'requests', 'disputes') %}
        case
            when {{ table_key }}_generation != other_{{ table_key }}_generation then 'mixed'
            else {{ table_key }}_generation
        end as {{ table_key }}_generation,
    {%- endfor %}
    {%- for figure_key, table_key, data_type in figures() %}
        case
            when unknown_figures & {{ 2 ** loop.index }} = 0
                then cast({{ figure_key }} as {{ data_type }})
        end as {{ figure_key }},
    {%- endfor %}
    scope
from sums
