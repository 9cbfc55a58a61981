"""博达 VSB: articles `info/1001/1234.htm`; page 2 of `x.htm` is `x/{N-1}.htm`, the last one is `x/1.htm`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from flows.portals.families.anchors import next_link
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.rows import Row
from flows.portals.pages import Page

MARKS = (
    re.compile(r"(?:^|[/\"'])info/\d+/\d+\.html?"),
    re.compile(r"vsb_content|_simple_list_gotopage_fun|/system/resource/(?:js|code)/|pb_sys_common|line_u\d+_\d+"),
    re.compile(r"class=[\"'][^\"'<>]{0,60}\bp_(?:pages|next|no)\b"),
)
TOTALS = (
    re.compile(r"_simple_list_gotopage_fun\s*\(\s*(\d{1,4})"),
    re.compile(r"共\s*(\d{1,4})\s*页"),
    re.compile(r"(?:>|;|\s)1/(\d{1,4})(?:<|&|\s)"),
)


class VsbListing(Listing):
    """A section and its pages, counted down. A new article moves rows from page 1 on, so no number is kept."""

    family: ClassVar[str] = "vsb"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:^|/)info/\d+/\d+\.html?(?:$|[?#])|wbnewsid=\d+|(?:^|/)content\.jsp\?"
    )

    @staticmethod
    def recognises(page: Page) -> bool:
        """Two of: article addresses, the product's scripts and ids, its pager's classes."""
        return sum(mark.search(page.text) is not None for mark in MARKS) >= 2

    def open(self, page: Page) -> ListRequest | None:
        """Read how many pages there are."""
        found = next((match for pattern in TOTALS if (match := pattern.search(page.text))), None)
        self._pages = self.pages_declared = int(found[1]) if found else 1
        self._section = re.sub(r"\.html?$", "", page.url.partition("?")[0])
        self._next: str | None = None
        return None

    def request(self, page_number: int) -> ListRequest | None:
        """What the page before calls its next; by number where it does not say."""
        if self._next:
            return ListRequest(self._next, is_expected=True)
        if page_number > self._pages:
            return None
        return ListRequest(f"{self._section}/{self._pages - page_number + 1}.htm")

    def rows(self, page: Page) -> list[Row]:
        """The rows, and where the next page is."""
        link = page.tree.css_first(".p_next a[href]")
        href = link.attributes.get("href") if link is not None else None
        self._next = page.join(href) if href and not href.startswith(("#", "javascript:")) else next_link(page)
        return super().rows(page)

    def learned(self) -> Mapping[str, str]:
        """How many pages there are."""
        return {"pages": str(self._pages)}
