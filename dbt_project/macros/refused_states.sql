{# Fetch states in which the portal kept us out (records.FetchState), rather than something having gone wrong. #}
{% macro refused_states() -%}
    ('blocked_js', 'blocked_captcha', 'blocked_ip', 'throttled', 'robots_disallowed')
{%- endmacro %}
