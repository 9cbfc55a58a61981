-- One row per portal: what its list of reports answered last.
with

portals as (

    select * from {{ ref('int_portals') }}

),

fetches as (

    select * from {{ ref('stg_raw__fetch') }}

)

select
    fetches.portal_id,
    fetches.fetch_state,
    concat_ws(': ', fetches.fetch_state, fetches.reason) as reason
from fetches
left join portals
    on fetches.portal_id = portals.portal_id
where fetches.fetch_role in ('list', 'robots')
qualify
    row_number() over (
        partition by fetches.portal_id
        -- the column's first page speaks for the list, robots.txt only where no list was asked for
        order by
            fetches.url = portals.column_url desc nulls last,
            fetches.fetch_role = 'list' desc,
            fetches.fetched_at desc,
            fetches.url asc
    ) = 1
