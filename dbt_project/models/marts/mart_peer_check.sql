-- One row per current report, rule that holds it against its peers (A05, B08, B09) and instance: shares by their
-- robust z of mart_peer_comparison, and decisions that nearly all peers report some of.
{{ config(materialized='view') }}

with

body_years as (

    select * from {{ ref('mart_body_year') }}

),

peers as (

    select * from {{ ref('mart_peer_comparison') }}
    where metric_key in ('other_share', 'not_held_share', 'denied_share', 'not_processed_share')

),

outliers as (

    select
        body_years.report_id,
        body_years.body_id,
        body_years.report_year,
        case peers.metric_key when 'other_share' then 'B08' else 'B09' end as rule_id,
        peers.metric_key as instance_key,
        case
            when peers.robust_z is null then 'not_assessable'
            when abs(peers.robust_z) <= 6 then 'passed'
            else 'failed'
        end as outcome,
        case
            when peers.robust_z is null then coalesce(peers.refusal_reason, 'the peers do not differ')
        end as reason,
        case
            when abs(peers.robust_z) > 6
                then
                    concat(
                        peers.metric_key, ' = ', round(peers.metric_value, 3),
                        ', robust z = ', round(peers.robust_z, 1)
                    )
        end as evidence
    from peers
    inner join body_years
        on
            peers.body_id = body_years.body_id
            and peers.report_year = body_years.report_year

),

decisions as (

    select
        report_id,
        body_id,
        report_year,
        peer_group,
        unnest(
            [
                {%- for figure_key in ('licensing_decisions', 'penalties_decisions', 'coercion_decisions') %}
                    struct_pack(
                        instance_key := '{{ figure_key }}', decision_count := {{ figure_key }}
                    ){{ ',' if not loop.last }}
                {%- endfor %}
            ],
            recursive := true
        )
    from body_years

),

shares as (

    select
        *,
        count(decision_count) over (partition by peer_group, instance_key) as peer_count,
        avg(cast(decision_count > 0 as integer)) over (partition by peer_group, instance_key) as share_above_zero
    from decisions
    where peer_group is not null

),

blanks as (

    -- a rule on noughts says nothing of other numbers
    select
        report_id,
        body_id,
        report_year,
        'A05' as rule_id,
        instance_key,
        case
            when peer_count < 20 then 'not_assessable'
            when share_above_zero < 0.95 then 'passed'
            else 'failed'
        end as outcome,
        case when peer_count < 20 then 'fewer than 20 peers' end as reason,
        case
            when peer_count >= 20 and share_above_zero >= 0.95
                then
                    concat(
                        instance_key, ' = 0; above 0 at ', round(100 * share_above_zero, 1),
                        ' % of ', peer_count, ' peers'
                    )
        end as evidence
    from shares
    where decision_count = 0

)

select
    report_id,
    body_id,
    report_year,
    rule_id,
    instance_key,
    outcome,
    reason,
    evidence
from outliers
union all
select
    report_id,
    body_id,
    report_year,
    rule_id,
    instance_key,
    outcome,
    reason,
    evidence
from blanks
