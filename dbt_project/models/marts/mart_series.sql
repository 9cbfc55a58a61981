-- One row per body, report year and figure: the figure beside that of the year before, how far the two may be
-- compared, and the change. Where they may not be (a break between formats, another scope, no report), the change is
-- NULL and comparability_reason says why.
{{ config(materialized='view') }}

with

body_years as (

    select * from {{ ref('int_body_year_figures') }}

),

figures as (

    select * from {{ ref('figures') }}

),

comparable_figures as (

    select * from {{ ref('int_comparable_figures') }}

),

pairs as (

    select
        body_years.body_id,
        body_years.report_year,
        body_years.report_id,
        body_years.scope,
        years_before.report_id as report_id_before,
        years_before.scope as scope_before,
        unnest(
            [
                {%- for figure_key, table_key, data_type in figures() %}
                    struct_pack(
                        figure_key := '{{ figure_key }}',
                        generation := body_years.{{ table_key }}_generation,
                        generation_before := years_before.{{ table_key }}_generation,
                        figure_value := cast(body_years.{{ figure_key }} as decimal(38, 6)),
                        figure_value_before := cast(years_before.{{ figure_key }} as decimal(38, 6))
                    ){{ ',' if not loop.last }}
                {%- endfor %}
            ],
            recursive := true
        )
    from body_years
    left join body_years as years_before
        on
            body_years.body_id = years_before.body_id
            and body_years.report_year - 1 = years_before.report_year

),

judged as (

    select
        pairs.*,
        figures.unit,
        case
            when pairs.report_id_before is null then 'not_compared'
            when pairs.scope != pairs.scope_before or 'unknown' in (pairs.scope, pairs.scope_before)
                then 'not_compared'
            else coalesce(comparable_figures.comparability, 'not_compared')
        end as comparability,
        case
            when pairs.report_id_before is null then 'no report of the year before'
            when 'unknown' in (pairs.scope, pairs.scope_before) then 'the scope of a report is unknown'
            when pairs.scope != pairs.scope_before then 'the report of the year before has another scope'
            when comparable_figures.figure_key is null then 'the tables of a report do not have this figure'
            else comparable_figures.comparability_reason
        end as comparability_reason
    from pairs
    inner join figures
        on pairs.figure_key = figures.figure_key
    left join comparable_figures
        on
            pairs.figure_key = comparable_figures.figure_key
            and pairs.generation_before = comparable_figures.generation_before
            and pairs.generation = comparable_figures.generation

),

compared as (

    select
        *,
        case
            when comparability in ('comparable', 'comparable_as_sum') then figure_value_before
        end as compared_value
    from judged

)

select
    body_id,
    report_year,
    figure_key,
    unit,
    report_id,
    generation,
    figure_value,
    report_id_before,
    generation_before,
    figure_value_before,
    comparability,
    comparability_reason,
    figure_value - compared_value as figure_change,
    {{ log_growth('figure_value', 'compared_value') }} as log_growth,
    {{ symmetric_growth('figure_value', 'compared_value') }} as symmetric_growth
from compared
