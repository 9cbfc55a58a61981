with

source as (

    select * from {{ source('raw', 'expectation_result') }}

),

renamed as (

    select
        expectation_id,
        suite,
        expectation_type,
        target,
        rule_id,
        severity,
        fault_owner,
        outcome,
        reason,
        evaluated_count,
        unexpected_count,
        statement
    from source
    -- they speak of the marts as they are now
    where {{ var('known_on', none) is none }}

)

select * from renamed
