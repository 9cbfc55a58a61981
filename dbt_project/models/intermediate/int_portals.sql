-- One row per registered portal that is known: all of them, or as known on a day those that had been asked by then.
with

portals as (

    select * from {{ ref('stg_raw__portal') }}

),

asked as (

    select distinct portal_id
    from {{ ref('stg_raw__fetch') }}

)

select
    portals.portal_id,
    portals.name,
    portals.column_url,
    portals.division_code,
    portals.division_name,
    portals.level,
    portals.body_name,
    portals.body_kind,
    case
        when portals.body_name is not null then concat(portals.division_code, ':', portals.body_name)
    end as body_id
from portals
left join asked
    on portals.portal_id = asked.portal_id
where asked.portal_id is not null or {{ var('known_on', none) is none }}
