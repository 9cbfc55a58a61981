-- One row per address and time at which it was first seen to show another document of the same body's report for the
-- same year than before. An address that goes back to an earlier document is revised once more.
-- Other figures at another address are no revision: both may stand side by side.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

fetches as (

    select * from {{ ref('stg_raw__fetch') }}

),

readings as (

    select * from {{ ref('int_readings') }}
    where {{ is_touched() }}

),

versions as (

    select * from {{ ref('int_report_versions') }}

),

shown as (

    select
        readings.document_url,
        readings.body_id,
        readings.report_year,
        readings.report_id as reading_id,
        readings.reader_version,
        readings.document_id,
        versions.report_id,
        fetches.fetched_at
    from readings
    inner join fetches
        on
            readings.document_url = fetches.url
            and readings.payload_sha256 = fetches.payload_sha256
    inner join versions
        on
            readings.body_id = versions.body_id
            and readings.report_year = versions.report_year
            and readings.figures_digest = versions.figures_digest
    where fetches.fetch_state = 'content'

),

steps as (

    select
        document_url,
        body_id,
        report_year,
        fetched_at as changed_at,
        reading_id as reading_id_after,
        reader_version as reader_version_after,
        document_id as document_id_after,
        report_id as report_id_after,
        lag(reading_id) over before_it as reading_id_before,
        lag(reader_version) over before_it as reader_version_before,
        lag(document_id) over before_it as document_id_before,
        lag(report_id) over before_it as report_id_before,
        lag(fetched_at) over before_it as shown_before_at
    from shown
    window before_it as (partition by document_url, body_id, report_year order by fetched_at, document_id)

)

select
    document_url,
    changed_at,
    shown_before_at,
    body_id,
    report_year,
    reading_id_before,
    reader_version_before,
    document_id_before,
    report_id_before,
    reading_id_after,
    reader_version_after,
    document_id_after,
    report_id_after
from steps
where document_id_before != document_id_after
