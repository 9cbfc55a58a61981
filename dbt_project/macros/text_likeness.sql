{#
    Share of all shingles of two texts that both have (Jaccard), from their signatures of 128 signs of six bits; NULL
    where one is not known. Of two different values one in 64 has the same lowest six bits, which is taken off.
#}
{% macro text_likeness(relation, other_relation) -%}
    {%- set unlikeness = 'hamming(' ~ relation ~ '.signature, ' ~ other_relation ~ '.signature) / 128 * 64 / 63' -%}
    case when {{ unlikeness }} > 1 then 0 else 1 - {{ unlikeness }} end
{%- endmacro %}
