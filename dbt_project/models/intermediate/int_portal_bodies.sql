-- One row per portal and body whose reports it is known to list.
with

portals as (

    select
        portal_id,
        body_id,
        body_name
    from {{ ref('int_portals') }}
    where body_name is not null

),

readings as (

    select distinct
        portal_id,
        body_id,
        body_name
    from {{ ref('int_readings') }}

)

select
    portal_id,
    body_id,
    body_name
from readings
union distinct
select
    portal_id,
    body_id,
    body_name
from portals
