-- One row per current report whose text is long enough to be compared.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

reports as (

    select * from {{ ref('int_current_reports') }}
    where {{ is_touched() }}

),

signatures as (

    select * from {{ ref('stg_raw__text_signature') }}

)

select
    reports.report_id,
    reports.body_id,
    reports.report_year,
    signatures.shingle_count,
    signatures.signature
from reports
inner join signatures
    on
        reports.report_id = signatures.report_id
        and reports.reader_version = signatures.reader_version
where signatures.shingle_count >= {{ var('least_shingle_count') }}
