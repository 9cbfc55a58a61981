"""Rows, the link to the next page and the folders of years, read off the links of a page."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flows.portals.families.rows import (
    LINKS_PER_PAGE,
    REPORT_WORDS,
    ROWS_PER_PAGE,
    Row,
    best_title,
    date_in,
    date_in_url,
)
from flows.portals.pages import TAG, Page, names_report_of_year, squeeze

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

RAW_ANCHOR = re.compile(
    r"<a\s[^<>]{0,600}?href\s*=\s*\\?[\"']([^\"'\\<>]{1,600})\\?[\"'][^<>]{0,600}>(.{0,600}?)<\\?/a", re.I | re.S
)
WRITES = re.compile(r"document\.write(?:ln)?\s*\(")
RAW_TITLE = re.compile(r"title\s*=\s*\\?[\"']([^\"'\\]{1,400})", re.I)
NEXT_WORDS = re.compile(r"^[\s>»›]*(?:下一?页|后一?页|[Nn]ext)(?: [Pp]age)?[\s>»›]*$")
SCRIPTED_PAGE_2 = re.compile(r"\(\D{0,80}2\b")
"""The call of a link that brings page 2 without leaving the page."""
PAGES_SAID = re.compile(r"共\s*(\d{1,4})\s*页|第?\s*1\s*/\s*(\d{1,4})\s*页|第\s*1\s*页\s*/\s*共?\s*(\d{1,4})(?!\d)")
PAGE_NUMBER = re.compile(r"^\s*\[?(\d{1,3})\]?\s*$")
NO_ADDRESS = ("#", "javascript:", "mailto:", "tel:")
YEAR_FOLDER = re.compile(
    r"^(20\d{2})\s*年?度?(?:区|县|市|省)?(?:政府)?(?:信息公开)?(?:工作)?(?:年度)?(?:报告|年报)?(?:专栏|专题|汇总)?$"
)
FOLDER_PATH = re.compile(r"/(?:index\.s?html?|[a-z]?20\d{2}[a-z]{0,12}\.s?html?)?$")
"""A folder, or a page that is itself named by a year (`zfxxgknb/a2024.htm`)."""
FOLDERS = 40
SCRIPT_CALL = 100
"""Characters of a script's call that are kept."""
ROW_LEVELS = 4
"""A row is at most that many elements above its link."""
LEVELS_COUNTED = 12
"""How far above it a link counts as one that an element holds."""


def anchor_rows(page: Page, article: re.Pattern[str]) -> list[Row]:
    """Rows from the links of a page: those to articles, those dated, and those named like a report.

    Links that a script writes are read off its text; where no link at all is an article's, off the whole source.
    """
    rows = _anchor_rows(page, article)
    has_articles = any(article.search(row.href) for row in rows)
    scripts = page.tree.css("script") if has_articles and WRITES.search(page.text) else []
    written = (node.text(deep=True) for node in scripts) if has_articles else (page.text,)
    shown = {row.href for row in rows}
    for text in written:
        if not has_articles or WRITES.search(text):
            rows += [row for row in _raw_rows(page, text, article) if row.href not in shown]
    return rows[:ROWS_PER_PAGE]


def _anchor_rows(page: Page, article: re.Pattern[str]) -> list[Row]:
    links = page.tree.css("a[href]")[:LINKS_PER_PAGE]
    links_below: Counter[int] = Counter()
    for link in links:
        links_below.update(above.mem_id for above in _above(link, LEVELS_COUNTED))
    read = (_anchor_row(page, link, links_below, article) for link in links)
    rows = [row for row in read if row is not None]
    titles = {row.title for row in rows}
    scripted = (_scripted_row(link, links_below) for link in links) if rows else ()
    return rows + [row for row in scripted if row is not None and row.title not in titles]


def _scripted_row(link: LexborNode, links_below: Counter[int]) -> Row | None:
    """A report whose link is a call of a script, beside others: told, though nobody can ask for it.

    What it calls, with the title, stands for the address, since many of a list may call the same.
    """
    href = (link.attributes.get("href") or "").strip()
    if href and not href.startswith(NO_ADDRESS):
        return None
    title = best_title(link.attributes.get("title"), link.text(deep=True))
    if not names_report_of_year(title):
        return None
    call = squeeze(link.attributes.get("onclick") or href.removeprefix("javascript:"))[:SCRIPT_CALL]
    return Row(f"javascript:{call} {title}", title, date_in(_row_text(link, links_below)))


def _anchor_row(page: Page, link: LexborNode, links_below: Counter[int], article: re.Pattern[str]) -> Row | None:
    href = (link.attributes.get("href") or "").strip()
    if not href or href.startswith(NO_ADDRESS):
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


def _raw_rows(page: Page, text: str, article: re.Pattern[str]) -> list[Row]:
    found = list(islice(RAW_ANCHOR.finditer(text), LINKS_PER_PAGE))
    rows = []
    for place, match in enumerate(found):
        href = html.unescape(match.group(1))
        if not article.search(href):
            continue
        attribute = RAW_TITLE.search(match.group(0))
        title = best_title(html.unescape(attribute.group(1)) if attribute else None, TAG.sub("", match.group(2)))
        end = found[place + 1].start() if place + 1 < len(found) else match.end() + 200
        after = text[match.end() : min(end, match.end() + 200)]
        rows.append(Row(page.join(href), title, date_in(TAG.sub(" ", after)) or date_in_url(href)))
    return rows


def next_link(page: Page) -> str | None:
    """Address behind 下一页; None when there is none that a machine can ask for."""
    hrefs = ((link.attributes.get("href") or "").strip() for link in _next_links(page, "a[href]"))
    return next((page.join(href) for href in hrefs if href and not href.startswith(NO_ADDRESS)), None)


def numbered_links(page: Page) -> dict[int, str]:
    """Addresses behind links that are named by a number only and lead to another page of the same list."""
    here = urlsplit(page.url)
    found: dict[int, str] = {}
    for link in page.tree.css("a[href]")[:LINKS_PER_PAGE]:
        named = PAGE_NUMBER.match(link.text(deep=True)[:20])
        href = (link.attributes.get("href") or "").strip()
        if named and href and not href.startswith(NO_ADDRESS):
            url = page.join(href)
            there = urlsplit(url)
            is_beside = there.path.rpartition("/")[0] == here.path.rpartition("/")[0]
            if there.netloc == here.netloc and is_beside and url.partition("#")[0] != page.url:
                found.setdefault(int(named[1]), url)
    return found


def pages_said(page: Page) -> int | None:
    """How many list pages the first one speaks of: 共4页, 第1/4页, or 2 where 下一页 is a script's call for page 2.

    None when it says nothing of more than one.
    """
    said = PAGES_SAID.search(TAG.sub("", page.text))
    if said:
        number = int(said[1] or said[2] or said[3])
        return number if number > 1 else None
    calls = (f"{link.attributes.get('href')} {link.attributes.get('onclick')}" for link in _next_links(page, "a"))
    return 2 if any(SCRIPTED_PAGE_2.search(call) for call in calls) else None


def _next_links(page: Page, selector: str) -> Iterator[LexborNode]:
    for link in page.tree.css(selector)[:LINKS_PER_PAGE]:
        words = link.text(deep=True)
        if len(words) < 20 and NEXT_WORDS.match(words):
            yield link


def year_folders(page: Page, article: re.Pattern[str]) -> list[str]:
    """Addresses of links named by nothing but a year, which lead to folders, to a page of that year or by the query.

    Only below the page's own folder, or of its own path with another query, at most 40.
    """
    here = urlsplit(page.url)
    own_folder = here.path.rsplit("/", 1)[0] + "/"
    found: dict[str, None] = {}
    for link in page.tree.css("a[href]")[:LINKS_PER_PAGE]:
        named = YEAR_FOLDER.match(squeeze(link.text(deep=True)[:60]))
        href = (link.attributes.get("href") or "").strip()
        if not named or not href or href.startswith(NO_ADDRESS) or article.search(href):
            continue
        url = page.join(href).partition("#")[0]
        there = urlsplit(url)
        if there.netloc != here.netloc or url == page.url:
            continue
        is_below = there.path.startswith(own_folder) and there.path != here.path
        is_folder = is_below and FOLDER_PATH.search(there.path) is not None and there.path != own_folder
        if is_folder or (there.path == here.path and named[1] in there.query):
            found.setdefault(url)
    return list(found)[:FOLDERS]
