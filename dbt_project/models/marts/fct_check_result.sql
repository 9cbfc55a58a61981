-- One row per current report, balance rule and instance (the row or column the rule is applied to): what came of it
-- (int_check_outcomes), and for a failure its cells and whose fault it is (int_failed_checks).
{{ config(materialized='view') }}

with

outcomes as (

    select * from {{ ref('int_check_outcomes') }}

),

failed_checks as (

    select * from {{ ref('int_failed_checks') }}

),

rules as (

    select * from {{ ref('rules') }}

),

reports as (

    select * from {{ ref('fct_report') }}

)

select
    md5(concat_ws(' ', outcomes.report_id, outcomes.rule_id, outcomes.instance_key)) as check_result_id,
    outcomes.report_id,
    outcomes.body_id,
    reports.body_name,
    reports.division_code,
    outcomes.report_year,
    outcomes.rule_id,
    outcomes.instance_key,
    rules.severity,
    outcomes.outcome,
    outcomes.reason,
    outcomes.difference,
    failed_checks.verdict,
    failed_checks.cells,
    reports.entry_url,
    reports.document_url
from outcomes
inner join rules
    on outcomes.rule_id = rules.rule_id
inner join reports
    on outcomes.report_id = reports.report_id
left join failed_checks
    on
        outcomes.report_id = failed_checks.report_id
        and outcomes.rule_id = failed_checks.rule_id
        and outcomes.instance_key = failed_checks.instance_key
