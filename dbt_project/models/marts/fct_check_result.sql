-- One row per check: a rule and its instance, applied to the current report of a body and year; of X03, to the
-- roster of a division and year. Balances (int_check_outcomes, their failures in int_failed_checks), conditions on
-- one report (int_condition_outcomes, int_failed_conditions), digits in the wrong cell and numbers left blank
-- (int_torn_number_checks, int_blank_checks), what the text says (int_claim_checks, int_claim_sum_checks),
-- and what holds reports against others (mart_peer_check, mart_duplicate_check, mart_division_check). What those
-- could not assess stands there: here it would be some rows of every report.
{{ config(materialized='view') }}

with

outcomes as (

    select * from {{ ref('int_check_outcomes') }}

),

failed_checks as (

    select * from {{ ref('int_failed_checks') }}

),

conditions as (

    select * from {{ ref('int_condition_outcomes') }}

),

failed_conditions as (

    select * from {{ ref('int_failed_conditions') }}

),

torn_number_checks as (

    select * from {{ ref('int_torn_number_checks') }}

),

blank_checks as (

    select * from {{ ref('int_blank_checks') }}

),

claim_checks as (

    select * from {{ ref('int_claim_checks') }}

),

claim_sum_checks as (

    select * from {{ ref('int_claim_sum_checks') }}

),

peer_checks as (

    select * from {{ ref('mart_peer_check') }}
    where outcome != 'not_assessable'

),

duplicate_checks as (

    select * from {{ ref('mart_duplicate_check') }}

),

division_checks as (

    select * from {{ ref('mart_division_check') }}
    where outcome != 'not_assessable'

),

rules as (

    select * from {{ ref('rules') }}

),

reports as (

    select * from {{ ref('fct_report') }}

),

checks as (

    select
        outcomes.report_id,
        outcomes.body_id,
        outcomes.report_year,
        outcomes.rule_id,
        outcomes.instance_key,
        outcomes.outcome,
        outcomes.reason,
        outcomes.difference,
        failed_checks.verdict,
        failed_checks.cells,
        cast(null as varchar) as evidence
    from outcomes
    left join failed_checks
        on
            outcomes.report_id = failed_checks.report_id
            and outcomes.rule_id = failed_checks.rule_id
            and outcomes.instance_key = failed_checks.instance_key
    union all
    select
        conditions.report_id,
        conditions.body_id,
        conditions.report_year,
        conditions.rule_id,
        conditions.instance_key,
        conditions.outcome,
        conditions.reason,
        null as difference,
        failed_conditions.verdict,
        failed_conditions.cells,
        conditions.evidence
    from conditions
    left join failed_conditions
        on
            conditions.report_id = failed_conditions.report_id
            and conditions.rule_id = failed_conditions.rule_id
            and conditions.instance_key = failed_conditions.instance_key
    {%- for relation, cells in (
        ('claim_checks', 'cells'),
        ('torn_number_checks', 'cells'),
        ('blank_checks', 'cells'),
        ('claim_sum_checks', 'null as cells'),
    ) %}
        union all
        select
            report_id,
            body_id,
            report_year,
            rule_id,
            instance_key,
            outcome,
            reason,
            difference,
            verdict,
            {{ cells }},
            evidence
        from {{ relation }}
    {%- endfor %}
    union all
    select
        report_id,
        body_id,
        report_year,
        rule_id,
        instance_key,
        outcome,
        reason,
        null as difference,
        null as verdict,
        null as cells,
        evidence
    from peer_checks
    union all
    select
        report_id,
        body_id,
        report_year,
        rule_id,
        instance_key,
        outcome,
        reason,
        null as difference,
        null as verdict,
        null as cells,
        evidence
    from duplicate_checks

)

select
    md5(concat_ws(' ', checks.report_id, checks.rule_id, checks.instance_key)) as check_result_id,
    checks.report_id,
    checks.body_id,
    reports.body_name,
    reports.division_code,
    checks.report_year,
    checks.rule_id,
    checks.instance_key,
    rules.severity,
    checks.outcome,
    checks.reason,
    checks.difference,
    checks.verdict,
    checks.cells,
    checks.evidence,
    reports.entry_url,
    reports.document_url
from checks
inner join rules
    on checks.rule_id = rules.rule_id
inner join reports
    on checks.report_id = reports.report_id
union all
select
    md5(
        concat_ws(
            ' ', 'division', division_checks.division_code, division_checks.report_year, division_checks.rule_id,
            division_checks.instance_key
        )
    ) as check_result_id,
    division_checks.aggregate_report_id as report_id,
    coalesce(reports.body_id, division_checks.division_code) as body_id,
    coalesce(reports.body_name, division_checks.division_name) as body_name,
    division_checks.division_code,
    division_checks.report_year,
    division_checks.rule_id,
    division_checks.instance_key,
    division_checks.severity,
    division_checks.outcome,
    division_checks.reason,
    division_checks.difference,
    null as verdict,
    null as cells,
    case when division_checks.outcome = 'failed' then division_checks.evidence end as evidence,
    reports.entry_url,
    reports.document_url
from division_checks
left join reports
    on division_checks.aggregate_report_id = reports.report_id
