-- One row per body, report year and metric: the value and its place among the peers.
--
-- Peers are the bodies of one peer_group: same level, kind, report year and scope. A value is ranked when it rests on
-- enough cases (var minimum_denominator) and enough such values are there (var minimum_peer_count); otherwise rank,
-- percentile and robust z are NULL and refusal_reason says why.
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

    select
        *,
        cast(row_number() over (order by metric_key) as integer) as metric_number
    from {{ ref('metrics') }}

),

body_years as materialized (

    select
        body_id,
        report_year,
        peer_group,
        cast(row_number() over (order by body_id, report_year) as integer) as body_year_number,
        cast(case when peer_group is not null then dense_rank() over (order by peer_group) end as integer)
            as peer_group_number
    from {{ ref('mart_body_year') }}

),

-- Tens of millions of rows are sorted and summed below: under numbers, without names. One number stands for a peer
-- group and a metric.
candidates as materialized (

    select
        body_years.body_year_number,
        metrics.metric_number,
        1000 * body_years.peer_group_number + metrics.metric_number as ranking_number,
        metric_values.metric_value,
        metric_values.numerator,
        metric_values.denominator,
        metrics.kind = 'share'
        and metric_values.denominator > 0
        and metric_values.metric_value between 0 and 1 as is_share,
        case
            when metric_values.metric_value is null then metric_values.missing_reason
            when metric_values.scope = 'unknown' then 'scope of the report unknown'
            when metric_values.peer_group is null then 'level or kind of the body unknown'
            when metrics.kind = 'share' and metric_values.metric_value not between 0 and 1
                then 'a part larger than the whole'
            when metric_values.denominator < {{ var('minimum_denominator') }}
                then 'fewer than {{ var("minimum_denominator") }} cases'
        end as exclusion_reason
    from metric_values
    inner join metrics
        on metric_values.metric_key = metrics.metric_key
    inner join body_years
        on
            metric_values.body_id = body_years.body_id
            and metric_values.report_year = body_years.report_year

),

-- k bodies with a share, those on few cases among them; x and n are their cases, q the sum of x * x / n. All sums are
-- exact: those of floating numbers would depend on the order of the rows.
group_sums as (

    select
        ranking_number,
        count(*) filter (where exclusion_reason is null) as peer_count,
        median(metric_value) filter (where exclusion_reason is null) as peer_median,
        count(*) filter (where is_share) as k,
        cast(sum(numerator) filter (where is_share) as double) as x,
        cast(sum(denominator) filter (where is_share) as double) as n,
        cast(sum(cast(denominator as hugeint) * denominator) filter (where is_share) as double) as n_squares,
        cast(
            sum(case when is_share then cast(pow(numerator, 2) / denominator as decimal(38, 12)) end) as double
        ) as q
    from candidates
    where ranking_number is not null
    group by ranking_number

),

group_deviations as (

    select
        candidates.ranking_number,
        median(abs(candidates.metric_value - group_sums.peer_median)) as peer_deviation
    from candidates
    inner join group_sums
        on candidates.ranking_number = group_sums.ranking_number
    where candidates.exclusion_reason is null
    group by candidates.ranking_number

),

group_variances as (

    select
        *,
        k >= {{ var('minimum_peer_count') }} and n > k as has_variances,
        greatest(q - x * x / n, 0) / nullif(k - 1, 0) as between_bodies,
        greatest(x - q, 0) / nullif(n - k, 0) as within_bodies,
        (n - n_squares / n) / nullif(k - 1, 0) as mean_cases
    from group_sums

),

peer_groups as (

    select
        group_variances.ranking_number,
        group_variances.peer_count,
        group_variances.peer_median,
        group_deviations.peer_deviation,
        group_variances.x / group_variances.n as group_rate,
        group_variances.peer_count >= {{ var('minimum_peer_count') }} as is_ranked,
        case
            when not group_variances.has_variances then null
            -- no variance at all: every share is the group's
            when group_variances.between_bodies + group_variances.within_bodies = 0 then 0
            else greatest(
                (group_variances.between_bodies - group_variances.within_bodies)
                / (group_variances.between_bodies + (group_variances.mean_cases - 1) * group_variances.within_bodies),
                0
            )
        end as rho
    from group_variances
    left join group_deviations
        on group_variances.ranking_number = group_deviations.ranking_number

),

-- the smallest value is at place 1, equal ones at the same; what is excluded stands in a ranking of its own
places as (

    select
        body_year_number,
        metric_number,
        ranking_number,
        metric_value,
        numerator,
        denominator,
        is_share,
        exclusion_reason,
        rank() over value_order as place_from_below,
        count(*) over (
            value_order
            range between current row and current row
        ) as equal_count
    from candidates
    window value_order as (
        partition by ranking_number, exclusion_reason is null
        order by metric_value
    )

)

select
    body_years.body_id,
    body_years.report_year,
    body_years.peer_group,
    metrics.metric_key,
    places.metric_value,
    places.numerator,
    places.denominator,
    case
        when places.is_share then {{ wilson_bound('places.metric_value', 'places.denominator', -1) }}
    end as wilson_low,
    case
        when places.is_share then {{ wilson_bound('places.metric_value', 'places.denominator', 1) }}
    end as wilson_high,
    case
        when places.is_share
            then
                peer_groups.group_rate
                + (places.metric_value - peer_groups.group_rate)
                * places.denominator * peer_groups.rho / (1 + (places.denominator - 1) * peer_groups.rho)
    end as shrunken_rate,
    case when places.exclusion_reason is null then peer_groups.peer_count end as peer_count,
    case
        when places.exclusion_reason is null and peer_groups.is_ranked
            then
                case metrics.direction
                    when 'lower' then places.place_from_below
                    else peer_groups.peer_count - places.place_from_below - places.equal_count + 2
                end
    end as competition_rank,
    case
        when places.exclusion_reason is null and peer_groups.is_ranked
            then 100 * (places.place_from_below - 1 + 0.5 * places.equal_count) / peer_groups.peer_count
    end as percentile,
    case
        when places.exclusion_reason is null and peer_groups.is_ranked and peer_groups.peer_deviation > 0
            then (places.metric_value - peer_groups.peer_median) / (1.4826 * peer_groups.peer_deviation)
    end as robust_z,
    case
        when places.exclusion_reason is not null then places.exclusion_reason
        when not peer_groups.is_ranked then 'fewer than {{ var("minimum_peer_count") }} peers'
    end as refusal_reason
from places
inner join body_years
    on places.body_year_number = body_years.body_year_number
inner join metrics
    on places.metric_number = metrics.metric_number
left join peer_groups
    on places.ranking_number = peer_groups.ranking_number
