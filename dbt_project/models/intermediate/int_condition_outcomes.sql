-- One row per current report, rule that is a condition (macro rule_conditions) and instance, where the rule says
-- something of the report: what came of it, why it could not be assessed, and what a failure shows beside its
-- cells. A fact that is not known is never a pass.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

facts as (

    select * from {{ ref('int_rule_facts') }}
    where {{ is_touched() }}

),

applied as (

    select
        report_id,
        body_id,
        report_year,
        unnest(
            [
                {%- for rule_id, instance_key, needs, applies, holds, evidence in rule_conditions() %}
                    struct_pack(
                        rule_id := '{{ rule_id }}',
                        instance_key := '{{ instance_key }}',
                        outcome := {{ condition_outcome(applies, holds) }},
                        missing := {{ condition_reason(needs) }},
                        evidence := cast({{ evidence }} as varchar)
                    ){{ ',' if not loop.last }}
                {%- endfor %}
            ],
            recursive := true
        )
    from facts

)

select
    report_id,
    body_id,
    report_year,
    rule_id,
    instance_key,
    outcome,
    case when outcome = 'not_assessable' then missing end as reason,
    case when outcome = 'failed' then evidence end as evidence
from applied
where outcome is not null
