"""Hanweb JCMS, lists by `jpage`: a first block of rows in the page, the rest from `dataproxy.jsp`.

Further blocks are asked for as the portal's own script does (POST with `startrecord` and `endrecord`); some servers
heed only `page`, so it is sent too. A page without that call but with a `nextgroup` link is paged by the link.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlencode, urlsplit

from flows.portals.families.dialects import dialect
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.records import record_rows, records
from flows.portals.families.rows import Row
from flows.portals.pages import Page

HREF = re.compile(r"href\s*=\s*[\"']([^\"']{1,2000})[\"']", re.I)
CALL = re.compile(r"jpage\s*\(\s*\{(.{0,500000}?)\}\s*\)", re.S)
PROXY = re.compile(r"proxyUrl\s*:\s*[\"']([^\"']{1,500})[\"']")
PARAMETERS = re.compile(r"ajaxParam\s*:\s*\{(.{0,2000}?)\}", re.S)
NAMED_PARAMETERS = re.compile(r"ajaxParam\s*:\s*([\w$]{1,60})")
PARAMETER = re.compile(r"[\"']?(\w{1,40})[\"']?\s*:\s*(?:\"([^\"]{0,300})\"|'([^']{0,300})'|(-?\w{1,40}))")
TOTAL = re.compile(r"totalRecord\s*:\s*[\"']?(\d{1,7})")
PER_PAGE = re.compile(r"perPage\s*:\s*[\"']?(\d{1,4})")
PAGE_PARAMETER = re.compile(r"([?&]page=)\d+")
MARKS = re.compile(r"dataproxy\.jsp|<datastore>|\.jpage\s*\(")
OTHER_PROXY = "messageController/getMessage.do"
"""Another product pages its lists with the same script."""
ROWS_ASKED_FOR = 100
"""At most so many rows are asked for at once: servers cut blocks beyond some 300."""


class JpageListing(Listing):
    """A column of Hanweb JCMS."""

    family: ClassVar[str] = "jpage"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/art/20\d{2}/(?:\d{1,2}/\d{1,2}/)?art_(?:\d+_\d+|[0-9a-f]{32})\.html?|/col/[\w/]+/art/"
    )

    @staticmethod
    def recognises(page: Page) -> bool:
        """The datastore, the proxy or the script's call."""
        return MARKS.search(page.text) is not None and OTHER_PROXY not in page.text

    def open(self, page: Page) -> ListRequest | None:
        """Read the script's call, else the link to the next group."""
        start = page.text.find(".jpage")
        call = CALL.match(page.text, start + 1) if start >= 0 else None
        settings = call.group(1) if call else ""
        proxy = PROXY.search(settings)
        parameters = PARAMETERS.search(settings) or _named(settings, page.text)
        total, per_page = TOTAL.search(settings), PER_PAGE.search(settings)
        self.rows_declared = int(total.group(1)) if total else None
        self._per_page = min(max(int(per_page.group(1)) if per_page else 20, 1), ROWS_ASKED_FOR)
        self._proxy = page.join(proxy.group(1)) if proxy else None
        self._form = tuple(
            (match[1], match[2] or match[3] or match[4] or "")
            for match in PARAMETER.finditer(parameters.group(1) if parameters else "")
        )
        self._referer = page.url
        group = next((text for is_group, text in records(page.text) if is_group), "")
        link = HREF.search(group)
        self._next_group = page.join(html.unescape(link.group(1))) if link else None
        return None

    def learned(self) -> Mapping[str, str]:
        """The parameters of the column, and by which of the two forms further rows are asked for."""
        form = "POST of the script's call" if self._proxy and self._form else "GET of the next group"
        return dict(self._form) | {"asked_by": form if self._form or self._next_group else "nothing: a single page"}

    def request(self, page_number: int) -> ListRequest | None:
        """The rows after those seen; None when the portal says that there are no more, or how to ask is unknown."""
        if self.rows_declared is not None and self.rows_seen >= self.rows_declared:
            return None
        headers = (("Referer", self._referer), ("X-Requested-With", "XMLHttpRequest"))
        if self._proxy and self._form:
            first = self.rows_seen + 1
            place = {
                "startrecord": first,
                "endrecord": first + self._per_page - 1,
                "perpage": self._per_page,
                "page": self.rows_seen // self._per_page + 1,
            }
            joint = "&" if urlsplit(self._proxy).query else "?"
            return ListRequest(f"{self._proxy}{joint}{urlencode(place)}", self._form, headers)
        if self._next_group and PAGE_PARAMETER.search(self._next_group):
            return ListRequest(PAGE_PARAMETER.sub(rf"\g<1>{page_number}", self._next_group, count=1), (), headers)
        return None

    def otherwise(self) -> ListRequest | None:
        """The link to the next group, for servers that answer the script's own request with nothing."""
        self._proxy = None
        return self.request(2)

    def rows(self, page: Page) -> list[Row]:
        """Rows of the datastore; of the page itself where there is none."""
        for element in dialect(self.family)["total_elements"]:
            total = re.search(rf"<{element}>\s*(\d{{1,7}})\s*</", page.text)
            if self.rows_declared is None and total:
                self.rows_declared = int(total[1])
        return record_rows(page, self.article) or super().rows(page)


def _named(settings: str, text: str) -> re.Match[str] | None:
    """The parameters that a call names by a variable: `ajaxParam: param_4455`."""
    named = NAMED_PARAMETERS.search(settings)
    return re.search(rf"var\s+{re.escape(named[1])}\s*=\s*\{{(.{{0,2000}}?)\}}", text, re.S) if named else None
