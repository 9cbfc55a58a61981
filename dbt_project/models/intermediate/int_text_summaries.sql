-- One row per current report of which sections were told: which ones in which order, and what was remarked in their
-- text that rules ask for.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

reports as (

    select * from {{ ref('int_current_reports') }}
    where {{ is_touched() }}

),

sections as (

    select * from {{ ref('stg_raw__section') }}

),

remarks as (

    select * from {{ ref('stg_raw__text_remark') }}

),

signatures as (

    -- readings from before there were remarks have no signature either
    select * from {{ ref('stg_raw__text_signature') }}

),

told as (

    select
        reports.report_id,
        reports.body_id,
        reports.report_year,
        sections.section_ordinal,
        sections.section_key,
        sections.section_text,
        regexp_replace(sections.section_text, '\s+', '', 'g') as dense_text,
        sections.section_key not in ('preamble', 'unknown') as is_section
    from reports
    inner join sections
        on
            reports.report_id = sections.report_id
            and reports.reader_version = sections.reader_version

),

told_summaries as (

    select
        report_id,
        any_value(body_id) as body_id,
        any_value(report_year) as report_year,
        string_agg(section_key, ', ' order by section_ordinal) filter (where is_section) as section_keys,
        sum(length(dense_text)) filter (where section_key = 'problems') as problems_length,
        cast(sum(hash(dense_text)) filter (where section_key = 'problems') as varchar) as problems_content,
        bool_or(section_key = 'other_matters') as has_other_matters
    from told
    group by report_id

),

looked_at as (

    select reports.report_id
    from reports
    inner join signatures
        on
            reports.report_id = signatures.report_id
            and reports.reader_version = signatures.reader_version

),

remark_summaries as (

    select
        reports.report_id,
        min_by(remarks.raw_text, remarks.remark_ordinal) filter (
            where remarks.remark_kind = 'placeholder'
        ) as placeholder,
        min_by(remarks.raw_text, remarks.remark_ordinal) filter (
            where remarks.remark_kind = 'other_year'
        ) as other_year_sentence,
        min_by(remarks.raw_text, remarks.remark_ordinal) filter (
            where remarks.remark_kind = 'other_body'
        ) as other_body_sentence,
        bool_or(remarks.remark_kind = 'empty_problems') as is_problems_empty,
        bool_or(remarks.remark_kind = 'no_fee_statement') as is_fee_statement_missing
    from reports
    inner join remarks
        on
            reports.report_id = remarks.report_id
            and reports.reader_version = remarks.reader_version
    group by reports.report_id

)

select
    told_summaries.report_id,
    told_summaries.body_id,
    told_summaries.report_year,
    told_summaries.section_keys,
    told_summaries.problems_length,
    told_summaries.problems_content,
    -- of a section that is not there nothing is known
    case
        when looked_at.report_id is not null and told_summaries.problems_length is not null
            then coalesce(remark_summaries.is_problems_empty, false)
    end as is_problems_empty,
    case
        when looked_at.report_id is not null and told_summaries.has_other_matters
            then coalesce(remark_summaries.is_fee_statement_missing, false)
    end as is_fee_statement_missing,
    case when looked_at.report_id is not null then coalesce(remark_summaries.placeholder, '') end as placeholder,
    case
        when looked_at.report_id is not null then coalesce(remark_summaries.other_year_sentence, '')
    end as other_year_sentence,
    case
        when looked_at.report_id is not null then coalesce(remark_summaries.other_body_sentence, '')
    end as other_body_sentence
from told_summaries
left join looked_at
    on told_summaries.report_id = looked_at.report_id
left join remark_summaries
    on told_summaries.report_id = remark_summaries.report_id
