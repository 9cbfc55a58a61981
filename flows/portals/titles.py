"""Which titles are an annual report, by rules kept as data (`titles.yaml`), and for which year."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from functools import cache
from pathlib import Path

import yaml

RULES = Path(__file__).with_name("titles.yaml")
NO_RULE = "not_an_annual_report"
TITLE_LENGTH = 300
DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
DROPPED = re.compile(r"[\s\u3000\u200b\ufeff《》〈〉“”\"']+")
YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
CHINESE_YEAR = re.compile(r"二[〇○零0O]([〇○零0O一二三四五六七八九])([〇○零0O一二三四五六七八九])年?")
CHINESE_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | dict.fromkeys("○零0O", 0)
TWO_YEARS = re.compile(r"20\d\d年?度?[-—－~～至到、和与]+20\d\d")
SUBJECT = "信息公"
"""What a year belongs to: 信息公开, also when the title is cut off within it."""


@dataclasses.dataclass(frozen=True, slots=True)
class TitleRule:
    """One rule of `titles.yaml`."""

    rule: str
    is_accepting: bool
    pattern: re.Pattern[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a title, and by which rule."""

    is_accepted: bool
    title_rule: str


@cache
def title_rules() -> tuple[TitleRule, ...]:
    """The rules in their order."""
    rows = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return tuple(TitleRule(row["rule"], row["verdict"] == "accept", re.compile(row["pattern"])) for row in rows)


def judge(title: str) -> Verdict:
    """Accept or refuse a title of a list."""
    bare = _bare(title)[:TITLE_LENGTH]
    for rule in title_rules():
        if rule.pattern.search(bare):
            return Verdict(rule.is_accepting, rule.rule)
    return Verdict(False, NO_RULE)


def report_year_of(title: str, listed_on: dt.date | None) -> int | None:
    """The year that a report is about: the last year in its title before 信息公开, else any year in it.

    None where it names two (2022-2023), of which only the report itself can tell. Without one, the year before that
    in which it was listed (政府信息公开条例, article 49: reports for a year come out by the end of March of the
    next); None when that is not known either.
    """
    bare = _bare(title)
    before = bare.split(SUBJECT, 1)[0]
    if TWO_YEARS.search(before):
        return None
    years = YEAR.findall(before) or YEAR.findall(bare)
    if years:
        return int(years[-1])
    spelled = CHINESE_YEAR.search(bare)
    if spelled:
        return 2000 + 10 * CHINESE_DIGITS[spelled.group(1)] + CHINESE_DIGITS[spelled.group(2)]
    return listed_on.year - 1 if listed_on else None


def _bare(title: str) -> str:
    return DROPPED.sub("", title).translate(DIGITS)
