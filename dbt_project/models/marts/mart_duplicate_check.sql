-- One row per current report and part of it that is that of another body for the same year (X05): its table of
-- requests number by number, or nearly its text. Only tables with at least ten cells above zero: few small numbers
-- are alike by chance. Others pass without a row.
with

summaries as (

    select * from {{ ref('int_cell_summaries') }}
    where requests_nonzero_count >= 10

),

text_likenesses as (

    select * from {{ ref('fct_text_likeness') }}
    where kind = 'other_body' and likeness >= {{ var('alike_text_likeness') }} and report_year = other_report_year

),

bodies as (

    select * from {{ ref('dim_body') }}

),

alike as (

    select
        report_year,
        requests_content,
        min(body_id) as first_body_id,
        max(body_id) as last_body_id
    from summaries
    group by report_year, requests_content
    having count(*) > 1

),

found as (

    select
        summaries.report_id,
        summaries.body_id,
        summaries.report_year,
        'requests' as instance_key,
        case
            when summaries.body_id = alike.first_body_id then alike.last_body_id else alike.first_body_id
        end as other_body_id,
        cast(null as decimal(5, 4)) as likeness
    from summaries
    inner join alike
        on
            summaries.report_year = alike.report_year
            and summaries.requests_content = alike.requests_content
    union all
    -- the one that is most alike
    select
        report_id,
        any_value(body_id) as body_id,
        any_value(report_year) as report_year,
        'text' as instance_key,
        min_by(other_body_id, (-likeness, other_body_id)) as other_body_id,
        max(likeness) as likeness
    from text_likenesses
    group by report_id

)

select
    found.report_id,
    found.body_id,
    found.report_year,
    'X05' as rule_id,
    found.instance_key,
    'failed' as outcome,
    cast(null as varchar) as reason,
    concat(
        bodies.body_name, ' (', bodies.division_code, ')', ', likeness: ' || round(found.likeness, 2)
    ) as evidence
from found
inner join bodies
    on found.other_body_id = bodies.body_id
