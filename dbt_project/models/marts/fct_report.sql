-- One row per version of a report, in the document in which it was found first.
with

versions as (

    select * from {{ ref('int_report_versions') }}

),

readings as (

    select * from {{ ref('int_readings') }}

),

deadlines as (

    select * from {{ ref('int_body_year_deadlines') }}

)

select
    readings.report_id,
    readings.reader_version,
    readings.body_id,
    readings.body_name,
    readings.division_code,
    readings.level,
    readings.body_kind,
    readings.scope,
    readings.report_year,
    readings.report_year_source,
    versions.version_number,
    versions.is_current,
    versions.reading_count,
    readings.title,
    readings.generation,
    readings.published_on,
    readings.published_on_source,
    deadlines.deadline_on,
    {{ days_late('readings.published_on', 'deadlines.deadline_on') }} as days_late,
    readings.portal_id,
    readings.entry_url,
    readings.document_id,
    readings.document_url,
    readings.document_format,
    readings.payload_sha256,
    readings.warc_file,
    readings.warc_offset,
    readings.first_fetched_at,
    versions.last_seen_at,
    versions.replaced_at,
    versions.vanished_at,
    readings.cells_expected,
    readings.cells_located,
    readings.leftover_count,
    readings.identity_doubt
from versions
inner join readings
    on versions.report_id = readings.report_id
left join deadlines
    on
        readings.body_id = deadlines.body_id
        and readings.report_year = deadlines.report_year
