-- One row per expectation. A view, as the results come in after the marts are built.
{{ config(materialized='view') }}

with

expectation_results as (

    select * from {{ ref('stg_raw__expectation_result') }}

)

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
from expectation_results
