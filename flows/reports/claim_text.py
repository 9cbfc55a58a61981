"""The text of a section as sentences without blanks, and the numbers with their units that stand in them.

A number that a line break or a blank may have torn is no number here: half a number is a wrong one.
"""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from functools import cache, lru_cache

from flows.records import VALUE_PRECISION, VALUE_SCALE
from flows.reports.claim_words import lexicon

TORN = "\x1f"
"""Stands where a blank or a line break was between two digits."""
QUOTED, BRACKETED = "□", "○"
"""Stand for each character of a title or a quotation, and of a remark in brackets that states no number."""

_WIDE = re.compile(r"[０-９．％]")
_NARROW = {wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), 0xFF0E, 0xFF05)}
_MARKS = (("(", "（"), (")", "）"), (";", "；"), (":", "："))
_NUMBERED = re.compile(
    r"^(?:[（(][一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十]{1,3}[、是]|\d{1,2}[.．、](?!\d))"
)
_HEADING_MOST = 30
_SENTENCE = re.compile(r"([^。！？!?]*[。！？!?]?)[”’」』]?")
_BLANK = re.compile(r"\s")
_BLANKS = re.compile(r"[^\S\x1f]+")
_BETWEEN_DIGITS = re.compile(r"(?<=[\d０-９])\s+(?=[\d０-９])")
_TITLE = re.compile(r"《(?![^》]*公报》)[^》]{1,80}》|“[^”]{1,80}”|〔[^〕]{1,8}〕\d+号")
_YEARS_END = re.compile(r"12月|年[底末]")
_WHOLE_YEAR = re.compile(
    r"0?1月0?1日.{0,3}(?P<end>(?:20\d\d年)?)12月31日"
    r"|截[至止]到?(?P<until>(?:20\d\d年)?)(?:12月(?:底|31日)|(?:本?年)?[底末](?<=年[底末]))"
)
_NOUGHT = re.compile(r"(?<=[^率比]为)[0零](?=[，；。、）]|$)")
"""Nought without a unit (受理数为零)."""
_REMARK = re.compile(r"（[^（）]*）")
LONGEST_SENTENCE = 800
"""A longer sentence is no sentence; no number is taken from it."""
_CHINESE = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_MEASURED = frozenset({"元", "万元", "亿元", "%", "个百分点", "百分点"})
"""Units that have fractions; whatever else is counted is whole."""
_GREATEST = Decimal(10) ** (VALUE_PRECISION - VALUE_SCALE)
_MYRIADS = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}


@dataclasses.dataclass(frozen=True, slots=True)
class Number:
    """A number with its unit; `printed` is without the unit."""

    value: Decimal
    printed: str
    unit: str
    is_approximate: bool
    start: int
    end: int


def sentences(text: str) -> list[str]:
    """Sentences without blanks, lines put together except at what begins or is a heading."""
    parts = [""]
    for line in text.split("\n"):
        if _NUMBERED.match(line.strip()):
            parts.append("")
        elif parts[-1] and (parts[-1][-1].isdigit() and line[:1].isdigit()):
            parts[-1] += TORN
        parts[-1] += _BLANKS.sub("", _BETWEEN_DIGITS.sub(TORN, line)) if _BLANK.search(line) else line
        stripped = line.strip()
        if (
            _NUMBERED.match(stripped)
            and len(stripped) <= _HEADING_MOST
            and not re.search(r"[。；，,：:\d]", stripped[3:])
        ):
            parts.append("")
    return [sentence for part in parts for sentence in _SENTENCE.findall(_narrow(part)) if sentence]


def _narrow(text: str) -> str:
    """The text with digits half as wide and marks as wide as a character of Chinese."""
    for narrow, wide in _MARKS:
        text = text.replace(narrow, wide)
    return text.translate(_NARROW) if _WIDE.search(text) else text


def masked(sentence: str) -> str:
    """The sentence with titles, quotations and remarks without a number made unreadable, the days of a whole year
    written 全年; every character keeps its place."""
    dated = _WHOLE_YEAR.sub(_as_whole_year, sentence) if _YEARS_END.search(sentence) else sentence
    quoted = _TITLE.sub(lambda match: QUOTED * len(match.group()), dated)
    return _REMARK.sub(lambda match: match.group() if find_numbers(match.group()) else _veil(match.group()), quoted)


def _as_whole_year(match: re.Match[str]) -> str:
    """全年 in place of the days; the year that they name stays, as it may be another one."""
    group = "end" if match["end"] else "until"
    start, end = (place - match.start() for place in match.span(group)) if match[group] else (2, 2)
    return BRACKETED * (start - 2) + "全年" + match.group()[start:end] + BRACKETED * (len(match.group()) - end)


def find_numbers(text: str) -> list[Number]:
    """Numbers with a unit, in order. Dates, ordinals, ranges, numbers of documents and torn numbers are none."""
    found = [number for match in _arabic().finditer(text) if (number := _from_arabic(match, text))]
    found += [number for match in _chinese().finditer(text) if (number := _from_chinese(match, text))]
    found += [Number(Decimal(0), match.group(), "", False, *match.span()) for match in _NOUGHT.finditer(text)]
    return sorted(found, key=lambda number: number.start)


def chinese_value(text: str) -> int | None:
    """`十二` is 12, `一百零五` 105; None for what is no number below ten thousand."""
    if len(text) > 1 and not set(text) & set(_PLACES):
        return None
    total, digit = 0, None
    for character in text:
        if character in _PLACES:
            total += (1 if digit is None else digit) * _PLACES[character]
            digit = None
        else:
            digit = _CHINESE[character]
    return total + (digit or 0)


def _veil(remark: str) -> str:
    return BRACKETED * len(remark)


@cache
def _units() -> str:
    words = sorted(lexicon()["units"], key=len, reverse=True)
    return "|".join(re.escape(word) for word in words)


@cache
def _arabic() -> re.Pattern[str]:
    about, not_counted = "|".join(lexicon()["approximate_after"]), "|".join(lexicon()["not_counted"])
    return re.compile(
        # what must not stand before the first digit is looked for behind it: so the search runs from digit to digit
        rf"(?P<digits>\d(?<![\d.,{TORN}第\-—－–~～至A-Za-z]\d)(?<!\d，\d)(?:\d{{0,2}}(?:,\d{{3}})+|\d*))"
        rf"(?P<fraction>\.\d+)?"
        rf"(?P<myriad>[万亿](?!元))?(?P<about>{about})?(?P<unit>{_units()})(?P<about_after>余|多|以上|左右)?(?!{not_counted})"
    )


@cache
def _chinese() -> re.Pattern[str]:
    not_counted = "|".join(lexicon()["not_counted"])
    return re.compile(
        r"(?<![第每同逐某唯任单统另之数几上成零一二两三四五六七八九十百千万])(?P<digits>[零〇一二两三四五六七八九十百千]+)"
        rf"(?P<unit>件|宗|起|份|条|次|个|场|期|篇|部)(?!{not_counted}|次|[一二三四五六七八九])"
    )


def _from_arabic(match: re.Match[str], text: str) -> Number | None:
    value = Decimal(match["digits"].replace(",", "") + (match["fraction"] or ""))
    if match["myriad"]:
        value *= _MYRIADS[match["myriad"]]
    if value >= _GREATEST or (match["fraction"] and value != round(value, VALUE_SCALE)):
        return None
    if match["unit"] not in _MEASURED and value != value.to_integral_value():
        return None  # there is no half of a request
    before = text[max(0, match.start() - 3) : match.start()]
    about = before.endswith(_before_about())
    printed = text[match.start() : match.start("unit")]
    is_about = about or bool(match["about"] or match["about_after"])
    return Number(value, printed, match["unit"], is_about, match.start(), match.end())


@cache
def _before_about() -> tuple[str, ...]:
    return tuple(lexicon()["approximate_before"])


def _from_chinese(match: re.Match[str], text: str) -> Number | None:
    value = chinese_value(match["digits"])
    follows = text[match.end() : match.end() + 1]
    is_idiom = (
        match["digits"] in {"一", "零"} and match["unit"] not in {"件", "宗", "起"} and follows not in "，。；、）"
    )
    if value is None or is_idiom:
        return None
    is_about = text[: match.start()].endswith(_before_about())
    return Number(Decimal(value), match["digits"], match["unit"], is_about, match.start(), match.end())


@lru_cache(maxsize=64)
def boundaries(text: str) -> tuple[int, ...]:
    """Places behind the marks that part clauses. Remembered, as each number of a sentence asks for them."""
    return tuple(match.end() for match in _MARK.finditer(text))


_MARK = re.compile(r"[，,；：（）。！？]")
