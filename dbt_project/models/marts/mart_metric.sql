-- One row per body, report year and metric: its value as mart_body_year has it, what it was made of, and n.
{{ config(materialized='view') }}

with

body_years as (

    select * from {{ ref('mart_body_year') }}

),

metrics as (

    select * from {{ ref('metrics') }}

),

numbers as (

    select
        body_id,
        report_year,
        report_id,
        division_code,
        level,
        body_kind,
        scope,
        peer_group,
        unnest(
            [
                {%- for metric_key, kind, numerator, denominator in metrics() %}
                    struct_pack(
                        metric_key := '{{ metric_key }}',
                        metric_value := cast({{ metric_key }} as double),
                        numerator := {{ 'cast(null as bigint)' if kind == 'diversity' else numerator }},
                        denominator := {{ denominator or 'cast(null as bigint)' }}
                    ){{ ',' if not loop.last }}
                {%- endfor %}
            ],
            recursive := true
        )
    from body_years

)

select
    numbers.body_id,
    numbers.report_year,
    numbers.report_id,
    numbers.division_code,
    numbers.level,
    numbers.body_kind,
    numbers.scope,
    numbers.peer_group,
    numbers.metric_key,
    numbers.metric_value,
    numbers.numerator,
    numbers.denominator,
    {{ share_bound('metrics.kind', 'numbers.metric_value', 'numbers.denominator', -1) }} as wilson_low,
    {{ share_bound('metrics.kind', 'numbers.metric_value', 'numbers.denominator', 1) }} as wilson_high,
    case
        when numbers.metric_value is not null then null
        when numbers.denominator <= 0 then 'the denominator is not above 0'
        when metrics.kind like '%growth' and numbers.denominator is null
            then 'no figure of the year before that may be compared'
        when metrics.kind = 'log_growth' and numbers.numerator = 0 then '0 has no logarithm'
        else 'a cell of it has no value'
    end as missing_reason
from numbers
inner join metrics
    on numbers.metric_key = metrics.metric_key
