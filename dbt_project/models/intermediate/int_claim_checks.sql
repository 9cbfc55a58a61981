-- One row per current report, rule on what its text says of the tables (N01, N03, D05) or of those of the year before
-- (Y05) and cell that it speaks of: whether every sentence states what the cell holds. 收到 may count the requests
-- carried in too. A denial (未收到) is held against the cell by N03 alone.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

reports as (

    select * from {{ ref('int_current_reports') }}
    where {{ is_touched() }}

),

claims as (

    select * from {{ ref('stg_raw__claim') }}
    where bound_row is not null

),

all_cells as (

    select * from {{ ref('stg_raw__cell') }}

),

bound as (

    select
        reports.report_id,
        reports.body_id,
        reports.report_year,
        case when claims.scope = 'own' then reports.report_year else reports.report_year - 1 end as cell_report_year,
        case
            when claims.scope = 'own' then reports.report_id
            when not reports.is_other_scope_before then reports.previous_report_id
        end as cell_report_id,
        case
            when claims.scope = 'own' then reports.reader_version else reports.previous_reader_version
        end as cell_reader_version,
        claims.bound_table as table_key,
        claims.bound_row as row_key,
        claims.bound_column as column_key,
        1 as coefficient,
        claims.claim_ordinal,
        claims.sentence_text,
        claims.value,
        case when claims.verb = 'received' then 'carried_in' end as also_counted_row_key,
        case
            when claims.scope != 'own' then 'Y05'
            when claims.bound_row = 'new_received' and claims.unit = '' and claims.value = 0 then 'N03'
            when claims.bound_table = 'disputes' then 'D05'
            else 'N01'
        end as rule_id
    from reports
    inner join claims
        on
            reports.report_id = claims.report_id
            and reports.reader_version = claims.reader_version

),

wanted as (

    select
        cell_report_id as report_id,
        cell_reader_version as reader_version,
        table_key,
        row_key,
        column_key
    from bound
    union distinct
    select
        cell_report_id as report_id,
        cell_reader_version as reader_version,
        'requests' as table_key,
        also_counted_row_key as row_key,
        column_key
    from bound
    where also_counted_row_key is not null

),

cells as (

    -- few of all, taken out before they are joined: a join would keep all of them in memory
    select all_cells.*
    from all_cells
    inner join wanted
        on
            all_cells.report_id = wanted.report_id
            and all_cells.reader_version = wanted.reader_version
            and all_cells.table_key = wanted.table_key
            and all_cells.row_key = wanted.row_key
            and all_cells.column_key = wanted.column_key

),

compared as (

    select
        bound.report_id,
        bound.body_id,
        bound.report_year,
        bound.rule_id,
        concat(bound.row_key, '/', bound.column_key) as instance_key,
        bound.claim_ordinal,
        bound.sentence_text,
        bound.cell_report_id,
        cells.agreement,
        case
            when cells.value is null then null
            when bound.value = cells.value then true
            when bound.also_counted_row_key is not null
                then coalesce(bound.value = cells.value + carried_in.value, false)
            else false
        end as is_equal,
        bound.value - cells.value as difference,
        {{ evidence_cell('bound', 'cells') }} as cell
    from bound
    left join cells
        on
            bound.cell_report_id = cells.report_id
            and bound.cell_reader_version = cells.reader_version
            and bound.table_key = cells.table_key
            and bound.row_key = cells.row_key
            and bound.column_key = cells.column_key
    left join cells as carried_in
        on
            bound.cell_report_id = carried_in.report_id
            and bound.cell_reader_version = carried_in.reader_version
            and carried_in.table_key = 'requests'
            and bound.also_counted_row_key = carried_in.row_key
            and bound.column_key = carried_in.column_key

),

checked as (

    select
        report_id,
        body_id,
        report_year,
        rule_id,
        instance_key,
        case
            when bool_or(is_equal is null) then 'not_assessable'
            when bool_and(is_equal) then 'passed'
            else 'failed'
        end as outcome,
        min_by(difference, claim_ordinal) filter (where not is_equal) as difference,
        min_by(sentence_text, claim_ordinal) filter (where not is_equal) as sentence_text,
        cast(bool_and(coalesce(agreement = 'agreed', false)) as integer) as agreed_count,
        min_by(cell, claim_ordinal) as cell,
        bool_or(cell_report_id is null) as is_report_missing
    from compared
    group by report_id, body_id, report_year, rule_id, instance_key

)

select
    report_id,
    body_id,
    report_year,
    rule_id,
    instance_key,
    outcome,
    case
        when outcome = 'not_assessable' and is_report_missing then 'no report of the year before that can be compared'
        when outcome = 'not_assessable' then 'the cell has no value'
    end as reason,
    -- what the first sentence that differs says, less what the cell holds
    case when outcome = 'failed' then cast(difference as decimal(38, 6)) end as difference,
    case
        when outcome = 'failed'
            then {{ verdict("'failed'", '1', 'agreed_count', '0', '0', 'null') }}
    end as verdict,
    case when outcome = 'failed' then [cell] end as cells,
    case when outcome = 'failed' then sentence_text end as evidence
from checked
