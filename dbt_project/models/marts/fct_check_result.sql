-- One row per current report, balance rule and instance (the row or column the rule is applied to).
--
-- All values there: the terms sum to zero or the check has failed, by the sum as the difference.
-- Some missing: a missing count or amount is unknown, but not negative. Where all missing terms would push the known
-- sum further from zero, nothing they could be restores the balance: failed. Else the check is not assessable.
-- A missing value is never taken as 0 and never a pass.
with

check_terms as (

    select * from {{ ref('int_check_terms') }}

),

rules as (

    select * from {{ ref('rules') }}

),

reports as (

    select * from {{ ref('fct_report') }}

),

terms as (

    select
        *,
        -- what the balance has where the second reading is believed wherever the two disagree
        case agreement when 'disagreed' then second_number else value end as second_term
    from check_terms

),

sums as (

    select
        report_id,
        rule_id,
        instance_key,
        count(*) as cell_count,
        count(*) filter (where agreement = 'agreed') as agreed_count,
        count(*) filter (where agreement = 'disagreed') as disagreed_count,
        count(*) filter (where second_term is null) as second_missing_count,
        coalesce(sum(coefficient * second_term), 0) as second_sum,
        count(*) filter (where value is null) as missing_count,
        coalesce(sum(coefficient * value), 0) as known_sum,
        bool_and(coefficient > 0 and measure_kind != 'change') filter (where value is null) as only_adds,
        bool_and(coefficient < 0 and measure_kind != 'change') filter (where value is null) as only_subtracts,
        bool_or(missing_because = 'no_report_before') as is_first_report,
        bool_or(missing_because = 'other_scope_before') as is_other_scope,
        count(*) filter (where missing_because = 'no_such_cell') as unknown_cell_count,
        count(*) filter (where missing_because = 'no_value' and cell_kind = 'blank') as blank_count,
        count(*) filter (where missing_because = 'no_value' and cell_kind = 'not_applicable') as mark_count,
        count(*) filter (where missing_because = 'no_value' and cell_kind = 'text') as text_count,
        count(*) filter (where missing_because = 'no_value' and cell_kind = 'absent') as absent_count,
        -- sorted afterwards: an ordered aggregate would sort each small group on its own, at five times the cost
        list_sort(
            list(
                struct_pack(
                    term_ordinal := term_ordinal,
                    cell := struct_pack(
                        table_key := table_key,
                        row_key := row_key,
                        column_key := column_key,
                        report_year := cell_report_year,
                        coefficient := cast(coefficient as bigint),
                        cell_kind := cell_kind,
                        printed := printed,
                        value := value,
                        second_value := second_value,
                        agreement := agreement
                    )
                )
            )
        ) as ordered_cells
    from terms
    group by report_id, rule_id, instance_key

),

outcomes as (

    select
        *,
        list_transform(ordered_cells, lambda term: struct_extract(term, 'cell')) as cells,
        case
            when missing_count = 0 and known_sum = 0 then 'passed'
            when missing_count = 0 then 'failed'
            when known_sum > 0 and only_adds then 'failed'
            when known_sum < 0 and only_subtracts then 'failed'
            else 'not_assessable'
        end as outcome,
        concat_ws(
            ', ',
            case when is_first_report then 'no report of the year before' end,
            case when is_other_scope then 'the report of the year before has another scope' end,
            {{ cells_in_words('unknown_cell_count', 'not in the format of its report') }},
            {{ cells_in_words('blank_count', 'blank') }},
            {{ cells_in_words('mark_count', 'not applicable') }},
            {{ cells_in_words('text_count', 'text') }},
            {{ cells_in_words('absent_count', 'absent') }}
        ) as what_is_missing
    from sums

)

select
    md5(concat_ws(' ', outcomes.report_id, outcomes.rule_id, outcomes.instance_key)) as check_result_id,
    outcomes.report_id,
    reports.body_id,
    reports.body_name,
    reports.division_code,
    reports.report_year,
    outcomes.rule_id,
    outcomes.instance_key,
    rules.severity,
    outcomes.outcome,
    nullif(outcomes.what_is_missing, '') as reason,
    case when outcomes.outcome != 'not_assessable' then cast(outcomes.known_sum as decimal(38, 6)) end as difference,
    {{ verdict(
        'outcomes.outcome',
        'outcomes.cell_count',
        'outcomes.agreed_count',
        'outcomes.disagreed_count',
        'outcomes.second_missing_count',
        'outcomes.second_sum',
    ) }} as verdict,
    outcomes.cells,
    reports.entry_url,
    reports.document_url
from outcomes
inner join rules
    on outcomes.rule_id = rules.rule_id
inner join reports
    on outcomes.report_id = reports.report_id
