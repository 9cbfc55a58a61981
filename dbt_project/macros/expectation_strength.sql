{# Why a report is expected, the strongest reason first: 1 it is there, 2 a list announces it, and so on. #}
{% macro expectation_strength(expected_because) -%}
    list_position(
        ['reported', 'listed', 'registered', 'portal_registered', 'reported_in_other_years', 'division_exists'],
        {{ expected_because }}
    )
{%- endmacro %}
