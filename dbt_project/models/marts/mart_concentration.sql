-- One row per division, report year and figure: how far the figure is concentrated on few of the division's members.
-- Herfindahl index: sum of the squared shares, 1 / body_count when all have the same, 1 when one has all.
{% set concentrated_figures = [
    'new_received', 'workload', 'outcome_total', 'denied', 'reconsideration_total', 'litigation_total'
] %}
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

figures as (

    select * from {{ ref('figures') }}

),

sums as (

    select
        members.division_code,
        members.report_year,
        {%- for figure_key in concentrated_figures %}
            count(body_years.{{ figure_key }}) as {{ figure_key }}_bodies,
            sum(body_years.{{ figure_key }}) as {{ figure_key }},
            sum(cast(body_years.{{ figure_key }} as hugeint) * body_years.{{ figure_key }})
                as {{ figure_key }}_squares,
            max(body_years.{{ figure_key }}, 5) as {{ figure_key }}_largest,
        {%- endfor %}
        count(*) as report_count
    from members
    inner join body_years
        on members.report_id = body_years.report_id
    group by members.division_code, members.report_year

),

figure_sums as (

    select
        division_code,
        report_year,
        unnest(
            [
                {%- for figure_key in concentrated_figures %}
                    struct_pack(
                        figure_key := '{{ figure_key }}',
                        body_count := {{ figure_key }}_bodies,
                        figure_sum := {{ figure_key }},
                        square_sum := {{ figure_key }}_squares,
                        largest := {{ figure_key }}_largest
                    ){{ ',' if not loop.last }}
                {%- endfor %}
            ],
            recursive := true
        )
    from sums

),

judged as (

    select
        division_code,
        report_year,
        figure_key,
        body_count,
        figure_sum,
        square_sum,
        largest,
        case
            when body_count < {{ var('minimum_peer_count') }}
                then 'fewer than {{ var("minimum_peer_count") }} bodies'
            when figure_sum = 0 then 'the sum is 0'
        end as refusal_reason
    from figure_sums

)

select
    judged.division_code,
    division_years.division_name,
    judged.report_year,
    judged.figure_key,
    judged.body_count,
    division_years.expected_count,
    cast(judged.figure_sum as bigint) as figure_sum,
    case
        when judged.refusal_reason is null then {{ ratio('judged.largest[1]', 'judged.figure_sum') }}
    end as top_1_share,
    case
        when judged.refusal_reason is null then {{ ratio('list_sum(judged.largest[1:3])', 'judged.figure_sum') }}
    end as top_3_share,
    case
        when judged.refusal_reason is null then {{ ratio('list_sum(judged.largest)', 'judged.figure_sum') }}
    end as top_5_share,
    case
        when judged.refusal_reason is null
            then {{ ratio('judged.square_sum', 'judged.figure_sum * judged.figure_sum') }}
    end as herfindahl_index,
    judged.refusal_reason
from judged
inner join figures
    on judged.figure_key = figures.figure_key
inner join division_years
    on
        judged.division_code = division_years.division_code
        and judged.report_year = division_years.report_year
