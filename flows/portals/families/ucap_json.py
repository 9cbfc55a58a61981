"""UCAP (开普), lists from a JSON interface: the page names a channel, one of several interfaces gives its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from flows.portals.families.dialects import dialect
from flows.portals.families.json_rows import first_of, json_of, json_rows, whole_number
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.rows import Row
from flows.portals.families.ucap import UcapListing
from flows.portals.pages import Page

CHANNEL = re.compile(r"\bchannelId[\"']?\s*[:=]\s*[\"']([0-9A-Za-z]{4,40})[\"']")
DEPARTMENT = re.compile(r"\bdeptCode[\"']?\s*[:=]\s*[\"']([0-9A-Za-z]{4,40})[\"']")


class UcapJsonListing(Listing):
    """The rows of one channel."""

    family: ClassVar[str] = "ucap_json"
    article: ClassVar[re.Pattern[str]] = UcapListing.article

    @staticmethod
    def recognises(page: Page) -> bool:
        """The name of one of the interfaces, and a channel."""
        return _interface(page) is not None and bool(_channel(page))

    def open(self, page: Page) -> ListRequest | None:
        """Read channel and body off the page."""
        self._page = page
        self._told = _interface(page)
        self._channel = _channel(page)
        department = DEPARTMENT.search(page.text)
        query = parse_qs(urlsplit(page.url).query)
        self._department = query.get("deptCode", [department[1] if department else ""])[0]
        self.starts_on_column = self._told is None or not self._channel
        return None

    def request(self, page_number: int) -> ListRequest | None:
        """One page of the channel; None beyond the rows that the portal counts."""
        told = self._told
        if told is None or self.starts_on_column:
            return None
        if page_number > 1 and self.has_all_rows:
            return None
        values = {
            "channel": self._channel,
            "department": self._department,
            "page": page_number,
            "size": told["size"],
        }
        form = tuple((name, str(text).format(**values)) for name, text in told["form"].items())
        headers = (("Referer", self._page.url), ("X-Requested-With", "XMLHttpRequest"))
        return ListRequest(self._page.join(told["path"].format(**values)), form, headers)

    def rows(self, page: Page) -> list[Row]:
        """The rows of an answer; of the page itself when it has no channel."""
        if self._told is None or self.starts_on_column:
            return super().rows(page)
        answer = json_of(page)
        self.rows_declared = whole_number(first_of(answer, self._told["total"])) or self.rows_declared
        return json_rows(Page(self._page.join("/"), ""), answer, self._told["fields"])

    def learned(self) -> Mapping[str, str]:
        """Interface, channel and body."""
        found = {"interface": str(self._told["mark"])} if self._told else {}
        return found | {"channelId": self._channel} | ({"deptCode": self._department} if self._department else {})


def _interface(page: Page) -> dict[str, Any] | None:
    return next((told for told in dialect(UcapJsonListing.family) if told["mark"] in page.text), None)


def _channel(page: Page) -> str:
    for node in page.tree.css("meta"):
        if (node.attributes.get("name") or "").lower() == "channelid" and node.attributes.get("content"):
            return str(node.attributes["content"]).strip()
    found = CHANNEL.search(page.text)
    return found[1] if found else ""
