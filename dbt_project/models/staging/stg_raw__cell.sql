-- One row per cell of a report and version of the reader. Where it was decided that the second reading of a cell is
-- right, its value stands here in the place of the first one's; this is the only place that applies such a decision.
with

source as (

    select * from {{ source('raw', 'cell') }}

),

corrections as (

    select * from {{ ref('stg_raw__correction') }}
    where not is_withdrawn and {{ is_known('decided_at') }}

),

renamed as (

    select
        source.report_id,
        source.reader_version,
        source.table_key,
        source.row_key,
        source.column_key,
        source.generation,
        case
            when corrections.value is null then source.cell_kind
            when corrections.value = 0 then 'zero'
            else 'number'
        end as cell_kind,
        source.raw_text,
        coalesce(rtrim(rtrim(cast(corrections.value as varchar), '0'), '.'), source.printed) as printed,
        coalesce(corrections.value, source.value) as value,
        source.remark,
        source.place,
        source.confidence,
        source.row_score,
        source.row_margin,
        source.second_value,
        source.second_number,
        case when corrections.value is null then source.agreement else 'agreed' end as agreement,
        case when corrections.value is null then source.doubt end as doubt,
        source.value as read_value,
        corrections.value is not null as is_corrected
    from source
    left join corrections
        on
            source.report_id = corrections.report_id
            and source.table_key = corrections.table_key
            and source.row_key = corrections.row_key
            and source.column_key = corrections.column_key
            and source.raw_text = corrections.raw_text

)

select * from renamed
