with

source as (

    select * from {{ source('raw', 'fetch') }}

),

renamed as (

    select
        portal_id,
        url,
        fetch_role,
        entry_url,
        fetch_state,
        reason,
        http_status,
        tls_verification,
        payload_sha256,
        payload_bytes,
        fetched_at,
        warc_file,
        warc_offset,
        asked_before_at
    from source
    where {{ is_known('fetched_at') }}

)

select * from renamed
