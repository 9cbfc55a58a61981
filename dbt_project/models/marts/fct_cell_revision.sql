-- One row per cell that an address showed otherwise from some time on: what a body changed after it had published.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

revisions as (

    select * from {{ ref('int_revisions') }}
    where {{ is_touched() }}

),

cells as (

    select * from {{ ref('stg_raw__cell') }}
    where {{ is_touched_report() }}

),

sides as (

    select
        document_url,
        changed_at,
        reading_id_before as reading_id,
        reader_version_before as reader_version,
        false as is_after
    from revisions
    union all
    select
        document_url,
        changed_at,
        reading_id_after as reading_id,
        reader_version_after as reader_version,
        true as is_after
    from revisions

),

pairs as (

    -- a cell that only one of the two documents has counts too
    select
        sides.document_url,
        sides.changed_at,
        cells.table_key,
        cells.row_key,
        cells.column_key,
        max(cells.cell_kind) filter (where not sides.is_after) as cell_kind_before,
        max(cells.value) filter (where not sides.is_after) as value_before,
        max(cells.printed) filter (where not sides.is_after) as printed_before,
        max(cells.cell_kind) filter (where sides.is_after) as cell_kind_after,
        max(cells.value) filter (where sides.is_after) as value_after,
        max(cells.printed) filter (where sides.is_after) as printed_after
    from sides
    inner join cells
        on
            sides.reading_id = cells.report_id
            and sides.reader_version = cells.reader_version
    group by sides.document_url, sides.changed_at, cells.table_key, cells.row_key, cells.column_key

),

contents as (

    select
        *,
        {{ cell_content('cell_kind_before', 'value_before', 'printed_before') }} as content_before,
        {{ cell_content('cell_kind_after', 'value_after', 'printed_after') }} as content_after
    from pairs

)

select
    revisions.document_url,
    revisions.changed_at,
    revisions.shown_before_at,
    revisions.body_id,
    revisions.report_year,
    contents.table_key,
    contents.row_key,
    contents.column_key,
    contents.cell_kind_before,
    contents.value_before,
    contents.printed_before,
    contents.cell_kind_after,
    contents.value_after,
    contents.printed_after,
    revisions.report_id_before,
    revisions.document_id_before,
    revisions.report_id_after,
    revisions.document_id_after
from contents
inner join revisions
    on
        contents.document_url = revisions.document_url
        and contents.changed_at = revisions.changed_at
where contents.content_before is distinct from contents.content_after
