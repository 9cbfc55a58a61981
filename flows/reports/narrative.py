"""The text of a report in its six sections, told by their headings whatever number stands before them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from flows.documents import Block, Paragraph
from flows.records import Section
from flows.reports.labels import similarity

HEADINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("overview", ("总体情况", "概述", "工作总体情况")),
    ("proactive_disclosure", ("主动公开政府信息情况", "主动公开情况", "行政机关主动公开政府信息情况")),
    ("requests", ("收到和处理政府信息公开申请情况", "依申请公开政府信息情况", "政府信息公开申请办理情况")),
    ("disputes", ("政府信息公开行政复议、行政诉讼情况", "因政府信息公开工作被申请行政复议、提起行政诉讼情况")),
    ("problems", ("存在的主要问题及改进情况", "政府信息公开工作存在的主要问题及改进情况", "存在的问题及改进措施")),
    ("other_matters", ("其他需要报告的事项", "其他需要说明的事项", "需要报告的其他事项")),
)
"""Headings that notice 国办公开办函〔2021〕30号 prescribes, and those often put in their place."""

TABLE_SECTIONS = frozenset({"proactive_disclosure", "requests", "disputes"})
_LONGEST_HEADING = 44
_ALIKE = 0.8
_ALIKE_UNNUMBERED = 0.95
_SECTION_NUMBER = re.compile(r"^\s*(?:第?[一二三四五六七八九十][、.．,，:： ]|第[一二三四五六七八]部分|[1-8][、．])")
_SUBSECTION_NUMBER = re.compile(r"^\s*(?:[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,2}[.．)])")


def section_key(text: str) -> str | None:
    """Key of the section that a line opens, None if it is no heading of a section.

    A number in brackets is one of a subsection, which often has the words of a section's heading.
    """
    line = text.strip()
    return _section_key(line) if len(line) <= _LONGEST_HEADING else None


@lru_cache(maxsize=4096)
def _section_key(line: str) -> str | None:
    if _SUBSECTION_NUMBER.match(line):
        return None
    found, alike = None, 0.0
    for key, headings in HEADINGS:
        for heading in headings:
            score = similarity(line, heading)
            if score > alike and len(line) <= len(heading) + 12:
                found, alike = key, score
    return found if alike >= (_ALIKE if _SECTION_NUMBER.match(line) else _ALIKE_UNNUMBERED) else None


def read_sections(blocks: Sequence[Block], *, report_id: str, reader_version: str) -> list[Section]:
    """Sections in the order of the document, without tables; ordinal 0 is what stands before the first heading."""
    parts: list[tuple[str, str, list[str]]] = [("preamble", "", [])]
    for block in blocks:
        if isinstance(block, Paragraph):
            key = section_key(block.text)
            if key:
                parts.append((key, block.text, []))
            else:
                parts[-1][2].append(block.text)
    return [
        Section(report_id, reader_version, ordinal, key, heading, "\n".join(lines))
        for ordinal, (key, heading, lines) in enumerate(parts)
        if ordinal or lines
    ]
