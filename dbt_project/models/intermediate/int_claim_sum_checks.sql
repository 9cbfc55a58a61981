-- One row per current report and balance within a report whose cells its sentences list (N02): whether the parts that
-- one sentence names add up to the total that it names. Where it does not name all parts, they may be fewer than the
-- total, and that says nothing.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

reports as (

    select * from {{ ref('int_current_reports') }}
    where {{ is_touched() }}

),

stated_reports as (

    select * from {{ ref('stg_raw__report') }}

),

claims as (

    select * from {{ ref('stg_raw__claim') }}
    where bound_row is not null and scope = 'own'

),

balance_terms as (

    select * from {{ ref('int_balance_terms') }}
    where rule_id in ('B01', 'B02', 'B03', 'D01')

),

balance_instances as (

    select * from {{ ref('int_balance_instances') }}

),

stated_terms as (

    select
        reports.report_id,
        reports.body_id,
        reports.report_year,
        claims.section_ordinal,
        claims.sentence_ordinal,
        claims.sentence_text,
        claims.claim_ordinal,
        claims.value,
        balance_terms.rule_id as balance_rule_id,
        balance_terms.instance_key as balance_instance_key,
        balance_terms.generation,
        balance_terms.coefficient
    from reports
    inner join stated_reports
        on
            reports.report_id = stated_reports.report_id
            and reports.reader_version = stated_reports.reader_version
    inner join claims
        on
            reports.report_id = claims.report_id
            and reports.reader_version = claims.reader_version
    inner join balance_terms
        on
            stated_reports.generation = balance_terms.generation
            and claims.bound_table = balance_terms.table_key
            and claims.bound_row = balance_terms.row_key
            and claims.bound_column = balance_terms.column_key
    -- 收到 may count the requests carried in too
    where not (balance_terms.rule_id = 'B03' and claims.verb = 'received')

),

sentences as (

    select
        report_id,
        any_value(body_id) as body_id,
        any_value(report_year) as report_year,
        section_ordinal,
        sentence_ordinal,
        any_value(sentence_text) as sentence_text,
        min(claim_ordinal) as first_claim_ordinal,
        balance_rule_id,
        balance_instance_key,
        any_value(generation) as generation,
        count(*) as stated_count,
        count(*) filter (where coefficient < 0) as total_count,
        sum(coefficient * value) as known_sum
    from stated_terms
    group by report_id, section_ordinal, sentence_ordinal, balance_rule_id, balance_instance_key

),

judged as (

    select
        sentences.*,
        case
            when sentences.stated_count = balance_instances.own_term_count then sentences.known_sum = 0
            -- of a balance with one total, parts that are more than it are wrong whatever is not named
            when sentences.balance_rule_id != 'B03' and sentences.total_count = 1 and sentences.stated_count > 1
                then
                    case
                        when sentences.known_sum > 0 then false
                        when sentences.known_sum = 0 then true
                    end
        end as is_sum
    from sentences
    inner join balance_instances
        on
            sentences.generation = balance_instances.generation
            and sentences.balance_rule_id = balance_instances.rule_id
            and sentences.balance_instance_key = balance_instances.instance_key

)

select
    report_id,
    any_value(body_id) as body_id,
    any_value(report_year) as report_year,
    'N02' as rule_id,
    concat(balance_rule_id, '/', balance_instance_key) as instance_key,
    case when bool_and(is_sum) then 'passed' else 'failed' end as outcome,
    cast(null as varchar) as reason,
    cast(min_by(known_sum, first_claim_ordinal) filter (where not is_sum) as decimal(38, 6)) as difference,
    cast(null as varchar) as verdict,
    min_by(sentence_text, first_claim_ordinal) filter (where not is_sum) as evidence
from judged
where is_sum is not null
group by report_id, balance_rule_id, balance_instance_key
