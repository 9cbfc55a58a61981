{#
    Whether something that was first seen at this moment was known on the day in the variable known_on (at its end, UTC).
    True of everything where the variable is not given: what is known now.
#}
{% macro is_known(moment) -%}
    {%- set day = var('known_on', none) -%}
    {%- if day is none -%}
        true
    {%- else -%}
        {{ moment }} < timestamptz '{{ day }} 00:00:00+00' + interval 24 hours
    {%- endif -%}
{%- endmacro %}
