with

source as (

    select * from {{ source('raw', 'portal') }}

),

renamed as (

    select
        portal_id,
        name,
        family,
        column_url,
        division_code,
        division_name,
        level,
        body_name,
        body_kind,
        is_verified,
        notes
    from source

)

select * from renamed
