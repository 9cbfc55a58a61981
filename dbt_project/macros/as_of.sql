{# The day for which coverage is stated, from the variable as_of. #}
{% macro as_of() -%}
    {%- set day = var('as_of', none) -%}
    {%- if day is none and execute and flags.WHICH in ['build', 'run', 'test', 'compile'] -%}
        {{ exceptions.raise_compiler_error('The variable as_of is missing; pass --vars "{as_of: YYYY-MM-DD}".') }}
    {%- endif -%}
    cast('{{ day or "1970-01-01" }}' as date)
{%- endmacro %}
