-- One row per body and report year for which a report is expected and a deadline held.
with

bodies as (

    select * from {{ ref('int_bodies') }}

),

deadlines as (

    select * from {{ ref('deadlines') }}

),

body_years as (

    select distinct
        body_id,
        report_year
    from {{ ref('int_expected_reports') }}
    where body_id is not null and report_year between 1900 and 9998

)

select
    body_years.body_id,
    body_years.report_year,
    deadlines.deadline_id,
    cast(concat(body_years.report_year + 1, '-', deadlines.month_day) as date) as deadline_on
from body_years
inner join bodies
    on body_years.body_id = bodies.body_id
inner join deadlines
    on
        starts_with(bodies.division_code, coalesce(deadlines.division_code_prefix, ''))
        and bodies.level = coalesce(deadlines.level, bodies.level)
        and bodies.body_kind = coalesce(deadlines.body_kind, bodies.body_kind)
        and body_years.report_year between deadlines.first_report_year and coalesce(deadlines.last_report_year, 9998)
qualify
    row_number() over (
        partition by body_years.body_id, body_years.report_year
        order by length(coalesce(deadlines.division_code_prefix, '')) desc, deadlines.deadline_id
    ) = 1
