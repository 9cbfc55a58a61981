-- One row per division and report year: how many reports are expected of its members, how many are there, and the
-- report of its own government that aggregates them.
with

members as (

    select * from {{ ref('fct_division_member') }}

),

divisions as (

    select * from {{ ref('dim_division') }}

),

aggregates as (

    -- one, should a division have had governments of two names in the year
    select
        reports.division_code,
        reports.report_year,
        min(reports.report_id) as aggregate_report_id
    from {{ ref('mart_body_year') }} as reports
    inner join divisions
        on
            reports.division_code = divisions.division_code
            and reports.level = divisions.level
    where reports.body_kind = 'government' and reports.scope = 'aggregate'
    group by reports.division_code, reports.report_year
    having count(*) = 1

),

counted as (

    select
        division_code,
        report_year,
        count(*) filter (where coverage_state != 'not_due') as expected_count,
        count(*) filter (where report_id is not null) as found_count,
        count(*) filter (where exclusion_reason is null) as summed_count,
        list(
            struct_pack(
                body_id := body_id,
                body_name := body_name,
                coverage_state := coverage_state,
                coverage_reason := coverage_reason
            )
            order by body_id
        ) filter (where report_id is null and coverage_state != 'not_due') as missing
    from members
    group by division_code, report_year

)

select
    counted.division_code,
    divisions.division_name,
    counted.report_year,
    counted.expected_count,
    counted.found_count,
    counted.summed_count,
    coalesce(counted.missing, []) as missing,
    aggregates.aggregate_report_id
from counted
inner join divisions
    on counted.division_code = divisions.division_code
left join aggregates
    on
        counted.division_code = aggregates.division_code
        and counted.report_year = aggregates.report_year
