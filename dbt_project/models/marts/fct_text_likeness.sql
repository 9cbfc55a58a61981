-- One row per current report and other report whose text is much like it: the body's own of the year before, or one of
-- another body for the same year or the year before.
-- Others are found by locality-sensitive hashing: the signature is cut into bands, and reports that have a band in common
-- are compared. Where many have (copies of one template), each is compared with the first of them only.

with

reports as (

    select * from {{ ref('int_text_signatures') }}

),

bands as (

    select
        report_id,
        body_id,
        report_year,
        unnest(
            [
                {%- for band in range(16) %}
                    '{{ band }}:' || substr(signature, {{ band * 8 + 1 }}, 8){{ ',' if not loop.last }}
                {%- endfor %}
            ]
        ) as band
    from reports

),

shared_bands as (

    select band
    from bands
    group by band
    having min(body_id) < max(body_id)

),

members as (

    select
        bands.band,
        bands.report_id,
        bands.body_id,
        bands.report_year,
        row_number() over (partition by bands.band, bands.report_year order by bands.report_id) as place_in_band
    from bands
    inner join shared_bands
        on bands.band = shared_bands.band

),

pairs as (

    select distinct
        members.report_id,
        others.report_id as other_report_id
    from members
    inner join members as others
        on
            members.band = others.band
            and others.report_year between members.report_year - 1 and members.report_year
            and members.body_id != others.body_id
    where others.place_in_band <= {{ var('most_compared_in_band') }}

    union all

    select
        reports.report_id,
        years_before.report_id as other_report_id
    from reports
    inner join reports as years_before
        on
            reports.body_id = years_before.body_id
            and reports.report_year - 1 = years_before.report_year

),

compared as (

    select
        reports.report_id,
        reports.body_id,
        reports.report_year,
        others.report_id as other_report_id,
        others.body_id as other_body_id,
        others.report_year as other_report_year,
        reports.shingle_count,
        others.shingle_count as other_shingle_count,
        -- of two different values, one in 64 has the same lowest six bits
        greatest(1 - hamming(reports.signature, others.signature) / 128 * 64 / 63, 0) as likeness
    from pairs
    inner join reports
        on pairs.report_id = reports.report_id
    inner join reports as others
        on pairs.other_report_id = others.report_id

)

select
    report_id,
    other_report_id,
    body_id,
    report_year,
    other_body_id,
    other_report_year,
    case when body_id = other_body_id then 'own_past' else 'other_body' end as kind,
    cast(likeness as decimal(5, 4)) as likeness,
    -- of texts A and B, what both have is J / (1 + J) of |A| + |B|
    cast(
        least(likeness / (1 + likeness) * (shingle_count + other_shingle_count) / shingle_count, 1) as decimal(5, 4)
    ) as shared_share,
    shingle_count,
    other_shingle_count
from compared
where likeness >= {{ var('least_text_likeness') }}
