-- Every figure has a word on every pair of format generations; a figure that one of them does not have is a break.
with

generations as (

    select distinct generation
    from {{ ref('format_cells') }}

),

needed as (

    select
        figures.figure_key,
        generations.generation,
        later.generation as other_generation
    from {{ ref('figures') }} as figures
    cross join generations
    inner join generations as later
        on generations.generation < later.generation

),

prescribed as (

    select distinct
        figure_cells.figure_key,
        format_cells.generation
    from {{ ref('figure_cells') }} as figure_cells
    inner join {{ ref('format_cells') }} as format_cells
        on
            figure_cells.table_key = format_cells.table_key
            and figure_cells.row_key = format_cells.row_key
            and figure_cells.column_key = format_cells.column_key

)

select needed.figure_key
from needed
left join {{ ref('concordance') }} as concordance
    on
        needed.figure_key = concordance.figure_key
        and needed.generation = concordance.generation
        and needed.other_generation = concordance.other_generation
left join prescribed
    on
        needed.figure_key = prescribed.figure_key
        and needed.generation = prescribed.generation
left join prescribed as prescribed_other
    on
        needed.figure_key = prescribed_other.figure_key
        and needed.other_generation = prescribed_other.generation
where
    concordance.figure_key is null
    or (
        concordance.comparability != 'break'
        and (prescribed.figure_key is null or prescribed_other.figure_key is null)
    )
