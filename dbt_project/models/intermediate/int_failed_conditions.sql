-- One row per failed condition that needs figures: the cells of these figures, and whose fault it is as far as two
-- readings of the report tell it. What the second reading takes need not mend a condition, so that no failure of
-- one is the reader's for certain.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}
{%- set needs = condition_needs(rule_conditions(), figure_tables(figures())) %}

with

outcomes as (

    select * from {{ ref('int_condition_outcomes') }}
    where outcome = 'failed' and {{ is_touched() }}

),

reports as (

    select * from {{ ref('int_current_reports') }}

),

figure_cells as (

    select * from {{ ref('figure_cells') }}

),

cells as (

    select * from {{ ref('stg_raw__cell') }}

),

needed as (

    select listed.*
    from (
        values
        {%- for rule_id, instance_key, figure_key, year_offset in needs %}
            (
                '{{ rule_id }}', '{{ instance_key }}', {{ loop.index }}, '{{ figure_key }}', {{ year_offset }}
            ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (rule_id, instance_key, need_ordinal, figure_key, year_offset)

),

terms as (

    select
        outcomes.report_id,
        outcomes.body_id,
        outcomes.rule_id,
        outcomes.instance_key,
        row_number() over (
            partition by outcomes.report_id, outcomes.rule_id, outcomes.instance_key
            order by needed.need_ordinal, figure_cells.row_key, figure_cells.column_key
        ) as cell_ordinal,
        figure_cells.table_key,
        figure_cells.row_key,
        figure_cells.column_key,
        figure_cells.coefficient,
        reports.report_year + needed.year_offset as cell_report_year,
        case needed.year_offset when 0 then reports.report_id else reports.previous_report_id end as cell_report_id,
        case needed.year_offset
            when 0 then reports.reader_version else reports.previous_reader_version
        end as cell_reader_version
    from outcomes
    inner join reports
        on outcomes.report_id = reports.report_id
    inner join needed
        on
            outcomes.rule_id = needed.rule_id
            and outcomes.instance_key = needed.instance_key
    inner join figure_cells
        on needed.figure_key = figure_cells.figure_key

),

term_cells as (

    select
        terms.report_id,
        terms.body_id,
        terms.rule_id,
        terms.instance_key,
        terms.cell_ordinal,
        cells.agreement,
        {{ evidence_cell('terms', 'cells') }} as cell
    from terms
    inner join cells
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
        list(cell order by cell_ordinal) as cells
    from term_cells
    group by report_id, body_id, rule_id, instance_key

)

select
    report_id,
    body_id,
    rule_id,
    instance_key,
    {{ verdict("'failed'", 'cell_count', 'agreed_count', '0', '0', 'null') }} as verdict,
    cells
from failed
