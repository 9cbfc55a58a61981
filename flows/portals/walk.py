"""The walk over the list pages of a column: opening, page after page, sub-columns, and where it ends.

Here alone it is decided when a list is at its end: when the family knows no further page, when a page is missing, or
when a page brings no address that was not there before. Several servers answer a page beyond the last with the first
again, with the home page or with another column, so the last rule holds for every family.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Generator, Iterator
from itertools import count

from flows.portals.addresses import AddressError, canonical
from flows.portals.families.listing import Listing, ListRequest
from flows.portals.families.rows import LINKS_PER_PAGE, ROWS_PER_PAGE, Row
from flows.portals.pages import Page
from flows.portals.shells import inner_addresses

OPENING_STEPS = 10
"""Pages that a family may look at before the first list page."""
INNER_STEPS = 2
"""Frames, refreshes and jumps within a column that are followed to where its rows are."""

ROWS_PER_COLUMN = 50_000
"""After so many a column is not read further: the largest known has less than a thousand."""
LINK = re.compile(r"<a\s", re.I)


@dataclasses.dataclass(frozen=True, slots=True)
class Answered:
    """A page and the name under which the archive knows it."""

    page: Page
    key: str


@dataclasses.dataclass(frozen=True, slots=True)
class ListPage:
    """One list page with the rows on it."""

    number: int
    """Counted over the column and its sub-columns."""
    answered: Answered
    rows: list[Row]
    fresh: int
    """How many addresses it brings that no page before had."""
    is_first: bool
    """True for the first page of the column, or of a sub-column."""
    has_folders: bool
    """True when the column goes on in sub-columns, so that it may have no rows itself."""


Ask = Callable[[ListRequest, int], Answered | None]
"""Asks for a list page by its number; None when there is none, for whatever reason."""


class Walk:
    """One walk.

    Args:
        listing: a new one of the column's family.
        ask: asks for the further pages.
        page_limit: list pages read at most.
    """

    def __init__(self, listing: Listing, ask: Ask, page_limit: int) -> None:
        self.listing = listing
        self.shortfalls: list[str] = []
        """Of each list that is known to have more than it gave: what is missing."""
        self.is_cut_off = False
        """True when there were more pages than the limit."""
        self._ask = ask
        self._page_limit = page_limit
        self._known: set[str] = set()
        self._number = 0
        self._answers: dict[ListRequest, Answered | None] = {}

    def pages(self, column: Answered) -> Iterator[ListPage]:
        """The list pages from the column on, then those of its sub-columns. The last one may bring nothing new."""
        folders = yield from self._list(self.listing, column)
        for url in folders:
            if self._number >= self._page_limit:
                self.is_cut_off = True
                return
            answered = self._asked(self.listing.folder(url))
            if answered is not None:
                yield from self._list(type(self.listing)(url), answered, is_within=True)

    def _list(
        self, listing: Listing, column: Answered, *, is_within: bool = False
    ) -> Generator[ListPage, None, list[str]]:
        given = pages_given = 0
        opened = self._opened(listing, column)
        first = opened if listing.starts_on_column else column
        folders = [] if is_within else listing.folders(first.page)
        # where page 1 is asked for and not answered, the column page may still hold some rows
        current = first if listing.starts_on_column else self._asked(listing.request(1)) or first
        for next_number in count(2):
            rows = [row for row in listing.rows(current.page) if row.href not in folders]
            counted = listing.counted(current.page, rows)
            listing.rows_seen += counted
            fresh = {_address(row, current.page) for row in rows} - self._known
            self._known |= fresh
            # a row may stand in a list twice; a page that is repeated does not count
            given += counted if fresh else 0
            pages_given += bool(fresh) or next_number == 2
            self._number += 1
            self._measure(current.page, rows)
            yield ListPage(self._number, current, rows, len(fresh), next_number == 2, bool(folders))
            current.page.let_go()  # many portals wait for their next page at once
            if len(self._known) > ROWS_PER_COLUMN:
                self.shortfalls.append(f"the column goes on after {ROWS_PER_COLUMN} rows")
                break
            request = listing.request(next_number) if fresh else None
            if request is not None and self._number >= self._page_limit:
                self.is_cut_off = True
                return folders
            further = self._asked(request)
            if request is not None and next_number == 2 and not self._brings_new(listing, further):
                further = self._asked(listing.otherwise()) or further
            if further is None:
                break
            current = further
        self._answers.clear()
        is_repetition = is_within and not given
        if not is_repetition:
            self._compare(listing, given, pages_given)
        return folders

    def _compare(self, listing: Listing, rows_given: int, pages_given: int) -> None:
        """Compare what a list gave with what it says that it has."""
        rows, pages = listing.rows_declared, listing.pages_declared
        if rows is not None and rows_given < rows:
            self.shortfalls.append(f"the list gave {rows_given} of the {rows} rows it counts")
        elif pages is not None and pages_given < pages:
            self.shortfalls.append(f"the list ended after page {pages_given} of the {pages} or more it speaks of")
        if listing.unread is not None:
            self.shortfalls.append(listing.unread)

    def _measure(self, page: Page, rows: list[Row]) -> None:
        """Note a page that holds more than is read of it."""
        if len(rows) >= ROWS_PER_PAGE:
            self.shortfalls.append(f"list page {self._number} holds more than {ROWS_PER_PAGE} rows")
        elif len(page.text) > LINKS_PER_PAGE and len(LINK.findall(page.text)) > LINKS_PER_PAGE:
            self.shortfalls.append(f"list page {self._number} holds more than {LINKS_PER_PAGE} links")

    def _brings_new(self, listing: Listing, answered: Answered | None) -> bool:
        if answered is None:
            return False
        return any(_address(row, answered.page) not in self._known for row in listing.rows(answered.page))

    def _opened(self, listing: Listing, column: Answered) -> Answered:
        """The page on which the list begins, when the family has learned what it needs to know."""
        column = self._opening(listing, column)
        return self._within(listing, column, INNER_STEPS) or column

    def _within(self, listing: Listing, column: Answered, steps: int) -> Answered | None:
        """The page itself when the list begins there, else the page in it, or to which it leads, where it does."""
        if not listing.starts_on_column or listing.rows(column.page) or listing.folders(column.page):
            return column
        for address in inner_addresses(column.page) if steps else ():
            answered = self._asked(ListRequest(address))
            found = self._within(listing, self._opening(listing, answered), steps - 1) if answered else None
            if found is not None:
                return found
        return None

    def _opening(self, listing: Listing, column: Answered) -> Answered:
        for _ in range(OPENING_STEPS):
            request = listing.open(column.page)
            if request is None:
                break
            # a family may look for another way when there is no answer, so it is told so by an empty page
            answered = self._answers[request] = self._asked(request)
            column = answered or Answered(Page(request.url, ""), request.url)
        return column

    def _asked(self, request: ListRequest | None) -> Answered | None:
        """The answer to a request; the one that was had when opening, if it was asked for then."""
        if request is None:
            return None
        if request in self._answers:
            return self._answers.pop(request)
        return self._ask(request, self._number + 1)


def _address(row: Row, page: Page) -> str:
    try:
        return canonical(row.href, page.url)
    except AddressError:
        return row.href
