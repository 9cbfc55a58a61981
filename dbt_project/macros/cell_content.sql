{#
    What a cell says, for comparing two versions of a report: its value, else its kind with what is printed there.
    A blank that became a zero is a difference; the same number printed in another way is none. NULL where the report
    has no such cell. The only place that says so; `gongkai archive revisions` has DuckDB evaluate this very macro
    (flows/revisions.py).
#}
{% macro cell_content(cell_kind, value, printed) -%}
    case
        when {{ cell_kind }} is null or {{ cell_kind }} = 'absent' then null
        when {{ value }} is not null then cast(cast({{ value }} as decimal(18, 6)) as varchar)
        else concat_ws(' ', {{ cell_kind }}, {{ printed }})
    end
{%- endmacro %}
