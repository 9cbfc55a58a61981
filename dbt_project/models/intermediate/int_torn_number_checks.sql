-- One row per failed sum of a row of requests (B01) and pair of neighbouring cells between which the digits of a
-- number seem to have moved (F09): with one number of both (12 | 3 for 123), or with two numbers of one (123 and a
-- blank for 12 | 3), the row adds up, and neither of the two columns adds up as it is. Other rows pass without a row
-- here.
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
        known_sum,
        cells[place:place + 1] as pair_cells,
        cells[place].column_key as left_column_key,
        cells[place + 1].column_key as right_column_key,
        coalesce(cells[place].value, 0) as left_value,
        coalesce(cells[place + 1].value, 0) as right_value,
        cells[place].agreement = 'agreed' and cells[place + 1].agreement = 'agreed' as is_agreed,
        concat(cells[place].printed, ' | ', cells[place + 1].printed) as printed_pair,
        missing_count - cast(cells[place].value is null as integer)
        - cast(cells[place + 1].value is null as integer) as missing_elsewhere_count
    from places

),

figures as (

    select
        pairs.*,
        cast(cast(pairs.left_value as hugeint) as varchar) as left_digits,
        cast(cast(pairs.right_value as hugeint) as varchar) as right_digits
    from pairs
    inner join unsound_columns as left_columns
        on
            pairs.report_id = left_columns.report_id
            and pairs.left_column_key = left_columns.instance_key
    inner join unsound_columns as right_columns
        on
            pairs.report_id = right_columns.report_id
            and pairs.right_column_key = right_columns.instance_key
    where pairs.missing_elsewhere_count = 0 and pairs.left_value >= 0 and pairs.right_value >= 0

),

guesses as (

    -- the numbers that may have been meant: one of both, or two of one
    select
        report_id,
        body_id,
        instance_key,
        left_column_key,
        pair_cells,
        is_agreed,
        printed_pair,
        known_sum - left_value - right_value as sum_elsewhere,
        case when right_value = 0 then left_digits else right_digits end as digits,
        unnest(
            case
                when left_value > 0 and right_value > 0 then [[left_digits || right_digits]]
                else
                    list_transform(
                        range(1, len(digits)), cut -> [digits[:cut], digits[cut + 1:]]
                    )
            end
        ) as meant_numbers
    from figures

),

mended as (

    select
        report_id,
        any_value(body_id) as body_id,
        instance_key,
        left_column_key,
        any_value(pair_cells) as pair_cells,
        any_value(is_agreed) as is_agreed,
        any_value(printed_pair) as printed_pair,
        string_agg(distinct array_to_string(meant_numbers, ' | '), ', ') as meant
    from guesses
    where
        sum_elsewhere + list_sum(list_transform(meant_numbers, number -> cast(number as hugeint))) = 0
        -- no number is written with a nought before it
        and len(list_filter(meant_numbers, number -> number like '0_%')) = 0
    group by report_id, instance_key, left_column_key

)

select
    mended.report_id,
    mended.body_id,
    reports.report_year,
    'F09' as rule_id,
    concat(mended.instance_key, '/', mended.left_column_key) as instance_key,
    'failed' as outcome,
    cast(null as varchar) as reason,
    cast(null as decimal(38, 6)) as difference,
    case when mended.is_agreed then 'publisher' else 'undecided' end as verdict,
    mended.pair_cells as cells,
    concat(mended.printed_pair, ' → ', mended.meant) as evidence
from mended
inner join reports
    on mended.report_id = reports.report_id
