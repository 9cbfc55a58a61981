"""What a sentence speaks of at one of its numbers: the own year and body of the report, or others."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from flows.reports.claim_text import BRACKETED
from flows.reports.claim_words import Token

OWN, OTHER_YEAR, SUB_PERIOD = "own", "other_year", "sub_period"
SEVERAL_YEARS, OTHER_BODY = "several_years", "other_body"

_YEAR = re.compile(
    r"(20\d\d)年(?<!\d20\d\d年)(?<![较比与同]20\d\d年)(?<!上年20\d\d年)(?!.{0,6}(?:工作要点|相比|同期))"
)
_PERIOD_OF_YEARS = re.compile(r"20\d\d年?[至—－~-]20\d\d年|自?(?P<since>20\d\d)年(?P<event>.{0,8})以来")
_OF_ANOTHER_THING = re.compile(r"[因对就]$")
"""Before a year: it is that of what the number comes of (因2023年度申请引发的复议)."""
_REMARK = re.compile(r"（[^（）]*）")
_LED_BY = re.compile(r"(?:会同|联合|协同|经|向|对|被|与|按照?|根据|依据|围绕|落实|贯彻|在|报|受|代)[^，；。]{0,6}$")
_GOVERNMENT = re.compile(r"([省市县区旗州镇乡])人民政府")
_CARRIED = {"carried_in": 1, "carried_out": -1}
"""Years between the one that a word names and the one whose report counts what was carried."""
_NAME_TAIL = 3
"""Characters of a body's name by which the text may call it (改革局)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """Whose report it is, as far as it decides what a sentence speaks of."""

    body_name: str
    body_kind: str | None
    report_year: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
    """What a number is about; `year` is None when it is not known."""

    key: str
    year: int | None
    is_year_before: bool = False
    """Whether it is the body's own of the whole year before the report's."""


def scope_at(text: str, tokens: Sequence[Token], place: int, subject: Subject, year_before: int | None) -> Scope:
    """Scope of the number that stands at a place of a (masked) sentence with its tokens.

    The last word before the number decides, what stands in closed brackets apart. `year_before` is the year with
    which an earlier sentence of the section opened; it lasts until a sentence names another.
    """
    text = text[:place]
    if "）" in text:
        text = _REMARK.sub(lambda match: BRACKETED * len(match.group()), text)
    heard = [token for token in tokens if token.end <= place and text[token.start] != BRACKETED]
    named = _years(text, heard)
    year = named[-1][1] if named else year_before if year_before is not None else subject.report_year
    period = _period(text, heard, named, subject)
    if period == "last_year":
        year = subject.report_year - 1 if subject.report_year else None
    if _body(text, heard, subject) == OTHER_BODY:
        return Scope(OTHER_BODY, year)
    if period in {SUB_PERIOD, SEVERAL_YEARS}:
        return Scope(period, year)
    if period == "last_year" or (year is not None and year != subject.report_year):
        is_named_for_another = bool(named) and _OF_ANOTHER_THING.search(text[: named[-1][0]]) is not None
        is_before = year is not None and year + 1 == subject.report_year and not is_named_for_another
        return Scope(OTHER_YEAR, year, is_before)
    return Scope(OWN, year)


def opening_year(sentence: str) -> int | None:
    """The year with which a sentence opens, None when it does not."""
    match = re.match(r"(?:（.{1,3}）|[一二三四五六]是|.{0,2}[:：])?(20\d\d)年", sentence)
    return int(match.group(1)) if match else None


def _years(text: str, heard: Sequence[Token]) -> list[tuple[int, int]]:
    """Place and year of each year named; 结转到2025年 speaks of the year before, 2023年结转 of the year after."""
    carried = {
        at: _CARRIED[token.key] for token in heard if token.key in _CARRIED for at in range(token.start, token.end)
    }
    return [(match.start(), int(match.group(1)) + carried.get(match.start(), 0)) for match in _YEAR.finditer(text)]


def _period(text: str, heard: Sequence[Token], named: Sequence[tuple[int, int]], subject: Subject) -> str:
    """own, last_year, sub_period or several_years; a year named behind several of them ends those."""
    said = [(token.end, token.key) for token in heard if token.kind == "period"]
    for match in _PERIOD_OF_YEARS.finditer(text):
        is_of_year = match["since"] is not None and int(match["since"]) == subject.report_year
        said.append((match.end(), SEVERAL_YEARS if not is_of_year else SUB_PERIOD if match["event"] else OWN))
    end, period = max(said, default=(0, OWN))
    return OWN if period == SEVERAL_YEARS and any(at >= end for at, _ in named) else period


def _body(text: str, heard: Sequence[Token], subject: Subject) -> str:
    """own or other_body, as the last body named says; one that helped or was told is not spoken of."""
    for token in reversed(heard):
        if token.kind == "body" and not _LED_BY.search(text[: token.start]):
            if token.key == "own" or text[: token.end].endswith(subject.body_name[-_NAME_TAIL:]):
                return OWN
            if token.key == "whole_territory":
                return OWN if _is_territory_of(subject, text[token.end - 1]) else OTHER_BODY
            return OWN if token.key == "government" and subject.body_kind != "department" else OTHER_BODY
    return OWN


def _is_territory_of(subject: Subject, kind: str) -> bool:
    """Whether 全市, 全县 ... (`kind`: its last character) is the territory that a report is about."""
    government = _GOVERNMENT.search(subject.body_name)
    return subject.body_kind != "department" and (government is None or government.group(1) == kind)
