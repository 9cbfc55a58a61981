"""Any page of links, with or without a next one; also pages that gather the reports of many bodies on other hosts."""

from __future__ import annotations

import re
from typing import ClassVar

from flows.portals.families.anchors import NO_ADDRESS
from flows.portals.families.rows import REPORT_WORDS, ROWS_PER_PAGE, TITLE_LENGTH, Row
from flows.portals.families.static_pages import StaticListing
from flows.portals.pages import Page, squeeze

BODY_NAME = re.compile(
    r"^[\u4e00-\u9fff]{1,30}(?:省|市|区|县|旗|州|盟|镇|乡|街道|厅|局|委|办|院|处|部|署|行|会|中心|公室|政府|兵团|集团)$"
)
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
        """Three links that are named like an annual report."""
        links = page.tree.css("a[href]")[: 2 * ROWS_PER_PAGE]
        return (
            sum(
                REPORT_WORDS.search(_words(link.attributes.get("title"), link.text(deep=True))) is not None
                for link in links
            )
            >= 3
        )

    def rows(self, page: Page) -> list[Row]:
        """The rows; under a heading that names report and year, links by the names of bodies too."""
        return (super().rows(page) + _bodies(page))[:ROWS_PER_PAGE]


def _bodies(page: Page) -> list[Row]:
    heading = next(
        (text for text in _headings(page) if REPORT_WORDS.search(text) and re.search(r"20\d{2}", text)), None
    )
    if heading is None:
        return []
    rows = []
    for link in page.tree.css("a[href]")[: 2 * ROWS_PER_PAGE]:
        href = (link.attributes.get("href") or "").strip()
        name = _words(link.attributes.get("title"), link.text(deep=True))
        if href and not href.startswith(NO_ADDRESS) and BODY_NAME.match(name):
            rows.append(Row(page.join(href), f"{name}（{heading}）"[:TITLE_LENGTH], None))
    return rows


def _headings(page: Page) -> list[str]:
    texts = [squeeze(node.text(deep=True)[:200]) for node in page.tree.css(HEADINGS)[:50]]
    return [*texts, page.title]


def _words(attribute: str | None, text: str) -> str:
    return squeeze((attribute or text)[:TITLE_LENGTH])
