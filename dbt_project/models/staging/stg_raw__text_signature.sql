with

source as (

    select * from {{ source('raw', 'text_signature') }}

),

renamed as (

    select
        report_id,
        reader_version,
        shingle_count,
        signature
    from source

)

select * from renamed
