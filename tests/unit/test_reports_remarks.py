"""Remarks on the text of a report: what it should not hold, or lacks."""

from __future__ import annotations

import pytest

from flows.records import Section
from flows.reports.remarks import REMARKS_MOST, TEXT_MOST, text_remarks
from tests.corpus.test_claims import report_of


def kinds(text: str, section_key: str = "overview", body: str = "临河市财政局") -> list[str]:
    sections = [Section("r", "1", 1, section_key, "", text)]
    return [remark.remark_kind for remark in text_remarks(report_of(body), sections)]


@pytest.mark.parametrize(
    "text",
    [
        "全年收到申请XX件。",
        "××局高度重视。",
        "某某局认真落实。",
        "【单位名称】高度重视。",
        "共公开信息____条。",
        "共计#REF!件。",
    ],
)
def test_placeholders(text: str) -> None:
    assert kinds(text) == ["placeholder"]


@pytest.mark.parametrize(
    "text",
    [
        "国办发【2021】30号文件。",
        "【主动公开】：全年公开。",
        "网址www.xx123.gov.cn。",
        "某些单位重视不够。",
        "3×4米展板。",
        "办理WXX01号件。",
    ],
)
def test_what_is_no_placeholder(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022年，我局收到申请3件。", ["other_year"]),
        ("2024年，我局收到申请3件。", []),
        ("2025年，我局将继续努力。", []),
        ("2023年收到3件，2024年收到4件。", []),
        ("根据2023年工作要点，落实任务。", []),
        ("2022年度全市共收到申请3件。", ["other_year"]),
        ("2019年以来，我局持续推进公开。", []),
        ("2021年4月，国务院办公厅印发通知。", []),
        ("2022年，国务院办公厅印发通知。", []),
        ("2023年12月新组建的单位纳入公开范围。", []),
        ("2022年发现的3个问题已整改。", []),
    ],
)
def test_sentences_of_other_years(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("本报告由临海市教育局根据有关规定编制。", ["other_body"]),
        ("本报告由临河市财政局根据有关规定编制。", []),
        ("本报告由市财政局办公室编制。", []),
        ("本报告由临海市财政局编制。", ["other_body"]),
        ("本报告由临河市财政局办公室编制。", []),
        ("本报告由我局办公室编制。", []),
    ],
)
def test_the_body_that_has_written_it(text: str, expected: list[str]) -> None:
    assert kinds(text, "preamble") == expected


def test_an_office_of_a_government_may_have_written_its_report() -> None:
    for name in ("临河市政府信息公开办公室", "市政务服务管理办公室", "临河市人民政府办公室"):
        assert kinds(f"本报告由{name}汇总编制。", "preamble", "临河市人民政府") == []
    assert kinds("本报告由临海市人民政府办公室汇总编制。", "preamble", "临河市人民政府") == ["other_body"]


@pytest.mark.parametrize(
    ("section_key", "text", "expected"),
    [
        ("problems", "无。", ["empty_problems"]),
        ("problems", "", ["empty_problems"]),
        ("problems", "解读形式仍以文字为主，需要改进。", []),
        ("other_matters", "无其他需要报告的事项。", ["no_fee_statement"]),
        ("other_matters", "本年度未收取信息处理费。", []),
        ("other_matters", "未收取任何费用。", []),
        ("overview", "", []),
    ],
)
def test_sections_that_say_too_little(section_key: str, text: str, expected: list[str]) -> None:
    assert kinds(text, section_key) == expected


def test_remarks_are_few_and_short() -> None:
    text = "".join(f"共公开{'很多' * 150}信息XX{number}条。" for number in range(80)) + "收到XX件。收到XX件。"
    assert kinds("收到XX件。收到XX件。") == ["placeholder"]
    remarks = text_remarks(
        report_of("临河市财政局"), [Section("r", "1", 1, "overview", "", text.replace("XX", "XX "))]
    )
    assert len(remarks) <= REMARKS_MOST
    assert max(len(remark.raw_text) for remark in remarks) <= TEXT_MOST
