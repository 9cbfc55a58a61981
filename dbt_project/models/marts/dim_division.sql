-- One row per administrative division: those of GB/T 2260 now and before, then those that only the registry or a
-- report names.
with

divisions as (

    select * from {{ ref('int_divisions') }}

)

select
    division_code,
    division_name,
    level,
    parent_division_code,
    province_code,
    province_name,
    is_current,
    valid_from_year,
    valid_to_year,
    ended_by,
    successor_division_code,
    current_division_code,
    division_source
from divisions
