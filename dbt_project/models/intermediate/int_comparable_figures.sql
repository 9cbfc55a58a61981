-- One row per figure and pair of format generations, earlier report first: whether the figure of the one may be
-- compared with that of the other. Within a generation it may, wherever the generation has the figure; across
-- generations seeds.concordance says so, in either direction. What has no row here is not compared.
with

figures as (

    select * from {{ ref('figures') }}

),

figure_cells as (

    select * from {{ ref('figure_cells') }}

),

format_cells as (

    select * from {{ ref('format_cells') }}

),

concordance as (

    select * from {{ ref('concordance') }}

),

within_generation as (

    select distinct
        figure_cells.figure_key,
        format_cells.generation as generation_before,
        format_cells.generation,
        'comparable' as comparability,
        cast(null as varchar) as comparability_reason
    from figure_cells
    inner join format_cells
        on
            figure_cells.table_key = format_cells.table_key
            and figure_cells.row_key = format_cells.row_key
            and figure_cells.column_key = format_cells.column_key

),

pairs as (

    select * from within_generation
    union all
    select
        figure_key,
        generation as generation_before,
        other_generation as generation,
        comparability,
        reason as comparability_reason
    from concordance
    union all
    select
        figure_key,
        other_generation as generation_before,
        generation,
        comparability,
        reason as comparability_reason
    from concordance

)

select
    figures.figure_key,
    figures.table_key,
    pairs.generation_before,
    pairs.generation,
    pairs.comparability,
    pairs.comparability_reason
from pairs
inner join figures
    on pairs.figure_key = figures.figure_key
