"""The text of a report in its six sections, told by their headings whatever number stands before them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from flows.documents import Block, Paragraph
from flows.records import Section
from flows.reports.labels import similarity

HEADINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("overview", ("总体情况", "概述", "概况", "基本情况", "工作总体情况", "政府信息公开工作总体情况")),
    (
        "proactive_disclosure",
        ("主动公开政府信息情况", "主动公开情况", "行政机关主动公开政府信息情况", "政府信息主动公开情况"),
    ),
    (
        "requests",
        (
            "收到和处理政府信息公开申请情况",
            "依申请公开政府信息情况",
            "政府信息依申请公开情况",
            "政府信息公开申请办理情况",
        ),
    ),
    (
        "disputes",
        (
            "政府信息公开行政复议、行政诉讼情况",
            "因政府信息公开工作被申请行政复议、提起行政诉讼情况",
            "行政复议、行政诉讼情况",
        ),
    ),
    (
        "problems",
        (
            "存在的主要问题及改进情况",
            "政府信息公开工作存在的主要问题及改进情况",
            "存在的问题及改进措施",
            "存在问题和下一步打算",
            "问题及改进情况",
        ),
    ),
    ("other_matters", ("其他需要报告的事项", "其他需要说明的事项", "需要报告的其他事项")),
)
"""Headings that notice 国办公开办函〔2021〕30号 prescribes, and those often put in their place."""

TABLE_SECTIONS = frozenset({"proactive_disclosure", "requests", "disputes"})
_LONGEST_HEADING = 44
_ALIKE = 0.8
_ALIKE_UNNUMBERED = 0.95
_HAN = r"(?:第?[一二三四五六七八九十壹贰叁肆伍陆柒捌][、.．,，:： ]|第[一二三四五六七八]部分[、:： ]?|[Ⅰ-Ⅷ][、.．]?)"
_ARABIC = r"[1-8１-８][、．]"
_NUMBERS = {
    "han": re.compile(rf"\s*{_HAN}"),
    "arabic": re.compile(rf"\s*{_ARABIC}"),
    "brackets": re.compile(r"\s*[（(][一二三四五六七八九十\d]{1,3}[）)]"),
    "digits": re.compile(r"\s*(?:\d{1,2}[.)）]|[①-⑧])"),
}
"""What stands before headings, by style."""
_BEFORE_WORDS = re.compile(r"^(?:20\d\d年度?)?(?:我[省市县区局委办镇乡])?(?:20\d\d年度?)?")
_ANY_HEADING = "|".join(sorted((words for _, headings in HEADINGS for words in headings), key=len, reverse=True))
_RUN_ON = re.compile(rf"\s*(?:{_HAN}|{_ARABIC})\s*(?:{_ANY_HEADING})(?:[。:：]|\s)\s*(?=\S)")
"""A heading with the text of its section behind it in one paragraph."""
_HEADINGS_LEAST = 3
"""So many different headings make a style of numbers that of the sections."""


def section_key(text: str, styles: Collection[str] = ("han", "arabic"), alike_least: float = _ALIKE) -> str | None:
    """Key of the section that a line opens, None if it is no heading of a section.

    A number of another style than `styles`, commonly one in brackets, is one of a subsection, which often has the
    words of a section's heading. A line without a number must have a heading's words nearly as they are.
    """
    return _opened(_heading(text.strip()[: _LONGEST_HEADING + 1]), styles, alike_least)


@lru_cache(maxsize=8192)
def _heading(line: str) -> tuple[str | None, str | None, float]:
    """Style of the number before a line, and the section whose heading its words are most like, with how much."""
    if len(line) > _LONGEST_HEADING:
        return None, None, 0.0
    style, number = next(
        ((style, match) for style, pattern in _NUMBERS.items() if (match := pattern.match(line))), (None, None)
    )
    words = _BEFORE_WORDS.sub("", line[number.end() :].strip()) if number else line
    found, alike = None, 0.0
    for key, headings in HEADINGS:
        for heading in headings:
            score = similarity(words, heading) if len(words) <= len(heading) + 12 else 0.0
            if score > alike:
                found, alike = key, score
    return style, found, alike


def _opened(
    heading: tuple[str | None, str | None, float], styles: Collection[str], alike_least: float = _ALIKE
) -> str | None:
    style, key, alike = heading
    if style is not None and style not in styles:
        return None
    return key if alike >= (_ALIKE_UNNUMBERED if style is None else alike_least) else None


def read_sections(blocks: Sequence[Block], *, report_id: str, reader_version: str) -> list[Section]:
    """Sections in the order of the document, without tables; ordinal 0 is what stands before the first heading."""
    lines = [line for block in blocks if isinstance(block, Paragraph) for line in _parted(block.text)]
    parts: list[tuple[str, str, list[str]]] = [("preamble", "", [])]
    for line, key in zip(lines, _keys(lines), strict=True):
        if key:
            parts.append((key, line, []))
        else:
            parts[-1][2].append(line)
    return [
        Section(report_id, reader_version, ordinal, key, heading, "\n".join(lines))
        for ordinal, (key, heading, lines) in enumerate(parts)
        if ordinal or lines
    ]


def _keys(lines: Sequence[str]) -> list[str | None]:
    """Section that each line opens.

    One style of numbers is that of the sections: the first in the order of `_NUMBERS` that has enough headings. A
    heading that lost its place in the count and its style too (一、二、3、) counts when no other opens its section.
    """
    headings = [_heading(line.strip()[: _LONGEST_HEADING + 1]) for line in lines]
    by_style = {style: [_opened(heading, (style,)) for heading in headings] for style in _NUMBERS}
    main = next((style for style, keys in by_style.items() if len({*keys} - {None}) >= _HEADINGS_LEAST), "han")
    keys = by_style[main]
    opened = {*keys}
    strays = [_opened(heading, ("han", "arabic", "digits"), _ALIKE_UNNUMBERED) for heading in headings]
    return [key or (stray if stray not in opened else None) for key, stray in zip(keys, strays, strict=True)]


def _parted(text: str) -> Sequence[str]:
    """A paragraph, its heading parted from the text that runs on behind it."""
    match = _RUN_ON.match(text)
    return (text[: match.end()].strip(), text[match.end() :]) if match else (text,)
