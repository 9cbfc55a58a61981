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
