"""List pages that lie as files beside each other: what TRS WCM and UCAP have in common."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from flows.portals.families.anchors import next_link, numbered_links, pages_said
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.rows import ROWS_OF_A_FULL_PAGE, Row
from flows.portals.pages import Page

# createPageHTML(7, 0, "index", "html")                     pages, current (from 0), file name, extension
# createPageHTML('page_div', 7, 1, 'index', 'html', 130)    container, pages, current (from 1), file name, extension
CALL = re.compile(
    r"createPageHTML\s*\(\s*(?P<container>[\"'][^\"']{0,80}[\"']\s*,)?\s*[\"']?(?P<total>\d{1,5})[\"']?\s*,"
    r"\s*[\"']?\d{1,5}[\"']?\s*,\s*[\"'](?P<name>[\w-]{1,60})[\"']\s*,\s*[\"'](?P<extension>s?html?)[\"']"
)
COUNT = re.compile(r"var\s+countPage\s*=\s*[\"']?(\d{1,5})")
CONFIG = re.compile(r"pagination_script_config\s*=\s*\{[^}]{0,400}?total\s*:\s*[\"']?(\d{1,5})")
SAID = re.compile(r"createPageHTML\s*\(|countPage\s*=|pagination_script_config|[共/]\s*1\s*页")
"""What says how many pages there are, even if it is one."""
MANY = 10_000
"""Pages of a list that says that there is a second one and not how many."""
LINKED = re.compile(r"(?:^|/)(index)_([12])\.(s?html?)$")


@dataclasses.dataclass(frozen=True, slots=True)
class Paging:
    """How many pages a list has, and what their files are called."""

    total: int
    first_number: int
    """Number in the name of the second page's file: 1 where pages count from 0, 2 where they count from 1."""
    name: str
    extension: str

    def file_of(self, page_number: int) -> str | None:
        """File of page 2 and later; None beyond the last."""
        if page_number > self.total:
            return None
        return f"{self.name}_{page_number - 2 + self.first_number}.{self.extension}"


def paging_of(page: Page) -> Paging:
    """The paging that a column page declares; a single page when it declares none."""
    call = CALL.search(page.text)
    if call:
        first_number = 2 if call["container"] else 1
        return Paging(int(call["total"]), first_number, call["name"], call["extension"])
    name, extension = _file_name(page.url)
    count = COUNT.search(page.text) or CONFIG.search(page.text)
    if count:
        return Paging(int(count.group(1)), 1, name, extension)
    for node in page.tree.css("a[href]"):
        linked = LINKED.search(node.attributes.get("href") or "")
        if linked:  # no count: go on until a page is missing or brings nothing new
            return Paging(MANY, int(linked.group(2)), linked.group(1), linked.group(3))
    return Paging(1, 1, name, extension)


class StaticListing(Listing):
    """Pages `index.html`, `index_1.html` ... in the column's folder; 下一页 is followed where none counts."""

    second_numbers: ClassVar[tuple[int, ...]] = ()
    """Numbers that the second page may have, the likelier first: tried where a full page says nothing of more."""

    def __init__(self, column_url: str) -> None:
        super().__init__(column_url)
        self._base = Page(column_url, "")
        self._paging = Paging(1, 1, "index", "html")
        self._next: str | None = None
        self._numbered: dict[int, str] = {}
        self._is_unsaid = False

    def open(self, page: Page) -> ListRequest | None:
        """Read the paging script."""
        self._base = page
        self._paging = paging_of(page)
        counted = self._paging.total if self._paging.total < MANY else 1
        self.pages_declared = counted if counted > 1 else pages_said(page)
        self._is_unsaid = bool(self.second_numbers) and self._paging.total == 1 and not SAID.search(page.text)
        return None

    def request(self, page_number: int) -> ListRequest | None:
        """The file of a later page, else what the page before calls the next, or by the number of the next."""
        file = self._paging.file_of(page_number)
        linked = self._next or self._numbered.get(page_number)
        if file is None and linked:
            return ListRequest(linked, is_expected=True)
        if file is None and page_number == 2 and self._is_unsaid and self.rows_seen >= ROWS_OF_A_FULL_PAGE:
            return self._guessed(self.second_numbers[0])
        return ListRequest(self._base.join(file)) if file else None

    def otherwise(self) -> ListRequest | None:
        """The other number of the second page, where the page does not say which it is."""
        is_guess = self._is_unsaid and self._paging.total == MANY
        return self._guessed(self.second_numbers[1]) if is_guess else None

    def _guessed(self, second_number: int) -> ListRequest:
        name, extension = _file_name(self._base.url)
        self._paging = Paging(MANY, second_number, name, extension)
        return ListRequest(self._base.join(f"{name}_{second_number}.{extension}"))

    def rows(self, page: Page) -> list[Row]:
        """The rows, and where the next page is. A count that has grown since the first page was made is believed."""
        self._next, self._numbered = next_link(page), numbered_links(page) if self._paging.total == 1 else {}
        counted = paging_of(page).total if self._paging.total > 1 else 1
        if self._paging.total < counted < MANY:
            self._paging = dataclasses.replace(self._paging, total=counted)
            self.pages_declared = counted
        return super().rows(page)

    def learned(self) -> Mapping[str, str]:
        """How many pages there are and what the second is called."""
        second = self._paging.file_of(2) or self._next or self._numbered.get(2)
        pages = str(self._paging.total) if self._paging.total < MANY else "not counted"
        return {"pages": pages} | ({"second_page": self._base.join(second)} if second else {})


def _file_name(url: str) -> tuple[str, str]:
    name, _, extension = urlsplit(url).path.rsplit("/", 1)[-1].rpartition(".")
    return (name, extension) if name and re.fullmatch(r"s?html?", extension) else ("index", "html")
