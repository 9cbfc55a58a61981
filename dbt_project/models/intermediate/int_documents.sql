-- One row per document, as the latest version of the reader left it (up to the variable reader_version, if given).
with

documents as (

    select * from {{ ref('stg_raw__document') }}

),

latest as (

    select *
    from documents
    {% if var('reader_version', none) is not none %}
        where try_cast(reader_version as integer) <= {{ var('reader_version') | int }}
    {% endif %}
    -- versions are compared as numbers where they are numbers, so that 10 follows 9
    qualify
        row_number() over (
            partition by document_id
            order by try_cast(reader_version as integer) desc nulls last, reader_version desc
        ) = 1

)

select
    document_id,
    reader_version,
    portal_id,
    entry_url,
    url as document_url,
    fetch_role,
    document_format,
    payload_sha256,
    payload_bytes,
    fetched_at as first_fetched_at,
    warc_file,
    warc_offset,
    read_state,
    reason
from latest
