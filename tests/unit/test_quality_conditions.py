"""The models of the rules evaluated on the records of one file, without dbt and without a warehouse."""

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from flows.quality.checks import check, has_fault
from flows.quality.conditions import OF_THE_ARCHIVE, FileRecords, evaluate_conditions
from flows.quality.models import macro, model_sql
from flows.records import Claim, Section
from flows.reports.remarks import text_remarks
from flows.reports.text_signature import text_signature
from tests.warehouse_records import READER_VERSION, World

SECTIONS = {
    "overview": "2024年，本机关依法办理申请。",
    "proactive_disclosure": "",
    "requests": "",
    "disputes": "",
    "problems": "主要问题是个别栏目更新不够及时，今后按月检查各栏目的更新情况。",
    "other_matters": "本年度没有收取信息处理费。",
}


def records(year: int, scale: int = 10, sections: dict[str, str] | None = None, **printed: Any) -> FileRecords:
    """A report of a county with regulations moved away, and its text."""
    world = World()
    noughts = {("proactive_disclosure", "regulations", column): "0" for column in ("issued", "repealed", "in_force")}
    cells = noughts | printed.get("printed", {})
    report = world.report("p", "甲县人民政府", year, division_code="990121", scale=scale, printed=cells)
    told = [
        Section(report.report_id, READER_VERSION, number, key, key, text)
        for number, (key, text) in enumerate((SECTIONS if sections is None else sections).items(), 1)
    ]
    signature, remarks = text_signature(report, told), text_remarks(report, told)
    return FileRecords(report, world.rows["cell"], told, text_signatures=[signature], text_remarks=remarks)


def outcomes(own: FileRecords, previous: FileRecords | None = None) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["rule_id"], row["instance_key"]): row for row in evaluate_conditions(own, previous)}


def test_a_sound_report_fails_no_condition() -> None:
    found = outcomes(records(2024), records(2023, scale=12, sections=SECTIONS | {"problems": "另" * 30}))
    open_ones = {key: row["reason"] for key, row in found.items() if row["outcome"] != "passed"}
    assert open_ones == {("Y04", "report"): "not known: text_likeness_before"}  # the texts are too short
    assert {("F03", "report"), ("F06", "report"), ("N06", "other_matters"), ("Y03", "requests")} <= set(found)


def test_rules_of_the_archive_are_not_asked() -> None:
    asked = {rule_id for rule_id, _ in outcomes(records(2024))}
    needs_archive = {rule_id for rule_id, _, needs, *_ in macro("rule_conditions") if OF_THE_ARCHIVE & {*needs}}
    assert needs_archive == {"F13", "F14", "M01", "M02", "M04", "Y06"}
    assert not asked & needs_archive


@pytest.mark.parametrize(
    ("own", "rule", "outcome", "told"),
    [
        (records(2024, printed={("requests", "granted", "total"): ""}), ("F06", "report"), "failed", "blank: 1, not"),
        (
            records(2024, printed={("disputes", "reconsideration", "other"): "-1"}),
            ("F07", "report"),
            "failed",
            "= -1",
        ),
        (records(2024, sections={}), ("F03", "report"), "not_assessable", "not known: section_keys"),
        (records(2024, sections=SECTIONS | {"overview": "2022年，本县公开。"}), ("N04", "report"), "failed", "2022"),
        (records(2024, sections=SECTIONS | {"overview": "共收到××件。"}), ("F12", "report"), "failed", "共收到××件"),
        (
            records(2024, sections=SECTIONS | {"overview": "本报告由乙县教育局负责编制。"}),
            ("F11", "report"),
            "failed",
            "乙县教育局",
        ),
        (records(2024, sections=SECTIONS | {"other_matters": "无。"}), ("N06", "other_matters"), "failed", ""),
        (records(2024, sections=SECTIONS | {"problems": "无。"}), ("N05", "problems"), "failed", "characters: 2"),
        (records(2022, scale=3), ("Y03", "requests"), "not_assessable", "no report of the year before"),
    ],
)
def test_what_is_wrong_or_not_known_is_told(own: FileRecords, rule: tuple[str, str], outcome: str, told: str) -> None:
    row = outcomes(own)[rule]
    assert row["outcome"] == outcome
    assert told in (row["evidence"] or row["reason"] or "")


def test_last_years_report_is_compared_whatever_body_it_was_read_as() -> None:
    before = records(2023)
    before = dataclasses.replace(before, report=dataclasses.replace(before.report, body_id="unknown:1"))
    found = outcomes(records(2024), before)
    assert found["Y03", "requests"]["outcome"] == "failed"  # made-up years are alike but for the documents in force
    assert found["Y04", "problems"]["outcome"] == "failed"


def test_a_sentence_is_held_against_its_cell() -> None:
    own = records(2024)
    claim = Claim(
        *(own.report.report_id, READER_VERSION, 1, 1, "overview", 0, "新收3件", 2, "new_received", "request"),
        *(None, "count", Decimal(3), "3", "件"),
        is_approximate=False,
        scope="own",
        claim_year=2024,
        bound_table="requests",
        bound_row="new_received",
        bound_column="total",
        bound_reason=None,
    )
    own = dataclasses.replace(own, claims=[claim])
    (result,) = [result for result in check(own) if result.rule_id == "N01"]
    assert (result.outcome, result.difference, result.verdict) == ("failed", Decimal(-13), "publisher")
    assert result.evidence == "新收3件"
    assert [cell.printed for cell in result.cells] == ["16"]
    assert not has_fault(result)


def test_models_are_plain_sql() -> None:
    assert "{{" not in model_sql("int_condition_outcomes")
    assert "touched_body" not in model_sql("int_condition_outcomes")
