-- One row per current report, balance rule and instance (the row or column the rule is applied to).
--
-- All values there: the terms sum to zero (to zero at least, where the rule says `at_least`) or the check has failed,
-- by the sum as the difference.
-- Some missing: a missing count or amount is unknown, but not negative. Where all missing terms would push the known
-- sum further from zero, nothing they could be restores the balance: failed. Else the check is not assessable.
-- A missing value is never taken as 0 and never a pass.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

sums as (

    select * from {{ ref('int_check_sums') }}

),

rules as (

    select * from {{ ref('rules') }}

),

compared as (

    select
        sums.*,
        rules.comparison = 'at_least' as is_at_least
    from sums
    inner join rules
        on sums.rule_id = rules.rule_id

),

outcomes as (

    select
        *,
        case
            when missing_count = 0 and (known_sum = 0 or (known_sum > 0 and is_at_least)) then 'passed'
            when missing_count = 0 then 'failed'
            when known_sum > 0 and missing_adding_count = missing_count and not is_at_least then 'failed'
            when known_sum < 0 and missing_subtracting_count = missing_count then 'failed'
            else 'not_assessable'
        end as outcome,
        case
            when missing_count > 0
                then
                    concat_ws(
                        ', ',
                        case when is_first_report then 'no report of the year before' end,
                        case when is_other_scope then 'the report of the year before has another scope' end,
                        {{ cells_in_words('unknown_cell_count', 'not in the format of its report') }},
                        {{ cells_in_words('blank_count', 'blank') }},
                        {{ cells_in_words('mark_count', 'not applicable') }},
                        {{ cells_in_words('text_count', 'text') }},
                        {{ cells_in_words('absent_count', 'absent') }}
                    )
        end as reason
    from compared

)

select
    report_id,
    body_id,
    report_year,
    rule_id,
    instance_key,
    instance_number,
    outcome,
    reason,
    case when outcome != 'not_assessable' then cast(known_sum as decimal(38, 6)) end as difference,
    case
        when missing_count = 1 and blank_count = 1 and not is_at_least
            then cast(case when missing_adding_count = 1 then -known_sum else known_sum end as decimal(38, 6))
    end as implied_value
from outcomes
