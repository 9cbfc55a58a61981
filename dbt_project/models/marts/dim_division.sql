-- One row per administrative division: those of GB/T 2260, then those that only the registry or a report names.
with

divisions as (

    select * from {{ ref('divisions') }}

),

portals as (

    select * from {{ ref('int_portals') }}

),

readings as (

    select * from {{ ref('int_readings') }}

),

named as (

    select
        division_code,
        division_name,
        level,
        is_current,
        parent_division_code,
        'GB/T 2260' as division_source,
        1 as precedence,
        '' as named_by
    from divisions
    union all
    select
        division_code,
        division_name,
        level,
        true as is_current,
        null as parent_division_code,
        'registry' as division_source,
        2 as precedence,
        portal_id as named_by
    from portals
    union all
    select
        division_code,
        coalesce(division_name, '') as division_name,
        level,
        true as is_current,
        null as parent_division_code,
        'report' as division_source,
        3 as precedence,
        report_id as named_by
    from readings
    where division_code is not null

),

first_named as (

    select *
    from named
    qualify row_number() over (partition by division_code order by precedence, named_by) = 1

),

-- Codes nest by their digits: two for the province, four for the city, six for the county.
placed as (

    select
        *,
        substr(division_code, 1, 2) || '0000' as province_code,
        case
            when substr(division_code, 3, 4) = '0000' then null
            when substr(division_code, 5, 2) = '00' then substr(division_code, 1, 2) || '0000'
            else substr(division_code, 1, 4) || '00'
        end as code_above
    from first_named

)

select
    placed.division_code,
    placed.division_name,
    placed.level,
    coalesce(placed.parent_division_code, above.division_code) as parent_division_code,
    province.division_code as province_code,
    province.division_name as province_name,
    placed.is_current,
    placed.division_source
from placed
left join first_named as above
    on placed.code_above = above.division_code
left join first_named as province
    on placed.province_code = province.division_code
