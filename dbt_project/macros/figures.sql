{# A quotient as double; NULL when the denominator is not above zero or either side is unknown. #}
{% macro ratio(numerator, denominator) -%}
    case
        when {{ denominator }} > 0
            then cast({{ numerator }} as double) / cast({{ denominator }} as double)
    end
{%- endmacro %}

{# A count as it may be computed with: NULL unless the printed value is whole and not negative. #}
{% macro whole_count(value) -%}
    case when {{ value }} >= 0 and {{ value }} = floor({{ value }}) then cast({{ value }} as bigint) end
{%- endmacro %}

{# Lower (sign -1) or upper (sign 1) end of the 95 % Wilson interval of a share p of n cases. #}
{% macro wilson_bound(p, n, sign) -%}
    (
        {{ p }} + 3.8416 / (2 * {{ n }})
        + ({{ sign }}) * 1.96 * sqrt({{ p }} * (1 - {{ p }}) / {{ n }} + 3.8416 / (4 * {{ n }} * {{ n }}))
    ) / (1 + 3.8416 / {{ n }})
{%- endmacro %}

{# A figure of int_body_year_figures as a column; counts are whole, so they become bigint. #}
{% macro figure(figure_key, data_type='bigint') -%}
    cast(max(figure_value) filter (where figure_key = '{{ figure_key }}') as {{ data_type }})
{%- endmacro %}
