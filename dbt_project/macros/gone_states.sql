{# Fetch states in which an address says that there is nothing there (any more). #}
{% macro gone_states() -%}
    ('gone', 'soft_404')
{%- endmacro %}

{# Whether a fetch state says what is published at an address, if only that nothing is. #}
{% macro tells_what_is_there(fetch_state) -%}
    ({{ fetch_state }} = 'content' or {{ fetch_state }} in {{ gone_states() }})
{%- endmacro %}
