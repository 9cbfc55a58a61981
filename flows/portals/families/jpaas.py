"""Hanweb jpaas: blocks of a page filled by `unitbuild.js` from an `api-gateway`, as HTML within JSON.

Several blocks may be lists: those whose first page shows a report are gone through, those with most reports first.
"""

from __future__ import annotations

import dataclasses
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
from flows.portals.families.turns import Part, Turns
from flows.portals.pages import Page

COUNT = re.compile(r"<[^<>]{0,300}?class=[\"'][^\"'<>]{0,100}pagination[^<>]{0,300}>")
ATTRIBUTE = re.compile(r"\b(rows|count)\s*=\s*[\"'](\d{1,7})")
BLOCKS = 8
"""Blocks of a page that are looked into, when several could be the list."""


@dataclasses.dataclass
class _Block(Part):
    """One block: its address and query, and what its first page showed."""

    url: str = ""
    query: Mapping[str, str] = dataclasses.field(default_factory=dict)
    reports: int = 0


class JpaasListing(Listing):
    """The blocks of a page that list reports; the first one where none does."""

    family: ClassVar[str] = "jpaas"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/art/20\d{2}/(?:\d{1,2}/\d{1,2}/)?art_(?:[0-9a-f]{32}|\d+_\d+)\.html?"
    )

    def __init__(self, column_url: str) -> None:
        super().__init__(column_url)
        self.starts_on_column = False
        self._column: Page | None = None
        self._turns: Turns[_Block] | None = None
        self._untried: list[_Block] = []
        self._tried: list[_Block] = []

    @staticmethod
    def recognises(page: Page) -> bool:
        """The script that fills blocks."""
        return "unitbuild.js" in page.text

    def open(self, page: Page) -> ListRequest | None:
        """Read the blocks off the page; when several could be the list, look at the first page of each."""
        if self._column is None or self.starts_on_column:
            self._column = page
            blocks = _blocks(page)
            if len(blocks) > BLOCKS:
                self.unread = f"the column page holds {len(blocks)} lists, of which {BLOCKS} were looked into"
            self._untried = blocks[:BLOCKS]
            self.starts_on_column = not blocks
            if len(blocks) == 1:
                self._turns = Turns(blocks, first_page=1)
        else:
            block = self._tried[-1]
            block.reports = sum(REPORT_WORDS.search(row.title) is not None for row in self._read(page, block))
        if self._turns is not None or self.starts_on_column:
            return None
        if self._untried:
            self._tried.append(self._untried.pop(0))
            return self._asked_for(self._tried[-1], 1)
        with_reports = sorted((one for one in self._tried if one.reports), key=lambda one: -one.reports)
        self._turns = Turns(with_reports or self._tried[:1], first_page=1)
        return None

    def request(self, page_number: int) -> ListRequest | None:
        """What the block's own script asks; None beyond the count that the portal gave."""
        if self._turns is None or (self.has_all_rows and page_number > 1):
            return None
        page = self._turns.page_of(page_number, self.rows_seen)
        return self._asked_for(self._turns.present, page)

    def rows(self, page: Page) -> list[Row]:
        """Rows of the HTML within the answer; none when the portal says that it failed."""
        if self._turns is None:
            return super().rows(page) if self.starts_on_column else []
        rows = self._read(page, self._turns.present)
        self.rows_declared = self._turns.rows_declared
        return rows

    def counted(self, page: Page, rows: list[Row]) -> int:
        """The addresses: a row may link its article twice, by a picture and by its title."""
        return len({row.href for row in rows})

    def learned(self) -> Mapping[str, str]:
        """What the first block asks for."""
        if self._turns is None:
            return {}
        first, lists = self._turns.parts[0], len(self._turns.parts)
        return {"url": first.url, **first.query} | ({"lists": str(lists)} if lists > 1 else {})

    def _asked_for(self, block: _Block, page_number: int) -> ListRequest:
        assert self._column is not None
        # page 1 is asked for as when its rows were not counted yet, so that one answer serves both times
        size = block.page_size if page_number > 1 else int(dialect(self.family)["page_size"])
        place = json.dumps({"pageNo": page_number, "pageSize": size}, separators=(",", ":"))
        joint = "&" if urlsplit(block.url).query else "?"
        headers = (("Referer", self._column.url), ("Accept", "application/json"))
        return ListRequest(f"{block.url}{joint}{urlencode({**block.query, 'paramJson': place})}", headers=headers)

    def _read(self, page: Page, block: _Block) -> list[Row]:
        """Rows of an answer; how many there are in all, and on a page, is noted."""
        answer = json_of(page)
        fragment = at(answer, "data.html") or at(answer, "data")
        if at(answer, "success") is False or not isinstance(fragment, str) or self._column is None:
            return []
        declared = dict(ATTRIBUTE.findall(found[0])) if (found := COUNT.search(fragment)) else {}
        block.rows_declared = int(declared["count"]) if "count" in declared else block.rows_declared
        block.page_size = int(declared.get("rows", 0)) or block.page_size
        return anchor_rows(self._column.part(fragment), self.article)


def _blocks(page: Page) -> list[_Block]:
    """The blocks of a page; only those that are called a list, if any is."""
    told = dialect(JpaasListing.family)
    found = []
    for script in page.tree.css("script[src*='unitbuild.js']"):
        url, query = script.attributes.get("url"), _query(script.attributes.get("querydata") or "")
        if url and query:
            found.append(_Block(page_size=int(told["page_size"]), url=page.join(url), query=query))
    lists = [block for block in found if any(tag in block.query.get("tagId", "") for tag in told["tags"])]
    return lists or found


def _query(written: str) -> dict[str, str]:
    """What a `queryData` attribute says, sent as it stands; `bulidstatic` is the product's own spelling."""
    try:
        read: Any = json.loads(written.replace("'", '"'))
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in read.items()} if isinstance(read, dict) else {}
