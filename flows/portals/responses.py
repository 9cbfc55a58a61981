"""What an answer is: content, a shell, a page that says it is none, or a refusal (named, never got around).

Tested in this order: status, packing, kind of bytes, marks of a challenge in a short page, captcha, words in the
title, the list or the home page in place of what was asked for, else content. A page with the heads of the report's
tables is a report, whatever else stands on it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Container, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from flows.portals.pages import REPORT, decode, has_report_tables, head_title, names_report_of_year, shown_text
from flows.records import FetchRole, FetchState

SHORT_BYTES = 1500
"""A challenge or a shell is shorter than this; a report never is."""

CHALLENGE = re.compile(r"\$_ts\b|__jsl|C3VK")
SHELL_WORDS = re.compile(r"http-equiv\s*=\s*[\"']?refresh|\blocation\s*(?:=|\.(?:href|replace|assign)\b)", re.I)
LEADS_BACK = re.compile(r"\balert\s*\(.{0,500}?(?:history\.(?:back|go)|window\.close|self\.close)\s*\(", re.I | re.S)
CAPTCHA = re.compile(r"puzzle-vcode|slide-?captcha|拖动滑块")
NOTICE_BYTES = 50_000
"""A page that asks for a captcha, or only says that something is not there, is shorter than this."""
CAPTCHA_CHARACTERS = 300
"""A page that asks for a captcha shows no more text than this, and names no report: scripts of sliders also stand on
ordinary pages, for their login box."""
CAPTCHA_TITLE = re.compile(r"请稍候|请稍后|安全验证|人机验证")
MISSING_TITLE = re.compile(r"(?<!\d)404(?!\d)|错误|页面不存在|出错了|找不到|未找到|无法访问|not found", re.I)
MISSING_TEXT = re.compile(
    r"(?:页面?|文件|文章|内容|信息|栏目|资源|地址).{0,8}(?:不存在|删除|下线|失效|找不到)|(?:找不到|未找到|不存在).{0,8}(?:页|文件|文章|内容)"
)
MISSING_CHARACTERS = 100
"""A page shows no more text than this when all that it says is that something is not there."""
JSON_START = re.compile(r"[\s\ufeff]*[\[{]\s*[\"\[\]{}]")
HTML_START = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(?:!doctype|!--|html|head|body|meta|script|title|div|p\b)",
    re.I,
)
HOME_PATH = re.compile(r"/?(?:(?:index|default|home|main)\.(?:s?html?|jspx?|aspx?|php|do))?", re.I)
TEXT_FILE = re.compile(r"\.(?:txt|csv|md)$", re.I)
PDF_MAGIC = b"%PDF-"
PDF_MAGIC_BYTES = 1024
"""Within these it stands; some files have a line or two before it."""
DOCUMENT_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")
PICTURE_MAGIC = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"BM": "a BMP picture",
    b"II*\x00": "a TIFF picture",
    b"MM\x00*": "a TIFF picture",
    b"RIFF": "a WebP picture",
}
OTHER_MAGIC = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
    b"MZ": "a program",
}
PROGRAM = b"MZ"
UNDONE_PACKINGS = frozenset({"br", "zstd", "compress", "x-compress"})
"""Packings that were not asked for, so that nothing here can unpack them."""
REPORT_ROLES = frozenset({FetchRole.PAGE, FetchRole.ATTACHMENT, FetchRole.PICTURE})
LONGEST_RETRY_SECONDS = 30 * 24 * 3600

STATUS_STATES = {
    401: (FetchState.BLOCKED_IP, "asks for a login"),
    403: (FetchState.BLOCKED_IP, "forbidden"),
    405: (FetchState.BLOCKED_IP, "refused by a firewall"),
    407: (FetchState.BLOCKED_IP, "asks for a proxy login"),
    408: (FetchState.UNREACHABLE, "the host gave up waiting"),
    412: (FetchState.BLOCKED_JS, "script challenge"),
    421: (FetchState.UNREACHABLE, "the host does not answer for this name"),
    425: (FetchState.UNREACHABLE, "too early"),
    429: (FetchState.THROTTLED, "too many requests"),
    451: (FetchState.BLOCKED_IP, "withheld"),
    521: (FetchState.BLOCKED_JS, "script challenge"),
    567: (FetchState.BLOCKED_IP, "refused by a firewall"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """What classifying needs to know of an answer."""

    role: FetchRole
    asked_url: str
    final_url: str
    http_status: int
    content_type: str | None
    retry_after: str | None
    payload: bytes
    payload_sha256: str
    may_be_empty: bool = False
    """True for later list pages: some servers answer those beyond the end with nothing."""
    content_encoding: str | None = None
    file_name: str | None = None
    """Of a file: what the host calls it, else the page that offers it."""


def classify(
    seen: Seen, landing_pages: Mapping[str, str], list_addresses: Container[str] = frozenset()
) -> tuple[FetchState, str | None]:
    """State of an answer, and why when it is not content.

    Args:
        seen: the answer.
        landing_pages: sha-256 -> address of this portal's list pages, and of pages that were found to stand in place
            of others.
        list_addresses: addresses of its list pages.
    """
    early = _by_status(seen) or _by_packing(seen)
    if early is not None:
        return early
    if not seen.payload.strip():
        return (FetchState.CONTENT, "empty answer") if seen.may_be_empty else (FetchState.THROTTLED, "empty answer")
    if not _is_text(seen.payload):
        return _binary(seen)
    return _text(seen, decode(seen.payload, seen.content_type), landing_pages, list_addresses)


def classify_robots(seen: Seen) -> tuple[FetchState, str | None]:
    """State of a robots.txt: `gone` means that there is none, so all may be asked.

    RFC 9309, 2.3.1.3, takes any 4xx for that. A host that refuses us its rules is taken to refuse the rest as well.
    """
    by_status = _by_status(seen)
    if by_status is not None and by_status[0] is FetchState.GONE:
        return FetchState.GONE, f"HTTP {seen.http_status}: no robots.txt"
    if by_status is not None:
        return by_status
    if HTML_START.match(seen.payload[:1000]):
        text = decode(seen.payload, seen.content_type)
        if len(seen.payload) < SHORT_BYTES and CHALLENGE.search(text):
            return FetchState.BLOCKED_JS, "script challenge"
        if _asks_for_captcha(seen, text):
            return FetchState.BLOCKED_CAPTCHA, "asks for a captcha"
        return FetchState.SOFT_404, "an HTML page: no robots.txt"
    return FetchState.CONTENT, None


def retry_after_seconds(retry_after: str | None, date: str | None) -> int | None:
    """How long a host asks to be left alone (RFC 9110, 10.2.3); None when it does not say, a month at most.

    A point in time is counted from the host's own `Date`: its clock may be wrong by years.
    """
    if not retry_after:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        seconds = int(retry_after.strip()[:9])
    else:
        try:
            seconds = int((parsedate_to_datetime(retry_after) - parsedate_to_datetime(date or "")).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0), LONGEST_RETRY_SECONDS)


def _by_status(seen: Seen) -> tuple[FetchState, str | None] | None:  # noqa: PLR0911 - tests in their order
    status = seen.http_status
    if status == 304:
        return FetchState.NOT_MODIFIED, None
    if status == 206:
        return FetchState.UNREACHABLE, "HTTP 206: a part of what was asked for"
    if status in STATUS_STATES:
        state, why = STATUS_STATES[status]
        return state, f"HTTP {status}: {why}"
    if status in (202, 400) and CHALLENGE.search(seen.payload[:100_000].decode("latin-1")):
        return FetchState.BLOCKED_JS, f"HTTP {status}: script challenge"
    if status == 503 and seen.retry_after:
        return FetchState.THROTTLED, f"HTTP 503: asks to come back after {seen.retry_after[:40]}"
    if 400 <= status < 500:
        return FetchState.GONE, f"HTTP {status}"
    if status >= 500:
        return FetchState.UNREACHABLE, f"HTTP {status}"
    if 300 <= status < 400:
        return FetchState.GONE, f"HTTP {status} without an address to go on to"
    return None


def _by_packing(seen: Seen) -> tuple[FetchState, str | None] | None:
    """What is packed in a way nobody asked for; some servers only say so of what is not packed at all."""
    packings = {name.strip().lower() for name in (seen.content_encoding or "").split(",")} & UNDONE_PACKINGS
    if not packings or _is_document(seen.payload) or seen.payload.lstrip()[:1] in (b"<", b"{", b"["):
        return None
    return FetchState.WRONG_TYPE, f"packed as {', '.join(sorted(packings))}, which was not asked for"


def _is_document(payload: bytes) -> bool:
    is_pdf = PDF_MAGIC in payload[:PDF_MAGIC_BYTES] and HTML_START.match(payload[:PDF_MAGIC_BYTES]) is None
    return is_pdf or payload.startswith(DOCUMENT_MAGIC)


def _magic(payload: bytes) -> bytes | None:
    """What the bytes of a picture, an archive or a program begin with."""
    found = next((magic for magic in (*PICTURE_MAGIC, *OTHER_MAGIC) if payload.startswith(magic)), None)
    # two letters may begin a text as well
    return None if found in (b"BM", b"MZ", b"RIFF") and b"\x00" not in payload[:4096] else found


def _is_text(payload: bytes) -> bool:
    head = payload[:4096]
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return is_utf16 or not (_is_document(payload) or _magic(payload) or b"\x00" in head)


def _binary(seen: Seen) -> tuple[FetchState, str | None]:
    magic = _magic(seen.payload)
    what = (PICTURE_MAGIC | OTHER_MAGIC)[magic] if magic else "unknown bytes"
    if seen.role is FetchRole.LIST:
        return FetchState.WRONG_TYPE, "a file instead of a list page"
    if seen.role is FetchRole.PAGE and not _is_document(seen.payload):
        return FetchState.WRONG_TYPE, f"{what} instead of a page"
    if seen.role is FetchRole.ATTACHMENT and not _is_document(seen.payload) and magic in (None, PROGRAM):
        return FetchState.WRONG_TYPE, f"{what} instead of a document"
    return FetchState.CONTENT, None


def _text(  # noqa: PLR0911 - tests in their order
    seen: Seen, text: str, landing_pages: Mapping[str, str], list_addresses: Container[str]
) -> tuple[FetchState, str | None]:
    is_html = HTML_START.match(seen.payload[:1000]) is not None
    if len(seen.payload) < SHORT_BYTES:
        if CHALLENGE.search(text):
            return FetchState.BLOCKED_JS, "script challenge"
        if LEADS_BACK.search(text):
            return FetchState.SOFT_404, "a page that only says something and leads back"
        if is_html and SHELL_WORDS.search(text):
            return FetchState.SHELL, "a page that only leads on"
    instead = _by_title(seen, text) or _in_place(seen, landing_pages, list_addresses)
    if instead is not None and not has_report_tables(text):
        return instead
    if seen.role is FetchRole.PICTURE:
        return FetchState.WRONG_TYPE, "text instead of a picture"
    is_file = seen.role is FetchRole.ATTACHMENT and not has_report_tables(text)
    if is_file and (is_html or not _is_text_file(seen)):
        return FetchState.WRONG_TYPE, f"{'a page' if is_html else 'text'} instead of an attachment"
    if seen.role is FetchRole.PAGE and not has_report_tables(text):
        return _no_report(text) or (FetchState.CONTENT, None)
    return FetchState.CONTENT, None


def _no_report(text: str) -> tuple[FetchState, str] | None:
    """What a report's address gave that can be none: data, as an error of an interface, or a few words saying so."""
    if JSON_START.match(text):
        return FetchState.WRONG_TYPE, "JSON instead of a page"
    if len(text) < NOTICE_BYTES and MISSING_TEXT.search(text) and not REPORT.search(text):
        shown = shown_text(text)
        if len(shown) <= MISSING_CHARACTERS and MISSING_TEXT.search(shown):
            return FetchState.SOFT_404, f"a page that only says {shown[:60]!r}"
    return None


def _by_title(seen: Seen, text: str) -> tuple[FetchState, str | None] | None:
    """What a page calls itself when it is none, or asks for."""
    title = head_title(text)
    if _asks_for_captcha(seen, text):
        return FetchState.BLOCKED_CAPTCHA, "asks for a captcha"
    if MISSING_TITLE.search(title) and not names_report_of_year(title):
        return FetchState.SOFT_404, f"the page is called {title[:60]!r}"
    return None


def _asks_for_captcha(seen: Seen, text: str) -> bool:
    if CAPTCHA_TITLE.search(head_title(text)):
        return True
    if len(seen.payload) >= NOTICE_BYTES or not CAPTCHA.search(text):
        return False
    return len(shown_text(text)) <= CAPTCHA_CHARACTERS and not REPORT.search(text)


def _in_place(
    seen: Seen, landing_pages: Mapping[str, str], list_addresses: Container[str]
) -> tuple[FetchState, str | None] | None:
    """Which other page of the portal stands in place of the one that was asked for."""
    if is_home(seen.final_url) and not is_home(seen.asked_url):
        return FetchState.SOFT_404, "redirected to the home page"
    if seen.role not in REPORT_ROLES:
        return None
    if seen.final_url != seen.asked_url and seen.final_url in list_addresses:
        return FetchState.SOFT_404, f"redirected to the list {seen.final_url}"
    landing_page = landing_pages.get(seen.payload_sha256, seen.asked_url)
    if landing_page != seen.asked_url:
        return FetchState.SOFT_404, f"the same bytes as {landing_page}"
    return None


def _is_text_file(seen: Seen) -> bool:
    """Whether the address of an attachment, or its name, ends like that of a text."""
    names = (urlsplit(seen.asked_url).path, urlsplit(seen.final_url).path, seen.file_name or "")
    return any(TEXT_FILE.search(name) is not None for name in names)


def is_home(url: str) -> bool:
    """Whether an address is that of a host's home page."""
    parts = urlsplit(url)
    return HOME_PATH.fullmatch(parts.path) is not None and not parts.query
