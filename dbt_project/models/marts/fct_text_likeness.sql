-- One row per current report and other report whose text is much like it: the body's own of the year before, or one
-- of another body for the same year or the year before.
-- Others are found by locality-sensitive hashing: the signature is cut into bands, and reports that have a band in
-- common are compared. Where many have (copies of one template), each is compared with the first of them only.

with

signatures as (

    select * from {{ ref('int_text_signatures') }}

),

reports as (

    -- numbers in the place of names, as there are sixteen rows a report below
    select
        *,
        cast(row_number() over (order by report_id) as integer) as report_number,
        cast(dense_rank() over (order by body_id) as integer) as body_number
    from signatures

),

bands as (

    select
        report_number,
        body_number,
        report_year,
        unnest(
            [
                {%- for band in range(16) %}
                    hash({{ band }}, substr(signature, {{ band * 8 + 1 }}, 8)){{ ',' if not loop.last }}
                {%- endfor %}
            ]
        ) as band_hash
    from reports

),

shared_bands as (

    select band_hash
    from bands
    group by band_hash
    having min(body_number) < max(body_number)

),

band_members as (

    select
        bands.band_hash,
        bands.report_number,
        bands.body_number,
        bands.report_year,
        row_number() over (
            partition by bands.band_hash, bands.report_year
            order by bands.report_number
        ) as place_in_band
    from bands
    inner join shared_bands
        on bands.band_hash = shared_bands.band_hash

),

pairs as (

    select distinct
        band_members.report_number,
        other_members.report_number as other_report_number
    from band_members
    inner join band_members as other_members
        on
            band_members.band_hash = other_members.band_hash
            and other_members.report_year between band_members.report_year - 1 and band_members.report_year
            and band_members.body_number != other_members.body_number
    where other_members.place_in_band <= {{ var('most_compared_in_band') }}

    union all

    select
        reports.report_number,
        years_before.report_number as other_report_number
    from reports
    inner join reports as years_before
        on
            reports.body_number = years_before.body_number
            and reports.report_year - 1 = years_before.report_year

),

compared as (

    select
        reports.report_id,
        reports.body_id,
        reports.report_year,
        other_reports.report_id as other_report_id,
        other_reports.body_id as other_body_id,
        other_reports.report_year as other_report_year,
        reports.shingle_count,
        other_reports.shingle_count as other_shingle_count,
        {{ text_likeness('reports', 'other_reports') }} as likeness
    from pairs
    inner join reports
        on pairs.report_number = reports.report_number
    inner join reports as other_reports
        on pairs.other_report_number = other_reports.report_number

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
