"""Any page of links, with or without a next one; also pages that gather the reports of many bodies on other hosts."""

from __future__ import annotations

import re
from typing import ClassVar

from flows.portals.families.anchors import NO_ADDRESS
from flows.portals.families.rows import LINKS_PER_PAGE, REPORT_WORDS, ROWS_PER_PAGE, TITLE_LENGTH, Row
from flows.portals.families.static_pages import StaticListing
from flows.portals.pages import Page, squeeze

BODY_NAME = re.compile(
    r"^[\u4e00-\u9fff]{1,30}(?:省|市|区|县|旗|州|盟|镇|乡|街道|厅|局|委|办|院|处|部|署|行|会|中心|公室|政府|兵团|集团)$"
)
YEAR = re.compile(r"20\d{2}")
HOME_PAGE = re.compile(r"^(?:https?:)?//[^/]*(?:/(?:index\.\w+)?)?$|^/$")
"""Links to the bodies' own sites, which stand at the foot of many pages."""
HEADINGS = "h1, h2, h3, .title, .tit"


class LinksListing(StaticListing):
    """Used where no family is recognised.

    A gathering page often heads a block of links with the report's name and year and then links each body by its
    name only. Such a row is given the title `<body>（<heading>）`.
    """

    family: ClassVar[str] = "links"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:^|/)(?:t20\d{6}_\d+|content_\d+|post_\d+|art_[\w]+|c\d{2}_\d+|article_\d+|doc_[0-9a-f]{24}|i\d{5,}|\d{12,})"
        r"\.(?:s?html?|jhtml)(?:$|[?#])|/(?:[0-9a-f]{32})\.s?html?(?:$|[?#])|/content_\d+$|/info/\d+/\d+\.html?"
    )

    @staticmethod
    def recognises(page: Page) -> bool:
        """Two links that are named like an annual report, by themselves or by the heading above them."""
        links = page.tree.css("a[href]")[:LINKS_PER_PAGE]
        names = (_words(link.attributes.get("title"), link.text(deep=True)) for link in links)
        return sum(REPORT_WORDS.search(name) is not None for name in names) + len(_bodies(page)) >= 2

    def rows(self, page: Page) -> list[Row]:
        """The rows; under a heading that names report and year, links by the names of bodies too."""
        rows, bodies = super().rows(page), _bodies(page)
        dates = {row.href: row.listed_on for row in rows}
        plain = [row for row in rows if row.href not in bodies]
        named = [Row(href, title, dates.get(href)) for href, title in bodies.items()]
        return (plain + named)[:ROWS_PER_PAGE]


def _bodies(page: Page) -> dict[str, str]:
    """Address -> title of the links that are named by a body only and lead to a page of its own."""
    heading = next((text for text in _headings(page) if REPORT_WORDS.search(text) and YEAR.search(text)), None)
    found: dict[str, str] = {}
    for link in page.tree.css("a[href]")[:LINKS_PER_PAGE] if heading else ():
        href = (link.attributes.get("href") or "").strip()
        name = _words(link.attributes.get("title"), link.text(deep=True))
        if href and not href.startswith(NO_ADDRESS) and BODY_NAME.match(name) and not HOME_PAGE.search(href):
            found.setdefault(page.join(href), f"{name}（{heading}）"[:TITLE_LENGTH])
    return found


def _headings(page: Page) -> list[str]:
    texts = [squeeze(node.text(deep=True)[:200]) for node in page.tree.css(HEADINGS)[:50]]
    return [*texts, page.title]


def _words(attribute: str | None, text: str) -> str:
    return squeeze((attribute or text)[:TITLE_LENGTH])
