-- One row per current report and instance of a balance rule: the sum of the terms that have a value, and what the
-- others lack. Terms take their values from cells of this report, or of the body's current report of the year before.
-- Which rules have an instance follows from the generation of the table in this report.
--
-- Two hundred million cells give four hundred million terms and fifty million sums, so they are summed in one pass
-- under numbers for report and instance, without their names, and all that is counted of them as one number.
{{ config(materialized='ephemeral') }}

{% set counts = [
    'valued', 'valued_adding', 'valued_subtracting', 'own', 'previous', 'blank', 'not_applicable', 'text', 'absent'
] %}

with

reports as materialized (

    select
        *,
        cast(row_number() over (order by report_id) as integer) as report_number
    from {{ ref('int_current_reports') }}
    where {{ is_touched() }}

),

-- read three times, each time only the columns that are needed: kept as a whole they would fill the memory
cells as not materialized (

    select * from {{ ref('stg_raw__cell') }}

),

balance_terms as (

    select * from {{ ref('int_balance_terms') }}

),

balance_instances as (

    select
        *,
        cast(row_number() over (order by generation, instance_number) as smallint) as sum_number
    from {{ ref('int_balance_instances') }}

),

term_tallies as (

    -- what a term counts for: as a cell that is there, and with a value
    select
        balance_terms.table_key,
        balance_terms.row_key,
        balance_terms.column_key,
        balance_terms.generation,
        balance_terms.year_offset,
        balance_terms.coefficient,
        balance_instances.sum_number,
        case balance_terms.year_offset
            when 0 then {{ tally(['own'], counts) }}
            else {{ tally(['previous'], counts) }}
        end as tally_there,
        case
            when balance_terms.measure_kind = 'change' then {{ tally(['valued'], counts) }}
            when balance_terms.coefficient > 0 then {{ tally(['valued', 'valued_adding'], counts) }}
            else {{ tally(['valued', 'valued_subtracting'], counts) }}
        end as tally_valued
    from balance_terms
    inner join balance_instances
        on
            balance_terms.generation = balance_instances.generation
            and balance_terms.instance_number = balance_instances.instance_number

),

report_tables as materialized (

    select distinct
        reports.report_number,
        cells.table_key,
        cells.generation
    from reports
    inner join cells
        on
            reports.report_id = cells.report_id
            and reports.reader_version = cells.reader_version

),

own_terms as (

    select
        reports.report_number,
        term_tallies.sum_number,
        term_tallies.coefficient,
        term_tallies.tally_there,
        term_tallies.tally_valued,
        cells.value,
        cells.cell_kind
    from cells
    inner join term_tallies
        on
            cells.table_key = term_tallies.table_key
            and cells.row_key = term_tallies.row_key
            and cells.column_key = term_tallies.column_key
            and cells.generation = term_tallies.generation
            and term_tallies.year_offset = 0
    inner join reports
        on
            cells.report_id = reports.report_id
            and cells.reader_version = reports.reader_version

),

previous_terms as (

    select
        reports.report_number,
        term_tallies.sum_number,
        term_tallies.coefficient,
        term_tallies.tally_there,
        term_tallies.tally_valued,
        cells.value,
        cells.cell_kind
    from cells
    inner join term_tallies
        on
            cells.table_key = term_tallies.table_key
            and cells.row_key = term_tallies.row_key
            and cells.column_key = term_tallies.column_key
            and term_tallies.year_offset = -1
    inner join reports
        on
            cells.report_id = reports.previous_report_id
            and cells.reader_version = reports.previous_reader_version
            and not reports.is_other_scope_before
    inner join report_tables
        on
            reports.report_number = report_tables.report_number
            and term_tallies.table_key = report_tables.table_key
            and term_tallies.generation = report_tables.generation

),

terms as (

    select * from own_terms
    union all
    select * from previous_terms

),

parts as (

    select
        report_number,
        sum_number,
        coefficient * value as part,
        tally_there + case
            when value is not null then tally_valued
            when cell_kind = 'blank' then {{ tally(['blank'], counts) }}
            when cell_kind = 'not_applicable' then {{ tally(['not_applicable'], counts) }}
            when cell_kind = 'text' then {{ tally(['text'], counts) }}
            when cell_kind = 'absent' then {{ tally(['absent'], counts) }}
            else 0
        end as tally
    from terms
    union all
    -- an instance of which no cell is there has a sum too
    select
        report_tables.report_number,
        balance_instances.sum_number,
        0 as part,
        0 as tally
    from report_tables
    inner join balance_instances
        on
            report_tables.table_key = balance_instances.table_key
            and report_tables.generation = balance_instances.generation

),

sums as (

    select
        report_number,
        sum_number,
        sum(part) as known_sum,
        cast(sum(tally) as bigint) as tally
    from parts
    group by report_number, sum_number

)

select
    reports.report_id,
    reports.body_id,
    reports.report_year,
    balance_instances.rule_id,
    balance_instances.instance_key,
    balance_instances.instance_number,
    balance_instances.term_count - {{ tallied('valued', counts) }} as missing_count,
    balance_instances.adding_count - {{ tallied('valued_adding', counts) }} as missing_adding_count,
    balance_instances.subtracting_count - {{ tallied('valued_subtracting', counts) }} as missing_subtracting_count,
    sums.known_sum,
    reports.previous_report_id is null
    and balance_instances.term_count > balance_instances.own_term_count as is_first_report,
    reports.is_other_scope_before
    and balance_instances.term_count > balance_instances.own_term_count as is_other_scope,
    balance_instances.own_term_count - {{ tallied('own', counts) }}
    + case
        when reports.previous_report_id is not null and not reports.is_other_scope_before
            then
                balance_instances.term_count - balance_instances.own_term_count
                - {{ tallied('previous', counts) }}
        else 0
    end as unknown_cell_count,
    {{ tallied('blank', counts) }} as blank_count,
    {{ tallied('not_applicable', counts) }} as mark_count,
    {{ tallied('text', counts) }} as text_count,
    {{ tallied('absent', counts) }} as absent_count
from sums
inner join reports
    on sums.report_number = reports.report_number
inner join balance_instances
    on sums.sum_number = balance_instances.sum_number
