-- One row per failed sum of a row of requests (B01) and pair of neighbouring cells between which the digits of a
-- number seem to have moved (F09): with one number of both (12 | 3 for 123), or with two numbers of one (123 and a
-- blank for 12 | 3), the row adds up, and a column that ends in each of the two does not add up as it is. Rows that
-- are not torn pass without a row here.
{{ config(materialized='incremental', incremental_strategy='touched_bodies') }}

with

failed_rows as (

    select
        *,
        list_sum(list_transform(cells, cell -> cell.coefficient * coalesce(cell.value, 0))) as known_sum,
        len(list_filter(cells, cell -> cell.value is null)) as missing_count
    from {{ ref('int_failed_checks') }}
    where rule_id = 'B01' and {{ is_touched() }}

),

reports as (

    select * from {{ ref('int_current_reports') }}

),

unsound_columns as (

    select distinct
        report_id,
        instance_key
    from {{ ref('int_check_outcomes') }}
    where
        rule_id in ('B02', 'B03') and outcome != 'passed'
        and report_id in (select failed_rows.report_id from failed_rows)

),

places as (

    -- the last cell is the total
    select
        *,
        unnest(range(1, len(cells) - 1)) as place
    from failed_rows

),

pairs as (

    select
        report_id,
        body_id,
        instance_key,
        cells[place] as left_cell,
        cells[place + 1] as right_cell,
        known_sum,
        missing_count - cast(cells[place].value is null as integer)
        - cast(cells[place + 1].value is null as integer) as missing_elsewhere_count
    from places

),

figures as (

    -- figures of both cells, nought where nothing stands
    select
        *,
        cast(cast(coalesce(left_cell.value, 0) as bigint) as varchar) as left_digits,
        cast(cast(coalesce(right_cell.value, 0) as bigint) as varchar) as right_digits
    from pairs
    where
        missing_elsewhere_count = 0
        and coalesce(left_cell.value, 0) >= 0 and coalesce(right_cell.value, 0) >= 0

),

guesses as (

    select
        *,
        left_digits || right_digits as meant,
        cast(left_digits || right_digits as hugeint) as meant_sum
    from figures
    where left_digits != '0' and right_digits != '0'
    union all
    select
        joined.* exclude (cut, digits),
        digits[:cut] || ' | ' || digits[cut + 1:] as meant,
        cast(digits[:cut] as hugeint) + cast(digits[cut + 1:] as hugeint) as meant_sum
    from (
        select
            *,
            case when right_digits = '0' then left_digits else right_digits end as digits,
            unnest(range(1, len(case when right_digits = '0' then left_digits else right_digits end))) as cut
        from figures
        where left_digits = '0' or right_digits = '0'
    ) as joined
    where digits[cut + 1] != '0' or cut + 1 = len(digits)

),

mended as (

    select *
    from guesses
    where
        known_sum - cast(left_digits as hugeint) - cast(right_digits as hugeint) + meant_sum = 0
        and (report_id, left_cell.column_key) in (
            select (unsound_columns.report_id, unsound_columns.instance_key) from unsound_columns
        )
        and (report_id, right_cell.column_key) in (
            select (unsound_columns.report_id, unsound_columns.instance_key) from unsound_columns
        )

)

select
    mended.report_id,
    mended.body_id,
    reports.report_year,
    'F09' as rule_id,
    concat(mended.instance_key, '/', mended.left_cell.column_key) as instance_key,
    'failed' as outcome,
    cast(null as varchar) as reason,
    cast(null as decimal(38, 6)) as difference,
    case
        when mended.left_cell.agreement = 'agreed' and mended.right_cell.agreement = 'agreed'
            then 'publisher' else 'undecided'
    end as verdict,
    [any_value(mended.left_cell), any_value(mended.right_cell)] as cells,
    concat(
        mended.left_cell.printed, ' | ', mended.right_cell.printed, ' → ', string_agg(distinct mended.meant, ', ')
    ) as evidence
from mended
inner join reports
    on mended.report_id = reports.report_id
group by
    mended.report_id, mended.body_id, reports.report_year, mended.instance_key, mended.left_cell, mended.right_cell
