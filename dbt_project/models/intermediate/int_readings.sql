-- One row per report in a document, as the latest version of the reader left the document.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

documents as (

    select * from {{ ref('int_documents') }}

),

reports as (

    select * from {{ ref('stg_raw__report') }}
    where {{ is_touched() }}

),

cells as (

    select * from {{ ref('stg_raw__cell') }}

),

fetches as (

    select * from {{ ref('stg_raw__fetch') }}

),

cell_digests as (

    -- The same figures give the same digest, however a blank or a remark is printed.
    select
        report_id,
        reader_version,
        hash(
            table_key, row_key, column_key, value, case when value is null then printed end
        ) as cell_digest
    from cells
    where
        (value is not null or (cell_kind = 'text' and printed != ''))
        and {{ is_touched_report() }}

),

figures as (

    -- Exclusive or and sum need no order; the two together are as long as a digest that takes ten times as long.
    select
        report_id,
        reader_version,
        concat_ws('-', bit_xor(cell_digest), sum(cell_digest)) as figures_digest
    from cell_digests
    group by report_id, reader_version

),

appearances as (

    -- An address that goes back to an earlier payload shows it anew.
    select
        url as document_url,
        payload_sha256,
        max(fetched_at) as last_appeared_at
    from fetches
    where fetch_state = 'content'
    group by url, payload_sha256

),

endings as (

    -- A refusal or a fault of the line ends no sight of what is published there, but it was last seen before it.
    select
        appearances.document_url,
        appearances.payload_sha256,
        min_by(
            greatest(fetches.asked_before_at, appearances.last_appeared_at), fetches.fetched_at
        ) as last_seen_at,
        min(
            case when {{ tells_what_is_there('fetches.fetch_state') }} then fetches.fetched_at end
        ) as ended_at,
        min_by(
            fetches.fetch_state,
            case when {{ tells_what_is_there('fetches.fetch_state') }} then fetches.fetched_at end
        ) as ended_by
    from appearances
    inner join fetches
        on
            appearances.document_url = fetches.url
            and appearances.last_appeared_at < fetches.fetched_at
    group by appearances.document_url, appearances.payload_sha256

)

select
    reports.report_id,
    reports.reader_version,
    reports.document_id,
    reports.portal_id,
    reports.entry_url,
    reports.title,
    reports.body_id,
    reports.body_name,
    reports.division_code,
    reports.division_name,
    reports.level,
    reports.body_kind,
    reports.report_year,
    reports.report_year_source,
    reports.published_on,
    reports.published_on_source,
    reports.scope,
    reports.generation,
    reports.cells_expected,
    reports.cells_located,
    reports.leftover_count,
    reports.identity_doubt,
    documents.document_url,
    documents.fetch_role,
    documents.document_format,
    documents.payload_sha256,
    documents.warc_file,
    documents.warc_offset,
    documents.first_fetched_at,
    coalesce(figures.figures_digest, '') as figures_digest,
    greatest(documents.first_fetched_at, appearances.last_appeared_at) as last_appeared_at,
    endings.ended_at,
    endings.ended_by,
    endings.last_seen_at
from reports
inner join documents
    on
        reports.document_id = documents.document_id
        and reports.reader_version = documents.reader_version
left join figures
    on
        reports.report_id = figures.report_id
        and reports.reader_version = figures.reader_version
left join appearances
    on
        documents.document_url = appearances.document_url
        and documents.payload_sha256 = appearances.payload_sha256
left join endings
    on
        documents.document_url = endings.document_url
        and documents.payload_sha256 = endings.payload_sha256
