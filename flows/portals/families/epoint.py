"""Epoint (新点) EWB-FRONT: rows of one category from a JSON interface."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from flows.portals.families.dialects import dialect
from flows.portals.families.json_rows import first_of, json_of, json_rows, whole_number
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.rows import Row
from flows.portals.pages import Page

MARKS = re.compile(r"EWB-FRONT|/govInfoPub\w*\.html|webBuilderCommon\.js|getgovinfolist", re.I)
PROJECT = re.compile(r"projectName[\"']?\s*[:=]\s*[\"'](/?[\w-]{1,60})[\"']")
SITE = re.compile(r"siteGuid[\"']?\s*[:=]\s*[\"']([0-9a-fA-F-]{30,40})[\"']")
CATEGORY = re.compile(r"categorynum[\"']?\s*[:=]\s*[\"']?(\d{3,30})", re.I)


class EpointListing(Listing):
    """The rows of one category (and body) of a site."""

    family: ClassVar[str] = "epoint"
    article: ClassVar[re.Pattern[str]] = re.compile(r"/\d{3,}/20\d{6}/[0-9a-f-]{36}\.html?")

    def __init__(self, column_url: str) -> None:
        super().__init__(column_url)
        self._column: Page | None = None
        self._site = ""
        self._project = str(dialect(self.family)["project"])
        self._scripts: list[str] = list(dialect(self.family)["script_paths"])

    @staticmethod
    def recognises(page: Page) -> bool:
        """The product's own names, with a category."""
        return MARKS.search(page.url + page.text) is not None and bool(_category(page))

    def open(self, page: Page) -> ListRequest | None:
        """Find category, body and site; the site, and where its interface lies, may stand in a script."""
        site, project = SITE.search(page.text), PROJECT.search(page.text)
        self._site = site[1] if site else ""
        self._project = project[1].strip("/") if project else self._project
        if self._column is None or self.starts_on_column:
            self._column = page
            self._category = _category(page)
            self._body = dict(parse_qsl(urlsplit(page.url).query)).get("deptcode", "")
            self.starts_on_column = not self._category
        if self._site or not self._category or not self._scripts:
            return None
        return ListRequest(self._column.join(self._scripts.pop(0)))

    def request(self, page_number: int) -> ListRequest | None:
        """One page of the category; None beyond the rows that the portal counts."""
        if self._column is None or self.starts_on_column or (self.has_all_rows and page_number > 1):
            return None
        told = dialect(self.family)
        question = {
            "deptcode": self._body,
            "categorynum": self._category,
            "pageIndex": page_number - 1 + told["first_page_index"],
            "pageSize": told["page_size"],
            "siteGuid": self._site,
        }
        headers = (("Referer", self._column.url), ("Accept", "application/json"))
        return ListRequest(
            self._column.join(f"/{self._project}{told['list_path']}"), (), headers, json.dumps(question)
        )

    def rows(self, page: Page) -> list[Row]:
        """The rows of an answer; of the page itself when it names no category."""
        if self.starts_on_column or self._column is None:
            return super().rows(page)
        told = dialect(self.family)
        answer = json_of(page)
        self.rows_declared = whole_number(first_of(answer, told["total"])) or self.rows_declared
        return json_rows(self._column, answer, told["fields"])

    def learned(self) -> Mapping[str, str]:
        """Category, body and site."""
        found = {"categorynum": self._category, "deptcode": self._body, "siteGuid": self._site}
        return {name: value for name, value in found.items() if value}


def _category(page: Page) -> str:
    query = {name.lower(): value for name, value in parse_qsl(urlsplit(page.url).query)}
    named = CATEGORY.search(page.text)
    return query.get("categorynum") or (named[1] if named else "")
