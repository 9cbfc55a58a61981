{# Fetch states in which an address says that there is nothing there (any more). #}
{% macro gone_states() -%}
    ('gone', 'soft_404')
{%- endmacro %}
