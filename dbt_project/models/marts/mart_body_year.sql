-- One row per body and report year: the current report's figures and the metrics made from them (docs/metrics.md).
-- A figure is NULL when a cell of it has no value, a metric when a figure of it is NULL or its denominator is not
-- above zero. The denominator of every metric stands beside it.
with

reports as (

    select * from {{ ref('fct_report') }}
    where is_current

),

failed_checks as (

    select
        report_id,
        count(*) as failed_check_count
    from {{ ref('fct_check_result') }}
    where outcome = 'failed'
    group by report_id

),

long_figures as (

    select * from {{ ref('int_body_year_figures') }}

),

wide_figures as (

    select
        report_id,
        {{ figure('new_received') }} as new_received,
        {{ figure('carried_in') }} as carried_in,
        {{ figure('workload') }} as workload,
        {{ figure('granted') }} as granted,
        {{ figure('partially_granted') }} as partially_granted,
        {{ figure('granted_or_partially') }} as granted_or_partially,
        {{ figure('denied') }} as denied,
        {{ figure('unavailable') }} as unavailable,
        {{ figure('not_processed') }} as not_processed,
        {{ figure('other') }} as other,
        {{ figure('outcome_total') }} as outcome_total,
        {{ figure('carried_out') }} as carried_out,
        {{ figure('resolvable') }} as resolvable,
        {{ figure('non_procedural') }} as non_procedural,
        {{ figure('denied_state_secret') }} as denied_state_secret,
        {{ figure('denied_prohibited_by_law') }} as denied_prohibited_by_law,
        {{ figure('denied_security_and_stability') }} as denied_security_and_stability,
        {{ figure('denied_third_party_rights') }} as denied_third_party_rights,
        {{ figure('denied_internal_affairs') }} as denied_internal_affairs,
        {{ figure('denied_deliberative_process') }} as denied_deliberative_process,
        {{ figure('denied_enforcement_file') }} as denied_enforcement_file,
        {{ figure('denied_administrative_query') }} as denied_administrative_query,
        {{ figure('unavailable_not_held') }} as unavailable_not_held,
        {{ figure('new_received_natural_person') }} as new_received_natural_person,
        {{ figure('new_received_business') }} as new_received_business,
        {{ figure('new_received_research_institution') }} as new_received_research_institution,
        {{ figure('new_received_public_interest_organization') }} as new_received_public_interest_organization,
        {{ figure('new_received_legal_service') }} as new_received_legal_service,
        {{ figure('new_received_other_organization') }} as new_received_other_organization,
        {{ figure('reconsideration_total') }} as reconsideration_total,
        {{ figure('reconsideration_closed') }} as reconsideration_closed,
        {{ figure('reconsideration_corrected') }} as reconsideration_corrected,
        {{ figure('reconsideration_pending') }} as reconsideration_pending,
        {{ figure('litigation_total') }} as litigation_total,
        {{ figure('litigation_closed') }} as litigation_closed,
        {{ figure('litigation_corrected') }} as litigation_corrected,
        {{ figure('litigation_pending') }} as litigation_pending,
        {{ figure('normative_documents_issued') }} as normative_documents_issued,
        {{ figure('normative_documents_repealed') }} as normative_documents_repealed,
        {{ figure('normative_documents_in_force') }} as normative_documents_in_force,
        {{ figure('normative_documents_in_force_or_repealed') }} as normative_documents_in_force_or_repealed,
        {{ figure('licensing_decisions') }} as licensing_decisions,
        {{ figure('penalties_decisions') }} as penalties_decisions,
        {{ figure('coercion_decisions') }} as coercion_decisions,
        {{ figure('fees_amount_10k_cny', 'decimal(18, 6)') }} as fees_amount_10k_cny
    from long_figures
    group by report_id

),

-- Growth is shown only between consecutive years of reports of the same scope.
figures as (

    select
        wide_figures.*,
        figures_before.new_received as new_received_previous_year,
        figures_before.normative_documents_in_force as normative_documents_in_force_previous_year
    from reports
    inner join wide_figures
        on reports.report_id = wide_figures.report_id
    left join reports as reports_before
        on
            reports.body_id = reports_before.body_id
            and reports.report_year - 1 = reports_before.report_year
            and reports.scope = reports_before.scope
    left join wide_figures as figures_before
        on reports_before.report_id = figures_before.report_id

),

metrics as (

    select
        *,
        {{ ratio('outcome_total', 'new_received') }} as clearance_rate,
        {{ ratio('carried_out', 'workload') }} as backlog_ratio,
        {{ ratio('granted', 'outcome_total') }} as disclosure_rate_full,
        {{ ratio('granted_or_partially', 'outcome_total') }} as disclosure_rate_strict,
        {{ ratio('granted_or_partially', 'resolvable') }} as disclosure_rate_resolvable,
        {{ ratio('granted_or_partially', 'non_procedural') }} as disclosure_rate_non_procedural,
        {{ ratio('granted', 'outcome_total') }} as granted_share,
        {{ ratio('partially_granted', 'outcome_total') }} as partially_granted_share,
        {{ ratio('denied', 'outcome_total') }} as denied_share,
        {{ ratio('unavailable', 'outcome_total') }} as unavailable_share,
        {{ ratio('not_processed', 'outcome_total') }} as not_processed_share,
        {{ ratio('other', 'outcome_total') }} as other_share,
        {{ ratio('denied_state_secret', 'denied') }} as denial_mix_state_secret,
        {{ ratio('denied_prohibited_by_law', 'denied') }} as denial_mix_prohibited_by_law,
        {{ ratio('denied_security_and_stability', 'denied') }} as denial_mix_security_and_stability,
        {{ ratio('denied_third_party_rights', 'denied') }} as denial_mix_third_party_rights,
        {{ ratio('denied_internal_affairs', 'denied') }} as denial_mix_internal_affairs,
        {{ ratio('denied_deliberative_process', 'denied') }} as denial_mix_deliberative_process,
        {{ ratio('denied_enforcement_file', 'denied') }} as denial_mix_enforcement_file,
        {{ ratio('denied_administrative_query', 'denied') }} as denial_mix_administrative_query,
        {{ ratio('unavailable_not_held', 'outcome_total') }} as not_held_share,
        {{ ratio('new_received_natural_person', 'new_received') }} as applicant_mix_natural_person,
        {{ ratio('new_received_business', 'new_received') }} as applicant_mix_business,
        {{ ratio('new_received_research_institution', 'new_received') }} as applicant_mix_research_institution,
        {{ ratio('new_received_public_interest_organization', 'new_received') }}
            as applicant_mix_public_interest_organization,
        {{ ratio('new_received_legal_service', 'new_received') }} as applicant_mix_legal_service,
        {{ ratio('new_received_other_organization', 'new_received') }} as applicant_mix_other_organization,
        {{ ratio('reconsideration_total', 'outcome_total') }} as reconsideration_rate,
        {{ ratio('litigation_total', 'outcome_total') }} as litigation_rate,
        {{ ratio('reconsideration_corrected', 'reconsideration_closed') }} as reconsideration_correction_rate,
        {{ ratio('litigation_corrected', 'litigation_closed') }} as litigation_loss_rate,
        {{ ratio('reconsideration_pending', 'reconsideration_total') }} as reconsideration_pending_share,
        {{ ratio('litigation_pending', 'litigation_total') }} as litigation_pending_share,
        {{ ratio('normative_documents_repealed', 'normative_documents_in_force_or_repealed') }} as repeal_rate,
        {{ ratio('normative_documents_in_force', 'normative_documents_in_force_previous_year') }} - 1
            as normative_growth,
        case
            when new_received > 0 then
                ln({{ ratio('new_received', 'new_received_previous_year') }})
        end as new_received_log_growth,
        {{ ratio(
            '2 * (new_received - new_received_previous_year)',
            '(new_received + new_received_previous_year)'
        ) }} as new_received_symmetric_growth
    from figures

)

select
    reports.body_id,
    reports.report_id,
    reports.report_year,
    reports.body_name,
    reports.division_code,
    reports.level,
    reports.body_kind,
    reports.scope,
    reports.generation,
    coalesce(failed_checks.failed_check_count, 0) as failed_check_count,
    metrics.new_received,
    metrics.carried_in,
    metrics.workload,
    metrics.granted,
    metrics.partially_granted,
    metrics.granted_or_partially,
    metrics.denied,
    metrics.unavailable,
    metrics.not_processed,
    metrics.other,
    metrics.outcome_total,
    metrics.carried_out,
    metrics.resolvable,
    metrics.non_procedural,
    metrics.denied_state_secret,
    metrics.denied_prohibited_by_law,
    metrics.denied_security_and_stability,
    metrics.denied_third_party_rights,
    metrics.denied_internal_affairs,
    metrics.denied_deliberative_process,
    metrics.denied_enforcement_file,
    metrics.denied_administrative_query,
    metrics.unavailable_not_held,
    metrics.new_received_natural_person,
    metrics.new_received_business,
    metrics.new_received_research_institution,
    metrics.new_received_public_interest_organization,
    metrics.new_received_legal_service,
    metrics.new_received_other_organization,
    metrics.reconsideration_total,
    metrics.reconsideration_closed,
    metrics.reconsideration_corrected,
    metrics.reconsideration_pending,
    metrics.litigation_total,
    metrics.litigation_closed,
    metrics.litigation_corrected,
    metrics.litigation_pending,
    metrics.normative_documents_issued,
    metrics.normative_documents_repealed,
    metrics.normative_documents_in_force,
    metrics.normative_documents_in_force_or_repealed,
    metrics.licensing_decisions,
    metrics.penalties_decisions,
    metrics.coercion_decisions,
    metrics.fees_amount_10k_cny,
    metrics.new_received_previous_year,
    metrics.normative_documents_in_force_previous_year,
    metrics.clearance_rate,
    metrics.backlog_ratio,
    metrics.disclosure_rate_full,
    metrics.disclosure_rate_strict,
    metrics.disclosure_rate_resolvable,
    metrics.disclosure_rate_non_procedural,
    metrics.granted_share,
    metrics.partially_granted_share,
    metrics.denied_share,
    metrics.unavailable_share,
    metrics.not_processed_share,
    metrics.other_share,
    metrics.denial_mix_state_secret,
    metrics.denial_mix_prohibited_by_law,
    metrics.denial_mix_security_and_stability,
    metrics.denial_mix_third_party_rights,
    metrics.denial_mix_internal_affairs,
    metrics.denial_mix_deliberative_process,
    metrics.denial_mix_enforcement_file,
    metrics.denial_mix_administrative_query,
    metrics.not_held_share,
    metrics.applicant_mix_natural_person,
    metrics.applicant_mix_business,
    metrics.applicant_mix_research_institution,
    metrics.applicant_mix_public_interest_organization,
    metrics.applicant_mix_legal_service,
    metrics.applicant_mix_other_organization,
    1 - (
        pow(metrics.applicant_mix_natural_person, 2)
        + pow(metrics.applicant_mix_business, 2)
        + pow(metrics.applicant_mix_research_institution, 2)
        + pow(metrics.applicant_mix_public_interest_organization, 2)
        + pow(metrics.applicant_mix_legal_service, 2)
        + pow(metrics.applicant_mix_other_organization, 2)
    ) as applicant_diversity,
    metrics.reconsideration_rate,
    metrics.litigation_rate,
    metrics.reconsideration_correction_rate,
    metrics.litigation_loss_rate,
    metrics.reconsideration_pending_share,
    metrics.litigation_pending_share,
    metrics.repeal_rate,
    metrics.normative_growth,
    metrics.new_received_log_growth,
    metrics.new_received_symmetric_growth
from reports
left join metrics
    on reports.report_id = metrics.report_id
left join failed_checks
    on reports.report_id = failed_checks.report_id
