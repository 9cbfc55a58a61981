"""Comparing labels: as they were meant, not as they were torn, misprinted, numbered or spaced."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz import fuzz

from flows.reports.remembered import remembered

_NUMBERING = re.compile(r"^(?:\(?[一二三四五六七八九十]{1,3}[)、.]|[一二三四五六七八九十]{1,3}、|\(?\d{1,2}[.、)])")
_NOT_WORDS = re.compile(r"[\W_]+")
_WORDS = re.compile(r"[\u4e00-\u9fff]")
_TRADITIONAL = str.maketrans(
    "開關機構組織業務請數據結轉續繼辦無決處罰許強徵收費審訟復議訴經後專項執規範預與為終單項總計團體條況報態類問題進",
    "开关机构组织业务请数据结转续继办无决处罚许强征收费审讼复议诉经后专项执规范预与为终单项总计团体条况报态类问题进",
)
_SHORTEST_PART = 3
_PART_WEIGHT = 0.92
"""A label that is found as a part of another counts a little less than one found whole."""


_LONGEST = 200
"""No label is longer; what is longer is like none, and is not compared at length."""


def normalise(text: str) -> str:
    """A label without numbering, spaces, punctuation and remarks of form; traditional characters made simplified."""
    return _normalise(text[:_LONGEST])


@lru_cache(maxsize=8192)
def _normalise(text: str) -> str:
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    plain = _NUMBERING.sub("", plain.lstrip("#*·●、.,"))
    return _NOT_WORDS.sub("", plain).translate(_TRADITIONAL)


def similarity(found: str, label: str) -> float:
    """How alike two labels are, 0 to 1; `found` may be a torn piece of `label`."""
    return _similarity(found, label) if len(found) <= _LONGEST else 0.0


@lru_cache(maxsize=65536)
def _similarity(found: str, label: str) -> float:
    a, b = normalise(found), normalise(label)
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    whole = fuzz.ratio(a, b) / 100
    shorter = min(len(a), len(b))
    if shorter < _SHORTEST_PART or shorter < 0.2 * max(len(a), len(b)) or (len(b) <= _SHORTEST_PART < len(a)):
        return whole
    return max(whole, _PART_WEIGHT * fuzz.partial_ratio(a, b) / 100)


@remembered(4096)
def whole_similarity(found: str, labels: tuple[str, ...]) -> float:
    """How alike a text as a whole is to the most alike of some labels: a part of one counts as little as it is."""
    return max((fuzz.ratio(normalise(found), normalise(label)) / 100 for label in labels), default=0.0)


@lru_cache(maxsize=16384)
def best(found: str, labels: tuple[str, ...]) -> tuple[int, float]:
    """Index of the label most like `found` and how alike it is; (-1, 0.0) when nothing is alike at all."""
    index, score = -1, 0.0
    if len(found) > _LONGEST or not _WORDS.search(found):
        return index, score
    for position, label in enumerate(labels):
        alike = similarity(found, label)
        if alike > score:
            index, score = position, alike
            if score == 1.0:
                break
    return index, score
