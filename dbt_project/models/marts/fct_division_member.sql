-- One row per expected report of a body that belongs to a division, and what of it goes into the division's sums.
--
-- Members of a division are its departments and townships, and the governments of the divisions directly below it;
-- its own government is not one, its report is what the sums are held against. Nothing is counted twice: of a
-- department the report on itself is summed, of a lower government the aggregate of its territory, of a township
-- either.
with

expected as (

    select * from {{ ref('fct_expected_report') }}
    where body_id is not null

),

bodies as (

    select * from {{ ref('dim_body') }}

),

divisions as (

    select * from {{ ref('dim_division') }}

),

reports as (

    select * from {{ ref('mart_body_year') }}

),

kinds as (

    select
        bodies.body_id,
        bodies.body_name,
        case
            when bodies.body_kind = 'department' then 'department'
            when bodies.level = divisions.level then 'lower_government'
            else 'township'
        end as member_kind,
        case
            when bodies.body_kind = 'government' and bodies.level = divisions.level
                then divisions.parent_division_code
            else bodies.division_code
        end as division_code
    from bodies
    inner join divisions
        on bodies.division_code = divisions.division_code

)

select
    kinds.division_code,
    kinds.body_id,
    kinds.body_name,
    expected.report_year,
    kinds.member_kind,
    expected.coverage_state,
    expected.coverage_reason,
    reports.report_id,
    reports.scope,
    case
        when reports.report_id is null then 'no report'
        when reports.scope = 'unknown' then 'scope of the report unknown'
        when kinds.member_kind = 'department' and reports.scope = 'aggregate'
            then 'a department that aggregates others'
        when kinds.member_kind = 'lower_government' and reports.scope = 'own_body'
            then 'a government that reports on its own office only'
    end as exclusion_reason
from expected
inner join kinds
    on expected.body_id = kinds.body_id
left join reports
    on
        expected.body_id = reports.body_id
        and expected.report_year = reports.report_year
where kinds.division_code is not null
