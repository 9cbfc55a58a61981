"""The sample's figures: complete, balanced but for the one planted cell, and with peers to compare with."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import pairwise

import pytest

from flows.errors import InputError
from flows.formats import balance_rules, format_cells, rule_terms
from flows.sample.index import (
    FOLDER,
    SampleReport,
    read_figures,
    sample_portals,
    sample_report,
    sample_reports,
)

REPORTS = {report.key: report for report in sample_reports()}


def differences(report: SampleReport, previous: SampleReport | None = None) -> dict[tuple[str, str], Decimal]:
    """Every balance that can be summed, by rule and instance: zero when it holds."""
    sums = {}
    cells = {0: read_figures(report), -1: read_figures(previous) if previous else {}}
    for rule in balance_rules():
        if rule.comparison != "equal":
            continue
        own = [cell for cell in format_cells(report.generation) if cell.table_key == rule.table_key]
        instances = {cell.row_key if rule.instance_axis == "row" else cell.column_key for cell in own}
        for instance in instances:
            keys = [
                (term, (rule.table_key, term.row_key.replace("*", instance), term.column_key.replace("*", instance)))
                for term in rule_terms()
                if term.rule_id == rule.rule_id
            ]
            here = {(cell.table_key, cell.row_key, cell.column_key) for cell in own}
            if not any(key in here for term, key in keys if term.year_offset == 0):
                continue
            needed = [(term, key) for term, key in keys if term.year_offset or key in here]
            printed = [(term.coefficient, cells[term.year_offset].get(key, "")) for term, key in needed]
            if all(value for _, value in printed):
                sums[rule.rule_id, instance] = sum((c * Decimal(v) for c, v in printed), Decimal(0))
    return sums


def test_every_figure_file_is_in_the_index_and_the_other_way_round() -> None:
    assert {path.stem for path in (FOLDER / "figures").glob("*.csv")} == set(REPORTS)
    assert len(REPORTS) == len(sample_reports())


@pytest.mark.parametrize("report", sample_reports(), ids=lambda report: report.key)
def test_every_report_balances_but_for_its_planted_cell(report: SampleReport) -> None:
    found = differences(report)
    assert ("D01", "reconsideration") in found
    failed = {rule: difference for (rule, _), difference in found.items() if difference}
    assert set(failed) == set(report.planted.fails if report.planted else ())


def test_the_planted_cell_is_the_only_wrong_one() -> None:
    (report,) = [report for report in sample_reports() if report.planted]
    planted = report.planted
    assert planted is not None
    assert read_figures(report)[planted.table, planted.row, planted.column] == planted.printed
    wrong_by = Decimal(planted.printed) - Decimal(planted.correct)
    failed = {key: difference for key, difference in differences(report).items() if difference}
    assert failed == {("B01", planted.row): wrong_by, ("B02", planted.column): wrong_by}


@pytest.mark.parametrize(
    "body", ["宿迁市人民政府", "示例市人民政府", "范例市人民政府", "样板市人民政府", "试验市人民政府"]
)
def test_consecutive_years_of_one_body_agree(body: str) -> None:
    years = sorted((r for r in sample_reports() if r.body.name == body), key=lambda r: r.report_year)
    for previous, report in pairwise(years):
        assert report.report_year == previous.report_year + 1
        found = {key: value for key, value in differences(report, previous).items() if key[0] in ("Y01", "A01")}
        assert len(found) == 9  # seven applicant columns, rules and normative documents
        assert not any(found.values())


def test_real_figures_stand_as_printed() -> None:
    fees = ("proactive_disclosure", "fees", "amount_10k_cny")
    assert read_figures(sample_report("shuyang-2025"))[fees] == "4068.208"
    assert read_figures(sample_report("suqian-2024"))[fees] == "72701.2578"
    assert read_figures(sample_report("huaian-2024"))["disputes", "reconsideration", "total"] == "351"
    blanks = [key for key, value in read_figures(sample_report("shuyang-fagaiju-2023")).items() if not value]
    assert ("requests", "new_received", "business") in blanks
    assert read_figures(sample_report("yimei-2022"))["requests", "new_received", "total"] == "10"


def test_six_reports_are_real_and_name_their_source() -> None:
    real = {report.key for report in sample_reports() if report.source}
    assert real == {
        "yimei-2022", "huaian-2024", "suqian-2023", "suqian-2024", "shuyang-2025", "shuyang-fagaiju-2023",
    }  # fmt: skip
    made_up = [report for report in sample_reports() if not report.source]
    assert all(report.division.code.startswith("99") for report in made_up)
    assert sum(report.planted is not None for report in sample_reports()) == 1
    assert [(report.report_year, report.generation) for report in made_up if report.generation == "2019"] == [
        (2020, "2019")
    ]


def test_every_real_report_has_peers() -> None:
    groups = Counter((r.division.level, r.body.kind, r.report_year) for r in sample_reports())
    for report in sample_reports():
        if report.source:
            assert groups[report.division.level, report.body.kind, report.report_year] - 1 >= 4


def test_every_report_lies_on_a_portal_of_its_division_or_on_an_aggregate_one() -> None:
    portals = {portal.portal_id: portal for portal in sample_portals()}
    for report in sample_reports():
        portal = portals[report.portal]
        assert portal.body in (None, report.body)
        # a made-up division is known only from the registry, so its reports must lie on its own portal
        assert report.source or portal.division == report.division


def test_publication_follows_the_report_year() -> None:
    for report in sample_reports():
        assert (report.published_on.year, report.published_on.month <= 3) == (report.report_year + 1, True)


def test_an_unknown_report_is_one_clear_sentence() -> None:
    with pytest.raises(InputError, match=r"the sample has no report 'nowhere-2024'; .*index.yaml"):
        sample_report("nowhere-2024")


def test_a_figure_file_of_another_generation_is_refused() -> None:
    report = sample_report("yimei-2022").model_copy(update={"generation": "2019"})
    with pytest.raises(InputError, match=r"yimei-2022.csv must list the cells of generation 2019"):
        read_figures(report)
