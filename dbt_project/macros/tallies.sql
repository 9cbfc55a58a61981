{#
    Several counts of one group as one number, seven bits each, so that a group has one sum in the place of nine
    counters: where fifty million groups are counted, that is what memory and time go to. No count may exceed 127;
    the test fits_its_tally of the model that the counted things come from proves it.
#}

{# A number that counts one for each of these names. #}
{% macro tally(names, all_names) -%}
    {%- set counted = [] -%}
    {%- for name in names -%}
        {%- do counted.append((2 ** (7 * all_names.index(name))) | string) -%}
    {%- endfor -%}
    cast({{ counted | join(' + ') }} as bigint)
{%- endmacro %}

{# How often a name was counted in a sum of such numbers. #}
{% macro tallied(name, all_names, total='tally') -%}
    (({{ total }} // {{ 2 ** (7 * all_names.index(name)) }}) & 127)
{%- endmacro %}
