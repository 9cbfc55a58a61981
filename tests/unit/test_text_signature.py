"""Signatures of texts: the same for the same words, whoever's they are; and the copies that they tell of."""

from __future__ import annotations

import pytest

from flows.records import Section
from flows.reports.text_signature import SIGNATURE_LENGTH, TEXT_MOST, shingles_of, signature_of, text_signature
from tests.corpus.test_claims import report_of
from tests.prose.likeness import measured

TEXT = "围绕年度中心工作，细化公开事项目录，让决策过程和执行结果看得见找得到。"
OTHER = "面对内容复杂的来件，坚持集体会商和法制审核，争议在早期得到化解。"


def signature(text: str, body: str = "临河市财政局") -> str:
    return text_signature(report_of(body), [Section("r", "1", 1, "overview", "一、总体情况", text)]).signature


def test_the_library_gives_the_values_that_are_stored() -> None:
    """Another version of it may give others: then the reader's version is to be raised, and this answer changed."""
    assert signature_of(shingles_of(TEXT)) == (
        "Affg8bqDCg1vC6r0xlnRNVQ+perrkd1NGf2VnIS0qOVFY87U32D+tdLhZ+fqGGm5BYxyrgzKyD8bgFS43bB4Wx2oiYwjADXKYz7RVR4N1uKyFi0f2vBHu+WjR7UespU5"
    )


@pytest.mark.parametrize(
    "text",
    [
        OTHER + TEXT,
        TEXT + "\n" + OTHER,
        TEXT + OTHER + "（一）主动公开情况。共12件。",
        TEXT.replace("，", "，12") + OTHER,
        "临河市财政局" + TEXT + OTHER,
        "我市" + TEXT + "我局" + OTHER,
        TEXT + OTHER + "本报告所列数据的统计期限自2024年1月1日至2024年12月31日止。",
        TEXT + OTHER + "如对本报告有疑问，请与临河市财政局办公室联系。",
    ],
)
def test_figures_names_headings_order_and_what_is_prescribed_do_not_matter(text: str) -> None:
    expected = signature(TEXT + OTHER) if "我" not in text else signature("我" + TEXT + "我" + OTHER)
    assert signature(text) == expected


def test_other_words_have_another_signature() -> None:
    one, other = signature(TEXT), signature(OTHER)
    assert len(one) == len(other) == SIGNATURE_LENGTH
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 16


def test_a_text_without_words_has_no_shingles() -> None:
    found = text_signature(report_of("临河市财政局"), [])
    assert (found.shingle_count, len(found.signature)) == (0, SIGNATURE_LENGTH)


def test_only_so_much_of_a_text_is_looked_at() -> None:
    beyond = text_signature(
        report_of("临河市财政局"), [Section("r", "1", 1, "overview", "", "\n" * TEXT_MOST + TEXT)]
    )
    assert beyond.shingle_count == 0


def test_copies_are_told_from_texts_on_the_same_topics() -> None:
    copies, (pairs, told, noted) = measured(texts=40, seed=2)
    assert copies["names and figures changed"] == (40, 40)
    assert copies["a tenth rewritten"][0] >= 38
    assert copies["half"][0] == 0
    assert (pairs, told, noted) == (40 * 5 * 39 * 5, 0, 0)
