-- One row per failed check: the cells of its terms in the order of the rule, and whose fault it is as two readings of
-- the report tell it. Only failures have evidence to show.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

outcomes as (

    select * from {{ ref('int_check_outcomes') }}
    where outcome = 'failed' and {{ is_touched() }}

),

reports as (

    select * from {{ ref('int_current_reports') }}

),

balance_terms as (

    select * from {{ ref('int_balance_terms') }}

),

all_cells as not materialized (

    select * from {{ ref('stg_raw__cell') }}

),

report_tables as (

    select distinct
        all_cells.report_id,
        all_cells.reader_version,
        all_cells.table_key,
        all_cells.generation
    from all_cells
    where all_cells.report_id in (select outcomes.report_id from outcomes)

),

terms as (

    select
        reports.report_id,
        reports.body_id,
        outcomes.rule_id,
        outcomes.instance_key,
        balance_terms.term_ordinal,
        balance_terms.table_key,
        balance_terms.row_key,
        balance_terms.column_key,
        balance_terms.coefficient,
        reports.report_year + balance_terms.year_offset as cell_report_year,
        case
            when balance_terms.year_offset = 0 then reports.report_id
            when not reports.is_other_scope_before then reports.previous_report_id
        end as cell_report_id,
        case
            when balance_terms.year_offset = 0 then reports.reader_version else reports.previous_reader_version
        end as cell_reader_version
    from outcomes
    inner join reports
        on outcomes.report_id = reports.report_id
    inner join report_tables
        on
            reports.report_id = report_tables.report_id
            and reports.reader_version = report_tables.reader_version
    inner join balance_terms
        on
            outcomes.rule_id = balance_terms.rule_id
            and outcomes.instance_key = balance_terms.instance_key
            and report_tables.table_key = balance_terms.table_key
            and report_tables.generation = balance_terms.generation

),

reports_of_terms as (

    select unnest([reports.report_id, reports.previous_report_id]) as report_id
    from reports
    where reports.report_id in (select outcomes.report_id from outcomes)

),

cells as (

    -- few of all, taken out before they are joined: a join would keep all of them in memory
    select all_cells.*
    from all_cells
    where all_cells.report_id in (select reports_of_terms.report_id from reports_of_terms)

),

term_cells as (

    select
        terms.report_id,
        terms.body_id,
        terms.rule_id,
        terms.instance_key,
        terms.term_ordinal,
        terms.coefficient,
        cells.agreement,
        -- what the balance has where the second reading is believed wherever the two disagree
        case cells.agreement when 'disagreed' then cells.second_number else cells.value end as second_term,
        {{ evidence_cell('terms', 'cells') }} as cell
    from terms
    left join cells
        on
            terms.cell_report_id = cells.report_id
            and terms.cell_reader_version = cells.reader_version
            and terms.table_key = cells.table_key
            and terms.row_key = cells.row_key
            and terms.column_key = cells.column_key

),

failed as (

    select
        report_id,
        body_id,
        rule_id,
        instance_key,
        count(*) as cell_count,
        count(*) filter (where agreement = 'agreed') as agreed_count,
        count(*) filter (where agreement = 'disagreed') as disagreed_count,
        count(*) filter (where second_term is null) as second_missing_count,
        coalesce(sum(coefficient * second_term), 0) as second_sum,
        list(cell order by term_ordinal) as cells
    from term_cells
    group by report_id, body_id, rule_id, instance_key

)

select
    report_id,
    body_id,
    rule_id,
    instance_key,
    {{ verdict(
        "'failed'", 'cell_count', 'agreed_count', 'disagreed_count', 'second_missing_count', 'second_sum'
    ) }} as verdict,
    cells
from failed
