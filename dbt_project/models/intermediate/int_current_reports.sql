-- One row per current report of a body and year, with the current report of the year before.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

versions as (

    select * from {{ ref('int_report_versions') }}

),

readings as (

    select * from {{ ref('int_readings') }}

),

reports as (

    select
        readings.report_id,
        readings.reader_version,
        readings.body_id,
        readings.report_year,
        readings.scope
    from versions
    inner join readings
        on versions.report_id = readings.report_id
    where versions.is_current and {{ is_touched('versions.body_id') }}

)

select
    reports.report_id,
    reports.reader_version,
    reports.body_id,
    reports.report_year,
    reports.scope,
    previous.report_id as previous_report_id,
    previous.reader_version as previous_reader_version,
    -- reports on different territories are not compared; an unknown scope does not part them
    coalesce(
        previous.scope != reports.scope and previous.scope != 'unknown' and reports.scope != 'unknown', false
    ) as is_other_scope_before
from reports
left join reports as previous
    on
        reports.body_id = previous.body_id
        and reports.report_year - 1 = previous.report_year
