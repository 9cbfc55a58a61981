-- One row per current report: what the conditions of rules speak of (macro rule_conditions). A fact is NULL where
-- it is not known. `*_before` is the same in the report of the year before, unless that has another scope; figures
-- of tables that the notices define anew are not compared across formats.
{{ config(materialized='view') }}

with

reports as (

    select
        *,
        -- joined by this alone: with a condition on the left side of an outer join DuckDB compares all rows with all
        case when not is_other_scope_before then previous_report_id end as compared_report_id
    from {{ ref('int_current_reports') }}

),

readings as (

    select * from {{ ref('int_readings') }}

),

stated as (

    select * from {{ ref('stg_raw__report') }}

),

versions as (

    select * from {{ ref('int_report_versions') }}

),

deadlines as (

    select * from {{ ref('int_body_year_deadlines') }}

),

figures as (

    select * from {{ ref('int_body_year_figures') }}

),

cell_summaries as (

    select * from {{ ref('int_cell_summaries') }}

),

text_summaries as (

    select * from {{ ref('int_text_summaries') }}

),

text_signatures as (

    select * from {{ ref('int_text_signatures') }}

),

revisions as (

    select
        body_id,
        report_year,
        max(changed_at) as revised_at
    from {{ ref('int_revisions') }}
    where report_id_before != report_id_after
    group by body_id, report_year

),

shown as (

    -- figures that stand at several entries at once; a page and its attachment are one entry
    select
        versions.body_id,
        versions.report_year,
        count(distinct readings.entry_url) as shown_entry_count
    from versions
    inner join readings
        on versions.report_id = readings.report_id
    where versions.replaced_at is null and versions.vanished_at is null and versions.report_year is not null
    group by versions.body_id, versions.report_year

)

select
    reports.report_id,
    reports.body_id,
    reports.report_year,
    reports.previous_report_id is null as is_first_report,
    reports.is_other_scope_before,
    readings.level,
    readings.body_kind,
    readings.generation,
    {{ generation_in_force('reports.report_year') }} as generation_in_force,
    stated.notice_cited,
    {{ notice_in_force('reports.report_year') }} as notice_in_force,
    stated.stated_period_from,
    stated.stated_period_to,
    readings.published_on,
    deadlines.deadline_on,
    cast(readings.first_fetched_at as date) as first_fetched_on,
    readings.document_format,
    readings.cells_expected,
    readings.cells_located,
    readings.leftover_count,
    versions.vanished_at is not null as is_vanished,
    cast(versions.vanished_at as date) as vanished_on,
    revisions.revised_at is not null as is_revised,
    cast(revisions.revised_at as date) as revised_on,
    greatest(coalesce(shown.shown_entry_count, 1) - 1, 0) as shown_elsewhere_count,
    cell_summaries.blank_count,
    cell_summaries.mark_count,
    cell_summaries.text_count,
    cell_summaries.invalid_cells,
    cell_summaries.regulations_count,
    cell_summaries.requests_nonzero_count,
    cell_summaries.requests_content,
    cell_summaries_before.requests_content as requests_content_before,
    text_summaries.section_keys,
    text_summaries.placeholder,
    text_summaries.other_year_sentence,
    text_summaries.other_body_sentence,
    text_summaries.is_problems_empty,
    text_summaries.is_fee_statement_missing,
    text_summaries.problems_length,
    text_summaries.problems_content,
    text_summaries_before.problems_content as problems_content_before,
    {{ text_likeness('text_signatures', 'text_signatures_before') }} as text_likeness_before,
    {%- for figure_key, table_key in condition_figures(rule_conditions(), figure_tables(figures())) %}
        {%- if figure_key.endswith('_before') %}
            case
                when
                    '{{ table_key }}' = 'requests'
                    or figures.{{ table_key }}_generation = figures_before.{{ table_key }}_generation
                    then figures_before.{{ figure_key[:-7] }}
            end as {{ figure_key }},
        {%- else %}
            figures.{{ figure_key }},
        {%- endif %}
    {%- endfor %}
    reports.previous_report_id,
    reports.scope
from reports
inner join readings
    on reports.report_id = readings.report_id
inner join stated
    on
        reports.report_id = stated.report_id
        and reports.reader_version = stated.reader_version
inner join versions
    on reports.report_id = versions.report_id
left join deadlines
    on
        reports.body_id = deadlines.body_id
        and reports.report_year = deadlines.report_year
left join shown
    on
        reports.body_id = shown.body_id
        and reports.report_year = shown.report_year
left join revisions
    on
        reports.body_id = revisions.body_id
        and reports.report_year = revisions.report_year
left join figures
    on reports.report_id = figures.report_id
left join cell_summaries
    on reports.report_id = cell_summaries.report_id
left join text_summaries
    on reports.report_id = text_summaries.report_id
left join text_signatures
    on reports.report_id = text_signatures.report_id
left join figures as figures_before
    on reports.compared_report_id = figures_before.report_id
left join cell_summaries as cell_summaries_before
    on reports.compared_report_id = cell_summaries_before.report_id
left join text_summaries as text_summaries_before
    on reports.compared_report_id = text_summaries_before.report_id
left join text_signatures as text_signatures_before
    on reports.compared_report_id = text_signatures_before.report_id
