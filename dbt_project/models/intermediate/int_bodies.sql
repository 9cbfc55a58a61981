-- One row per body: as its latest report names it, completed from its earlier reports and from the registry; then the
-- governments that are expected only because their division exists.
with

readings as (

    select
        body_id,
        body_name,
        division_code,
        level,
        body_kind,
        report_year,
        first_fetched_at,
        report_id as named_by,
        'report' as body_source,
        1 as precedence
    from {{ ref('int_readings') }}

),

portals as (

    select
        body_id,
        body_name,
        division_code,
        level,
        body_kind,
        cast(null as bigint) as report_year,
        cast(null as timestamp with time zone) as first_fetched_at,
        portal_id as named_by,
        'registry' as body_source,
        2 as precedence
    from {{ ref('int_portals') }}
    where body_name is not null

),

governments as (

    select
        body_id,
        body_name,
        division_code,
        level,
        'government' as body_kind,
        cast(null as bigint) as report_year,
        cast(null as timestamp with time zone) as first_fetched_at,
        portal_id as named_by,
        'division' as body_source,
        3 as precedence
    from {{ ref('int_expected_governments') }}

),

sources as (

    select * from readings
    union all
    select * from portals
    union all
    select * from governments

),

ordered as (

    select
        *,
        row_number() over (
            partition by body_id
            order by precedence asc, report_year desc nulls last, first_fetched_at desc nulls last, named_by asc
        ) as ordinal
    from sources

)

-- min_by passes over NULL, so each column comes from the first source that knows it
select
    body_id,
    min_by(body_name, ordinal) as body_name,
    min_by(division_code, ordinal) as division_code,
    min_by(level, ordinal) as level,
    min_by(body_kind, ordinal) as body_kind,
    min_by(body_source, ordinal) as body_source
from ordered
group by body_id
