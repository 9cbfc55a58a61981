-- One row per body that has a report or a portal of its own, or is the government of a division whose neighbours
-- report on the portal above them.
with

bodies as (

    select * from {{ ref('int_bodies') }}

),

divisions as (

    select * from {{ ref('int_divisions') }}

),

lifespans as (

    select * from {{ ref('int_body_lifespans') }}

),

governments as (

    -- the government of a division; the one that stands now where it was renamed
    select
        bodies.division_code,
        bodies.body_id
    from bodies
    inner join divisions
        on
            bodies.division_code = divisions.division_code
            and bodies.level = divisions.level
    inner join lifespans
        on bodies.body_id = lifespans.body_id
    where bodies.body_kind = 'government'
    qualify
        row_number() over (
            partition by bodies.division_code
            order by lifespans.last_report_year desc nulls first, bodies.body_source desc, bodies.body_id asc
        ) = 1

)

select
    bodies.body_id,
    bodies.body_name,
    bodies.division_code,
    divisions.division_name,
    bodies.level,
    bodies.body_kind,
    case
        when bodies.body_kind = 'government' and bodies.level = divisions.level then government_above.body_id
        else own_government.body_id
    end as parent_body_id,
    lifespans.first_report_year,
    lifespans.last_report_year,
    lifespans.successor_body_id,
    lifespans.current_body_id,
    bodies.body_source
from bodies
left join divisions
    on bodies.division_code = divisions.division_code
left join lifespans
    on bodies.body_id = lifespans.body_id
left join governments as own_government
    on bodies.division_code = own_government.division_code
left join governments as government_above
    on divisions.parent_division_code = government_above.division_code
