"""What some hosts answer with status 200 in place of pages that are not there: their home page, or one for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flows.portals.addresses import host_of
from flows.portals.responses import is_home
from flows.portals.titles import report_year_of
from flows.records import FetchRole

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
        self.landing_pages = index.stand_ins(portal_id)
        """sha-256 -> address of list pages seen in this run, and of what was found before to be none of a report."""

    def has(self, request: Request, payload_sha256: str | None) -> bool:
        """Whether what the archive has of a page stands in place of another, so that it is to be looked at again."""
        if request.role is not FetchRole.PAGE or payload_sha256 is None:
            return False
        return self.landing_pages.get(payload_sha256, request.url) != request.url

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
