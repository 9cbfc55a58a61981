with

source as (

    select * from {{ source('raw', 'cell') }}

),

renamed as (

    select
        report_id,
        reader_version,
        table_key,
        row_key,
        column_key,
        generation,
        cell_kind,
        raw_text,
        printed,
        value,
        remark,
        place,
        confidence,
        row_score,
        row_margin,
        second_value,
        second_number,
        agreement,
        doubt
    from source

)

select * from renamed
