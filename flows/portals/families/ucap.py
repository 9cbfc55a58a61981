"""UCAP (开普), static pages: `/YYYYMM/<32 hex>.shtml`, `createPageHTML('page_div', n, 1, 'list', 'shtml', rows)`."""

from __future__ import annotations

import re
from typing import ClassVar

from flows.portals.families.static_pages import CALL, StaticListing
from flows.portals.pages import Page

TAGS = re.compile(r"<\s*ucap(?:title|content)|UCAP-CONTENT", re.I)


class UcapListing(StaticListing):
    """A column of UCAP; `list.shtml`, `list_2.shtml` ..."""

    family: ClassVar[str] = "ucap"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/(?:[0-9a-f]{32}|c\d{2}_\d+|content(?:_[0-9a-f]{32})?)\.s?html?(?:$|[?#])"
    )

    second_numbers: ClassVar[tuple[int, ...]] = (2, 1)

    @staticmethod
    def recognises(page: Page) -> bool:
        """UCAP's own tags, or its paging call (container first, .shtml) with articles named by 32 digits."""
        call = CALL.search(page.text)
        has_articles = re.search(r"/[0-9a-f]{32}\.shtml", page.text) is not None
        return TAGS.search(page.text) is not None or (
            has_articles and call is not None and call["container"] is not None
        )
