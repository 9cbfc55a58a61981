"""Pages that only lead on, by meta refresh, script, frame or as a jump page; they are followed on their host only."""

from __future__ import annotations

import html
import re

from flows.portals.addresses import AddressError, canonical, host_of
from flows.portals.families.anchors import NO_ADDRESS
from flows.portals.pages import Page

META = re.compile(r"<meta\b[^<>]{0,800}>", re.I)
REFRESH = re.compile(r"http-equiv\s*=\s*[\"']?\s*refresh", re.I)
REFRESH_TO = re.compile(r"content\s*=\s*[\"']?\s*(\d{0,4})[\d.]*\s*[;,]?\s*url\s*=\s*[\"']?([^\"'<>\s]+)", re.I)
LONGEST_WAIT_SECONDS = 30
"""A page that refreshes itself later than this is one to be read."""
JUMP = re.compile(
    r"\blocation(?:\.href)?\s*(?:=|\.(?:replace|assign)\()\s*\\?([\"'])([^\"'\\<>]{1,1000})\\?\1\s*(?:[;)}<\n\"'\\]|$)"
)
OTHER_FRAMES = re.compile(r"visitcount|login|tree\.jsp|share|footer|header|weather|about:blank", re.I)
JUMP_PAGE = re.compile(r"/(?:jump|jumpkey|redirect_firstChannel)\.s?html?$")
COLUMN_PATH = re.compile(r"/(?:[\w-]+\.s?html?)?$")
CHARACTERS = 200_000
"""How much of a page is looked through for an address to go on to."""
FRAMES = 3
"""Frames of a page that are looked into: a frameset has a head, a menu and the rows."""
FEW_WORDS = 200
"""Characters to be read on a page that only leads on, at most."""


def shell_target(text: str, page_url: str) -> str | None:
    """Where a shell (meta refresh, or a script with one literal address) leads; None when off its host or unclear."""
    page = Page(page_url, text[:CHARACTERS])
    return refresh_target(page) or _script_target(page)


def refresh_target(page: Page) -> str | None:
    """Where a page's meta refresh leads, on its host; None without one or when it is not meant at once."""
    for tag in META.findall(_uncommented(page.text[:CHARACTERS])):
        found = REFRESH_TO.search(html.unescape(tag)) if REFRESH.search(tag) else None
        if found and int(found[1] or 0) <= LONGEST_WAIT_SECONDS:
            return _same_host(found[2], page)
    return None


def inner_addresses(page: Page) -> list[str]:
    """Where the rows may be of a column page that has none: in its first frames, else where it leads on.

    A jump page without a literal address leads to the first column that it links to. Empty when it is unclear.
    """
    hrefs = (frame.attributes.get("src") or "" for frame in page.tree.css("iframe[src], frame[src]")[:50])
    framed = [url for href in hrefs if not OTHER_FRAMES.search(href) and (url := _same_host(href, page))]
    target = None if framed else _leads_to(page)
    return [target] if target else list(dict.fromkeys(framed))[:FRAMES]


def _leads_to(page: Page) -> str | None:
    refreshed = refresh_target(page)
    is_jump_page = JUMP_PAGE.search(page.url.partition("?")[0]) is not None
    if refreshed or not (is_jump_page or _has_few_words(page)):
        return refreshed
    links = (link.attributes.get("href") or "" for link in page.tree.css("a[href]")[:200] if is_jump_page)
    columns = (_same_host(href, page) for href in links if not href.strip().startswith(NO_ADDRESS))
    first = next((url for url in columns if url and COLUMN_PATH.search(url.partition("?")[0])), None)
    return _script_target(page) or first


def _script_target(page: Page) -> str | None:
    jumps = {match[2] for match in JUMP.finditer(page.text[:CHARACTERS])}
    return _same_host(jumps.pop(), page) if len(jumps) == 1 else None


def _uncommented(text: str) -> str:
    """A text without its comments; one that has no end is left. A pattern would look for that end from each begin."""
    kept, at = [], 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin)) >= 0:
        kept.append(text[at:begin])
        at = end + len("-->")
    return "".join(kept) + text[at:]


def _has_few_words(page: Page) -> bool:
    body = page.tree.body
    unread = sum(len(node.text(deep=True)) for node in page.tree.css("body script, body style"))
    return body is None or len(body.text(deep=True)) - unread <= FEW_WORDS


def _same_host(href: str, page: Page) -> str | None:
    try:
        target = canonical(page.join(href), page.url)
    except AddressError:
        return None
    return target if host_of(target) == host_of(page.url) and target != page.url else None
