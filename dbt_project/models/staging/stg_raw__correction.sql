with

source as (

    select * from {{ source('raw', 'correction') }}

),

renamed as (

    select
        report_id,
        table_key,
        row_key,
        column_key,
        raw_text,
        read_value,
        value,
        decided_by,
        reason,
        decided_at,
        is_withdrawn
    from source

)

select * from renamed
