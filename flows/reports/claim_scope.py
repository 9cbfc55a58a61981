"""What a sentence speaks of at one of its numbers: the own year and body of the report, or others."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from flows.reports.claim_words import Token

OWN, OTHER_YEAR, SUB_PERIOD = "own", "other_year", "sub_period"
SEVERAL_YEARS, OTHER_BODY = "several_years", "other_body"

_YEAR = re.compile(
    r"(20\d\d)年(?<!\d20\d\d年)(?<![较比与同]20\d\d年)(?<!上年20\d\d年)(?!.{0,6}(?:工作要点|相比|同期))"
)
_PERIOD_OF_YEARS = re.compile(r"20\d\d年?[至—－~-]20\d\d年|自?20\d\d年.{0,8}以来")
_LED_BY = re.compile(r"(?:会同|联合|协同|经|向|对|被|与)[^，；。]{0,6}$")
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


def scope_at(text: str, tokens: Sequence[Token], place: int, subject: Subject, year_before: int | None) -> Scope:
    """Scope of the number that stands at a place of a (masked) sentence with its tokens.

    The last word before the number decides. `year_before` is the year with which an earlier sentence of the section
    opened; it lasts until a sentence names another.
    """
    text = text[:place]
    year = _year(text, year_before, subject)
    period = body = OWN
    for token in tokens:
        if token.end > place:
            break
        if token.kind == "period":
            period = token.key
        elif token.kind == "body" and not _LED_BY.search(text[: token.start]):
            body = _body(text, token.key, token.end, subject)
    if _PERIOD_OF_YEARS.search(text):
        period = SEVERAL_YEARS
    if period == "last_year":
        year = subject.report_year - 1 if subject.report_year else None
    if body == OTHER_BODY:
        return Scope(OTHER_BODY, year)
    if period in {SUB_PERIOD, SEVERAL_YEARS}:
        return Scope(period, year)
    if period == "last_year" or (year is not None and year != subject.report_year):
        return Scope(OTHER_YEAR, year)
    return Scope(OWN, year)


def opening_year(sentence: str) -> int | None:
    """The year with which a sentence opens, None when it does not."""
    match = re.match(r"(?:（.{1,3}）|[一二三四五六]是|.{0,2}[:：])?(20\d\d)年", sentence)
    return int(match.group(1)) if match else None


def _year(text: str, year_before: int | None, subject: Subject) -> int | None:
    named = [int(match.group(1)) for match in _YEAR.finditer(text)]
    if named:
        return named[-1]
    return year_before if year_before is not None else subject.report_year


def _body(text: str, key: str, end: int, subject: Subject) -> str:
    if key == "own" or text[:end].endswith(subject.body_name[-_NAME_TAIL:]):
        return OWN
    if key == "whole_territory":
        return OTHER_BODY if subject.body_kind == "department" else OWN
    return OTHER_BODY
