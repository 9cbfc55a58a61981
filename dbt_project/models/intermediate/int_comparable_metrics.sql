-- One row per table and pair of format generations, earlier report first: the metrics of that table whose every
-- figure may be compared. A metric belongs to the table of its numerator; the tables of requests and of disputes are
-- always of one generation.
with

comparable_figures as (

    select * from {{ ref('int_comparable_figures') }}
    where comparability in ('comparable', 'comparable_as_sum')

),

metrics as (

    select
        metric_key,
        unnest(
            string_split(concat_ws(' ', numerator, replace(denominator, '_previous_year', '')), ' ')
        ) as figure_key,
        string_split(numerator, ' ')[1] as first_figure_key
    from {{ ref('metrics') }}

),

figure_counts as (

    select
        metric_key,
        any_value(first_figure_key) as first_figure_key,
        count(*) as figure_count
    from metrics
    group by metric_key

),

comparable as (

    select
        metrics.metric_key,
        comparable_figures.generation_before,
        comparable_figures.generation,
        count(*) as comparable_count,
        max(comparable_figures.table_key) filter (
            where metrics.figure_key = metrics.first_figure_key
        ) as table_key
    from metrics
    inner join comparable_figures
        on metrics.figure_key = comparable_figures.figure_key
    group by metrics.metric_key, comparable_figures.generation_before, comparable_figures.generation

)

select
    comparable.table_key,
    comparable.generation_before,
    comparable.generation,
    list(comparable.metric_key order by comparable.metric_key) as metric_keys
from comparable
inner join figure_counts
    on
        comparable.metric_key = figure_counts.metric_key
        and comparable.comparable_count = figure_counts.figure_count
group by comparable.table_key, comparable.generation_before, comparable.generation
