-- One row per term of each instance of a balance rule in a format generation: `*` in the rule's terms replaced by
-- the row or column that the instance is about. Terms of the report's own year stand only where the generation
-- prescribes their cell; terms of the year before are looked up under that report's own generation.
with

rules as (

    select * from {{ ref('rules') }}

),

rule_terms as (

    select * from {{ ref('rule_terms') }}

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

instances as (

    select distinct
        format_cells.generation,
        rules.rule_id,
        rules.table_key,
        rules.instance_axis,
        case rules.instance_axis when 'row' then format_cells.row_key else format_cells.column_key end as instance_key
    from rules
    inner join rule_terms
        on rules.rule_id = rule_terms.rule_id
    inner join format_cells
        on
            rules.table_key = format_cells.table_key
            and rule_terms.row_key in ('*', format_cells.row_key)
            and rule_terms.column_key in ('*', format_cells.column_key)
    where rule_terms.year_offset = 0

),

instance_terms as (

    select
        instances.generation,
        instances.rule_id,
        instances.instance_key,
        instances.table_key,
        case rule_terms.row_key when '*' then instances.instance_key else rule_terms.row_key end as row_key,
        case rule_terms.column_key when '*' then instances.instance_key else rule_terms.column_key end as column_key,
        rule_terms.term_ordinal,
        rule_terms.year_offset,
        rule_terms.coefficient
    from instances
    inner join rule_terms
        on instances.rule_id = rule_terms.rule_id

)

select
    instance_terms.generation,
    instance_terms.rule_id,
    instance_terms.instance_key,
    -- the same in every generation
    dense_rank() over (order by instance_terms.rule_id, instance_terms.instance_key) as instance_number,
    instance_terms.term_ordinal,
    instance_terms.table_key,
    instance_terms.row_key,
    instance_terms.column_key,
    instance_terms.year_offset,
    instance_terms.coefficient,
    measures.measure_kind
from instance_terms
inner join measures
    on
        instance_terms.table_key = measures.table_key
        and instance_terms.row_key = measures.row_key
        and instance_terms.column_key = measures.column_key
left join format_cells
    on
        instance_terms.generation = format_cells.generation
        and instance_terms.table_key = format_cells.table_key
        and instance_terms.row_key = format_cells.row_key
        and instance_terms.column_key = format_cells.column_key
where instance_terms.year_offset != 0 or format_cells.generation is not null
