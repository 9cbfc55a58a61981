"""Hanweb JCMS, lists by `jpage`: a first block of rows in the page, the rest from `dataproxy.jsp`.

Further blocks are asked for as the portal's own script does (POST with `startrecord` and `endrecord`); some servers
heed only `page`, so it is sent too. A page without that call but with a `nextgroup` link is paged by the link. A page
may hold several such lists: those that show a report are gone through, those with most reports first.
"""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Mapping
from itertools import islice
from typing import ClassVar
from urllib.parse import urlencode, urlsplit

from flows.portals.families.dialects import dialect
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.records import record_rows, records, row_records
from flows.portals.families.rows import REPORT_WORDS, Row
from flows.portals.families.turns import Part, Turns
from flows.portals.pages import Page

HREF = re.compile(r"href\s*=\s*[\"']([^\"']{1,2000})[\"']", re.I)
CALL_START = re.compile(r"\.jpage\s*\(\s*\{")
CALL = re.compile(r"\.jpage\s*\(\s*\{(.{0,500000}?)\}\s*\)", re.S)
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
ROWS_ASKED_FOR = 300
"""At most so many rows are asked for at once: servers cut larger blocks."""
LISTS = 20
"""Lists of a page that are looked at."""
USUAL_PAGE_SIZE = 20


@dataclasses.dataclass
class _List(Part):
    """One list of the column page and how its further rows are asked for."""

    proxy: str | None = None
    form: tuple[tuple[str, str], ...] = ()
    next_group: str | None = None
    reports: int = 0
    """Rows on the column page that are called a report."""


class JpageListing(Listing):
    """A column of Hanweb JCMS."""

    family: ClassVar[str] = "jpage"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/art/20\d{2}/(?:\d{1,2}/\d{1,2}/)?art_(?:\d+_\d+|[0-9a-f]{32})\.html?|/col/[\w/]+/art/"
    )

    def __init__(self, column_url: str) -> None:
        super().__init__(column_url)
        self._column = Page(column_url, "")
        self._turns = Turns([_List()], first_page=2)
        self._are_apart = False

    @staticmethod
    def recognises(page: Page) -> bool:
        """The datastore, the proxy or the script's call."""
        return MARKS.search(page.text) is not None and OTHER_PROXY not in page.text

    def open(self, page: Page) -> ListRequest | None:
        """Read the script's calls, else the link to the next group."""
        self._column = page
        starts = list(islice(CALL_START.finditer(page.text), LISTS + 1))
        calls = (CALL.match(page.text, start.start()) for start in starts[:LISTS])
        settings = [call[1] for call in calls if call is not None]
        stores = page.text.split("<datastore>")[1:]
        self._are_apart = len(settings) > 1 and len(stores) == len(settings)
        if len(starts) > LISTS or (len(settings) > 1 and not self._are_apart):
            self.unread = "the column page holds several lists that cannot be told apart"
        blocks = stores if self._are_apart else [page.text]
        lists = [self._list(told, block) for told, block in zip(settings or [""], blocks, strict=False)]
        with_reports = sorted((one for one in lists if one.reports), key=lambda one: -one.reports)
        self._turns = Turns(with_reports or lists[:1], first_page=2)
        self.rows_declared = self._turns.rows_declared
        return None

    def learned(self) -> Mapping[str, str]:
        """The parameters of the column, and by which of the two forms further rows are asked for."""
        first = self._turns.parts[0]
        form = "POST of the script's call" if first.proxy and first.form else "GET of the next group"
        lists = {"lists": str(len(self._turns.parts))} if len(self._turns.parts) > 1 else {}
        is_paged = first.form or first.next_group
        return dict(first.form) | lists | {"asked_by": form if is_paged else "nothing: a single page"}

    def request(self, page_number: int) -> ListRequest | None:
        """The rows after those seen; None when the portal says that there are no more, or how to ask is unknown."""
        if self.has_all_rows:
            return None
        page = self._turns.page_of(page_number, self.rows_seen)
        told = self._turns.present
        headers = (("Referer", self._column.url), ("X-Requested-With", "XMLHttpRequest"))
        if told.proxy and told.form:
            first, window = told.rows_seen + 1, min(told.page_size, ROWS_ASKED_FOR)
            place = {
                "startrecord": first,
                "endrecord": first + window - 1,
                "perpage": window,
                "page": told.rows_seen // told.page_size + 1,
            }
            joint = "&" if urlsplit(told.proxy).query else "?"
            return ListRequest(f"{told.proxy}{joint}{urlencode(place)}", told.form, headers)
        if told.next_group and PAGE_PARAMETER.search(told.next_group):
            return ListRequest(PAGE_PARAMETER.sub(rf"\g<1>{page}", told.next_group, count=1), (), headers)
        return None

    def otherwise(self) -> ListRequest | None:
        """The link to the next group, for servers that answer the script's own request with nothing."""
        for one in self._turns.parts:
            one.proxy = None
        return self.request(2)

    def rows(self, page: Page) -> list[Row]:
        """Rows of the datastore; of the page itself where there is none."""
        for element in dialect(self.family)["total_elements"]:
            total = re.search(rf"<{element}>\s*(\d{{1,7}})\s*</", page.text)
            if self.rows_declared is None and total and len(self._turns.parts) == 1:
                self.rows_declared = int(total[1])
        shown = page if page.url == self._column.url else self._column.part(page.text)
        return record_rows(shown, self.article) or super().rows(shown)

    def counted(self, page: Page, rows: list[Row]) -> int:
        """The records, of which each may hold several links; of the column page, those of the lists gone through."""
        if page is self._column and self._are_apart:
            return sum(one.rows_seen for one in self._turns.parts)
        return len(row_records(page.text)) or len(rows)

    def _list(self, settings: str, block: str) -> _List:
        """One list, by the settings of its call and the block in which its first rows stand."""
        page = self._column
        proxy, total, per_page = PROXY.search(settings), TOTAL.search(settings), PER_PAGE.search(settings)
        parameters = PARAMETERS.search(settings) or _named(settings, page.text)
        link = HREF.search(next((text for is_group, text in records(block) if is_group), ""))
        shown = record_rows(page.part(block), self.article) if self._are_apart else []
        return _List(
            rows_declared=int(total[1]) if total else None,
            rows_seen=len(row_records(block)) if self._are_apart else 0,
            page_size=max(int(per_page[1]), 1) if per_page else USUAL_PAGE_SIZE,
            proxy=page.join(proxy[1]) if proxy else None,
            form=tuple(
                (match[1], match[2] or match[3] or match[4] or "")
                for match in PARAMETER.finditer(parameters[1] if parameters else "")
            ),
            next_group=page.join(html.unescape(link[1])) if link else None,
            reports=sum(REPORT_WORDS.search(row.title) is not None for row in shown),
        )


def _named(settings: str, text: str) -> re.Match[str] | None:
    """The parameters that a call names by a variable: `ajaxParam: param_4455`."""
    named = NAMED_PARAMETERS.search(settings)
    return re.search(rf"var\s+{re.escape(named[1])}\s*=\s*\{{(.{{0,2000}}?)\}}", text, re.S) if named else None
