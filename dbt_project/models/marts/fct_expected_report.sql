-- One row per report that is expected: body and report year, or portal and report year where the body is not known.
-- Who owes it, why we think so and by when; and what there is of it as of the day in the variable as_of, with the
-- reason where it is missing.
with

expected as (

    select * from {{ ref('int_expected_reports') }}

),

deadlines as (

    select * from {{ ref('int_body_year_deadlines') }}

),

reports as (

    select * from {{ ref('fct_report') }}

),

entries as (

    select * from {{ ref('int_entries') }}

),

list_states as (

    select * from {{ ref('int_portal_list_states') }}

),

publications as (

    -- Timely is what was first published in time, whatever was corrected later.
    select
        body_id,
        report_year,
        min(published_on) as published_on,
        min_by(portal_id, version_number) as portal_id
    from reports
    where report_year is not null
    group by body_id, report_year

),

unread_entries as (

    select
        portal_id,
        body_id,
        report_year,
        entry_state,
        count(*) over (partition by portal_id, body_id, report_year) as entry_count,
        concat('"', title, '": ', coalesce(reason, replace(entry_state, '_', ' '))) as reason
    from entries
    where entry_state != 'read'
    qualify
        row_number() over (
            partition by portal_id, body_id, report_year
            order by
                entry_state = 'read_failed' desc,
                entry_state = 'moved' desc,
                entry_state = 'refused_by_portal' desc,
                entry_url asc
        ) = 1

),

stated as (

    select
        expected.body_id,
        expected.report_year,
        expected.expected_because,
        deadlines.deadline_on,
        publications.published_on,
        coalesce(publications.portal_id, expected.portal_id) as portal_id,
        {{ days_late('publications.published_on', 'deadlines.deadline_on') }} as days_late,
        case
            when publications.published_on <= deadlines.deadline_on then 'published_in_time'
            when publications.published_on > deadlines.deadline_on then 'published_late'
            when publications.body_id is not null then 'published_timeliness_unknown'
            when unread_entries.portal_id is not null then unread_entries.entry_state
            when list_states.portal_id is null then 'not_asked'
            when list_states.fetch_state in {{ refused_states() }} then 'refused_by_portal'
            when list_states.fetch_state != 'content' then 'fetch_failed'
            when {{ as_of() }} <= deadlines.deadline_on then 'not_due'
            else 'not_found'
        end as coverage_state,
        case
            when publications.published_on is not null and deadlines.deadline_on is not null then null
            when publications.published_on is not null then 'no deadline of national law for this body'
            when publications.body_id is not null then 'no date of publication on the page'
            when unread_entries.entry_count > 1
                then concat(unread_entries.reason, ' (and ', unread_entries.entry_count - 1, ' more)')
            when unread_entries.entry_count = 1 then unread_entries.reason
            when list_states.portal_id is null then 'the portal has not been asked yet'
            when list_states.fetch_state != 'content' then list_states.reason
            else 'no entry of that body and year in the list'
        end as coverage_reason
    from expected
    left join deadlines
        on
            expected.body_id = deadlines.body_id
            and expected.report_year = deadlines.report_year
    left join publications
        on
            expected.body_id = publications.body_id
            and expected.report_year = publications.report_year
    left join unread_entries
        on
            expected.portal_id = unread_entries.portal_id
            and expected.body_id is not distinct from unread_entries.body_id
            and expected.report_year = unread_entries.report_year
    left join list_states
        on expected.portal_id = list_states.portal_id

),

-- A body that several portals list is expected once; the portal that says most about the report speaks for it.
speaking as (

    select
        *,
        min_by(expected_because, {{ expectation_strength('expected_because') }}) over (
            partition by coalesce(body_id, portal_id), report_year
        ) as strongest_reason
    from stated
    qualify
        row_number() over (
            partition by coalesce(body_id, portal_id), report_year
            order by
                list_position(
                    [
                        'read_failed', 'not_yet_read', 'moved', 'refused_by_portal', 'fetch_failed', 'not_fetched',
                        'not_found', 'not_due', 'not_asked'
                    ],
                    coverage_state
                ) asc nulls first,
                portal_id asc
        ) = 1

)

select
    md5(concat_ws(' ', coalesce(body_id, portal_id), report_year)) as expected_report_id,
    portal_id,
    body_id,
    report_year,
    strongest_reason as expected_because,
    strongest_reason in ('reported_in_other_years', 'division_exists') as is_inferred,
    coverage_state,
    coverage_reason,
    deadline_on,
    published_on,
    days_late
from speaking
