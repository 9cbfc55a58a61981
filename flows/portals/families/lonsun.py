"""LonSun (龙讯): `/public/column/{organ}?type=3&action=list` is a body's annual reports; page k by `pageIndex`."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import ClassVar

from flows.portals.addresses import with_parameters
from flows.portals.families.anchors import pages_said
from flows.portals.families.dialects import dialect
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.rows import ROWS_OF_A_FULL_PAGE, Row
from flows.portals.pages import Page

MARKS = (
    re.compile(r"/public/(?:(?:column|content)/\d+|\d+/\d+\.html?)"),
    re.compile(r"/site/label/\d+|labelName=|/site/tpl/\d+"),
    re.compile(r"id=[\"']timeFrame[\"']|class=[\"'][^\"'<>]{0,60}\b(?:doc_list|gk_list)\b"),
)
LABEL = re.compile(r"[\"']([^\"'\s<>]{0,100}/site/label/\d+\?[^\"'\s<>]{1,1500})[\"']")
PAGES = re.compile(r"\bpageCount\s*[:=]\s*[\"']?(\d{1,4})")


class LonsunListing(Listing):
    """The list of one body; by the label that the page's own script asks, where it names one."""

    family: ClassVar[str] = "lonsun"
    article: ClassVar[re.Pattern[str]] = re.compile(r"/public/(?:content/\d+|\d+/\d+\.html?)(?:$|[?#])")

    @staticmethod
    def recognises(page: Page) -> bool:
        """Two of: addresses of columns or articles, labels, the lists' own names."""
        return sum(mark.search(page.text) is not None for mark in MARKS) >= 2

    def open(self, page: Page) -> ListRequest | None:
        """Read how many pages there are and what is asked for them."""
        pages, label = PAGES.search(page.text), LABEL.search(page.text)
        self._pages = self.pages_declared = int(pages[1]) if pages else pages_said(page)
        self._page = page
        self._label = page.join(html.unescape(label[1])) if label else None
        return None

    def request(self, page_number: int) -> ListRequest | None:
        """The label or the column itself with the number of the page; page 2 of a full one where none is counted."""
        is_full = self.rows_seen >= ROWS_OF_A_FULL_PAGE * (page_number - 1)
        if page_number > self._pages if self._pages else not is_full:
            return None
        parameter = dialect(self.family)["page_parameter"]
        url = with_parameters(self._label or self._page.url, {parameter: page_number})
        if self._label is None:
            return ListRequest(url)
        headers = (("X-Requested-With", "XMLHttpRequest"), ("Referer", self._page.url), ("Ls-Language", "zh"))
        return ListRequest(url, headers=headers)

    def rows(self, page: Page) -> list[Row]:
        """The rows; what a label answers is put into the column page."""
        return super().rows(self._page.part(page.text) if self._label else page)

    def folders(self, page: Page) -> list[str]:
        """The years of the bar above an annual-report list."""
        links = page.tree.css("#timeFrame a[href]")[:40]
        years = (page.join(link.attributes.get("href") or "") for link in links)
        bar = [url for url in years if url != page.url and url.startswith("http")]
        return list(dict.fromkeys(bar)) or super().folders(page)

    def learned(self) -> Mapping[str, str]:
        """How many pages there are and what is asked for them."""
        return {"pages": str(self._pages or "not counted")} | ({"label": self._label} if self._label else {})
