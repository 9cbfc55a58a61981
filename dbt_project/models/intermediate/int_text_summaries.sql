-- One row per current report of which sections were told: which ones in which order, and what their text has that
-- rules ask for.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

reports as (

    select * from {{ ref('int_current_reports') }}
    where {{ is_touched() }}

),

sections as (

    select * from {{ ref('stg_raw__section') }}

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

)

select
    report_id,
    body_id,
    report_year,
    string_agg(section_key, ', ' order by section_ordinal) filter (where is_section) as section_keys,
    coalesce(
        min(
            nullif(
                regexp_extract(
                    dense_text,
                    '[XxＸ×＊*]{2,}(?:年|月|日|件|条|次|局|市|县|区|镇|乡|街道|单位|部门|机关)'
                    || '|某某(?:市|县|区|局|镇|单位)|[{]{2}|[$][{]'
                ),
                ''
            )
        ),
        ''
    ) as placeholder,
    -- one after the other, each once
    array_to_string(
        list_sort(
            list_distinct(
                flatten(
                    list(regexp_extract_all(dense_text, '(20[0-9]{2})年', 1)) filter (where section_key = 'overview')
                )
            )
        ),
        ', '
    ) as overview_years,
    sum(length(dense_text)) filter (where section_key = 'problems') as problems_length,
    cast(sum(hash(dense_text)) filter (where section_key = 'problems') as varchar) as problems_content,
    bool_or(regexp_matches(dense_text, '收费|收取|处理费')) filter (
        where section_key = 'other_matters'
    ) as mentions_fees
from told
group by report_id, body_id, report_year
