with

source as (

    select * from {{ source('raw', 'text_remark') }}

),

renamed as (

    select
        report_id,
        reader_version,
        remark_ordinal,
        remark_kind,
        section_key,
        raw_text
    from source

)

select * from renamed
