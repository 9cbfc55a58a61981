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

)

select * from renamed
