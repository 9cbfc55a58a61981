"""Several lists on one column page, gone through one after the other as if they were one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Generic, TypeVar


@dataclasses.dataclass
class Part:
    """One of the lists."""

    rows_declared: int | None = None
    """How many rows the portal says that it has."""
    rows_seen: int = 0
    page_size: int = 1
    """Rows of one of its pages."""

    @property
    def is_through(self) -> bool:
        """True when it is known to have no more rows."""
        return self.rows_declared is not None and self.rows_seen >= self.rows_declared


P = TypeVar("P", bound=Part)


class Turns(Generic[P]):
    """Whose turn it is.

    Args:
        parts: the lists in their order, at least one.
        first_page: number of the first page that is asked for of each: 2 where its page 1 stands on the column page.
    """

    def __init__(self, parts: Sequence[P], first_page: int) -> None:
        self.parts = parts
        self._first_page = first_page
        self._at = 0
        self._begun_at = first_page
        """Number, counted over all lists, of the first page asked for of the present one."""
        self._credited = sum(part.rows_seen for part in parts)

    @property
    def present(self) -> P:
        """The list whose turn it is."""
        return self.parts[self._at]

    @property
    def rows_declared(self) -> int | None:
        """Rows of all lists together; None when one of them does not say."""
        counts = [part.rows_declared for part in self.parts]
        return None if None in counts else sum(count or 0 for count in counts)

    def page_of(self, page_number: int, rows_seen: int) -> int:
        """The number that a page, counted over all lists, has in the one whose turn it then is.

        Args:
            page_number: counted over all lists.
            rows_seen: of all lists, up to the page before.
        """
        new = rows_seen - self._credited
        self._credited = rows_seen
        self.present.rows_seen += new
        is_begun = page_number > self._begun_at
        while self._at + 1 < len(self.parts) and (self.present.is_through or self._gave_out(is_begun, new)):
            self._at += 1
            self._begun_at, is_begun = page_number, False
        return page_number - self._begun_at + self._first_page

    def _gave_out(self, is_begun: bool, new: int) -> bool:
        """Whether a list that does not count its rows gave a short page."""
        return is_begun and self.present.rows_declared is None and new < self.present.page_size
