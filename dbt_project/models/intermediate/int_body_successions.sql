-- One row per body that another body carries on: as seeds.body_successions says, and where its division got another
-- name or code and a body of the new name is known (X县教育局 -> X区教育局).
with

bodies as (

    select * from {{ ref('int_bodies') }}

),

successions as (

    select * from {{ ref('body_successions') }}

),

changes as (

    select * from {{ ref('division_changes') }}
    where change_kind in ('renamed', 'recoded')

),

following_divisions as (

    select
        bodies.body_id,
        concat(changes.successor_code, ':', changes.successor_name)
        || substr(bodies.body_name, length(changes.division_name) + 1) as successor_body_id,
        changes.changed_in
    from bodies
    inner join changes
        on
            bodies.division_code = changes.division_code
            and starts_with(bodies.body_name, changes.division_name)

),

named as (

    select
        body_id,
        successor_body_id,
        change_kind,
        changed_in,
        1 as precedence
    from successions
    union all
    select
        following_divisions.body_id,
        following_divisions.successor_body_id,
        'renamed' as change_kind,
        following_divisions.changed_in,
        2 as precedence
    from following_divisions
    inner join bodies
        on following_divisions.successor_body_id = bodies.body_id

)

select
    body_id,
    successor_body_id,
    change_kind,
    cast(changed_in as bigint) as changed_in
from named
qualify row_number() over (partition by body_id order by precedence, changed_in, successor_body_id) = 1
