-- One row per body and report year in which a deadline held for it.
with

bodies as (

    select * from {{ ref('int_bodies') }}

),

deadlines as (

    select * from {{ ref('deadlines') }}

),

years as (

    select distinct report_year
    from {{ ref('int_expected_reports') }}
    where report_year between 1900 and 9998

)

select
    bodies.body_id,
    years.report_year,
    deadlines.deadline_id,
    cast(concat(years.report_year + 1, '-', deadlines.month_day) as date) as deadline_on
from bodies
cross join years
inner join deadlines
    on
        starts_with(bodies.division_code, coalesce(deadlines.division_code_prefix, ''))
        and bodies.level = coalesce(deadlines.level, bodies.level)
        and bodies.body_kind = coalesce(deadlines.body_kind, bodies.body_kind)
        and years.report_year between deadlines.first_report_year and coalesce(deadlines.last_report_year, 9998)
qualify
    row_number() over (
        partition by bodies.body_id, years.report_year
        order by length(coalesce(deadlines.division_code_prefix, '')) desc, deadlines.deadline_id
    ) = 1
