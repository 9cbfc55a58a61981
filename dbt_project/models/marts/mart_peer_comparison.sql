-- One row per body, report year and metric: the value and its place among the peers.
--
-- Peers are bodies of the same level, kind, report year and scope. A value is ranked when it rests on enough cases
-- (var minimum_denominator) and enough such values are there (var minimum_peer_count); otherwise rank, percentile and
-- robust z are NULL and refusal_reason says why.
-- competition_rank: 1 is best by the metric's direction, the largest where it has none; equal values share a rank.
-- percentile: 0 to 100, share of the peers below plus half of those equal (itself among them).
-- robust_z: distance from the median in units of 1.4826 times the median absolute deviation.
-- shrunken_rate: the share moved towards the ratio of the group's sums, the more the fewer cases it rests on.
-- Beta-binomial, by the moments: with rho the correlation of two cases of one body (estimated from the variance
-- between the bodies and within them, at least 0), a share of n cases keeps the weight n rho / (1 + (n - 1) rho).
with

metric_values as (

    select * from {{ ref('mart_metric') }}

),

metrics as (

    select * from {{ ref('metrics') }}

),

candidates as (

    select
        metric_values.body_id,
        metric_values.report_year,
        metric_values.level
        || '/' || metric_values.body_kind
        || '/' || metric_values.scope
        || '/' || metric_values.report_year as peer_group,
        metric_values.metric_key,
        metrics.direction,
        metric_values.metric_value,
        metric_values.numerator,
        metric_values.denominator,
        metric_values.wilson_low,
        metric_values.wilson_high,
        metrics.kind = 'share'
        and metric_values.denominator > 0
        and metric_values.metric_value between 0 and 1
        and metric_values.level is not null
        and metric_values.body_kind is not null
        and metric_values.scope != 'unknown' as is_share_of_group,
        case
            when metric_values.metric_value is null then metric_values.missing_reason
            when metric_values.level is null or metric_values.body_kind is null
                then 'level or kind of the body unknown'
            when metric_values.scope = 'unknown' then 'scope of the report unknown'
            when metrics.kind = 'share' and metric_values.metric_value not between 0 and 1
                then 'a part larger than the whole'
            when metric_values.denominator < {{ var('minimum_denominator') }}
                then 'fewer than {{ var("minimum_denominator") }} cases'
        end as exclusion_reason
    from metric_values
    inner join metrics
        on metric_values.metric_key = metrics.metric_key

),

-- Sums over the shares of a group, those on few cases among them. q is the sum of x * x / n.
share_sums as (

    select
        peer_group,
        metric_key,
        count(*) as k,
        cast(sum(numerator) as double) as x,
        cast(sum(denominator) as double) as n,
        sum(pow(denominator, 2)) as n_squares,
        sum(pow(numerator, 2) / denominator) as q
    from candidates
    where is_share_of_group
    group by peer_group, metric_key
    having count(*) >= {{ var('minimum_peer_count') }} and sum(denominator) > count(*)

),

variances as (

    select
        peer_group,
        metric_key,
        x / n as group_rate,
        greatest(q - x * x / n, 0) / (k - 1) as between_bodies,
        greatest(x - q, 0) / (n - k) as within_bodies,
        (n - n_squares / n) / (k - 1) as mean_cases
    from share_sums

),

priors as (

    select
        peer_group,
        metric_key,
        group_rate,
        -- no variance at all: every share is the group's
        case
            when between_bodies + within_bodies > 0
                then greatest(
                    (between_bodies - within_bodies) / (between_bodies + (mean_cases - 1) * within_bodies),
                    0
                )
            else 0
        end as rho
    from variances

),

medians as (

    select
        peer_group,
        metric_key,
        count(*) as peer_count,
        median(metric_value) as peer_median
    from candidates
    where exclusion_reason is null
    group by peer_group, metric_key

),

ranked as (

    select
        medians.peer_group,
        medians.metric_key,
        medians.peer_count,
        medians.peer_median,
        median(abs(candidates.metric_value - medians.peer_median)) as peer_deviation
    from medians
    inner join candidates
        on
            medians.peer_group = candidates.peer_group
            and medians.metric_key = candidates.metric_key
    where candidates.exclusion_reason is null
    group by all

),

-- the smallest value is at place 1, equal ones at the same; what is excluded stands in a ranking of its own
places as (

    select
        *,
        rank() over value_order as place_from_below,
        count(*) over (
            value_order
            range between current row and current row
        ) as equal_count
    from candidates
    window value_order as (
        partition by peer_group, metric_key, exclusion_reason is null
        order by metric_value
    )

)

select
    places.body_id,
    places.report_year,
    places.peer_group,
    places.metric_key,
    places.metric_value,
    places.numerator,
    places.denominator,
    places.wilson_low,
    places.wilson_high,
    case
        when places.is_share_of_group
            then
                priors.group_rate
                + (places.metric_value - priors.group_rate)
                * places.denominator * priors.rho / (1 + (places.denominator - 1) * priors.rho)
    end as shrunken_rate,
    ranked.peer_count,
    case
        when ranked.peer_count >= {{ var('minimum_peer_count') }}
            then
                case places.direction
                    when 'lower' then places.place_from_below
                    else ranked.peer_count - places.place_from_below - places.equal_count + 2
                end
    end as competition_rank,
    case
        when ranked.peer_count >= {{ var('minimum_peer_count') }}
            then 100 * (places.place_from_below - 1 + 0.5 * places.equal_count) / ranked.peer_count
    end as percentile,
    case
        when ranked.peer_count >= {{ var('minimum_peer_count') }} and ranked.peer_deviation > 0
            then (places.metric_value - ranked.peer_median) / (1.4826 * ranked.peer_deviation)
    end as robust_z,
    case
        when places.exclusion_reason is not null then places.exclusion_reason
        when ranked.peer_count < {{ var('minimum_peer_count') }}
            then 'fewer than {{ var("minimum_peer_count") }} peers'
    end as refusal_reason
from places
left join priors
    on
        places.peer_group = priors.peer_group
        and places.metric_key = priors.metric_key
left join ranked
    on
        places.peer_group = ranked.peer_group
        and places.metric_key = ranked.metric_key
        and places.exclusion_reason is null
