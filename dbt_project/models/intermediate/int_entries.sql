-- One row per accepted entry of a portal: whose report of which year it announces, and what became of it.
with

entries as (

    select
        portal_id,
        entry_url,
        -- the same address can be listed under several titles
        min(title) as title,
        list_distinct(
            list_concat(
                -- not a date (2024年1月); of a range both (2022-2023年)
                regexp_extract_all(min(title), '(20[0-9]{2})\s*年(?:[^0-9]|$)', 1),
                regexp_extract_all(min(title), '(20[0-9]{2})\s*年?度?\s*[-—－~～至到、和与]+\s*20[0-9]{2}\s*年', 1)
            )
        ) as years_in_title,
        min(coalesce(year(listed_on), year(first_seen_at))) - 1 as year_before
    from {{ ref('stg_raw__entry') }}
    where is_accepted
    group by portal_id, entry_url

),

portals as (

    select * from {{ ref('int_portals') }}

),

portal_bodies as (

    select
        portal_id,
        body_id,
        body_name,
        cast(null as varchar) as title_pattern
    from {{ ref('int_portal_bodies') }}
    union all
    select
        portal_id,
        body_id,
        body_name,
        -- a government's report is called after its division, with nothing else before the year
        replace(body_name, '人民政府', '') || '(人民政府)?[^一-龥]*(20[0-9]{2}|政府信息公开)' as title_pattern
    from {{ ref('int_expected_governments') }}

),

readings as (

    select distinct entry_url from {{ ref('int_readings') }}

),

unread as (

    -- why a document of the entry was not read; a page without tables often only carries the attachment that failed
    select
        entry_url,
        read_state,
        concat_ws(': ', read_state, reason) as reason
    from {{ ref('int_documents') }}
    where read_state != 'read'
    qualify
        row_number() over (
            partition by entry_url
            order by read_state in ('no_tables', 'not_a_report') asc, first_fetched_at desc, document_id asc
        ) = 1

),

page_fetches as (

    select
        entry_url,
        fetch_state,
        concat_ws(': ', fetch_state, reason) as reason
    from {{ ref('stg_raw__fetch') }}
    where entry_url is not null and fetch_role = 'page'
    qualify row_number() over (partition by entry_url order by fetched_at desc, url asc) = 1

),

named_bodies as (

    -- joined as an inner join first: as an outer one DuckDB would compare all entries with all bodies
    select
        entries.portal_id,
        entries.entry_url,
        portal_bodies.body_id
    from entries
    inner join portal_bodies
        on entries.portal_id = portal_bodies.portal_id
    left join portals
        on entries.portal_id = portals.portal_id
    where
        portals.body_name = portal_bodies.body_name
        -- an aggregation: the body is the one that the title names
        or (portals.body_name is null and contains(entries.title, portal_bodies.body_name))
        or regexp_matches(entries.title, portal_bodies.title_pattern)
    qualify
        row_number() over (
            partition by entries.portal_id, entries.entry_url
            order by length(portal_bodies.body_name) desc nulls last, portal_bodies.body_id asc
        ) = 1

),

named as (

    select
        entries.portal_id,
        entries.entry_url,
        entries.title,
        entries.year_before,
        -- a title that names two years says of neither that it is the report's
        case
            when len(entries.years_in_title) = 1
                then try_cast(list_extract(entries.years_in_title, 1) as bigint)
        end as year_in_title,
        named_bodies.body_id
    from entries
    left join named_bodies
        on
            entries.portal_id = named_bodies.portal_id
            and entries.entry_url = named_bodies.entry_url

)

select
    named.portal_id,
    named.entry_url,
    named.title,
    coalesce(named.year_in_title, named.year_before) as report_year,
    named.year_in_title is not null as is_year_in_title,
    named.body_id,
    case
        when readings.entry_url is not null then 'read'
        when unread.read_state = 'not_yet_read' then 'not_yet_read'
        when unread.entry_url is not null then 'read_failed'
        when page_fetches.fetch_state in {{ refused_states() }} then 'refused_by_portal'
        when page_fetches.fetch_state in {{ gone_states() }} then 'moved'
        when page_fetches.fetch_state != 'content' then 'fetch_failed'
        else 'not_fetched'
    end as entry_state,
    coalesce(unread.reason, page_fetches.reason) as reason
from named
left join readings
    on named.entry_url = readings.entry_url
left join unread
    on named.entry_url = unread.entry_url
left join page_fetches
    on named.entry_url = page_fetches.entry_url
