-- One row per number that a sentence of the current report of each body and year states, beside the cell bound to it,
-- which is one of the year before where the sentence speaks of that.
with

reports as (

    select * from {{ ref('fct_report') }}
    where is_current

),

claims as (

    select * from {{ ref('stg_raw__claim') }}

),

cells as (

    select * from {{ ref('fct_cell') }}
    where is_current

)

select
    reports.report_id,
    claims.claim_ordinal,
    reports.body_id,
    reports.report_year,
    claims.section_key,
    claims.section_ordinal,
    claims.sentence_ordinal,
    claims.sentence_text,
    claims.number_offset,
    claims.verb,
    claims.object_key,
    claims.qualifier,
    claims.measure_kind,
    claims.value,
    claims.printed,
    claims.unit,
    claims.is_approximate,
    claims.scope,
    claims.claim_year,
    claims.bound_table,
    claims.bound_row,
    claims.bound_column,
    claims.bound_reason,
    cells.cell_kind,
    cells.value as cell_value
from reports
inner join claims
    on
        reports.report_id = claims.report_id
        and reports.reader_version = claims.reader_version
left join cells
    on
        reports.body_id = cells.body_id
        and claims.claim_year = cells.report_year
        and claims.bound_table = cells.table_key
        and claims.bound_row = cells.row_key
        and claims.bound_column = cells.column_key
