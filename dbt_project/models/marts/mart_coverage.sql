-- One row per division, level of the bodies in it or below it, and report year: how many reports are expected and
-- what there is of them, as of the day in the variable as_of.
with

expected as (

    select * from {{ ref('fct_expected_report') }}

),

bodies as (

    select * from {{ ref('int_bodies') }}

),

portals as (

    select * from {{ ref('int_portals') }}

),

divisions as (

    select * from {{ ref('int_divisions') }}

),

lineages as (

    -- a division and those that it belongs to
    select
        divisions.division_code,
        unnest(
            list_distinct(
                [divisions.division_code, divisions.parent_division_code, divisions.province_code]
            )
        ) as counted_for
    from divisions

),

placed as (

    select
        expected.*,
        coalesce(bodies.division_code, portals.division_code) as division_code,
        coalesce(bodies.level, 'unknown') as level
    from expected
    left join bodies
        on expected.body_id = bodies.body_id
    left join portals
        on expected.portal_id = portals.portal_id

),

counted as (

    select
        lineages.counted_for as division_code,
        placed.level,
        placed.report_year,
        count(*) as expected_count,
        count(*) filter (where placed.is_inferred) as inferred_count,
        count(*) filter (where starts_with(placed.coverage_state, 'published_')) as found_count,
        count(*) filter (where placed.coverage_state = 'published_in_time') as published_in_time_count,
        count(*) filter (where placed.coverage_state = 'published_late') as published_late_count,
        count(*) filter (
            where placed.coverage_state = 'published_timeliness_unknown'
        ) as published_timeliness_unknown_count,
        count(*) filter (
            where placed.coverage_state in ('read_failed', 'not_yet_read', 'fetch_failed', 'not_fetched')
        ) as unread_count,
        count(*) filter (where placed.coverage_state = 'moved') as moved_count,
        count(*) filter (where placed.coverage_state = 'refused_by_portal') as refused_by_portal_count,
        count(*) filter (where placed.coverage_state = 'not_found') as not_found_count,
        count(*) filter (where placed.coverage_state = 'not_asked') as not_asked_count,
        count(*) filter (where placed.coverage_state = 'not_due') as not_due_count,
        median(placed.days_late) as days_late_median,
        max(placed.days_late) as days_late_max
    from placed
    inner join lineages
        on placed.division_code = lineages.division_code
    group by lineages.counted_for, placed.level, placed.report_year

)

select
    counted.division_code,
    divisions.division_name,
    counted.level,
    counted.report_year,
    counted.expected_count,
    counted.inferred_count,
    counted.found_count,
    counted.published_in_time_count,
    counted.published_late_count,
    counted.published_timeliness_unknown_count,
    counted.unread_count,
    counted.moved_count,
    counted.refused_by_portal_count,
    counted.not_found_count,
    counted.not_asked_count,
    counted.not_due_count,
    {{ ratio('counted.found_count', 'counted.expected_count - counted.not_due_count') }} as found_share,
    counted.days_late_median,
    counted.days_late_max
from counted
inner join divisions
    on counted.division_code = divisions.division_code
