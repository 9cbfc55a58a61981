with

source as (

    select * from {{ source('raw', 'report') }}

),

renamed as (

    select
        report_id,
        reader_version,
        document_id,
        portal_id,
        entry_url,
        title,
        body_id,
        body_name,
        division_code,
        division_name,
        level,
        body_kind,
        report_year,
        report_year_source,
        published_on,
        published_on_source,
        scope,
        generation,
        stated_period_from,
        stated_period_to,
        notice_cited,
        cells_expected,
        cells_located,
        leftover_count,
        identity_doubt
    from source

)

select * from renamed
