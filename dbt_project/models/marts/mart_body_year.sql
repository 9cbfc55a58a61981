-- One row per body and report year: the current report's figures and the metrics made from them (docs/metrics.md).
-- A figure is NULL when a cell of it has no value, a metric when a figure of it is NULL or its denominator is not
-- above zero. The denominator of every metric stands beside it.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

reports as (

    select * from {{ ref('fct_report') }}
    where is_current and {{ is_touched() }}

),

failed_checks as (

    select
        report_id,
        count(*) as failed_check_count
    from {{ ref('int_check_outcomes') }}
    where outcome = 'failed' and {{ is_touched() }}
    group by report_id

),

body_years as (

    select * from {{ ref('int_body_year_figures') }}
    where {{ is_touched() }}

),

comparable_figures as (

    select * from {{ ref('int_comparable_figures') }}
    where comparability in ('comparable', 'comparable_as_sum')

),

-- A figure of the year before stands beside this year's only where the two may be compared: consecutive years,
-- reports of the same known scope, and format generations between which the concordance allows it.
figures as (

    select
        {%- for figure_key, table_key in previous_year_figures(figures(), metrics()) %}
            case
                when {{ figure_key }}_pair.figure_key is not null then years_before.{{ figure_key }}
            end as {{ figure_key }}_previous_year,
        {%- endfor %}
        body_years.*
    from body_years
    left join body_years as years_before
        on
            body_years.body_id = years_before.body_id
            and body_years.report_year - 1 = years_before.report_year
            and body_years.scope = years_before.scope
            -- said of the other side, the same condition makes DuckDB compare all rows with all
            and years_before.scope != 'unknown'
    {%- for figure_key, table_key in previous_year_figures(figures(), metrics()) %}
        left join comparable_figures as {{ figure_key }}_pair
            on
                {{ figure_key }}_pair.figure_key = '{{ figure_key }}'
                and years_before.{{ table_key }}_generation = {{ figure_key }}_pair.generation_before
                and body_years.{{ table_key }}_generation = {{ figure_key }}_pair.generation
    {%- endfor %}

)

select
    reports.body_id,
    reports.report_id,
    reports.report_year,
    reports.body_name,
    reports.division_code,
    reports.level,
    reports.body_kind,
    reports.scope,
    case
        when reports.scope != 'unknown'
            then reports.level || '/' || reports.body_kind || '/' || reports.scope || '/' || reports.report_year
    end as peer_group,
    reports.generation,
    figures.proactive_disclosure_generation,
    figures.requests_generation,
    figures.disputes_generation,
    {%- for figure_key, table_key, data_type in figures() %}
        figures.{{ figure_key }},
    {%- endfor %}
    {%- for figure_key, table_key in previous_year_figures(figures(), metrics()) %}
        figures.{{ figure_key }}_previous_year,
    {%- endfor %}
    {%- for metric_key, kind, numerator, denominator in metrics() if kind != 'count' %}
        {{ metric(kind, numerator, denominator) }} as {{ metric_key }},
    {%- endfor %}
    coalesce(failed_checks.failed_check_count, 0) as failed_check_count
from reports
inner join figures
    on reports.report_id = figures.report_id
left join failed_checks
    on reports.report_id = failed_checks.report_id
