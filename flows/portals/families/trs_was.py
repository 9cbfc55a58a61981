"""TRS WAS, search lists: the column page is a shell, rows come from `/was5/web/search?channelid=`."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import ClassVar

from flows.portals.addresses import with_parameters
from flows.portals.families.anchors import next_link, pages_said
from flows.portals.families.dialects import dialect
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.rows import Row
from flows.portals.pages import Page

SEARCH = re.compile(
    r"[\"'(]([^\"'()\s<>]{0,200}/was5/web/search\?[^\"'()\s<>]{0,600}?channelid=\d+[^\"'()\s<>]{0,400})"
)
CHANNEL = re.compile(r"/was5/web/search\?.*?channelid=\d+", re.I)


class TrsWasListing(Listing):
    """The answer of a search channel, page by page."""

    family: ClassVar[str] = "trs_was"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:^|/)(?:t20\d{6}_\d+|content_\d+|art_\d+_\d+)\.s?html?(?:$|[?#])"
    )

    @staticmethod
    def recognises(page: Page) -> bool:
        """A search channel, as the page's own address or named on it."""
        return CHANNEL.search(page.url) is not None or SEARCH.search(page.text) is not None

    def open(self, page: Page) -> ListRequest | None:
        """Find the channel that fills the page, unless the page is its answer."""
        self._search: str | None = None
        self._next: str | None = None
        if CHANNEL.search(page.url):
            self._search = page.url
            self.pages_declared = pages_said(page)
            return None
        found = SEARCH.search(page.text)
        return ListRequest(page.join(html.unescape(found[1])), headers=(("Referer", page.url),)) if found else None

    def request(self, page_number: int) -> ListRequest | None:
        """What the page calls its next, else the channel with the number of the page."""
        if self._search is None:
            return None
        numbered = with_parameters(self._search, {dialect(self.family)["page_parameter"]: page_number})
        headers = (("Referer", self._search),)
        return ListRequest(self._next or numbered, headers=headers, is_expected=self._next is not None)

    def rows(self, page: Page) -> list[Row]:
        """The rows, and where the next page is."""
        self._next = next_link(page)
        return super().rows(page)

    def learned(self) -> Mapping[str, str]:
        """The search channel."""
        return {"search": self._search} if self._search else {}
