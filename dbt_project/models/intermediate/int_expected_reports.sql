-- One row per portal, body and report year for which a report is expected there, with the strongest reason why:
-- what was reported or announced, and every body known on the portal in every year seen there in which it stood.
-- Where a portal has shown nothing yet, the year whose reports fell due last. body_id is NULL where an aggregation
-- has shown no body, or where an entry could not be given to one.
with

portals as (

    select * from {{ ref('int_portals') }}

),

portal_bodies as (

    select * from {{ ref('int_portal_bodies') }}

),

governments as (

    select * from {{ ref('int_expected_governments') }}

),

lifespans as (

    select * from {{ ref('int_body_lifespans') }}

),

entries as (

    select * from {{ ref('int_entries') }}

),

readings as (

    select * from {{ ref('int_readings') }}

),

seen_years as (

    select
        portal_id,
        report_year
    from entries
    where is_year_in_title
    union distinct
    select
        portal_id,
        report_year
    from readings
    where report_year is not null

),

portal_years as (

    select
        portal_id,
        report_year
    from seen_years
    union distinct
    select
        portals.portal_id,
        year({{ as_of() }}) - 1 as report_year
    from portals
    left join seen_years
        on portals.portal_id = seen_years.portal_id
    where seen_years.portal_id is null

),

listed_bodies as (

    select
        portal_bodies.portal_id,
        portal_bodies.body_id,
        case
            when portal_bodies.body_id = portals.body_id then 'registered'
            else 'reported_in_other_years'
        end as expected_because
    from portal_bodies
    left join portals
        on portal_bodies.portal_id = portals.portal_id
    union all
    select
        portal_id,
        body_id,
        'division_exists' as expected_because
    from governments

),

reasons as (

    select
        portal_id,
        body_id,
        report_year,
        'reported' as expected_because
    from readings
    where report_year is not null
    union all
    select
        portal_id,
        body_id,
        report_year,
        'listed' as expected_because
    from entries
    where entry_state != 'read'
    union all
    select
        portal_years.portal_id,
        listed_bodies.body_id,
        portal_years.report_year,
        listed_bodies.expected_because
    from portal_years
    inner join listed_bodies
        on portal_years.portal_id = listed_bodies.portal_id
    inner join lifespans
        on
            listed_bodies.body_id = lifespans.body_id
            and portal_years.report_year
            between coalesce(lifespans.first_report_year, 0) and coalesce(lifespans.last_report_year, 9999)
    union all
    select
        portal_years.portal_id,
        cast(null as varchar) as body_id,
        portal_years.report_year,
        'portal_registered' as expected_because
    from portal_years
    left join listed_bodies
        on portal_years.portal_id = listed_bodies.portal_id
    where listed_bodies.portal_id is null

)

select
    portal_id,
    body_id,
    report_year,
    min_by(expected_because, {{ expectation_strength('expected_because') }}) as expected_because
from reasons
group by portal_id, body_id, report_year
