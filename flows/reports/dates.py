"""Years and dates in titles, texts, particulars of a page and addresses. Nothing here knows what day it is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence

from flows.documents import Document

Period = tuple[dt.date, dt.date]
"""First and last day."""

_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F) if chr(wide) not in "（）"}
_ANY_WIDE = re.compile("[！-～]")
_CHINESE_YEAR = re.compile(r"二[〇○零O0][一二三四五六七八九〇○零]{2}(?=[年—－~～至到、和-])")
_CHINESE_DIGITS = str.maketrans("〇○零O一二三四五六七八九", "0000123456789")
_TITLE_YEAR = re.compile(
    r"(?<!\d)(20\d\d)(?:年度?(?!\d{1,2}月)|(?=[^\d年]{0,20}(?:政府信息公开|信息公开|政务公开|年度|年报)))"
)
_YEARS_FROM_TO = re.compile(r"(?<!\d)(20\d\d)年?度?[—－\-~～至到、和与及/]+(?:20)?(\d\d)(?=年|学年)(?!年?\d{1,2}月)")
"""Two years of which the first need not say 年: 2022-2023年度, 2022、2023年, 2022-23学年."""
_PERIOD = re.compile(
    r"(20\d\d)年(\d{1,2})月(\d{1,2})日(?:起|开始)?[,，]?(?:至|到|—+|-+|~|～|–)(?:(20\d\d)年)?(\d{1,2})月(\d{1,2})日"
)
_DATE = re.compile(r"(20\d\d)\s?[-年/.]\s?(\d{1,2})\s?[-月/.]\s?(\d{1,2})")
_DATE_LINE = re.compile(
    r"^[(（\[]?(?:发布日期|发布时间|日期|时间)?[:：]?(20\d\d)[年.\-/](\d{1,2})[月.\-/](\d{1,2})日?[)）\]]?$"
)
_URL_DATES = (
    re.compile(r"/t(20\d\d)(\d\d)(\d\d)_\d+"),
    re.compile(r"/art/(20\d\d)/(\d{1,2})/(\d{1,2})/"),
    re.compile(r"/(20\d\d)-?(\d\d)[/-](\d\d)/"),
)
META_NAMES = (
    "pubdate", "publishdate", "publish_date", "publishtime", "firstpublishedtime", "article:published_time",
    "发布日期", "发布时间", "公开日期", "公布日期", "发文日期", "成文日期", "生成日期",
)  # fmt: skip
"""Particulars of a page that hold its date, the surest first."""
_FIRST_LINES, _LAST_LINES = 12, 8


def plain(text: str) -> str:
    """Text without any space, full-width characters made half-width, brackets kept, years in digits."""
    narrow = "".join(text.split())
    if _ANY_WIDE.search(narrow):
        narrow = narrow.translate(_WIDE)
    return _CHINESE_YEAR.sub(lambda match: match.group().translate(_CHINESE_DIGITS), narrow)


def years_in_title(title: str) -> tuple[int, ...]:
    """The years that a title names, in their order, each once; a date in brackets behind it is none of them."""
    text = plain(title)
    pairs = [(match.start(), int(year)) for match in _YEARS_FROM_TO.finditer(text) for year in _both(match)]
    single = [(match.start(), int(match.group(1))) for match in _TITLE_YEAR.finditer(text)]
    return tuple(dict.fromkeys(year for _, year in sorted(pairs + single, key=lambda found: found[0])))


def _both(match: re.Match[str]) -> tuple[str, str]:
    return match.group(1), f"20{match.group(2)}"


def periods_stated(lines: Iterable[str]) -> tuple[Period, ...]:
    """Periods that plain lines state, as `2024年1月1日至2024年12月31日`, in their order."""
    return tuple(period for line in lines for period in _periods(line))


def is_calendar_year(period: Period) -> bool:
    """Whether a period is a whole calendar year."""
    first, last = period
    return (first, last) == (dt.date(first.year, 1, 1), dt.date(first.year, 12, 31))


def main_period(periods: Sequence[Period]) -> Period | None:
    """The first calendar year among stated periods, otherwise the first period."""
    return next(filter(is_calendar_year, periods), periods[0] if periods else None)


def _periods(line: str) -> Iterator[Period]:
    for match in _PERIOD.finditer(line):
        first = _date(*match.group(1, 2, 3))
        last = _date(match.group(4) or match.group(1), *match.group(5, 6))
        if first and last and first < last:
            yield first, last


def publication_date(
    document: Document, lines: Sequence[str], listed_on: dt.date | None, url: str | None, report_year: int | None
) -> tuple[dt.date | None, str | None]:
    """Date of publication and where it was found: meta, text (of which `lines` are the plain lines), list or url.

    A date before the end of the reported year cannot be it (pages show today's date, and that of laws).
    """
    earliest = dt.date(report_year, 12, 1) if report_year else dt.date.min
    for found, source in _dates(document, lines, listed_on, url):
        if found >= earliest:
            return found, source
    return None, None


def _dates(
    document: Document, lines: Sequence[str], listed_on: dt.date | None, url: str | None
) -> Iterable[tuple[dt.date, str]]:
    for name in META_NAMES:
        match = _DATE.search(document.metadata[name]) if name in document.metadata else None
        if match and (found := _date(*match.groups())):
            yield found, "meta"
    for line in [*lines[:_FIRST_LINES], *reversed(lines[-_LAST_LINES:])]:
        match = _DATE_LINE.match(line)
        if match and (found := _date(*match.groups())):
            yield found, "text"
    if listed_on:
        yield listed_on, "list"
    for pattern in _URL_DATES:
        match = pattern.search(url or "")
        if match and (found := _date(*match.groups())):
            yield found, "url"


def _date(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
