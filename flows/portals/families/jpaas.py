"""Hanweb jpaas: blocks of a page filled by `unitbuild.js` from an `api-gateway`, as HTML within JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from flows.portals.families.anchors import anchor_rows
from flows.portals.families.dialects import dialect
from flows.portals.families.json_rows import at, json_of
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.rows import REPORT_WORDS, Row
from flows.portals.pages import Page

COUNT = re.compile(r"<[^<>]{0,300}?class=[\"'][^\"'<>]{0,100}pagination[^<>]{0,300}>")
ATTRIBUTE = re.compile(r"\b(rows|count)\s*=\s*[\"'](\d{1,7})")
BLOCKS = 4
"""Blocks of a page that are looked into, when several could be the list."""


class JpaasListing(Listing):
    """One block of a page; of several, the one with most reports in it."""

    family: ClassVar[str] = "jpaas"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/art/20\d{2}/(?:\d{1,2}/\d{1,2}/)?art_(?:[0-9a-f]{32}|\d+_\d+)\.html?"
    )

    def __init__(self, column_url: str) -> None:
        super().__init__(column_url)
        self.starts_on_column = False
        self._blocks: list[tuple[str, dict[str, str]]] = []
        self._column: Page | None = None
        self._block = 0
        self._tried: list[int] = []
        self._page_size = int(dialect(self.family)["page_size"])

    @staticmethod
    def recognises(page: Page) -> bool:
        """The script that fills blocks."""
        return "unitbuild.js" in page.text

    def open(self, page: Page) -> ListRequest | None:
        """Read the blocks off the page; when several could be the list, look at the first page of each."""
        if self._column is None:
            self._column = page
            self._blocks = _blocks(page)[:BLOCKS]
            if not self._blocks:
                self.starts_on_column = True
        else:
            self._tried.append(sum(REPORT_WORDS.search(row.title) is not None for row in self.rows(page)))
        if len(self._blocks) < 2:
            return None
        if len(self._tried) < len(self._blocks):
            self._block = len(self._tried)
            return self.request(1)
        self._block = self._tried.index(max(self._tried))
        self.rows_declared, self._page_size = None, int(dialect(self.family)["page_size"])
        return None

    def request(self, page_number: int) -> ListRequest | None:
        """What the block's own script asks; None beyond the count that the portal gave."""
        is_over = self.rows_declared is not None and (page_number - 1) * self._page_size >= self.rows_declared
        if not self._blocks or self._column is None or (is_over and page_number > 1):
            return None
        url, query = self._blocks[self._block]
        place = json.dumps({"pageNo": page_number, "pageSize": self._page_size}, separators=(",", ":"))
        joint = "&" if urlsplit(url).query else "?"
        headers = (("Referer", self._column.url), ("Accept", "application/json"))
        return ListRequest(f"{url}{joint}{urlencode(query | {'paramJson': place})}", headers=headers)

    def rows(self, page: Page) -> list[Row]:
        """Rows of the HTML within the answer; none when the portal says that it failed."""
        answer = json_of(page)
        if answer is None:
            return super().rows(page) if self.starts_on_column else []
        fragment = at(answer, "data.html") or at(answer, "data")
        if at(answer, "success") is False or not isinstance(fragment, str) or self._column is None:
            return []
        declared = dict(ATTRIBUTE.findall(found[0])) if (found := COUNT.search(fragment)) else {}
        if "count" in declared:
            self.rows_declared = int(declared["count"])
        if int(declared.get("rows", 0)):
            self._page_size = int(declared["rows"])
        return anchor_rows(Page(self._column.url, fragment), self.article)

    def learned(self) -> Mapping[str, str]:
        """What the block asks for."""
        return {"url": self._blocks[self._block][0], **self._blocks[self._block][1]} if self._blocks else {}


def _blocks(page: Page) -> list[tuple[str, dict[str, str]]]:
    """Address and query of each block, those first that are called a list."""
    found = []
    for script in page.tree.css("script[src*='unitbuild.js']"):
        url, query = script.attributes.get("url"), _query(script.attributes.get("querydata") or "")
        if url and query:
            found.append((page.join(url), query))
    tags = dialect(JpaasListing.family)["tags"]
    lists = [block for block in found if any(tag in block[1].get("tagId", "") for tag in tags)]
    return lists or found


def _query(written: str) -> dict[str, str]:
    """What a `queryData` attribute says, sent as it stands; `bulidstatic` is the product's own spelling."""
    try:
        read: Any = json.loads(written.replace("'", '"'))
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in read.items()} if isinstance(read, dict) else {}
