-- One row per current report whose table of requests is, number by number, that of another body for the same year
-- (X05). Only tables with at least ten cells above zero: few small numbers are alike by chance. Others pass without
-- a row.
with

summaries as (

    select * from {{ ref('int_cell_summaries') }}
    where requests_nonzero_count >= 10

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

)

select
    summaries.report_id,
    summaries.body_id,
    summaries.report_year,
    'X05' as rule_id,
    'requests' as instance_key,
    'failed' as outcome,
    cast(null as varchar) as reason,
    concat(bodies.body_name, ' (', bodies.division_code, ')') as evidence
from summaries
inner join alike
    on
        summaries.report_year = alike.report_year
        and summaries.requests_content = alike.requests_content
inner join bodies
    on
        case
            when summaries.body_id = alike.first_body_id then alike.last_body_id else alike.first_body_id
        end = bodies.body_id
