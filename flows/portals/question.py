"""One question to a portal, and what became of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flows.archive.exchange import url_key
from flows.records import FetchRole, FetchState

if TYPE_CHECKING:
    from flows.archive.rows import IndexRow
    from flows.portals.asking import Heard
    from flows.portals.report_page import ReportPage

VANISHED = frozenset({FetchState.GONE, FetchState.SOFT_404})
"""The address says that there is nothing."""


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """What is to be asked, and under which list entry."""

    url: str
    role: FetchRole
    form: tuple[tuple[str, str], ...] = ()
    """Fields of a POST; empty for a GET."""
    headers: tuple[tuple[str, str], ...] = ()
    entry_url: str | None = None
    list_title: str | None = None
    listed_on: dt.date | None = None
    may_be_empty: bool = False
    json_body: str = ""
    """JSON to send instead of a form."""
    link_name: str | None = None
    """Of a file: what the page that offers it calls it."""

    @property
    def method(self) -> str:
        """POST when there is something to send."""
        return "POST" if self.form or self.json_body else "GET"

    @property
    def body(self) -> str:
        """The form, or the JSON, as it is sent."""
        return self.json_body or urlencode(self.form)

    @property
    def key(self) -> str:
        """Name under which the archive knows the answers."""
        return url_key(self.method, self.url, self.body)


@dataclasses.dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a request."""

    state: FetchState
    reason: str | None
    url: str
    """Where the answer came from, after redirects."""
    payload: bytes | None
    """The content; for `not_modified` as the archive has it. None in any other state."""
    body: bytes
    """What was answered, in whatever state."""
    content_type: str | None
    is_new: bool = False
    """The URL had no content before."""
    is_changed: bool = False
    """The URL had other content before."""
    earlier: bytes | None = None
    """That content, as far as the archive can still give it."""
    is_vanished: bool = False
    """The URL had content before, and now says that it has none."""
    is_as_before: bool = False
    """The same state, and as many bytes, as when this portal was last asked for it."""
    is_answered: bool = False
    """The host said something, whatever it was."""
    is_asked: bool = True
    """False when the archive's copy is new enough, so that nobody was asked."""
    report_page: ReportPage | None = None
    """Of a report's page that was asked for and has content: what it offers."""
    page_metadata_json: str | None = None
    """Of such a page with other content than before: what it says of itself, a JSON object of texts."""
    offers_json: str | None = None
    """Of a report's address with content: the files and pictures to fetch beside it, a JSON list of addresses."""


def answered_with(
    request: Request,
    heard: Heard,
    state: FetchState,
    reason: str | None,
    known: IndexRow | None,
    copy: bytes | None,
) -> Fetched:
    """What became of a request: `known` and `copy` are what the archive had of it."""
    answer = heard.answer
    if state is FetchState.NOT_MODIFIED and known is not None:
        return Fetched(state, reason, known.final_url or request.url, copy, b"", known.content_type)
    if answer is None:
        return Fetched(state, reason, request.url, None, b"", None)
    content_type = answer.header("Content-Type")
    if state is not FetchState.CONTENT:
        is_vanished = known is not None and state in VANISHED
        return Fetched(state, reason, answer.url, None, answer.payload, content_type, is_vanished=is_vanished)
    return Fetched(
        state,
        reason,
        answer.url,
        answer.payload,
        answer.payload,
        content_type,
        is_new=known is None,
        is_changed=known is not None and known.payload_sha256 != answer.payload_sha256,
        earlier=copy,
    )
