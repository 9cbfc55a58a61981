"""Base of all CMS families: how a column is recognised, how its list pages are asked for and how rows are read.

A family is a module of this package with one subclass of `Listing`. It never fetches anything: it says what to ask
for next and reads rows off what came back. The walk over the pages, and its end when a page brings no new address,
are `portals.walk`'s, the same for all.
"""

from __future__ import annotations

import dataclasses
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from flows.portals.families.anchors import anchor_rows, year_folders
from flows.portals.families.rows import Row
from flows.portals.pages import Page


@dataclasses.dataclass(frozen=True, slots=True)
class ListRequest:
    """What to ask for one list page: a GET, or a POST when there is a form or JSON to send."""

    url: str
    form: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    json_body: str = ""
    is_expected: bool = False
    """True when the page before speaks of this one, so that it is missed where it is not there."""


class Listing(ABC):
    """The list of one column, page by page.

    Args:
        column_url: address of the column.
    """

    family: ClassVar[str]
    article: ClassVar[re.Pattern[str]]
    """What the address of an article looks like in this family."""

    def __init__(self, column_url: str) -> None:
        self.column_url = column_url
        self.starts_on_column = True
        """Whether the column page is itself the first list page; if not, page 1 is asked for too."""
        self.rows_seen = 0
        """Rows of all pages read so far, set by the walk."""
        self.rows_declared: int | None = None
        """How many rows the portal says that there are, where it says so."""
        self.pages_declared: int | None = None
        """How many list pages the portal says that there are, at least, where it says so."""
        self.unread: str | None = None
        """What of the list is known to be left unread, and why."""

    @staticmethod
    @abstractmethod
    def recognises(page: Page) -> bool:
        """True when a column page bears the marks of this family."""

    @abstractmethod
    def open(self, page: Page) -> ListRequest | None:
        """Learn from the column page how list pages are asked for.

        Returns a further page to learn from, which is then given to `open` in its turn (and is the column page from
        then on); None when nothing more needs to be known.
        """

    @abstractmethod
    def request(self, page_number: int) -> ListRequest | None:
        """What to ask for that list page; None when there is no such page."""

    def otherwise(self) -> ListRequest | None:
        """Another way to ask for page 2, and those after it, when the usual one brought nothing; None without one."""
        return None

    def rows(self, page: Page) -> list[Row]:
        """The rows of a list page, at most 20,000. May learn from it how the list goes on."""
        return anchor_rows(page, self.article)

    def counted(self, page: Page, rows: list[Row]) -> int:
        """How many of the rows that the portal counts are on a page, where a row is not always one link."""
        return len(rows)

    @property
    def has_all_rows(self) -> bool:
        """True when as many rows were seen as the portal counts; a count that is overrun is not believed."""
        return self.rows_declared is not None and self.rows_seen == self.rows_declared

    def folders(self, page: Page) -> list[str]:
        """Addresses of sub-columns that go on with the list, such as one a year, none of them a row."""
        return year_folders(page, self.article)

    def folder(self, url: str) -> ListRequest:
        """How a sub-column is asked for."""
        return ListRequest(url, is_expected=True)

    def learned(self) -> Mapping[str, str]:
        """What `open` found out, for people to look at."""
        return {}
