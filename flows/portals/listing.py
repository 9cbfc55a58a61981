"""Base of all CMS families: how a column's list pages are asked for, recognised and taken apart.

A family is a module with one subclass of `Listing`; `families.py` names them all. It never fetches anything: it says
what to ask for next and reads rows off what came back. The walk over the pages, and its end when a page brings no
new address, are the collector's.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from flows.portals.pages import TAG, Page, squeeze

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

DATE = re.compile(r"(?<!\d)(20\d{2})\s*[-/.年]\s*(1[0-2]|0?[1-9])\s*[-/.月]\s*(3[01]|[12]\d|0?[1-9])(?!\d)")
RAW_ANCHOR = re.compile(
    r"<a\s[^<>]{0,600}?href\s*=\s*\\?[\"']([^\"'\\<>]{1,600})\\?[\"'][^<>]{0,600}>(.{0,600}?)</a", re.I | re.S
)
RAW_TITLE = re.compile(r"title\s*=\s*\\?[\"']([^\"'\\]{1,400})", re.I)
REPORT_WORDS = re.compile(r"信息公.*(报告|年报|…|\.\.)")
ROW_LEVELS = 4
"""A row is at most that many elements above its link."""
LEVELS_COUNTED = 12
"""How far above it a link counts as one that an element holds."""
ROWS_PER_PAGE = 3000
TITLE_LENGTH = 500


@dataclasses.dataclass(frozen=True, slots=True)
class ListRequest:
    """What to ask for one list page."""

    url: str
    form: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One row of a list page."""

    href: str
    """Absolute, not yet checked."""
    title: str
    listed_on: dt.date | None


class Listing(ABC):
    """The list of one column, page by page.

    Args:
        column_url: address of the column.
    """

    family: ClassVar[str]
    article: ClassVar[re.Pattern[str]]
    """What the address of an article looks like in this family."""

    def __init__(self, column_url: str) -> None:
        self.column_url = column_url
        self.rows_seen = 0
        """Rows of all pages read so far, set by the walk."""
        self.rows_declared: int | None = None
        """How many rows the portal says that there are, where it says so."""

    @staticmethod
    @abstractmethod
    def recognises(page: Page) -> bool:
        """True when a column page bears the marks of this family."""

    @abstractmethod
    def open(self, first_page: Page) -> None:
        """Learn from the column page how further pages are asked for."""

    @abstractmethod
    def request(self, page_number: int) -> ListRequest | None:
        """What to ask for page 2 and later; None when there is no such page."""

    def rows(self, page: Page) -> list[Row]:
        """The rows of a list page, at most 3000."""
        return anchor_rows(page, self.article)


def anchor_rows(page: Page, article: re.Pattern[str]) -> list[Row]:
    """Rows from the links of a page: those to articles, those dated, and those named like a report.

    A list whose links are written by a script is read off the source text.
    """
    rows = _anchor_rows(page, article)
    if not any(article.search(row.href) for row in rows):
        rows += _raw_rows(page, article)
    return rows[:ROWS_PER_PAGE]


def _anchor_rows(page: Page, article: re.Pattern[str]) -> list[Row]:
    links = page.tree.css("a[href]")[: 2 * ROWS_PER_PAGE]
    links_below: Counter[int] = Counter()
    for link in links:
        links_below.update(above.mem_id for above in _above(link, LEVELS_COUNTED))
    rows = (_anchor_row(page, link, links_below, article) for link in links)
    return [row for row in rows if row is not None]


def _anchor_row(page: Page, link: LexborNode, links_below: Counter[int], article: re.Pattern[str]) -> Row | None:
    href = (link.attributes.get("href") or "").strip()
    if not href or href.startswith(("#", "javascript:", "mailto:", "tel:")):
        return None
    title = best_title(link.attributes.get("title"), link.text(deep=True))
    is_article = article.search(href) is not None
    listed_on = date_in(_row_text(link, links_below)) or date_in_url(href)
    if not title or not (is_article or listed_on or REPORT_WORDS.search(title)):
        return None
    return Row(page.join(href), title, listed_on)


def _row_text(link: LexborNode, links_below: Counter[int]) -> str:
    """Text of the largest element around a link that holds no other link."""
    row = link
    for above in _above(link, ROW_LEVELS):
        if links_below[above.mem_id] > 1:
            break
        row = above
    beside = ""
    if row.tag == "a":  # rows that stand side by side in one element: the date follows its link
        after = row.next
        beside = after.text(deep=True) if after is not None and after.tag != "a" else ""
    return f"{row.text(deep=True)} {beside}"


def _above(link: LexborNode, levels: int) -> Iterator[LexborNode]:
    above = link.parent
    for _ in range(levels):
        if above is None or above.tag in ("body", "html"):
            return
        yield above
        above = above.parent


def _raw_rows(page: Page, article: re.Pattern[str]) -> list[Row]:
    found = list(islice(RAW_ANCHOR.finditer(page.text), 2 * ROWS_PER_PAGE))
    rows = []
    for place, match in enumerate(found):
        href = html.unescape(match.group(1))
        if not article.search(href):
            continue
        attribute = RAW_TITLE.search(match.group(0))
        title = best_title(html.unescape(attribute.group(1)) if attribute else None, TAG.sub("", match.group(2)))
        end = found[place + 1].start() if place + 1 < len(found) else match.end() + 200
        after = page.text[match.end() : min(end, match.end() + 200)]
        rows.append(Row(page.join(href), title, date_in(TAG.sub(" ", after)) or date_in_url(href)))
    return rows


def best_title(attribute: str | None, text: str) -> str:
    """The title attribute, which is not cut off; else the text of the link, without a date before or after it."""
    if attribute and attribute.strip():
        return squeeze(attribute)[:TITLE_LENGTH]
    return squeeze(DATE.sub("", text)).strip("[]()（）【】·• ")[:TITLE_LENGTH]


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
