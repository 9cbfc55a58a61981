-- One row per body, report year and metric: the value and its place among the peers.
--
-- Peers are bodies of the same level, kind, report year and scope. A value takes part when it rests on enough cases
-- (var minimum_denominator), and is ranked when enough values take part (var minimum_peer_count); otherwise rank,
-- percentile and robust z are NULL and refusal_reason says why.
-- competition_rank: 1 is best by the metric's direction, the largest where it has none; equal values share a rank.
-- percentile: 0 to 100, share of the peers below plus half of those equal (itself among them).
-- robust_z: distance from the median in units of 1.4826 times the median absolute deviation.
with

body_years as (

    select * from {{ ref('mart_body_year') }}

),

metrics as (

    select * from {{ ref('metrics') }}

),

numbers as (

    -- every figure and metric as a column of double
    select
        body_id,
        report_year,
        cast(
            columns(* exclude (
                body_id, report_id, report_year, body_name, division_code, level, body_kind, scope, generation,
                failed_check_count
            )) as double
        )
    from body_years

),

long_numbers as (

    unpivot numbers
    on columns(* exclude (body_id, report_year))
    into name number_key value number_value

),

candidates as (

    select
        body_years.body_id,
        body_years.report_year,
        body_years.level
        || '/' || body_years.body_kind
        || '/' || body_years.scope
        || '/' || body_years.report_year as peer_group,
        metrics.metric_key,
        metrics.direction,
        metrics.kind,
        metric_numbers.number_value as metric_value,
        denominator_numbers.number_value as denominator,
        case
            when metric_numbers.number_value is null then 'no value'
            when body_years.level is null or body_years.body_kind is null then 'level or kind of the body unknown'
            when body_years.scope = 'unknown' then 'scope of the report unknown'
            when denominator_numbers.number_value < {{ var('minimum_denominator') }}
                then 'fewer than {{ var("minimum_denominator") }} cases'
        end as exclusion_reason
    from body_years
    cross join metrics
    left join long_numbers as metric_numbers
        on
            body_years.body_id = metric_numbers.body_id
            and body_years.report_year = metric_numbers.report_year
            and metrics.metric_key = metric_numbers.number_key
    left join long_numbers as denominator_numbers
        on
            body_years.body_id = denominator_numbers.body_id
            and body_years.report_year = denominator_numbers.report_year
            and metrics.denominator = denominator_numbers.number_key

),

peers as (

    select
        *,
        case direction when 'lower' then metric_value else -metric_value end as rank_value,
        median(metric_value) over (partition by peer_group, metric_key) as peer_median
    from candidates
    where exclusion_reason is null

),

places as (

    select
        body_id,
        report_year,
        metric_key,
        metric_value,
        peer_median,
        count(*) over (partition by peer_group, metric_key) as peer_count,
        rank() over (partition by peer_group, metric_key order by rank_value) as competition_rank,
        rank() over (partition by peer_group, metric_key order by metric_value) - 1 as below_count,
        count(*) over (partition by peer_group, metric_key, metric_value) as equal_count,
        median(abs(metric_value - peer_median)) over (partition by peer_group, metric_key) as peer_deviation
    from peers

),

ranked as (

    select
        *,
        peer_count >= {{ var('minimum_peer_count') }} as is_ranked
    from places

)

select
    candidates.body_id,
    candidates.report_year,
    candidates.peer_group,
    candidates.metric_key,
    candidates.metric_value,
    candidates.denominator,
    case
        when candidates.kind = 'share' and candidates.denominator > 0 and candidates.metric_value between 0 and 1
            then {{ wilson_bound('candidates.metric_value', 'candidates.denominator', -1) }}
    end as wilson_low,
    case
        when candidates.kind = 'share' and candidates.denominator > 0 and candidates.metric_value between 0 and 1
            then {{ wilson_bound('candidates.metric_value', 'candidates.denominator', 1) }}
    end as wilson_high,
    ranked.peer_count,
    case when ranked.is_ranked then ranked.competition_rank end as competition_rank,
    case
        when ranked.is_ranked then 100 * (ranked.below_count + 0.5 * ranked.equal_count) / ranked.peer_count
    end as percentile,
    case
        when ranked.is_ranked and ranked.peer_deviation > 0
            then (ranked.metric_value - ranked.peer_median) / (1.4826 * ranked.peer_deviation)
    end as robust_z,
    case
        when candidates.exclusion_reason is not null then candidates.exclusion_reason
        when not ranked.is_ranked then 'fewer than {{ var("minimum_peer_count") }} peers'
    end as refusal_reason
from candidates
left join ranked
    on
        candidates.body_id = ranked.body_id
        and candidates.report_year = ranked.report_year
        and candidates.metric_key = ranked.metric_key
