"""Asking for the list pages of one column: through its shells, then as its family says."""

from __future__ import annotations

from collections.abc import Callable

from flows.archive.rows import ListedEntry
from flows.portals.addresses import AddressError, canonical
from flows.portals.families.listing import ListRequest
from flows.portals.families.rows import TITLE_LENGTH, Row
from flows.portals.pages import Page, decode
from flows.portals.question import Fetched, Request
from flows.portals.session import QUIET_STATES, PortalSession
from flows.portals.shells import shell_target
from flows.portals.titles import Verdict, judge
from flows.portals.walk import Answered
from flows.records import FetchRole, FetchState

SHELL_HOPS = 2
LIST_PAGE_BYTES = 8 * 1024 * 1024
"""A list page is smaller; the largest seen held some six hundred rows."""
BAD_ADDRESS = "bad_address"
"""Title rule of rows whose link is no address."""
ENDS = (FetchState.GONE, FetchState.SOFT_404, FetchState.SHELL)
"""What a portal answers beyond the last list page."""


class ColumnError(Exception):
    """The column cannot be listed; the text is the reason."""

    def __init__(self, reason: str, state: FetchState | None = None, *, is_silent: bool = False) -> None:
        super().__init__(reason)
        self.state = state
        self.is_silent = is_silent
        """True when nothing came from its host, not even robots.txt, so that nothing else there is asked either."""


class ColumnPages:
    """The pages of one column.

    Args:
        session: what asks; told of every list page, so that a report with the same bytes is known to be none.
        ask: asks and counts.
    """

    def __init__(self, session: PortalSession, ask: Callable[[Request], Fetched]) -> None:
        self._session = session
        self._ask = ask
        self.stopped: str | None = None
        """Why the list could not be gone through further, when its end is not known to be reached."""
        self.is_end_sure = True
        """False when a further page was empty, a shell or missed, which may be a fault, unless it was so before."""

    def column(self, url: str) -> Answered:
        """The column page, through at most two shells.

        Raises:
            ColumnError: it answered something else than a page.
        """
        for _ in range(SHELL_HOPS + 1):
            fetched = self._ask(Request(url, FetchRole.LIST))
            if fetched.state is not FetchState.SHELL:
                break
            target = shell_target(decode(fetched.body, fetched.content_type), fetched.url)
            if target is None:
                break
            url = target
        if fetched.payload is None:
            reason = f"the column answered {fetched.state}: {fetched.reason or 'no reason given'}"
            is_silent = not fetched.is_answered and fetched.state not in QUIET_STATES
            raise ColumnError(reason, fetched.state, is_silent=is_silent)
        return Answered(self._page(fetched), url)

    def further(self, asked: ListRequest, number: int) -> Answered | None:
        """A further list page; None when there is none.

        Raises:
            ColumnError: it is too large for a list page.
        """
        try:
            url = canonical(asked.url)
        except AddressError as fault:
            self.stopped = f"list page {number} has no usable address: {fault}"
            return None
        form, headers = asked.form, asked.headers
        request = Request(url, FetchRole.LIST, form, headers, json_body=asked.json_body, may_be_empty=True)
        fetched = self._ask(request)
        is_empty = fetched.payload is not None and not fetched.payload.strip()
        is_missed = asked.is_expected and fetched.payload is None
        is_faint = fetched.state is FetchState.SHELL or is_empty or is_missed
        self.is_end_sure = self.is_end_sure and (fetched.is_as_before or not is_faint)
        if fetched.payload is None:
            if fetched.state not in ENDS:
                self.stopped = f"list page {number} answered {fetched.state}: {fetched.reason or 'no reason given'}"
            return None
        return Answered(self._page(fetched), request.key)

    def _page(self, fetched: Fetched) -> Page:
        assert fetched.payload is not None
        if len(fetched.payload) > LIST_PAGE_BYTES:
            raise ColumnError(f"the list page {fetched.url} is larger than {LIST_PAGE_BYTES} bytes")
        self._session.note_list(fetched.payload, fetched.url)
        return Page.of(fetched.url, fetched.payload, fetched.content_type)


def judged(page: Page, rows: list[Row]) -> list[ListedEntry]:
    """The rows with the verdict of the title rules, each address and title once."""
    entries: dict[tuple[str, str], ListedEntry] = {}
    for row in rows:
        verdict = judge(row.title)
        try:
            url = canonical(row.href, page.url)
        except AddressError:
            url, verdict = row.href[:TITLE_LENGTH], Verdict(False, BAD_ADDRESS)
        entry = ListedEntry(url, row.title, row.listed_on, verdict.is_accepted, verdict.title_rule)
        entries.setdefault((url, row.title), entry)
    return list(entries.values())
