-- One row per division, report year, rule that compares a division's reports and instance: X01 and X02 for each
-- figure, X03 for the roster. X01 and X02 hold the aggregate report of the division's government against the
-- reports of its members.
with

rules as (

    select * from {{ ref('rules') }}

),

complete_rosters as (

    select * from {{ ref('complete_rosters') }}

),

members as (

    select * from {{ ref('fct_division_member') }}
    where exclusion_reason is null

),

expected_reports as (

    select * from {{ ref('fct_expected_report') }}

),

firmly_missing as (

    -- expected for more than that other years or other bodies have one
    select
        absent.division_code,
        absent.report_year,
        count(*) as firm_count
    from {{ ref('fct_division_member') }} as absent
    inner join expected_reports
        on
            absent.body_id = expected_reports.body_id
            and absent.report_year = expected_reports.report_year
    where absent.report_id is null and absent.coverage_state != 'not_due' and not expected_reports.is_inferred
    group by absent.division_code, absent.report_year

),

division_years as (

    select * from {{ ref('mart_division_year') }}

),

body_years as (

    select * from {{ ref('mart_body_year') }}

),

figures as (

    select * from {{ ref('figures') }}

),

sums as (

    select
        members.division_code,
        members.report_year,
        {%- for figure_key, table_key, data_type in figures() %}
            sum(body_years.{{ figure_key }}) as {{ figure_key }},
            count(body_years.{{ figure_key }}) as {{ figure_key }}_bodies,
        {%- endfor %}
        count(*) as report_count
    from members
    inner join body_years
        on members.report_id = body_years.report_id
    group by members.division_code, members.report_year

),

figure_sums as (

    select
        division_years.division_code,
        division_years.report_year,
        division_years.expected_count,
        division_years.aggregate_report_id,
        unnest(
            [
                {%- for figure_key, table_key, data_type in figures() %}
                    struct_pack(
                        figure_key := '{{ figure_key }}',
                        aggregate_value := cast(aggregates.{{ figure_key }} as decimal(38, 6)),
                        member_sum := cast(sums.{{ figure_key }} as decimal(38, 6)),
                        body_count := coalesce(sums.{{ figure_key }}_bodies, 0)
                    ){{ ',' if not loop.last }}
                {%- endfor %}
            ],
            recursive := true
        )
    from division_years
    inner join body_years as aggregates
        on division_years.aggregate_report_id = aggregates.report_id
    left join sums
        on
            division_years.division_code = sums.division_code
            and division_years.report_year = sums.report_year

),

held_against as (

    select
        figure_sums.*,
        figure_sums.aggregate_value - figure_sums.member_sum as difference,
        case
            when figure_sums.aggregate_value is null then 'the aggregate report has no value'
            when figure_sums.body_count = 0 then 'no report below it has a value'
        end as missing_reason,
        case
            when complete_rosters.division_code is null then 'the roster is not known to be complete'
            when figure_sums.body_count < figure_sums.expected_count
                then
                    concat(
                        figure_sums.expected_count - figure_sums.body_count, ' of ', figure_sums.expected_count,
                        ' reports missing or without a value'
                    )
        end as incomplete_reason
    from figure_sums
    inner join figures
        on figure_sums.figure_key = figures.figure_key
    left join complete_rosters
        on
            figure_sums.division_code = complete_rosters.division_code
            and figure_sums.report_year
            between complete_rosters.first_report_year and coalesce(complete_rosters.last_report_year, 9998)

),

checks as (

    select
        division_code,
        report_year,
        'X01' as rule_id,
        figure_key as instance_key,
        missing_reason as reason,
        difference >= 0 as is_passed,
        aggregate_report_id,
        aggregate_value,
        member_sum,
        body_count,
        expected_count
    from held_against
    union all
    select
        division_code,
        report_year,
        'X02' as rule_id,
        figure_key as instance_key,
        coalesce(missing_reason, incomplete_reason) as reason,
        difference = 0 as is_passed,
        aggregate_report_id,
        aggregate_value,
        member_sum,
        body_count,
        expected_count
    from held_against
    union all
    select
        division_code,
        report_year,
        'X03' as rule_id,
        'roster' as instance_key,
        case when expected_count = 0 then 'no report is due yet' end as reason,
        len(missing) = 0 as is_passed,
        aggregate_report_id,
        null as aggregate_value,
        null as member_sum,
        found_count as body_count,
        expected_count
    from division_years

)

select
    checks.division_code,
    division_years.division_name,
    checks.report_year,
    checks.rule_id,
    checks.instance_key,
    -- a roster that is but inferred is no reproach
    case
        when checks.rule_id = 'X03' and not checks.is_passed and firmly_missing.firm_count is null then 'info'
        else rules.severity
    end as severity,
    case
        when checks.reason is not null then 'not_assessable'
        when checks.is_passed then 'passed'
        else 'failed'
    end as outcome,
    checks.reason,
    checks.aggregate_report_id,
    checks.aggregate_value,
    checks.member_sum,
    case when checks.reason is null then checks.aggregate_value - checks.member_sum end as difference,
    checks.body_count,
    checks.expected_count,
    case
        when checks.rule_id != 'X03'
            then
                concat(
                    checks.instance_key, ': ', checks.aggregate_value, ' / ', checks.member_sum,
                    ' of ', checks.body_count
                )
        else
            concat(
                len(division_years.missing), ' of ', checks.expected_count, ': ',
                array_to_string(list_transform(division_years.missing[1:10], body -> body.body_name), ', '),
                case when len(division_years.missing) > 10 then ' …' else '' end
            )
    end as evidence,
    case when checks.rule_id = 'X03' then division_years.missing end as missing
from checks
inner join rules
    on checks.rule_id = rules.rule_id
inner join division_years
    on
        checks.division_code = division_years.division_code
        and checks.report_year = division_years.report_year
left join firmly_missing
    on
        checks.division_code = firmly_missing.division_code
        and checks.report_year = firmly_missing.report_year
