with

source as (

    select * from {{ source('raw', 'entry') }}

),

renamed as (

    select
        portal_id,
        entry_url,
        title,
        listed_on,
        is_accepted,
        title_rule,
        list_url,
        first_seen_at
    from source
    where {{ is_known('first_seen_at') }}

)

select * from renamed
