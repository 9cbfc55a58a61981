"""What some hosts answer with status 200 in place of pages that are not there: their home page, or one for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flows.portals.addresses import host_of
from flows.portals.responses import is_home
from flows.portals.titles import report_year_of

if TYPE_CHECKING:
    from flows.archive.exchange import Answer
    from flows.archive.index import ArchiveIndex
    from flows.portals.question import Request
    from flows.portals.report_page import ReportPage


class StandIns:
    """What is known of such pages on one portal.

    Args:
        index: what the archive knows.
        portal_id: whose pages.
        home_sha256: digest of the home page of an address' host, asked for when it is needed; None when unknown.
    """

    def __init__(self, index: ArchiveIndex, portal_id: str, home_sha256: Callable[[str], str | None]) -> None:
        self._index = index
        self._home_sha256 = home_sha256
        lists = index.list_pages(portal_id)
        self.landing_pages = index.stand_ins(portal_id) | lists
        """sha-256 -> address of list pages, and of what was found to be none of a report."""
        self.list_addresses = set(lists.values())

    def note_list(self, payload_sha256: str, address: str) -> None:
        """A list page that was seen: a report that answers with it, or redirects to it, is none."""
        self.landing_pages[payload_sha256] = address
        self.list_addresses.add(address)

    def is_doubtful(self, request: Request, payload_sha256: str, page: ReportPage | None) -> bool:
        """Whether what the archive has of a page may stand in place of a report, so that it is asked for in whole."""
        if self.landing_pages.get(payload_sha256, request.url) != request.url:
            return True
        return page is not None and not page.may_be_report

    def instead(self, request: Request, page: ReportPage, answer: Answer | None) -> str | None:
        """Why a page is not the report that was asked for; None when it may be.

        Only pages that show nothing of a report are doubted: those with the bytes of the home page, and those with
        the bytes of a page that was listed for another year.
        """
        if answer is None or page.may_be_report:
            return None
        if not is_home(request.url) and answer.payload_sha256 == self._home_sha256(answer.url):
            return "the same bytes as the home page"
        year = report_year_of(request.list_title or "", request.listed_on)
        if year is None or page.names_report:
            return None
        for other in self._index.pages_of_payload(host_of(answer.url), answer.payload_sha256):
            other_year = report_year_of(other.list_title or "", other.listed_on)
            if other.url != request.key and other_year not in (None, year):
                return f"the same bytes as {other.url}, which is listed for {other_year}"
        return None
