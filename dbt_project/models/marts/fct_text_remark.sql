-- One row per thing that the text of the current report of a body and year should not hold, or lacks.
{{ config(materialized='view') }}

with

reports as (

    select * from {{ ref('fct_report') }}
    where is_current

),

remarks as (

    select * from {{ ref('stg_raw__text_remark') }}

)

select
    reports.report_id,
    remarks.remark_ordinal,
    reports.body_id,
    reports.report_year,
    remarks.remark_kind,
    remarks.section_key,
    remarks.raw_text
from reports
inner join remarks
    on
        reports.report_id = remarks.report_id
        and reports.reader_version = remarks.reader_version
