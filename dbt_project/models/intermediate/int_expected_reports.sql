-- One row per portal, body and report year for which a report is expected there: every body known on the portal in
-- every year seen there, and what its entries announce that was not read. Where a portal has shown nothing yet, the
-- year whose reports fell due last. body_id is NULL where an aggregation has shown no body, or where an entry could
-- not be given to one.
with

portals as (

    select * from {{ ref('int_portals') }}

),

portal_bodies as (

    select * from {{ ref('int_portal_bodies') }}

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

)

select
    portal_years.portal_id,
    portal_bodies.body_id,
    portal_years.report_year
from portal_years
left join portal_bodies
    on portal_years.portal_id = portal_bodies.portal_id
union distinct
select
    portal_id,
    body_id,
    report_year
from entries
where entry_state != 'read'
