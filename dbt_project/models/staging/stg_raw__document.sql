with

source as (

    select * from {{ source('raw', 'document') }}

),

renamed as (

    select
        document_id,
        reader_version,
        portal_id,
        entry_url,
        url,
        fetch_role,
        document_format,
        payload_sha256,
        payload_bytes,
        fetched_at,
        warc_file,
        warc_offset,
        read_state,
        reason
    from source
    where {{ is_known('fetched_at') }}

)

select * from renamed
