{#
    Whose fault a failed balance is, as two readings of the report tell it; NULL where none failed.
    publisher: both readings take the same for every cell of it. reader: they do not, and with what the second takes it
    balances. undecided: neither. The only place that says so; `gongkai check` has DuckDB evaluate this very macro
    (flows/quality/verdicts.py).
#}
{% macro verdict(outcome, cell_count, agreed_count, disagreed_count, second_missing_count, second_sum) -%}
    case
        when {{ outcome }} != 'failed' then null
        when {{ agreed_count }} = {{ cell_count }} then 'publisher'
        when {{ disagreed_count }} > 0 and {{ second_missing_count }} = 0 and {{ second_sum }} = 0 then 'reader'
        else 'undecided'
    end
{%- endmacro %}
