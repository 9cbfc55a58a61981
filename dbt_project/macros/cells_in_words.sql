{# `1 cell blank`, `2 cells blank`, NULL for none. #}
{% macro cells_in_words(count, what) -%}
    case {{ count }} when 0 then null when 1 then '1 cell {{ what }}' else {{ count }} || ' cells {{ what }}' end
{%- endmacro %}
