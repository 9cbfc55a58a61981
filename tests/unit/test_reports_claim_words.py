"""The words of claims are searched as they are written down, only faster."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from flows.reports.claim_text import sentences
from flows.reports.claim_words import KINDS, Token, find_tokens, lexicon, written_out

TEXTS = [
    row["text"] for row in yaml.safe_load(Path(__file__).parents[1].joinpath("corpus/claims.yaml").read_text("utf-8"))
]


@pytest.mark.parametrize(
    ("word", "ways"),
    [
        ("收到", ["收到"]),
        ("(?:由|为)?上年", ["由上年", "为上年", "上年"]),
        ("(?:未经(?:行政)?复议)?起诉", ["未经(?:行政)?复议起诉", "起诉"]),
        ("(?:被)?(?:结果|予以)?维持", ["被(?:结果|予以)?维持", "结果维持", "予以维持", "维持"]),
        ("[市县]直", ["市直", "县直"]),
        ("[0-9]月", ["[0-9]月"]),
        ("需?另行", ["需另行", "另行"]),
        ("(?:收到)+件", ["(?:收到)+件"]),
        ("(?:甲|(?:乙|丙)丁)戊", ["甲戊", "乙丁戊", "丙丁戊"]),
        (r"(?<!\d)\d月", [r"(?<!\d)\d月"]),
    ],
)
def test_a_word_is_written_out_by_how_it_begins(word: str, ways: list[str]) -> None:
    assert list(written_out(word)) == ways


def words_of(kind: str) -> list[str]:
    data = lexicon()
    if kind in {"verb", "object", "qualifier"}:
        words = [word for row in data[f"{kind}s"] for word in row["words"]]
    elif kind in {"period", "body"}:
        words = [word for group in data["periods" if kind == "period" else "bodies"].values() for word in group]
    else:
        words = list(data[kind if kind in data else f"{kind}s"])
    return sorted(words, key=lambda word: -len(word))


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_found_are_those_of_the_plain_expressions(kind: str) -> None:
    plain = re.compile("|".join(words_of(kind)))
    found = 0
    for text in TEXTS:
        for sentence in sentences(text):
            tokens = find_tokens(sentence, (kind,))
            assert [(token.start, token.end) for token in tokens] == [m.span() for m in plain.finditer(sentence)]
            found += len(tokens)
    assert found


def test_of_two_words_that_overlap_the_first_counts_then_the_longer() -> None:
    assert find_tokens("共受理政府信息公开申请3件") == [
        Token("filler", "filler", 0, 1),
        Token("verb", "received", 1, 3),
        Token("object", "request", 3, 11),
        Token("filler", "filler", 12, 13),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("收到3件。答复2件。", ["收到3件。", "答复2件。"]),
        ("收到“3件。”答复！！无", ["收到“3件。", "答复！", "！", "无"]),
        ("收到１２件（含结转)", ["收到12件（含结转）"]),
        ("收到 3 件，1 2 件", ["收到3件，1\x1f2件"]),
        ("收到1\n2件", ["收到1\x1f2件"]),
        ("一、总体情况\n收到3件", ["一、总体情况", "收到3件"]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected
