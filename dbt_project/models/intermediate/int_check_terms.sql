-- One row per current report, instance of a balance rule and term, with the cell that the term takes its value from:
-- a cell of this report, or of the body's current report of the year before. Which rules have an instance follows
-- from the generation of the table in this report.
{{ config(materialized='view') }}

with

cells as (

    select * from {{ ref('int_current_cells') }}

),

balance_terms as (

    select * from {{ ref('int_balance_terms') }}

),

report_tables as (

    select distinct
        report_id,
        body_id,
        report_year,
        scope,
        table_key,
        generation
    from cells

),

reports as (

    select distinct
        report_id,
        body_id,
        report_year,
        scope
    from report_tables

),

-- reports on different territories are not compared; an unknown scope does not part them
previous_reports as (

    select
        reports.report_id,
        previous.report_id as previous_report_id,
        previous.scope != reports.scope
        and previous.scope != 'unknown'
        and reports.scope != 'unknown' as is_other_scope
    from reports
    inner join reports as previous
        on
            reports.body_id = previous.body_id
            and reports.report_year - 1 = previous.report_year

),

terms as (

    select
        report_tables.report_id,
        report_tables.body_id,
        report_tables.report_year,
        balance_terms.rule_id,
        balance_terms.instance_key,
        balance_terms.term_ordinal,
        balance_terms.table_key,
        balance_terms.row_key,
        balance_terms.column_key,
        balance_terms.coefficient,
        balance_terms.measure_kind,
        report_tables.report_year + balance_terms.year_offset as cell_report_year,
        case
            when balance_terms.year_offset = 0 then report_tables.report_id
            when not previous_reports.is_other_scope then previous_reports.previous_report_id
        end as cell_report_id,
        coalesce(previous_reports.is_other_scope, false) as is_other_scope
    from report_tables
    inner join balance_terms
        on
            report_tables.table_key = balance_terms.table_key
            and report_tables.generation = balance_terms.generation
    left join previous_reports
        on report_tables.report_id = previous_reports.report_id

)

select
    terms.report_id,
    terms.body_id,
    terms.report_year,
    terms.rule_id,
    terms.instance_key,
    terms.term_ordinal,
    terms.table_key,
    terms.row_key,
    terms.column_key,
    terms.cell_report_year,
    terms.coefficient,
    terms.measure_kind,
    cells.cell_kind,
    coalesce(cells.printed, '') as printed,
    cells.value,
    cells.second_value,
    cells.second_number,
    cells.agreement,
    case
        when cells.value is not null then null
        when cells.cell_kind is not null then 'no_value'
        when terms.cell_report_id is not null then 'no_such_cell'
        when terms.is_other_scope then 'other_scope_before'
        else 'no_report_before'
    end as missing_because
from terms
left join cells
    on
        terms.cell_report_id = cells.report_id
        and terms.table_key = cells.table_key
        and terms.row_key = cells.row_key
        and terms.column_key = cells.column_key
