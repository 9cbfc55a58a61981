{# Days after the deadline, 0 when in time, NULL when either day is unknown (greatest() alone would pass over NULL). #}
{% macro days_late(published_on, deadline_on) -%}
    case
        when {{ published_on }} <= {{ deadline_on }} then 0
        else cast({{ published_on }} - {{ deadline_on }} as bigint)
    end
{%- endmacro %}
