"""What goes into the archive: one exchange a question asked, with every answer that it took."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json

from flows.errors import InputError
from flows.records import FetchRole, FetchState

WHOLE = "#whole"
PICTURES = "#pictures"
FILE = "#file:"
POST = "#POST:"
Headers = tuple[tuple[str, str], ...]


class ArchiveError(InputError):
    """The archive cannot be written, or a record of it is damaged."""


def url_key(method: str, url: str, form: str = "") -> str:
    """Name under which the answers to a request are known: the URL, and for a POST its form behind `#POST:`.

    A fragment is never sent, so no requested URL can look like such a name.
    """
    return url if method == "GET" else f"{url}#{method}:{form}"


def whole_list(column_url: str) -> str:
    """Name under which the entries of all list pages together are kept, once a list was gone through to its end."""
    return f"{column_url}{WHOLE}"


def is_whole_list(list_url: str) -> bool:
    """Whether a name is one of `whole_list`."""
    return list_url.endswith(WHOLE)


def sha256(payload: bytes) -> str:
    """Hexadecimal sha-256 of a payload."""
    return hashlib.sha256(payload).hexdigest()


def is_name_of_ours(name: str) -> bool:
    """Whether what stands behind the `#` of an archived name was put there by us: no address has such a thing."""
    return name.endswith((WHOLE, PICTURES)) or FILE in name or POST in name


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP request and its response."""

    url: str
    method: str
    request_headers: Headers
    request_body: bytes
    http_version: str
    """`HTTP/1.0` or `HTTP/1.1`."""
    http_status: int
    http_reason: str
    response_headers: Headers
    """As received, folded lines joined."""
    payload: bytes
    """The body without transfer and content encoding, so that one page has one digest however it was sent."""
    is_decoded: bool = False
    """True when a content or transfer encoding was taken off."""
    truncated: str = ""
    """`length` or `time` when the body was given up (its payload is then empty), as WARC-Truncated."""
    payload_sha256: str = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "payload_sha256", sha256(self.payload))

    def header(self, name: str) -> str | None:
        """First response header of that name."""
        return next((value for key, value in self.response_headers if key.lower() == name.lower()), None)


@dataclasses.dataclass(frozen=True, slots=True)
class BroughtFile:
    """A file that a person saved from a portal and brings in by hand."""

    portal_id: str
    url: str
    """Where it was published; for a further file of the same page with `#file:<name>` behind it."""
    entry_url: str
    fetch_role: FetchRole
    reason: str
    content_type: str
    payload: bytes
    body_name: str | None
    """Whose report it is, as that person says."""
    division_code: str | None
    brought_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class PictureSet:
    """Pictures that make one report together: which ones a page shows, and in which order.

    Each of them is archived on its own, with the role `picture`. Their set is one document, a file of the page.
    """

    portal_id: str
    entry_url: str
    """The page."""
    list_title: str | None
    listed_on: dt.date | None
    pictures: tuple[tuple[str, str], ...]
    """URL and sha-256 of the payload of each, in the order of the page."""
    seen_at: dt.datetime

    @property
    def url(self) -> str:
        """Name under which the set is known. A fragment is never sent, so no requested URL can look like it."""
        return f"{self.entry_url}{PICTURES}"

    @property
    def payload(self) -> bytes:
        """What the record of the set holds: its pictures as JSON."""
        named = [{"url": url, "payload_sha256": digest} for url, digest in self.pictures]
        return json.dumps(named, ensure_ascii=False, indent=1).encode()


@dataclasses.dataclass(frozen=True, slots=True)
class Exchange:
    """One question asked of a portal, and what became of it."""

    portal_id: str
    url: str
    """Name of the request (`url_key`)."""
    fetch_role: FetchRole
    entry_url: str | None
    list_title: str | None
    listed_on: dt.date | None
    fetch_state: FetchState
    reason: str | None
    tls_verification: str
    """none (plain http), verified, legacy or unverified."""
    fetched_at: dt.datetime
    redirects: tuple[Answer, ...] = ()
    answer: Answer | None = None
    """None when nobody answered, or the question was not put."""
    retry_after_seconds: int | None = None
    """How long a refusing host asks to be left alone."""
    link_name: str | None = None
    """Of a file: what the page that offers it calls it."""
    file_name: str | None = None
    """Of a file: what the host that sends it calls it."""
    page_metadata_json: str | None = None
    """Of a report's page: what it says of itself, a JSON object of texts."""
    offers_json: str | None = None
    """Of a report's page: the files and pictures to fetch beside it, a JSON list of addresses."""
