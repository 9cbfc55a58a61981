-- One row per blank cell of requests or disputes for which the balances leave one value, and another than nought
-- (B05). Where the sums that have the cell ask for different values there is none. Other blanks pass without a row.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

implied_sums as (

    select * from {{ ref('int_check_outcomes') }}
    where implied_value is not null and rule_id in ('B01', 'B02', 'B03', 'D01') and {{ is_touched() }}

),

reports as (

    select * from {{ ref('int_current_reports') }}
    where report_id in (
        select implied_sums.report_id from implied_sums
        where implied_sums.implied_value > 0
    )

),

balance_terms as (

    select * from {{ ref('int_balance_terms') }}

),

all_cells as not materialized (

    select * from {{ ref('stg_raw__cell') }}

),

blank_cells as (

    select
        reports.report_id,
        reports.body_id,
        reports.report_year,
        reports.report_year as cell_report_year,
        1 as coefficient,
        all_cells.table_key,
        all_cells.row_key,
        all_cells.column_key,
        all_cells.generation,
        all_cells.cell_kind,
        all_cells.printed,
        all_cells.value,
        all_cells.second_value,
        all_cells.agreement
    from all_cells
    inner join reports
        on
            all_cells.report_id = reports.report_id
            and all_cells.reader_version = reports.reader_version
    where all_cells.cell_kind = 'blank' and all_cells.table_key in ('requests', 'disputes')

),

implied_values as (

    select
        blank_cells.report_id,
        blank_cells.table_key,
        blank_cells.row_key,
        blank_cells.column_key,
        min(implied_sums.implied_value) as implied_value
    from blank_cells
    inner join balance_terms
        on
            blank_cells.generation = balance_terms.generation
            and blank_cells.table_key = balance_terms.table_key
            and blank_cells.row_key = balance_terms.row_key
            and blank_cells.column_key = balance_terms.column_key
    inner join implied_sums
        on
            blank_cells.report_id = implied_sums.report_id
            and balance_terms.rule_id = implied_sums.rule_id
            and balance_terms.instance_key = implied_sums.instance_key
    group by blank_cells.report_id, blank_cells.table_key, blank_cells.row_key, blank_cells.column_key
    having min(implied_sums.implied_value) = max(implied_sums.implied_value) and min(implied_sums.implied_value) > 0

)

select
    blank_cells.report_id,
    blank_cells.body_id,
    blank_cells.report_year,
    'B05' as rule_id,
    concat(blank_cells.row_key, '/', blank_cells.column_key) as instance_key,
    'failed' as outcome,
    cast(null as varchar) as reason,
    cast(implied_values.implied_value as decimal(38, 6)) as difference,
    case when blank_cells.agreement = 'agreed' then 'publisher' else 'undecided' end as verdict,
    [{{ evidence_cell('blank_cells', 'blank_cells') }}] as cells,
    concat(' → ', cast(implied_values.implied_value as bigint)) as evidence
from implied_values
inner join blank_cells
    on
        implied_values.report_id = blank_cells.report_id
        and implied_values.table_key = blank_cells.table_key
        and implied_values.row_key = blank_cells.row_key
        and implied_values.column_key = blank_cells.column_key
