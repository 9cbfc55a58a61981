"""Hanweb's disclosure module: a tree of bodies, rows from `/module/xxgk/search.jsp`, one page a year for reports."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from flows.portals.families.anchors import pages_said
from flows.portals.families.dialects import dialect
from flows.portals.families.jpage import JpageListing
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.rows import Row
from flows.portals.pages import Page

MARKS = re.compile(r"module/xxgk/")
AREA = re.compile(r"[?&](?:vc_xxgk)?area=([\w.-]{3,40})")
LINK = re.compile(r"module/xxgk/(?:tree|search)\.jsp\?([^\"'<>\s]{1,600})")
"""Names the body, and often the type of information and the node of the tree."""
YEAR_PAGE = "xxgkAnnualReport.jsp"
"""Shows the report of one body and year; its years are links with `fbtime=`."""


class HanwebXxgkListing(Listing):
    """What one body (an `area`) has published, narrowed to reports by the title rules."""

    family: ClassVar[str] = "hanweb_xxgk"
    article: ClassVar[re.Pattern[str]] = JpageListing.article

    @staticmethod
    def recognises(page: Page) -> bool:
        """The module in the page's address or source."""
        return MARKS.search(page.url) is not None or MARKS.search(page.text) is not None

    def open(self, page: Page) -> ListRequest | None:
        """Find whose list it is: in the column's address, else in the page."""
        query = dict(parse_qsl(urlsplit(page.url).query)) | dict(parse_qsl(urlsplit(self.column_url).query))
        named = AREA.search(page.text)
        self._area = query.get("area") or query.get("vc_xxgkarea") or (named[1] if named else "")
        link = LINK.search(page.text)
        self._tree = dict(parse_qsl(html.unescape(link[1]))) if link else {}
        self._page = page
        self.starts_on_column = YEAR_PAGE in page.url or not self._area
        return None

    def request(self, page_number: int) -> ListRequest | None:
        """One page of the body's list; a page of one year's report has no further ones."""
        if self.starts_on_column:
            return None
        told = dialect(self.family)
        query = {"infotypeId": "", "vc_title": told["search_title"], "vc_number": ""} | self._tree
        query |= {"area": self._area, "currpage": str(page_number)}
        form = tuple(query.items())
        return ListRequest(
            f"{self._page.join(told['search_path'])}?{urlencode(query)}", form, (("Referer", self._page.url),)
        )

    def rows(self, page: Page) -> list[Row]:
        """The rows, and how many pages there are, where an answer says so."""
        if not self.starts_on_column and self.pages_declared is None:
            self.pages_declared = pages_said(page)
        return super().rows(page)

    def folders(self, page: Page) -> list[str]:
        """The pages of the other years."""
        return super().folders(page) if self.starts_on_column else []

    def learned(self) -> Mapping[str, str]:
        """Whose list it is."""
        return {"area": self._area} if self._area else {}
