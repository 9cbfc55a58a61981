-- One row per instance of a balance rule in a format generation: how many terms it has, and how many of them are of
-- the report's own year, can only add to the sum, or can only take from it (a change may do either).
{{ config(materialized='view') }}

with

balance_terms as (

    select * from {{ ref('int_balance_terms') }}

)

select
    generation,
    rule_id,
    instance_key,
    instance_number,
    -- the terms of the own year are what decides that a generation has the instance
    min(table_key) as table_key,
    count(*) as term_count,
    count(*) filter (where year_offset = 0) as own_term_count,
    count(*) filter (where coefficient > 0 and measure_kind != 'change') as adding_count,
    count(*) filter (where coefficient < 0 and measure_kind != 'change') as subtracting_count
from balance_terms
group by generation, rule_id, instance_key, instance_number
