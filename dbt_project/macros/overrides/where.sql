{#
    Tests of an increment look at the rows of touched bodies, in every model that has bodies: the others were tested
    when they were built.
#}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [config.get('where')] if config.get('where') else [] -%}
    {%- if execute and var('increment', false) -%}
        {%- if 'body_id' in adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
            {%- do conditions.append(is_touched()) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if conditions -%}
        (select * from {{ relation }} where {{ conditions | join(' and ') }}) as tested_rows
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
