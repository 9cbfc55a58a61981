"""Failed checks of a small published copy, told with labels and printed values."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from flows.errors import InputError
from flows.quality.findings import DivisionCoverage, Finding, SummaryCounts, findings, summary_counts
from flows.quality.named_cells import proposal_text

CELLS = """struct(table_key varchar, row_key varchar, column_key varchar, report_year bigint, coefficient bigint,
    cell_kind varchar, printed varchar, value decimal(18, 6), second_value varchar, agreement varchar)[]"""
COLUMNS = (
    "natural_person",
    "business",
    "research_institution",
    "public_interest_organization",
    "legal_service",
    "other_organization",
    "total",
)


def cell(row_key, column_key, printed, coefficient=1, table_key="requests", report_year=2024, second=None):
    value = Decimal(printed) if printed else None
    kind = "blank" if value is None else "number" if value else "zero"
    return {
        "table_key": table_key,
        "row_key": row_key,
        "column_key": column_key,
        "report_year": report_year,
        "coefficient": coefficient,
        "cell_kind": kind,
        "printed": printed,
        "value": value,
        "second_value": printed if second is None else second,
        "agreement": "agreed" if second is None else "disagreed",
    }


def publish(path: Path, checks: list[tuple]) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"""
            create schema marts;
            create table marts.dim_body (body_id varchar, division_name varchar);
            insert into marts.dim_body values ('321300:宿迁市', '宿迁市');
            alter table marts.dim_body add column body_name varchar;
            alter table marts.dim_body add column division_code varchar;
            update marts.dim_body set body_name = '宿迁市', division_code = '321300';
            create table marts.fct_report (
                report_id varchar, body_id varchar, is_current boolean, document_format varchar);
            insert into marts.fct_report values
                ('r1', 'a', true, 'pdf'), ('r2', 'a', false, 'html'), ('r3', 'b', true, 'html');
            create table marts.fct_cell (
                report_id varchar, table_key varchar, row_key varchar, column_key varchar, place varchar);
            insert into marts.fct_cell values
                ('r1', 'requests', 'granted', 'natural_person', 'page 12, table 1, row 3, cell 2'),
                ('r1', 'requests', 'new_received', 'total', 'line 7'),
                ('r2', 'requests', 'granted', 'natural_person', 'page 3, table 1, row 3, cell 2');
            create table marts.fct_expected_report (
                portal_id varchar, coverage_state varchar, is_inferred boolean, body_id varchar, report_year bigint,
                deadline_on date, coverage_reason varchar);
            insert into marts.fct_expected_report values
                ('p', 'published_late', false, '321300:宿迁市', 2021, '2022-01-31', null),
                ('p', 'published_late', false, null, 2021, null, null),
                ('q', 'not_found', false, '321300:宿迁市', 2022, '2023-01-31', 'no entry in the list'),
                ('q', 'not_found', true, '321300:宿迁市', 2023, '2024-01-31', 'no entry in the list');
            create table marts.mart_coverage (
                division_code varchar, division_name varchar, level varchar, report_year bigint,
                expected_count bigint, inferred_count bigint, found_count bigint, not_due_count bigint);
            insert into marts.mart_coverage values
                ('321300', '宿迁市', 'city', 2023, 1, 0, 1, 0), ('321300', '宿迁市', 'county', 2024, 5, 2, 1, 0),
                ('321300', '宿迁市', 'city', 2024, 1, 0, 1, 0), ('321300', '宿迁市', 'city', 2025, 4, 0, 0, 4);
            create table marts.fct_check_result (
                check_result_id varchar, report_id varchar, body_id varchar, body_name varchar, division_code varchar,
                report_year bigint, rule_id varchar, instance_key varchar, severity varchar, outcome varchar,
                reason varchar, difference decimal(38, 6), verdict varchar, cells {CELLS}, evidence varchar,
                entry_url varchar, document_url varchar);
            create table marts.fct_cell_proposal (
                report_id varchar, body_id varchar, report_year bigint, fault_ordinal bigint, failed_checks varchar[],
                set_count bigint, is_complete boolean, is_unique boolean, set_ordinal bigint, is_preferred boolean,
                cell_ordinal bigint, table_key varchar, row_key varchar, column_key varchar, cell_report_year bigint,
                printed varchar, proposed_value decimal(38, 6), second_value varchar, agreement varchar,
                error_owner varchar);
            """
        )
        for check in checks:
            connection.execute(f"insert into marts.fct_check_result values ({', '.join('?' * 17)})", check)
    return path


def check(rule_id, instance_key, outcome, difference, cells, body_name="宿迁市", year=2024):
    return (
        f"{rule_id}{instance_key}{year}{body_name}",
        "r1",
        f"321300:{body_name}",
        body_name,
        "321300",
        year,
        rule_id,
        instance_key,
        "error",
        outcome,
        None,
        difference,
        "undecided" if outcome == "failed" else None,
        cells,
        None,
        "http://127.0.0.1/list",
        "http://127.0.0.1/report.pdf",
    )


def b01(printed: list[str], outcome: str, difference):
    terms = zip(COLUMNS, printed, [1] * 6 + [-1], strict=True)
    return check("B01", "granted", outcome, difference, [cell("granted", *term) for term in terms])


def test_a_failed_balance_is_told_in_labels_and_printed_values(tmp_path):
    published = publish(tmp_path / "p.duckdb", [b01(["5", "2", "0", "0", "1", "", "10"], "failed", Decimal(-2))])
    (finding,) = findings(published)
    assert finding.formula == "自然人 + 商业企业 + 科研机构 + 社会公益组织 + 法律服务机构 + 其他 = 总计"
    assert finding.formula_values == "5 + 2 + 0 + 0 + 1 + [ ] = 10"
    assert finding.instance_label == "三、本年度办理结果 （一）予以公开"
    assert (finding.body_name, finding.division_name, finding.report_year) == ("宿迁市", "宿迁市", 2024)
    assert finding.difference == Decimal(-2)
    assert finding.document_url == "http://127.0.0.1/report.pdf#page=12"
    assert [c.printed for c in finding.cells] == ["5", "2", "0", "0", "1", "", "10"]
    assert finding.cells[5].value is None


def test_a_finding_says_what_the_second_reading_takes_otherwise(tmp_path):
    cells = [cell("new_received", "total", "34", second="43"), cell("outcome_total", "total", "43", -1)]
    (finding,) = findings(publish(tmp_path / "p.duckdb", [check("B03", "total", "failed", Decimal(-9), cells)]))
    assert finding.document_url == "http://127.0.0.1/report.pdf"  # where the cell stands is not known by page
    assert finding.verdict == "undecided"
    assert [c.second_value for c in finding.cells] == ["43", None]


def propose(path: Path, rows: list[tuple]) -> None:
    """Add cells of sets: ordinals of set and cell, row, printed, proposed, agreement."""
    with duckdb.connect(str(path)) as connection:
        for set_ordinal, cell_ordinal, row_key, printed, proposed, agreement in rows:
            connection.execute(
                "insert into marts.fct_cell_proposal values"
                " ('r1', '321300:宿迁市', 2024, 1, ['B03 total', 'B01 granted'], ?, true, ?, ?, ?, ?, 'requests', ?,"
                " 'total', 2024, ?, ?, '43', ?, 'undecided')",
                [
                    (count := max(row[0] for row in rows)),
                    count == 1,
                    set_ordinal,
                    set_ordinal == 1,
                    *(cell_ordinal, row_key, printed, proposed, agreement),
                ],
            )


def test_a_finding_names_the_cells_that_may_be_wrong(tmp_path):
    cells = [cell("new_received", "total", "34"), cell("outcome_total", "total", "43", -1)]
    path = publish(tmp_path / "p.duckdb", [check("B03", "total", "failed", Decimal(-9), cells)])
    rows = [(1, 1, "new_received", "34", 43, "disagreed"), (2, 1, "outcome_total", "43", None, "agreed")]
    propose(path, rows)
    (finding,) = findings(path)
    proposal = finding.proposal
    assert proposal is not None
    assert (proposal.set_count, proposal.is_unique, proposal.is_preferred) == (2, False, True)
    (first,), (second,) = proposal.sets
    assert (first.row_label, first.column_label) == ("一、本年新收政府信息公开申请数量", "总计")
    assert (first.printed, first.proposed_value, first.second_value) == ("34", Decimal(43), "43")
    assert (second.proposed_value, second.second_value) == (None, None)
    assert proposal_text(proposal) == (
        "requests/new_received/total@2024 34 -> 43 or requests/outcome_total/total@2024 43 -> ?"
    )


def test_a_finding_of_a_balance_without_proposal_has_none(tmp_path):
    path = publish(tmp_path / "p.duckdb", [b01(["5", "2", "0", "0", "1", "0", "10"], "failed", Decimal(-2))])
    assert findings(path)[0].proposal is None
    propose(path, [(1, 1, "granted", "10", 8, "agreed")])
    assert findings(path)[0].proposal is not None


def test_a_rule_over_two_years_names_the_year_of_each_term(tmp_path):
    cells = [
        cell("normative_documents", "in_force", "50", 1, "proactive_disclosure", 2024),
        cell("normative_documents", "in_force", "48", -1, "proactive_disclosure", 2023),
        cell("normative_documents", "issued", "3", -1, "proactive_disclosure", 2024),
        cell("normative_documents", "repealed", "2", 1, "proactive_disclosure", 2024),
    ]
    published = publish(tmp_path / "p.duckdb", [check("A01", "normative_documents", "failed", Decimal(1), cells)])
    (finding,) = findings(published)
    assert finding.formula == (
        "现行有效件数 (2024) + 本年废止件数 (2024) = 现行有效件数 (2023) + 本年制发件数 (2024)"
    )
    assert finding.formula_values == "50 + 2 = 48 + 3"
    assert finding.instance_label == "第二十条第（一）项 行政规范性文件"


def test_in_a_column_rows_are_named(tmp_path):
    cells = [
        cell("new_received", "total", "7"),
        cell("carried_in", "total", "1"),
        cell("outcome_total", "total", "6", -1),
        cell("carried_out", "total", "1", -1),
    ]
    (finding,) = findings(publish(tmp_path / "p.duckdb", [check("B03", "total", "failed", Decimal(1), cells)]))
    assert finding.formula_values == "7 + 1 = 6 + 1"
    assert finding.formula.endswith("= （七）总计 + 四、结转下年度继续办理")
    assert [c.label for c in finding.cells][2] == "三、本年度办理结果 （七）总计"
    assert finding.instance_label == "总计"


def test_a_formula_leaves_out_the_note_behind_a_label(tmp_path):
    cells = [cell("partially_granted", "total", "7"), cell("outcome_total", "total", "6", -1)]
    (finding,) = findings(publish(tmp_path / "p.duckdb", [check("B02", "total", "failed", Decimal(1), cells)]))
    assert finding.formula == "（二）部分公开 = （七）总计"
    assert finding.cells[0].label.endswith("（区分处理的，只计这一情形，不计其他情形）")


def test_only_failed_checks_are_findings(tmp_path):
    checks = [
        b01(["1"] * 7, "passed", Decimal(0)),
        check("B02", "total", "not_assessable", None, []),
        check("B03", "total", "error", None, []),
    ]
    published = publish(tmp_path / "p.duckdb", checks)
    assert findings(published) == []
    assert summary_counts(published) == SummaryCounts(
        portals=2,
        bodies=2,
        reports=2,
        checks={"passed": 1, "failed": 0, "not_assessable": 1, "error": 1},
        coverage={"inferred_and_not_found": 1, "not_found": 1, "published_late": 2},
        divisions=(DivisionCoverage("321300", "宿迁市", 2024, expected_count=4, found_count=2),),
    )


def test_a_finding_keeps_its_name_when_its_values_change(tmp_path):
    first = findings(
        publish(tmp_path / "a.duckdb", [b01(["5", "2", "0", "0", "1", "1", "10"], "failed", Decimal(-1))])
    )
    later = findings(
        publish(tmp_path / "b.duckdb", [b01(["5", "2", "0", "0", "1", "0", "10"], "failed", Decimal(-2))])
    )
    other = findings(publish(tmp_path / "c.duckdb", [check("B02", "granted", "failed", Decimal(1), [], year=2023)]))
    assert first[0].finding_id == later[0].finding_id != other[0].finding_id
    assert len(first[0].finding_id) == 16


def test_newest_year_first_within_a_body(tmp_path):
    years = [2022, 2024, 2023]
    checks = [check("B03", "total", "failed", Decimal(1), [], year=year) for year in years]
    found: list[Finding] = findings(publish(tmp_path / "p.duckdb", checks))
    assert [finding.report_year for finding in found] == [2024, 2023, 2022]


def test_an_unknown_rule_and_missing_marts_are_one_sentence(tmp_path):
    published = publish(tmp_path / "p.duckdb", [check("Z99", "total", "failed", Decimal(1), [])])
    with pytest.raises(InputError, match="a rule Z99"):
        findings(published)
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(InputError, match="are not as they should be"):
        findings(tmp_path / "empty.duckdb")
    with pytest.raises(InputError, match="There is no warehouse"):
        summary_counts(tmp_path / f"{dt.date(2024, 1, 1)}.duckdb")
