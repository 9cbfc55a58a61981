-- One row per administrative division: those of GB/T 2260 now and before, then those that only the registry or a
-- report names. A code is valid at the end of the years from valid_from_year to valid_to_year; NULL on either side
-- where the lists of changes (2014 to 2023) say nothing.
with recursive

divisions as (

    select * from {{ ref('divisions') }}

),

changes as (

    select * from {{ ref('division_changes') }}

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
        false as is_current,
        null as parent_division_code,
        'GB/T 2260' as division_source,
        2 as precedence,
        cast(9999 - changed_in as varchar) as named_by
    from changes
    union all
    select
        division_code,
        division_name,
        level,
        true as is_current,
        null as parent_division_code,
        'registry' as division_source,
        3 as precedence,
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
        4 as precedence,
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

),

begun as (

    select
        case change_kind when 'established' then division_code else successor_code end as division_code,
        cast(max(changed_in) as bigint) as valid_from_year
    from changes
    where change_kind = 'established' or (change_kind in ('recoded', 'split') and successor_code != division_code)
    group by all

),

ended as (

    select
        division_code,
        cast(changed_in - 1 as bigint) as valid_to_year,
        change_kind,
        successor_code
    from changes
    where change_kind in ('recoded', 'merged_into', 'abolished')

),

succession as (

    select
        division_code,
        successor_code as reached_code,
        1 as steps
    from ended
    where successor_code is not null
    union all
    select
        succession.division_code,
        ended.successor_code as reached_code,
        succession.steps + 1 as steps
    from succession
    inner join ended
        on succession.reached_code = ended.division_code
    where ended.successor_code is not null and succession.steps < 10

),

current_codes as (

    select
        division_code,
        max_by(reached_code, steps) as current_division_code
    from succession
    group by division_code

)

select
    placed.division_code,
    placed.division_name,
    placed.level,
    coalesce(
        placed.parent_division_code,
        above.division_code,
        -- a county whose code names no city is the province's own
        case when province.division_code != placed.division_code then province.division_code end
    ) as parent_division_code,
    province.division_code as province_code,
    province.division_name as province_name,
    placed.is_current,
    begun.valid_from_year,
    ended.valid_to_year,
    ended.change_kind as ended_by,
    ended.successor_code as successor_division_code,
    coalesce(current_codes.current_division_code, placed.division_code) as current_division_code,
    placed.division_source
from placed
left join first_named as above
    on placed.code_above = above.division_code
left join first_named as province
    on placed.province_code = province.division_code
left join begun
    on placed.division_code = begun.division_code
left join ended
    on placed.division_code = ended.division_code
left join current_codes
    on placed.division_code = current_codes.division_code
