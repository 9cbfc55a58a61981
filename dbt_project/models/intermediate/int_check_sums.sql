-- One row per current report and instance of a balance rule: the sum of the terms that have a value, and what the
-- others lack. Terms take their values from cells of this report, or of the body's current report of the year before.
-- Which rules have an instance follows from the generation of the table in this report.
--
-- Two hundred million cells give four hundred million terms and fifty million sums, so they are summed in one pass
-- under numbers for report and instance, without their names.
{{ config(materialized='ephemeral') }}

with

reports as materialized (

    select
        *,
        row_number() over (order by report_id) as report_number
    from {{ ref('int_current_reports') }}
    where {{ is_touched() }}

),

cells as (

    select * from {{ ref('stg_raw__cell') }}

),

balance_terms as (

    select * from {{ ref('int_balance_terms') }}

),

balance_instances as (

    select * from {{ ref('int_balance_instances') }}

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
        balance_terms.instance_number,
        balance_terms.coefficient,
        balance_terms.measure_kind,
        cells.value,
        cells.cell_kind,
        true as is_own
    from cells
    inner join balance_terms
        on
            cells.table_key = balance_terms.table_key
            and cells.row_key = balance_terms.row_key
            and cells.column_key = balance_terms.column_key
            and cells.generation = balance_terms.generation
            and balance_terms.year_offset = 0
    inner join reports
        on
            cells.report_id = reports.report_id
            and cells.reader_version = reports.reader_version

),

previous_terms as (

    select
        reports.report_number,
        balance_terms.instance_number,
        balance_terms.coefficient,
        balance_terms.measure_kind,
        cells.value,
        cells.cell_kind,
        false as is_own
    from cells
    inner join balance_terms
        on
            cells.table_key = balance_terms.table_key
            and cells.row_key = balance_terms.row_key
            and cells.column_key = balance_terms.column_key
            and balance_terms.year_offset = -1
    inner join reports
        on
            cells.report_id = reports.previous_report_id
            and cells.reader_version = reports.previous_reader_version
            and not reports.is_other_scope_before
    inner join report_tables
        on
            reports.report_number = report_tables.report_number
            and balance_terms.table_key = report_tables.table_key
            and balance_terms.generation = report_tables.generation

),

terms as (

    select * from own_terms
    union all
    select * from previous_terms

),

sums as (

    select
        report_number,
        instance_number,
        sum(coefficient * value) as known_sum,
        count(value) as valued_count,
        count(value) filter (where coefficient > 0 and measure_kind != 'change') as valued_adding_count,
        count(value) filter (where coefficient < 0 and measure_kind != 'change') as valued_subtracting_count,
        count(*) filter (where is_own) as own_cell_count,
        count(*) filter (where not is_own) as previous_cell_count,
        count(*) filter (where value is null and cell_kind = 'blank') as blank_count,
        count(*) filter (where value is null and cell_kind = 'not_applicable') as mark_count,
        count(*) filter (where value is null and cell_kind = 'text') as text_count,
        count(*) filter (where value is null and cell_kind = 'absent') as absent_count
    from terms
    group by report_number, instance_number

)

select
    reports.report_id,
    reports.body_id,
    reports.report_year,
    balance_instances.rule_id,
    balance_instances.instance_key,
    balance_instances.instance_number,
    balance_instances.term_count - coalesce(sums.valued_count, 0) as missing_count,
    balance_instances.adding_count - coalesce(sums.valued_adding_count, 0) as missing_adding_count,
    balance_instances.subtracting_count - coalesce(sums.valued_subtracting_count, 0) as missing_subtracting_count,
    coalesce(sums.known_sum, 0) as known_sum,
    reports.previous_report_id is null
    and balance_instances.term_count > balance_instances.own_term_count as is_first_report,
    reports.is_other_scope_before
    and balance_instances.term_count > balance_instances.own_term_count as is_other_scope,
    balance_instances.own_term_count - coalesce(sums.own_cell_count, 0)
    + case
        when reports.previous_report_id is not null and not reports.is_other_scope_before
            then
                balance_instances.term_count - balance_instances.own_term_count
                - coalesce(sums.previous_cell_count, 0)
        else 0
    end as unknown_cell_count,
    coalesce(sums.blank_count, 0) as blank_count,
    coalesce(sums.mark_count, 0) as mark_count,
    coalesce(sums.text_count, 0) as text_count,
    coalesce(sums.absent_count, 0) as absent_count
from report_tables
inner join reports
    on report_tables.report_number = reports.report_number
inner join balance_instances
    on
        report_tables.table_key = balance_instances.table_key
        and report_tables.generation = balance_instances.generation
left join sums
    on
        report_tables.report_number = sums.report_number
        and balance_instances.instance_number = sums.instance_number
