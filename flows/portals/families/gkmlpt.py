"""Guangdong's gkmlpt: a tree of columns in `window._CONFIG`, rows from a JSON interface, a hundred at a time."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from flows.portals.families.dialects import dialect
from flows.portals.families.json_rows import at, first_of, json_of, json_rows, whole_number
from flows.portals.families.listing import ListRequest
from flows.portals.families.rows import Row
from flows.portals.families.static_pages import StaticListing
from flows.portals.pages import Page

SITE = re.compile(r"\bSID\s*:\s*[\"']?(\d{1,9})")
TREE = re.compile(r"\bTREE\s*:\s*(?=[\[{])")
BASE = re.compile(r"^(.*?)/gkmlpt(?:/|$)")
REPORT_COLUMN = re.compile(r"年报|年度报告")
OTHER_COLUMN = re.compile(r"网站|法治|财政|统计")
NODES = 20_000
"""Nodes of a tree that are looked at."""
TREE_CHARACTERS = 2_000_000


class GkmlptListing(StaticListing):
    """The column of annual reports in one body's tree; where it leads elsewhere, that page."""

    family: ClassVar[str] = "gkmlpt"
    article: ClassVar[re.Pattern[str]] = re.compile(r"/content/(?:\d+/\d+/)?post_\d+\.html?")

    def __init__(self, column_url: str) -> None:
        super().__init__(column_url)
        self._interface: str | None = None
        self._site = ""
        self._column: dict[str, Any] = {}

    @staticmethod
    def recognises(page: Page) -> bool:
        """The product's name, with its configuration or its articles."""
        has_name = "/gkmlpt/" in page.text or "/gkmlpt" in page.url
        return has_name and ("_CONFIG" in page.text or GkmlptListing.article.search(page.text) is not None)

    def open(self, page: Page) -> ListRequest | None:
        """Find the column of annual reports in the tree; follow it when it lies elsewhere."""
        super().open(page)
        base, site = BASE.match(page.url), SITE.search(page.text)
        column = next(_report_columns(_tree(page.text)), None)
        if base is None or site is None or column is None:
            return None
        self._column = column
        elsewhere = column.get("jump_url")
        if isinstance(elsewhere, str) and elsewhere:
            return ListRequest(page.join(elsewhere), headers=(("Referer", page.url),))
        self.starts_on_column = False
        self._site = site[1]
        self._interface = f"{base[1]}{dialect(self.family)['api_path']}{column['id']}"
        return None

    def request(self, page_number: int) -> ListRequest | None:
        """One page of the interface; the files of the page that a column elsewhere has."""
        if self._interface is None:
            return super().request(page_number)
        headers = (("Referer", self._base.url), ("Accept", "application/json"))
        is_over = self.has_all_rows and page_number > 1
        return None if is_over else ListRequest(f"{self._interface}?page={page_number}&sid={self._site}", (), headers)

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


def _tree(text: str) -> Any:  # noqa: ANN401 - JSON
    start = TREE.search(text)
    if start is None:
        return None
    try:
        return json.JSONDecoder().raw_decode(text[start.end() : start.end() + TREE_CHARACTERS])[0]
    except (ValueError, RecursionError):
        return None


def _report_columns(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Nodes that are called annual report, those on open information first, from the top down."""
    waiting, nodes = deque([tree]), list[dict[str, Any]]()
    for _ in range(NODES):
        if not waiting:
            break
        node = waiting.popleft()
        if isinstance(node, list):
            waiting.extend(node[:NODES])
        elif isinstance(node, dict):
            nodes.append(node)
            waiting.append(at(node, "children"))
    named = [
        node
        for node in nodes
        if whole_number(node.get("id")) is not None
        and REPORT_COLUMN.search(str(node.get("name")))
        and not OTHER_COLUMN.search(str(node.get("name")))
    ]
    yield from sorted(named, key=lambda node: "公开" not in str(node["name"]))
