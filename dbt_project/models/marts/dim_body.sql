-- One row per body that has a report or a portal of its own.
with

bodies as (

    select * from {{ ref('int_bodies') }}

),

divisions as (

    select * from {{ ref('dim_division') }}

)

select
    bodies.body_id,
    bodies.body_name,
    bodies.division_code,
    divisions.division_name,
    bodies.level,
    bodies.body_kind
from bodies
left join divisions
    on bodies.division_code = divisions.division_code
