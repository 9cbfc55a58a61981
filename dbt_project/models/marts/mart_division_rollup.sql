-- One row per division, report year and metric that adds up: the ratio of the sums over the members whose reports
-- were found, with the coverage that it rests on and the same metric in the report of the division's own government.
with

members as (

    select * from {{ ref('fct_division_member') }}
    where exclusion_reason is null

),

division_years as (

    select * from {{ ref('mart_division_year') }}

),

body_years as (

    select * from {{ ref('mart_body_year') }}

),

metrics as (

    select * from {{ ref('metrics') }}

),

aggregates as (

    select
        metric_values.report_id,
        metric_values.metric_key,
        metric_values.metric_value
    from {{ ref('mart_metric') }} as metric_values
    inner join division_years
        on metric_values.report_id = division_years.aggregate_report_id

),

-- a body counts for a metric when both sides of the quotient are known
sums as (

    select
        members.division_code,
        members.report_year,
        {%- for metric_key, kind, numerator, denominator in summable_metrics(metrics()) %}
            {%- set both_known = 'body_years.' ~ numerator ~ ' + body_years.' ~ (denominator or numerator) %}
            count({{ both_known }}) as {{ metric_key }}_bodies,
            sum(body_years.{{ numerator }}) filter (where {{ both_known }} is not null) as {{ metric_key }}_numerator,
            {%- if denominator %}
                sum(body_years.{{ denominator }}) filter (where {{ both_known }} is not null)
            {%- else %}
                null
            {%- endif %} as {{ metric_key }}_denominator,
        {%- endfor %}
        count(*) as report_count
    from members
    inner join body_years
        on members.report_id = body_years.report_id
    group by members.division_code, members.report_year

),

metric_sums as (

    select
        division_code,
        report_year,
        unnest(
            [
                {%- for metric_key, kind, numerator, denominator in summable_metrics(metrics()) %}
                    struct_pack(
                        metric_key := '{{ metric_key }}',
                        body_count := {{ metric_key }}_bodies,
                        numerator := cast({{ metric_key }}_numerator as bigint),
                        denominator := cast({{ metric_key }}_denominator as bigint),
                        metric_value := {{ metric(kind, metric_key ~ '_numerator', metric_key ~ '_denominator') }}
                    ){{ ',' if not loop.last }}
                {%- endfor %}
            ],
            recursive := true
        )
    from sums

)

select
    metric_sums.division_code,
    division_years.division_name,
    metric_sums.report_year,
    metric_sums.metric_key,
    metric_sums.metric_value,
    metric_sums.numerator,
    metric_sums.denominator,
    {{ share_bound('metrics.kind', 'metric_sums.metric_value', 'metric_sums.denominator', -1) }} as wilson_low,
    {{ share_bound('metrics.kind', 'metric_sums.metric_value', 'metric_sums.denominator', 1) }} as wilson_high,
    division_years.expected_count,
    division_years.found_count,
    metric_sums.body_count,
    {{ ratio('metric_sums.body_count', 'division_years.expected_count') }} as covered_share,
    aggregates.metric_value as aggregate_value
from metric_sums
inner join metrics
    on metric_sums.metric_key = metrics.metric_key
inner join division_years
    on
        metric_sums.division_code = division_years.division_code
        and metric_sums.report_year = division_years.report_year
left join aggregates
    on
        division_years.aggregate_report_id = aggregates.report_id
        and metric_sums.metric_key = aggregates.metric_key
