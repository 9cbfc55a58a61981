with

source as (

    select * from {{ source('raw', 'section') }}

),

renamed as (

    select
        report_id,
        reader_version,
        section_ordinal,
        section_key,
        heading,
        section_text
    from source

)

select * from renamed
