"""A row of a list page, and how titles and dates are read wherever they stand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

from flows.portals.pages import squeeze

DATE = re.compile(r"(?<!\d)(20\d{2})\s*[-/.年]\s*(1[0-2]|0?[1-9])\s*[-/.月]\s*(3[01]|[12]\d|0?[1-9])(?!\d)")
TITLE_LENGTH = 500
ROWS_PER_PAGE = 20_000
"""Rows of one list page that are read; the largest list page seen held some six hundred."""
ROWS_OF_A_FULL_PAGE = 15
"""From so many rows on, a page that says nothing of others may have some."""
LINKS_PER_PAGE = 40_000
"""Links of one page that are looked at."""
REPORT_WORDS = re.compile(r"信息公.*(报告|年报|…|\.\.)")


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One row of a list page."""

    href: str
    """Absolute, not yet checked."""
    title: str
    listed_on: dt.date | None


def best_title(attribute: str | None, text: str) -> str:
    """The title attribute, which is not cut off; else the text of the link, without a date before or after it.

    The text too where it alone is called a report: some attributes say 点击查看.
    """
    shown = squeeze(DATE.sub("", text)).strip("[]()（）【】·• ")[:TITLE_LENGTH]
    named = squeeze(attribute or "")[:TITLE_LENGTH]
    is_better = REPORT_WORDS.search(shown) is not None and REPORT_WORDS.search(named) is None
    return shown if is_better or not named else named


def date_in(text: str) -> dt.date | None:
    """The first date in a text; None when there is none or it is no day of the calendar."""
    found = DATE.search(text)
    try:
        return dt.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


URL_DATES = (
    re.compile(r"/t(20\d{2})(\d{2})(\d{2})_"),
    re.compile(r"/(20\d{2})/(\d{1,2})/(\d{1,2})/"),
    re.compile(r"/(20\d{2})-?(\d{2})[-/](\d{2})/"),
    re.compile(r"/(20\d{2})(\d{2})(\d{2})/"),
)


def date_in_url(url: str) -> dt.date | None:
    """The day that an article's address names: of its publication, or of a migration of the portal."""
    for pattern in URL_DATES:
        found = pattern.search(url)
        if found:
            try:
                return dt.date(*map(int, found.groups()))
            except ValueError:
                return None
    return None
