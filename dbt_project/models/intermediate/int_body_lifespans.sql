-- One row per body: the report years for which it owes a report as far as changes of divisions and bodies tell, and
-- who carries it on. A report is owed by whoever stood at the end of its year.
with recursive

bodies as (

    select * from {{ ref('int_bodies') }}

),

divisions as (

    select * from {{ ref('int_divisions') }}

),

successions as (

    select * from {{ ref('int_body_successions') }}

),

carried_on as (

    select
        body_id,
        successor_body_id as reached_body_id,
        1 as steps
    from successions
    union all
    select
        carried_on.body_id,
        successions.successor_body_id as reached_body_id,
        carried_on.steps + 1 as steps
    from carried_on
    inner join successions
        on carried_on.reached_body_id = successions.body_id
    where carried_on.steps < 10

),

current_bodies as (

    select
        body_id,
        max_by(reached_body_id, steps) as current_body_id
    from carried_on
    group by body_id

),

begun as (

    -- who takes over what others did may have stood before
    select
        successor_body_id as body_id,
        max(changed_in) as first_report_year
    from successions
    where change_kind = 'renamed'
    group by successor_body_id

)

select
    bodies.body_id,
    greatest(divisions.valid_from_year, begun.first_report_year) as first_report_year,
    least(divisions.valid_to_year, successions.changed_in - 1) as last_report_year,
    successions.successor_body_id,
    coalesce(current_bodies.current_body_id, bodies.body_id) as current_body_id
from bodies
left join divisions
    on bodies.division_code = divisions.division_code
left join successions
    on bodies.body_id = successions.body_id
left join begun
    on bodies.body_id = begun.body_id
left join current_bodies
    on bodies.body_id = current_bodies.body_id
