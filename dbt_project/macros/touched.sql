{#
    Building only what depends on what was loaded since the last build.

    With the variable `increment`, models at the grain of a body, or of something that belongs to one body, take in the
    rows of touched bodies (int_touched_bodies) and replace theirs; without it they are built as a whole. A body is
    touched as a whole, with all its years, as one year's report is compared with the one before.
#}

{# Condition that holds for the rows to build. #}
{% macro is_touched(column='body_id') -%}
    {%- set touched_bodies = ref('int_touched_bodies') -%}
    {%- if var('increment', false) -%}
        {{ column }} in (select touched.body_id from {{ touched_bodies }} as touched)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# The same for what belongs to a report. #}
{% macro is_touched_report(column='report_id') -%}
    {%- set reports = ref('stg_raw__report') -%}
    {%- if var('increment', false) -%}
        {{ column }} in (select touched_report.report_id from {{ reports }} as touched_report where {{ is_touched('touched_report.body_id') }})
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
