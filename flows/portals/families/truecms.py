"""TRUECMS: records by JSONP from `messageController/getMessage.do`, which wants a Referer."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import ClassVar

from flows.portals.addresses import with_parameters
from flows.portals.families.dialects import dialect
from flows.portals.families.jpage import TOTAL
from flows.portals.families.json_rows import at, json_of
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.records import record_rows, row_records
from flows.portals.families.rows import Row
from flows.portals.pages import Page

INTERFACE = re.compile(r"[\"']([^\"'\s<>]{0,200}messageController/getMessage\.do[^\"'\s<>]{0,500})[\"']")
COLUMN = re.compile(r"\bcolumnId[\"']?\s*[:=]\s*[\"']?([\w-]{1,40})", re.I)


class TruecmsListing(Listing):
    """One column; the number of rows that may be asked for at once differs, so the larger ones are tried first."""

    family: ClassVar[str] = "truecms"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/(?:art|content|info)/[\w/-]+\.html?(?:$|[?#])|/[0-9a-f-]{32,36}\.html?"
    )

    def __init__(self, column_url: str) -> None:
        super().__init__(column_url)
        self._column: Page | None = None
        self._interface: str | None = None
        self._has_answered = False
        self._sizes: list[int] = list(dialect(self.family)["page_sizes"])

    @staticmethod
    def recognises(page: Page) -> bool:
        """The name of the interface."""
        return "messageController/getMessage.do" in page.text

    def open(self, page: Page) -> ListRequest | None:
        """Find the interface and the column, then how many rows the portal gives at once."""
        if self._column is None or self._interface is None:
            self._column = page
            found, column, total = INTERFACE.search(page.text), COLUMN.search(page.text), TOTAL.search(page.text)
            self.rows_declared = int(total[1]) if total else None
            if found is None:
                self.starts_on_column = True
                return None
            self.starts_on_column = False
            url = page.join(html.unescape(found[1]))
            is_named = "columnid=" in url.lower() or column is None
            self._interface = url if is_named or column is None else with_parameters(url, {"columnId": column[1]})
        elif self.rows(page) or len(self._sizes) == 1:
            return None
        else:
            self._sizes.pop(0)
        return self.request(1) if len(self._sizes) > 1 else None

    def request(self, page_number: int) -> ListRequest | None:
        """The window of rows after those seen: a portal may give fewer than were asked for and still have more."""
        if self._interface is None or self._column is None or (self.has_all_rows and page_number > 1):
            return None
        if page_number > 1 and not self._has_answered:
            self.unread = "the interface that gives the rows answered with none; those within the page were read"
            return None
        size = self._sizes[0]
        first = self.rows_seen + 1
        window: dict[str, str | int] = {
            "startrecord": first,
            "endrecord": first + size - 1,
            "perpage": size,
            "callback": "cb",
        }
        url = with_parameters(self._interface, window)
        # what has answered once answers beyond the last row too, with none
        return ListRequest(url, headers=(("Referer", self._column.url),), is_expected=page_number > 1)

    def rows(self, page: Page) -> list[Row]:
        """The records of an answer; those within the column page where the interface answers nothing."""
        if self._column is None or page.url == self._column.url:
            return record_rows(page, self.article) or super().rows(page)
        result = at(json_of(page), "result")
        rows = record_rows(self._column.part(result), self.article) if isinstance(result, str) else []
        self._has_answered |= bool(rows)
        return rows

    def counted(self, page: Page, rows: list[Row]) -> int:
        """The records, of which each may hold several links."""
        result = at(json_of(page), "result")
        return len(row_records(result)) if isinstance(result, str) else len(rows)

    def learned(self) -> Mapping[str, str]:
        """The interface, and how many rows it gives at once."""
        return {"interface": self._interface or "", "page_size": str(self._sizes[0])}
