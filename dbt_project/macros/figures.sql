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

{# The same for a metric of any kind: NULL unless it is a share of cases, between 0 and 1. #}
{% macro share_bound(kind, p, n, sign) -%}
    case when {{ kind }} = 'share' and {{ p }} between 0 and 1 then {{ wilson_bound(p, n, sign) }} end
{%- endmacro %}

{# Natural logarithm of a quotient; NULL unless both sides are above zero. #}
{% macro log_growth(value, value_before) -%}
    case when {{ value }} > 0 then ln({{ ratio(value, value_before) }}) end
{%- endmacro %}

{# 2 (x - y) / (x + y), between -2 and 2; NULL when both are zero. #}
{% macro symmetric_growth(value, value_before) -%}
    {{ ratio('2 * (' ~ value ~ ' - ' ~ value_before ~ ')', '(' ~ value ~ ' + ' ~ value_before ~ ')') }}
{%- endmacro %}

{#
    Any metric of the registry from its columns: numerator (several for a diversity, parted by blanks) and denominator.
    The only place that says how a metric is computed.
#}
{% macro metric(kind, numerator, denominator) -%}
    {%- if kind in ('share', 'ratio') -%}
        {{ ratio(numerator, denominator) }}
    {%- elif kind == 'relative_growth' -%}
        {{ ratio(numerator, denominator) }} - 1
    {%- elif kind == 'log_growth' -%}
        {{ log_growth(numerator, denominator) }}
    {%- elif kind == 'symmetric_growth' -%}
        {{ symmetric_growth(numerator, denominator) }}
    {%- elif kind == 'diversity' -%}
        1 - (
            {%- for part in numerator.split() %}
            {{ '+ ' if not loop.first }}pow({{ ratio(part, denominator) }}, 2)
            {%- endfor %}
        )
    {%- elif kind == 'count' -%}
        cast({{ numerator }} as double)
    {%- else -%}
        {{ exceptions.raise_compiler_error('There is no way to compute a metric of the kind ' ~ kind ~ '.') }}
    {%- endif -%}
{%- endmacro %}
