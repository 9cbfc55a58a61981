{# One row per combination of the columns; a combination with a NULL in it counts as one too. #}
{% test unique_combination(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# Each body and report year has exactly one current version, and no other report has any. #}
{% test one_current_version(model) %}
select
    body_id,
    report_year
from {{ model }}
group by body_id, report_year
having count(*) filter (where is_current) != case when report_year is null then 0 else 1 end
{% endtest %}

{#
    No number comes twice in a group. For large models: a string of bits for each group in the place of a set of rows.
    Numbers are 1 to 1024.
#}
{% test distinct_numbers(model, per, number) %}
select {{ per | join(', ') }}
from {{ model }}
group by {{ per | join(', ') }}
having bit_count(bitstring_agg({{ number }}, 1, 1024)) != count(*)
{% endtest %}

{#
    Each combination of the columns `per` has exactly one row for each `key` of the model `of` (1024 at most), and no
    other rows. For large models, as distinct_numbers is.
#}
{% test a_row_for_each(model, per, key, of) %}
with

tested as (

    select {{ (per + [key]) | join(', ') }}
    from {{ model }}

),

keys as (

    select
        {{ key }},
        row_number() over (order by {{ key }}) as key_number,
        count(*) over () as key_count
    from {{ of }}

),

numbered as (

    select
        {%- for column in per %}
            tested.{{ column }},
        {%- endfor %}
        keys.key_number,
        keys.key_count
    from tested
    left join keys
        on tested.{{ key }} = keys.{{ key }}

)

select {{ per | join(', ') }}
from numbered
group by {{ per | join(', ') }}
having
    count(*) != count(key_number)
    or count(*) != max(key_count)
    or bit_count(bitstring_agg(key_number, 1, 1024)) != count(*)
{% endtest %}

{# No reading has a cell twice, by the same means; cells that no format has are counted as rows. #}
{% test distinct_cells(model) %}
with

cell_numbers as (

    select
        table_key,
        row_key,
        column_key,
        row_number() over (order by table_key, row_key, column_key) as cell_number
    from (select distinct table_key, row_key, column_key from {{ ref('format_cells') }})

),

numbered as (

    select
        cells.report_id,
        cells.reader_version,
        cells.table_key,
        cells.row_key,
        cells.column_key,
        cell_numbers.cell_number
    from {{ model }} as cells
    left join cell_numbers
        on
            cells.table_key = cell_numbers.table_key
            and cells.row_key = cell_numbers.row_key
            and cells.column_key = cell_numbers.column_key
    where {{ is_touched_report('cells.report_id') }}

)

select
    report_id,
    reader_version
from numbered
where cell_number is not null
group by report_id, reader_version
having bit_count(bitstring_agg(cell_number, 1, 1024)) != count(*)
union all
select
    report_id,
    reader_version
from numbered
where cell_number is null
group by report_id, reader_version, table_key, row_key, column_key
having count(*) > 1
{% endtest %}

{# No rule has more terms than fit the counts of macros/tallies.sql. #}
{% test fits_its_tally(model, column_name) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} > 127
{% endtest %}
