{# A cell as fct_check_result shows it beside a failure. `terms` says which cell it is, `cells` what stands in it. #}
{% macro evidence_cell(terms, cells) -%}
    struct_pack(
        table_key := {{ terms }}.table_key,
        row_key := {{ terms }}.row_key,
        column_key := {{ terms }}.column_key,
        report_year := {{ terms }}.cell_report_year,
        coefficient := cast({{ terms }}.coefficient as bigint),
        cell_kind := {{ cells }}.cell_kind,
        printed := coalesce({{ cells }}.printed, ''),
        value := {{ cells }}.value,
        second_value := {{ cells }}.second_value,
        agreement := {{ cells }}.agreement
    )
{%- endmacro %}
