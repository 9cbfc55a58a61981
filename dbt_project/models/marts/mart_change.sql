-- One row per group of bodies (level, kind, scope; in one province or in all), report year and metric that adds up:
-- growth over the matched panel, the bodies that have the metric in this year and in the one before, of the same
-- known scope and on tables between which the concordance allows it. Ratios of sums over the panel in both years.
with

body_years as (

    select * from {{ ref('mart_body_year') }}
    where peer_group is not null

),

divisions as (

    select * from {{ ref('dim_division') }}

),

comparable_metrics as (

    select * from {{ ref('int_comparable_metrics') }}

),

metrics as (

    select * from {{ ref('metrics') }}

),

years as (

    select
        body_years.*,
        coalesce(divisions.province_code, 'unknown') as province_code
    from body_years
    left join divisions
        on body_years.division_code = divisions.division_code

),

-- every report of this year, beside that of the year before where there is one to compare with
sums as (

    select
        years.level,
        years.body_kind,
        years.scope,
        years.province_code,
        years.report_year,
        {%- for metric_key, kind, numerator, denominator in summable_metrics(metrics()) %}
            {%- set table_key = figure_tables(figures())[numerator] %}
            {%- set both_known = 'years.' ~ numerator ~ ' + years.' ~ (denominator or numerator) %}
            {%- set both_known_before = both_known | replace('years.', 'years_before.') %}
            {%- set is_in_panel %}
                {{ both_known }} + {{ both_known_before }} is not null
                and list_contains({{ table_key }}_metrics.metric_keys, '{{ metric_key }}')
            {%- endset %}
            count({{ both_known }}) as {{ metric_key }}_bodies,
            count(*) filter (where {{ is_in_panel }}) as {{ metric_key }}_panel,
            {%- for side, column in (('numerator', numerator), ('denominator', denominator)) %}
                {%- if not column %}
                    cast(null as hugeint) as {{ metric_key }}_{{ side }},
                    cast(null as hugeint) as {{ metric_key }}_{{ side }}_before,
                {%- else %}
                    sum(years.{{ column }}) filter (where {{ is_in_panel }}) as {{ metric_key }}_{{ side }},
                    sum(years_before.{{ column }}) filter (where {{ is_in_panel }})
                        as {{ metric_key }}_{{ side }}_before,
                {%- endif %}
            {%- endfor %}
        {%- endfor %}
        count(*) as report_count
    from years
    left join body_years as years_before
        on
            years.body_id = years_before.body_id
            and years.report_year - 1 = years_before.report_year
            and years.scope = years_before.scope
            and years.level = years_before.level
            and years.body_kind = years_before.body_kind
    {%- for table_key in ('proactive_disclosure', 'requests', 'disputes') %}
        left join comparable_metrics as {{ table_key }}_metrics
            on
                {{ table_key }}_metrics.table_key = '{{ table_key }}'
                and years_before.{{ table_key }}_generation = {{ table_key }}_metrics.generation_before
                and years.{{ table_key }}_generation = {{ table_key }}_metrics.generation
    {%- endfor %}
    group by years.level, years.body_kind, years.scope, years.province_code, years.report_year

),

province_sums as (

    select
        level,
        body_kind,
        scope,
        province_code,
        report_year,
        unnest(
            [
                {%- for metric_key, kind, numerator, denominator in summable_metrics(metrics()) %}
                    struct_pack(
                        metric_key := '{{ metric_key }}',
                        body_count := {{ metric_key }}_bodies,
                        panel_count := {{ metric_key }}_panel,
                        {%- for when in ('', '_before') %}
                            numerator{{ when }} := {{ metric_key }}_numerator{{ when }},
                            denominator{{ when }} := {{ metric_key }}_denominator{{ when }}{{ ',' if not loop.last }}
                        {%- endfor %}
                    ){{ ',' if not loop.last }}
                {%- endfor %}
            ],
            recursive := true
        )
    from sums

),

-- each counts for its province and for all
area_sums as (

    select
        level,
        body_kind,
        scope,
        unnest(['all', province_code]) as area_code,
        report_year,
        metric_key,
        body_count,
        panel_count,
        numerator,
        denominator,
        numerator_before,
        denominator_before
    from province_sums

),

metric_sums as (

    select
        level,
        body_kind,
        scope,
        area_code,
        report_year,
        metric_key,
        cast(sum(body_count) as bigint) as body_count,
        cast(sum(panel_count) as bigint) as panel_count,
        cast(sum(numerator) as bigint) as numerator,
        cast(sum(denominator) as bigint) as denominator,
        cast(sum(numerator_before) as bigint) as numerator_before,
        cast(sum(denominator_before) as bigint) as denominator_before
    from area_sums
    group by level, body_kind, scope, area_code, report_year, metric_key

),

judged as (

    select
        metric_sums.*,
        case
            when metrics.kind = 'count' then {{ metric('count', 'metric_sums.numerator', '') }}
            else {{ metric('ratio', 'metric_sums.numerator', 'metric_sums.denominator') }}
        end as metric_value,
        case
            when metrics.kind = 'count' then {{ metric('count', 'metric_sums.numerator_before', '') }}
            else {{ metric('ratio', 'metric_sums.numerator_before', 'metric_sums.denominator_before') }}
        end as metric_value_before,
        case
            when metric_sums.panel_count < {{ var('minimum_peer_count') }}
                then 'fewer than {{ var("minimum_peer_count") }} bodies in both years'
        end as refusal_reason
    from metric_sums
    inner join metrics
        on metric_sums.metric_key = metrics.metric_key

)

select
    level,
    body_kind,
    scope,
    area_code,
    report_year,
    metric_key,
    body_count,
    panel_count,
    {{ ratio('panel_count', 'body_count') }} as panel_share,
    metric_value,
    numerator,
    denominator,
    metric_value_before,
    numerator_before,
    denominator_before,
    case when refusal_reason is null then {{ log_growth('metric_value', 'metric_value_before') }} end as log_growth,
    case
        when refusal_reason is null then {{ symmetric_growth('metric_value', 'metric_value_before') }}
    end as symmetric_growth,
    refusal_reason
from judged
