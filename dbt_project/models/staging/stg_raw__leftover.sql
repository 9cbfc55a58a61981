with

source as (

    select * from {{ source('raw', 'leftover') }}

),

renamed as (

    select
        report_id,
        reader_version,
        leftover_ordinal,
        place,
        raw_text,
        reason
    from source

)

select * from renamed
