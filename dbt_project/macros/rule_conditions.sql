{#
    The rules of seeds.rules that are conditions on what is known of one report (int_rule_facts): the only place that
    says them. `gongkai check` has DuckDB evaluate this very list for its one file (flows/quality/conditions.py).

    needs: facts without which it cannot be assessed; a figure among them names the cells that a failure shows.
    applies: where the rule says something at all; where it does not, there is no row.
    holds: what must be true. NULL is never a pass: it is not assessable, and the reason names what is not known.
    evidence: what a reader is shown where cells do not say it; data rather than words.
#}
{% macro rule_conditions() -%}
    {%- set found = [
        ('A03', 'regulations', ['regulations_count'],
            "level != 'ministry' and not (body_kind = 'government' and level in ('province', 'city'))",
            'regulations_count = 0',
            "concat('regulations: ', cast(regulations_count as bigint))"),
        ('B06', 'total', ['workload', 'reconsideration_total', 'litigation_total'],
            'workload = 0',
            'reconsideration_total + litigation_total = 0',
            'null'),
        ('B10', 'total', ['new_received', 'carried_out'],
            'carried_out >= 10',
            'carried_out * 5 <= new_received',
            'null'),
        ('B11', 'total', ['denied_state_secret'],
            "level = 'township'",
            'denied_state_secret = 0',
            'null'),
        ('F01', 'report', ['generation', 'generation_in_force'],
            'true',
            'generation = generation_in_force',
            "concat(generation, ' in ', report_year)"),
        ('F02', 'report', ['stated_period_from', 'stated_period_to'],
            'stated_period_from is not null and stated_period_to is not null',
            'stated_period_from = make_date(report_year, 1, 1) and stated_period_to = make_date(report_year, 12, 31)',
            "concat(stated_period_from, ' - ', stated_period_to)"),
        ('F03', 'report', ['section_keys'],
            'true',
            "section_keys = 'overview, proactive_disclosure, requests, disputes, problems, other_matters'",
            'section_keys'),
        ('F04', 'report', ['cells_expected', 'cells_located', 'leftover_count'],
            'true',
            'cells_located = cells_expected and leftover_count = 0',
            "concat('cells: ', cells_located, ' / ', cells_expected, ', left over: ', leftover_count)"),
        ('F06', 'report', ['blank_count', 'mark_count', 'text_count'],
            'true',
            'blank_count + mark_count + text_count = 0',
            "concat('blank: ', blank_count, ', not applicable: ', mark_count, ', text: ', text_count)"),
        ('F07', 'report', ['invalid_cells'],
            'true',
            "invalid_cells = ''",
            'invalid_cells'),
        ('F08', 'fees', ['fees_amount_10k_cny', 'fees_amount_10k_cny_before'],
            'fees_amount_10k_cny > 0 and fees_amount_10k_cny_before > 0',
            'fees_amount_10k_cny < 1000 * fees_amount_10k_cny_before'
            ~ ' and fees_amount_10k_cny_before < 1000 * fees_amount_10k_cny',
            'null'),
        ('F10', 'report', ['notice_cited', 'notice_in_force'],
            'notice_cited is not null and notice_in_force is not null',
            'notice_cited = notice_in_force',
            'notice_cited'),
        ('F11', 'report', ['other_body_sentence'],
            'true',
            "other_body_sentence = ''",
            'other_body_sentence'),
        ('F12', 'report', ['placeholder'],
            'true',
            "placeholder = ''",
            'placeholder'),
        ('F13', 'report', ['document_format'],
            'true',
            "document_format != 'image'",
            'document_format'),
        ('F14', 'report', ['shown_elsewhere_count'],
            'true',
            'shown_elsewhere_count = 0',
            "concat('other figures shown at other addresses: ', shown_elsewhere_count)"),
        ('D02', 'reconsideration', ['reconsideration_total', 'outcome_total', 'carried_out', 'outcome_total_before'],
            'reconsideration_total > 0',
            'reconsideration_total <= outcome_total + carried_out'
            ~ ' or reconsideration_total <= outcome_total + carried_out + outcome_total_before',
            'null'),
        ('D03', 'litigation', ['litigation_total', 'outcome_total', 'carried_out', 'outcome_total_before'],
            'litigation_total > 0',
            'litigation_total <= outcome_total + carried_out'
            ~ ' or litigation_total <= outcome_total + carried_out + outcome_total_before',
            'null'),
        ('M01', 'report', ['published_on', 'deadline_on'],
            'deadline_on is not null',
            'published_on <= deadline_on',
            "concat(published_on, ' > ', deadline_on)"),
        ('M02', 'report', ['published_on', 'first_fetched_on'],
            'published_on is not null',
            'published_on <= first_fetched_on + 1',
            "concat(published_on, ' > ', first_fetched_on)"),
        ('M04', 'report', ['is_vanished'],
            'true',
            'not is_vanished',
            "concat('last seen before ', vanished_on)"),
        ('N04', 'report', ['other_year_sentence'],
            'true',
            "other_year_sentence = ''",
            'other_year_sentence'),
        ('N05', 'problems', ['is_problems_empty'],
            'true',
            'not is_problems_empty',
            "concat('characters: ', problems_length)"),
        ('N06', 'other_matters', ['is_fee_statement_missing'],
            'true',
            'not is_fee_statement_missing',
            'null'),
        ('Y03', 'requests', ['requests_content', 'requests_content_before'],
            'requests_nonzero_count >= 10',
            'requests_content != requests_content_before',
            "concat('cells above zero: ', requests_nonzero_count)"),
        ('Y04', 'problems', ['problems_content', 'problems_content_before'],
            'problems_length >= 20',
            'problems_content != problems_content_before',
            "concat('characters: ', problems_length)"),
        ('Y04', 'report', ['text_likeness_before'],
            'true',
            'text_likeness_before < ' ~ var('alike_text_likeness'),
            "concat('likeness: ', round(text_likeness_before, 2))"),
        ('Y06', 'report', ['is_revised'],
            'true',
            'not is_revised',
            "concat('changed: ', revised_on)"),
    ] -%}
    {%- for figure_key in (
        'new_received',
        'outcome_total',
        'normative_documents_in_force',
        'licensing_decisions',
        'penalties_decisions',
        'coercion_decisions',
    ) -%}
        {%- set before = figure_key ~ '_before' -%}
        {%- do found.append((
            'Y02', figure_key, [figure_key, before],
            figure_key ~ ' >= 30 or ' ~ before ~ ' >= 30',
            figure_key ~ ' <= 5 * ' ~ before ~ ' and ' ~ before ~ ' <= 5 * ' ~ figure_key,
            'null'
        )) -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro %}

{# Figures that conditions need, as (name of the fact, table): those of seeds.figures, also with `_before` behind. #}
{% macro condition_figures(conditions, tables) -%}
    {%- set found = [] -%}
    {%- for rule_id, instance_key, needs, applies, holds, evidence in conditions -%}
        {%- for fact in needs -%}
            {%- set figure_key = fact[:-7] if fact.endswith('_before') else fact -%}
            {%- if figure_key in tables and (fact, tables[figure_key]) not in found -%}
                {%- do found.append((fact, tables[figure_key])) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro %}

{# Generation of the format in force for a report year. #}
{% macro generation_in_force(report_year) -%}
    case when {{ report_year }} >= 2021 then '2021' when {{ report_year }} >= 2019 then '2019' else '2014' end
{%- endmacro %}

{# Notice that prescribes it, NULL where the text need not name one that is known here. #}
{% macro notice_in_force(report_year) -%}
    case
        when {{ report_year }} >= 2021 then '国办公开办函〔2021〕30号'
        when {{ report_year }} >= 2019 then '国办公开办函〔2019〕60号'
    end
{%- endmacro %}

{#
    What came of a condition, as an expression: dropped rows are NULL. NULL is never a pass.
#}
{% macro condition_outcome(applies, holds) -%}
    case
        when ({{ applies }}) = false then null
        when ({{ applies }}) and ({{ holds }}) then 'passed'
        when ({{ applies }}) and not ({{ holds }}) then 'failed'
        else 'not_assessable'
    end
{%- endmacro %}

{# Why a condition cannot be assessed: which of the facts that it needs are not known. #}
{% macro condition_reason(needs) -%}
    {%- set is_cross_year = (needs | join(' ') ~ ' ').find('_before ') >= 0 -%}
    case
        when {{ 'is_first_report' if is_cross_year else 'false' }} then 'no report of the year before'
        when {{ 'is_other_scope_before' if is_cross_year else 'false' }}
            then 'the report of the year before has another scope'
        else
            concat(
                'not known: ',
                concat_ws(
                    ', '
                    {%- for fact in needs %}
                        , case when {{ fact }} is null then '{{ fact }}' end
                    {%- endfor %}
                )
            )
    end
{%- endmacro %}

{# Figures whose cells a condition shows: rule, instance, figure, and 0 or -1 for the report's own year or the one before. #}
{% macro condition_needs(conditions, tables) -%}
    {%- set found = [] -%}
    {%- for rule_id, instance_key, needs, applies, holds, evidence in conditions -%}
        {%- for fact in needs -%}
            {%- set is_before = fact.endswith('_before') -%}
            {%- set figure_key = fact[:-7] if is_before else fact -%}
            {%- if figure_key in tables -%}
                {%- do found.append((rule_id, instance_key, figure_key, -1 if is_before else 0)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro %}
