{#
    The registries seeds.figures and seeds.metrics as far as columns follow from them: the columns of a model
    must be known before any seed can be asked. tests/ holds each list equal to its seed, line by line.
#}

{# Figures in the order of their columns: key, table, type. #}
{% macro figures() -%}
    {%- do return([
        ('new_received', 'requests', 'bigint'),
        ('carried_in', 'requests', 'bigint'),
        ('workload', 'requests', 'bigint'),
        ('granted', 'requests', 'bigint'),
        ('partially_granted', 'requests', 'bigint'),
        ('granted_or_partially', 'requests', 'bigint'),
        ('denied', 'requests', 'bigint'),
        ('unavailable', 'requests', 'bigint'),
        ('not_processed', 'requests', 'bigint'),
        ('other', 'requests', 'bigint'),
        ('outcome_total', 'requests', 'bigint'),
        ('carried_out', 'requests', 'bigint'),
        ('resolvable', 'requests', 'bigint'),
        ('non_procedural', 'requests', 'bigint'),
        ('denied_state_secret', 'requests', 'bigint'),
        ('denied_prohibited_by_law', 'requests', 'bigint'),
        ('denied_security_and_stability', 'requests', 'bigint'),
        ('denied_third_party_rights', 'requests', 'bigint'),
        ('denied_internal_affairs', 'requests', 'bigint'),
        ('denied_deliberative_process', 'requests', 'bigint'),
        ('denied_enforcement_file', 'requests', 'bigint'),
        ('denied_administrative_query', 'requests', 'bigint'),
        ('unavailable_not_held', 'requests', 'bigint'),
        ('new_received_natural_person', 'requests', 'bigint'),
        ('new_received_business', 'requests', 'bigint'),
        ('new_received_research_institution', 'requests', 'bigint'),
        ('new_received_public_interest_organization', 'requests', 'bigint'),
        ('new_received_legal_service', 'requests', 'bigint'),
        ('new_received_other_organization', 'requests', 'bigint'),
        ('reconsideration_total', 'disputes', 'bigint'),
        ('reconsideration_closed', 'disputes', 'bigint'),
        ('reconsideration_corrected', 'disputes', 'bigint'),
        ('reconsideration_pending', 'disputes', 'bigint'),
        ('litigation_total', 'disputes', 'bigint'),
        ('litigation_closed', 'disputes', 'bigint'),
        ('litigation_corrected', 'disputes', 'bigint'),
        ('litigation_pending', 'disputes', 'bigint'),
        ('normative_documents_issued', 'proactive_disclosure', 'bigint'),
        ('normative_documents_repealed', 'proactive_disclosure', 'bigint'),
        ('normative_documents_in_force', 'proactive_disclosure', 'bigint'),
        ('normative_documents_in_force_or_repealed', 'proactive_disclosure', 'bigint'),
        ('licensing_decisions', 'proactive_disclosure', 'bigint'),
        ('penalties_decisions', 'proactive_disclosure', 'bigint'),
        ('coercion_decisions', 'proactive_disclosure', 'bigint'),
        ('fees_amount_10k_cny', 'proactive_disclosure', 'decimal(18, 6)'),
    ]) -%}
{%- endmacro %}

{# Metrics in the order of their columns: key, kind, numerator, denominator (empty for a count). #}
{% macro metrics() -%}
    {%- do return([
        ('new_received', 'count', 'new_received', ''),
        ('workload', 'count', 'workload', ''),
        ('clearance_rate', 'ratio', 'outcome_total', 'new_received'),
        ('backlog_ratio', 'share', 'carried_out', 'workload'),
        ('disclosure_rate_full', 'share', 'granted', 'outcome_total'),
        ('disclosure_rate_strict', 'share', 'granted_or_partially', 'outcome_total'),
        ('disclosure_rate_resolvable', 'share', 'granted_or_partially', 'resolvable'),
        ('disclosure_rate_non_procedural', 'share', 'granted_or_partially', 'non_procedural'),
        ('granted_share', 'share', 'granted', 'outcome_total'),
        ('partially_granted_share', 'share', 'partially_granted', 'outcome_total'),
        ('denied_share', 'share', 'denied', 'outcome_total'),
        ('unavailable_share', 'share', 'unavailable', 'outcome_total'),
        ('not_processed_share', 'share', 'not_processed', 'outcome_total'),
        ('other_share', 'share', 'other', 'outcome_total'),
        ('denial_mix_state_secret', 'share', 'denied_state_secret', 'denied'),
        ('denial_mix_prohibited_by_law', 'share', 'denied_prohibited_by_law', 'denied'),
        ('denial_mix_security_and_stability', 'share', 'denied_security_and_stability', 'denied'),
        ('denial_mix_third_party_rights', 'share', 'denied_third_party_rights', 'denied'),
        ('denial_mix_internal_affairs', 'share', 'denied_internal_affairs', 'denied'),
        ('denial_mix_deliberative_process', 'share', 'denied_deliberative_process', 'denied'),
        ('denial_mix_enforcement_file', 'share', 'denied_enforcement_file', 'denied'),
        ('denial_mix_administrative_query', 'share', 'denied_administrative_query', 'denied'),
        ('not_held_share', 'share', 'unavailable_not_held', 'outcome_total'),
        ('applicant_mix_natural_person', 'share', 'new_received_natural_person', 'new_received'),
        ('applicant_mix_business', 'share', 'new_received_business', 'new_received'),
        ('applicant_mix_research_institution', 'share', 'new_received_research_institution', 'new_received'),
        (
            'applicant_mix_public_interest_organization',
            'share',
            'new_received_public_interest_organization',
            'new_received'
        ),
        ('applicant_mix_legal_service', 'share', 'new_received_legal_service', 'new_received'),
        ('applicant_mix_other_organization', 'share', 'new_received_other_organization', 'new_received'),
        (
            'applicant_diversity',
            'diversity',
            'new_received_natural_person new_received_business new_received_research_institution'
            ~ ' new_received_public_interest_organization new_received_legal_service new_received_other_organization',
            'new_received'
        ),
        ('reconsideration_rate', 'ratio', 'reconsideration_total', 'outcome_total'),
        ('litigation_rate', 'ratio', 'litigation_total', 'outcome_total'),
        ('reconsideration_correction_rate', 'share', 'reconsideration_corrected', 'reconsideration_closed'),
        ('litigation_loss_rate', 'share', 'litigation_corrected', 'litigation_closed'),
        ('reconsideration_pending_share', 'share', 'reconsideration_pending', 'reconsideration_total'),
        ('litigation_pending_share', 'share', 'litigation_pending', 'litigation_total'),
        ('repeal_rate', 'share', 'normative_documents_repealed', 'normative_documents_in_force_or_repealed'),
        (
            'normative_growth',
            'relative_growth',
            'normative_documents_in_force',
            'normative_documents_in_force_previous_year'
        ),
        ('new_received_log_growth', 'log_growth', 'new_received', 'new_received_previous_year'),
        ('new_received_symmetric_growth', 'symmetric_growth', 'new_received', 'new_received_previous_year'),
    ]) -%}
{%- endmacro %}

{# Figures of the report of the year before that metrics are divided by: key and table. #}
{% macro previous_year_figures(figures, metrics) -%}
    {%- set found = [] -%}
    {%- for figure_key, table_key, data_type in figures -%}
        {%- for metric_key, kind, numerator, denominator in metrics -%}
            {%- if denominator == figure_key ~ '_previous_year' and (figure_key, table_key) not in found -%}
                {%- do found.append((figure_key, table_key)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro %}

{# Metrics that add up over bodies: sum of the numerators over sum of the denominators. #}
{% macro summable_metrics(metrics) -%}
    {%- set found = [] -%}
    {%- for metric_key, kind, numerator, denominator in metrics if kind in ('count', 'share', 'ratio') -%}
        {%- do found.append((metric_key, kind, numerator, denominator)) -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro %}

{# The table of each figure. #}
{% macro figure_tables(figures) -%}
    {%- set found = {} -%}
    {%- for figure_key, table_key, data_type in figures -%}
        {%- do found.update({figure_key: table_key}) -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro %}
