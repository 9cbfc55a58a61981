-- The macro metrics() and seeds.metrics say the same of every metric, and each is made of figures there are.
with

listed (metric_key, kind, numerator, denominator) as (

    values
    {%- for metric_key, kind, numerator, denominator in metrics() %}
        (
            '{{ metric_key }}', '{{ kind }}', '{{ numerator }}', '{{ denominator }}'
        ){{ ',' if not loop.last }}
    {%- endfor %}

),

registered as (

    select
        metric_key,
        kind,
        numerator,
        coalesce(denominator, '') as denominator
    from {{ ref('metrics') }}

),

named as (

    select
        metric_key,
        unnest(string_split(concat_ws(' ', numerator, replace(denominator, '_previous_year', '')), ' ')) as figure_key
    from registered

)

select coalesce(listed.metric_key, registered.metric_key) as metric_key
from listed
full outer join registered
    on
        listed.metric_key = registered.metric_key
        and listed.kind = registered.kind
        and listed.numerator = registered.numerator
        and listed.denominator = registered.denominator
where listed.metric_key is null or registered.metric_key is null
union all
select named.metric_key
from named
left join {{ ref('figures') }} as figures
    on named.figure_key = figures.figure_key
where figures.figure_key is null and named.figure_key != ''
