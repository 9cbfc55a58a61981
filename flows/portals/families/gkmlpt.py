"""Guangdong's gkmlpt: a tree of columns in `window._CONFIG`, rows from a JSON interface, a hundred at a time."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar

from flows.portals.families.anchors import FOLDERS
from flows.portals.families.dialects import dialect
from flows.portals.families.json_rows import at, first_of, json_of, json_rows, whole_number
from flows.portals.families.listing import ListRequest
from flows.portals.families.rows import Row
from flows.portals.families.static_pages import StaticListing
from flows.portals.pages import Page

SITE = re.compile(r"\bSID\s*:\s*[\"']?(\d{1,9})")
TREE = re.compile(r"\bTREE\s*:\s*(?=[\[{])")
INTERFACE = re.compile(r"^(.*/gkmlpt/api/all/\d+)\?(?:.*&)?sid=(\d*)")
BASE = re.compile(r"^(.*?)/gkmlpt(?:/|$)")
REPORT_COLUMN = re.compile(r"年报|年度报告")
OTHER_COLUMN = re.compile(r"网站|法治|财政|统计")
NODES = 20_000
"""Nodes of a tree that are looked at."""
TREE_CHARACTERS = 2_000_000


class GkmlptListing(StaticListing):
    """The columns of annual reports in one body's tree; where one leads elsewhere, that page.

    The first one is the list, the others are its sub-columns.
    """

    family: ClassVar[str] = "gkmlpt"
    article: ClassVar[re.Pattern[str]] = re.compile(r"/content/(?:\d+/\d+/)?post_\d+\.html?")

    def __init__(self, column_url: str) -> None:
        super().__init__(column_url)
        self._interface: str | None = None
        self._site = ""
        self._column: dict[str, Any] = {}
        self._others: list[str] = []

    @staticmethod
    def recognises(page: Page) -> bool:
        """The product's name, with its configuration or its articles."""
        has_name = "/gkmlpt/" in page.text or "/gkmlpt" in page.url
        return has_name and ("_CONFIG" in page.text or GkmlptListing.article.search(page.text) is not None)

    def open(self, page: Page) -> ListRequest | None:
        """Find the columns of annual reports in the tree; follow the first when it lies elsewhere."""
        super().open(page)
        answer = INTERFACE.match(page.url)
        if answer is not None:  # a further column, of which this is the first page
            self._interface, self._site = answer.groups()
            return None
        base, site = BASE.match(page.url), SITE.search(page.text)
        columns = _report_columns(_tree(page.text))
        if base is None or site is None or not columns:
            return None
        self._column, self._site = columns[0], site[1]
        interface = f"{base[1]}{dialect(self.family)['api_path']}"
        self._others = [
            page.join(elsewhere) if (elsewhere := _elsewhere(one)) else f"{interface}{one['id']}?page=1&sid={site[1]}"
            for one in columns[1 : 1 + FOLDERS]
        ]
        if len(columns) > 1 + FOLDERS:
            self.unread = f"the tree has {len(columns)} columns of annual reports, of which {1 + FOLDERS} were read"
        if elsewhere := _elsewhere(self._column):
            return ListRequest(page.join(elsewhere), headers=(("Referer", page.url),))
        self.starts_on_column = False
        self._interface = f"{interface}{self._column['id']}"
        return None

    def folders(self, page: Page) -> list[str]:
        """The other columns of annual reports in the tree; those of years where the list is a page."""
        return self._others + ([] if self._interface else super().folders(page))

    def folder(self, url: str) -> ListRequest:
        """As the interface is asked."""
        return ListRequest(url, headers=self._headers(), is_expected=True)

    def request(self, page_number: int) -> ListRequest | None:
        """One page of the interface; the files of the page that a column elsewhere has."""
        if self._interface is None:
            return super().request(page_number)
        if self.has_all_rows and page_number > 1:
            return None
        return ListRequest(f"{self._interface}?page={page_number}&sid={self._site}", (), self._headers())

    def rows(self, page: Page) -> list[Row]:
        """The articles of an answer."""
        if self._interface is None:
            return super().rows(page)
        told = dialect(self.family)
        answer = json_of(page)
        self.rows_declared = whole_number(first_of(answer, told["total"])) or self.rows_declared
        return json_rows(page, answer, told["fields"])

    def learned(self) -> Mapping[str, str]:
        """Site and column."""
        found = {name: str(self._column[name]) for name in ("id", "name", "jump_url") if self._column.get(name)}
        return ({"sid": self._site} if self._site else {}) | found

    def _headers(self) -> tuple[tuple[str, str], ...]:
        return ("Referer", self._base.url), ("Accept", "application/json")


def _elsewhere(column: Mapping[str, Any]) -> str:
    """Where a column leads that lies outside the tree; empty when it does not."""
    url = column.get("jump_url")
    return url if isinstance(url, str) else ""


def _tree(text: str) -> Any:  # noqa: ANN401 - JSON
    start = TREE.search(text)
    if start is None:
        return None
    try:
        return json.JSONDecoder().raw_decode(text[start.end() : start.end() + TREE_CHARACTERS])[0]
    except (ValueError, RecursionError):
        return None


def _report_columns(tree: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Nodes that are called annual report, from the top down: those on open information with what lies below them.

    Where none says what it is on, all.
    """
    waiting: deque[tuple[Any, bool]] = deque([(tree, False)])
    on_disclosure, others = list[dict[str, Any]](), list[dict[str, Any]]()
    for _ in range(NODES):
        if not waiting:
            break
        node, is_on_disclosure = waiting.popleft()
        if isinstance(node, list):
            waiting.extend((one, is_on_disclosure) for one in node[:NODES])
        elif isinstance(node, dict):
            name = str(node.get("name"))
            if REPORT_COLUMN.search(name) and not OTHER_COLUMN.search(name):
                is_on_disclosure |= "公开" in name
                if whole_number(node.get("id")) is not None:
                    (on_disclosure if is_on_disclosure else others).append(node)
            waiting.append((at(node, "children"), is_on_disclosure))
    return on_disclosure or others
