-- One row per portal and government that is expected there only because its division exists: an aggregation that has
-- shown a government's report lists those of its level under its own division, so the others of that level owe one.
with

portals as (

    select
        portal_id,
        case level
            when 'province' then substr(division_code, 1, 2)
            when 'city' then substr(division_code, 1, 4)
        end as division_code_prefix,
        level
    from {{ ref('int_portals') }}
    where body_name is null and level in ('province', 'city')

),

registered as (

    select
        division_code,
        level
    from {{ ref('int_portals') }}
    where body_name is not null and body_kind = 'government'

),

reported as (

    select distinct
        portal_id,
        division_code,
        level
    from {{ ref('int_readings') }}
    where body_kind = 'government' and division_code is not null

),

divisions as (

    select * from {{ ref('int_divisions') }}
    where division_source = 'GB/T 2260'

),

levels_shown as (

    select distinct
        portals.portal_id,
        portals.division_code_prefix,
        reported.level
    from portals
    inner join reported
        on
            portals.portal_id = reported.portal_id
            and portals.level != reported.level
            and starts_with(reported.division_code, portals.division_code_prefix)

),

known as (

    select
        division_code,
        level
    from reported
    union distinct
    select
        division_code,
        level
    from registered

)

select
    levels_shown.portal_id,
    divisions.division_code || ':' || divisions.division_name || '人民政府' as body_id,
    divisions.division_name || '人民政府' as body_name,
    divisions.division_code,
    divisions.level
from levels_shown
inner join divisions
    on
        levels_shown.level = divisions.level
        and starts_with(divisions.division_code, levels_shown.division_code_prefix)
left join known
    on
        divisions.division_code = known.division_code
        and divisions.level = known.level
where known.division_code is null
