{#
    Building only what depends on what was loaded since the last build.

    With the variable `increment`, models at the grain of a body, or of something that belongs to one body, take in the
    rows of touched bodies and replace theirs; without it they are built as a whole. A body is touched as a whole, with
    all its years, as one year's report is compared with the one before. The loader says which bodies are touched
    (raw.touched_body); this is no model's input, so that unit tests of the models need not give it.
#}

{# Condition that holds for the rows to build. #}
{% macro is_touched(column='body_id') -%}
    {%- if var('increment', false) -%}
        {{ column }} in (select touched_body.body_id from raw.touched_body)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# The same for what belongs to a report. #}
{% macro is_touched_report(column='report_id') -%}
    {%- if var('increment', false) -%}
        {{ column }} in (
            select touched_report.report_id from raw.report as touched_report
            where {{ is_touched('touched_report.body_id') }}
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# The incremental strategy `touched_bodies`: rows of touched bodies make way for those built now. #}
{% macro get_incremental_touched_bodies_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ is_touched() }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }};
{%- endmacro %}
