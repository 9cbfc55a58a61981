-- One row per version of a report: a distinct set of figures that was published for a body and a report year.
--
-- The same figures at a second address, in an attachment, or on a page that changed around them are the same
-- version, which the document that was fetched first stands for. Versions are numbered in the order in which they
-- were first fetched. Current is the version that the addresses show now, the latest where they differ; figures that
-- an address has replaced by others are not current again because a copy elsewhere still shows them. Where one entry
-- shows several at once (a page and its attachment), the one of which more cells were located.
-- Shown is a version while one of its addresses shows it; else its last address either was replaced or vanished.
-- A report whose year could not be told is no version of another report and never current.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

readings as (

    select
        report_id,
        body_id,
        report_year,
        document_id,
        document_url,
        entry_url,
        figures_digest,
        first_fetched_at,
        last_appeared_at,
        cells_located,
        ended_at,
        ended_by,
        last_seen_at,
        fetch_role = 'page' as is_page,
        case when report_year is null then report_id else concat_ws(' ', body_id, report_year) end as series
    from {{ ref('int_readings') }}
    where {{ is_touched() }}

),

shown as (

    -- what each address shows now
    select *
    from readings
    qualify
        row_number() over (
            partition by series, document_url
            order by last_appeared_at desc, first_fetched_at desc, document_id desc, report_id desc
        ) = 1

),

best_of_entry as (

    select *
    from shown
    qualify
        row_number() over (
            partition by series, entry_url
            order by cells_located desc, is_page desc, last_appeared_at desc, document_id desc, report_id desc
        ) = 1

),

replaced_figures as (

    select distinct
        readings.series,
        readings.figures_digest
    from readings
    inner join shown
        on
            readings.series = shown.series
            and readings.document_url = shown.document_url
            and readings.figures_digest != shown.figures_digest

),

current_figures as (

    select
        best_of_entry.series,
        best_of_entry.figures_digest
    from best_of_entry
    left join replaced_figures
        on
            best_of_entry.series = replaced_figures.series
            and best_of_entry.figures_digest = replaced_figures.figures_digest
    qualify
        row_number() over (
            partition by best_of_entry.series
            order by
                replaced_figures.series is null desc,
                best_of_entry.last_appeared_at desc,
                best_of_entry.cells_located desc,
                best_of_entry.document_id desc,
                best_of_entry.report_id desc
        ) = 1

),

versions as (

    select
        *,
        count(*) over (partition by series, figures_digest) as reading_count,
        bool_or(ended_at is null) over (partition by series, figures_digest) as is_shown,
        bool_or(last_seen_at is null) over (partition by series, figures_digest) as was_seen_at_last,
        max(last_seen_at) over (partition by series, figures_digest) as last_seen_at_any,
        max(ended_at) over (partition by series, figures_digest) as last_ended_at,
        max_by(ended_by, ended_at) over (partition by series, figures_digest) as last_ended_by
    from readings
    qualify
        row_number() over (
            partition by series, figures_digest
            order by first_fetched_at asc, is_page desc, document_id asc, report_id asc
        ) = 1

)

select
    versions.report_id,
    versions.body_id,
    versions.report_year,
    versions.figures_digest,
    versions.reading_count,
    case when not versions.was_seen_at_last then versions.last_seen_at_any end as last_seen_at,
    case
        when not versions.is_shown and versions.last_ended_by = 'content' then versions.last_ended_at
    end as replaced_at,
    case
        when not versions.is_shown and versions.last_ended_by != 'content' then versions.last_ended_at
    end as vanished_at,
    row_number() over (
        partition by versions.series
        order by
            versions.first_fetched_at asc,
            versions.is_page desc,
            versions.document_id asc,
            versions.report_id asc
    ) as version_number,
    versions.report_year is not null and current_figures.series is not null as is_current
from versions
left join current_figures
    on
        versions.series = current_figures.series
        and versions.figures_digest = current_figures.figures_digest
