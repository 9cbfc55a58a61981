"""Pages that only lead on, by meta refresh, script, frame or as a jump page; they are followed on their host only."""

from __future__ import annotations

import re

from flows.portals.addresses import AddressError, canonical, host_of
from flows.portals.families.anchors import NO_ADDRESS
from flows.portals.pages import Page

REFRESH = re.compile(r"http-equiv\s*=\s*[\"']?refresh[^>]*?url\s*=\s*[\"']?([^\"'>\s]+)", re.I)
JUMP = re.compile(
    r"(?:window\.|top\.|self\.|document\.)?location(?:\.href)?\s*(?:=|\.(?:replace|assign)\()\s*([\"'])([^\"']+)\1\s*[;)}<\n]"
)
OTHER_FRAMES = re.compile(r"visitcount|login|tree\.jsp|share|footer|header|weather|about:blank", re.I)
JUMP_PAGE = re.compile(r"/(?:jump|jumpkey|redirect_firstChannel)\.s?html?$")
COLUMN_PATH = re.compile(r"/(?:[\w-]+\.s?html?)?$")
CHARACTERS = 200_000
"""How much of a page is looked through for an address to go on to."""


def shell_target(text: str, page_url: str) -> str | None:
    """Where a shell (meta refresh, or a script with one literal address) leads; None when off its host or unclear."""
    text = text[:CHARACTERS]
    found = REFRESH.search(text)
    jumps = {match.group(2) for match in JUMP.finditer(text)}
    href = found.group(1) if found else jumps.pop() if len(jumps) == 1 else None
    return _same_host(href, page_url) if href else None


def inner_address(page: Page) -> str | None:
    """Where the rows are of a column page that has none: in a frame, or behind a jump page. None when unclear.

    A jump page without a literal address leads to the first column that it links to.
    """
    for frame in page.tree.css("iframe[src], frame[src]")[:50]:
        href = frame.attributes.get("src") or ""
        target = None if OTHER_FRAMES.search(href) else _same_host(href, page.url)
        if target:
            return target
    if not JUMP_PAGE.search(page.url.partition("?")[0]):
        return None
    target = shell_target(page.text, page.url)
    links = (link.attributes.get("href") or "" for link in page.tree.css("a[href]")[:200])
    columns = (_same_host(href, page.url) for href in links if not href.strip().startswith(NO_ADDRESS))
    return target or next((url for url in columns if url and COLUMN_PATH.search(url.partition("?")[0])), None)


def _same_host(href: str, page_url: str) -> str | None:
    try:
        target = canonical(href, page_url)
    except AddressError:
        return None
    return target if host_of(target) == host_of(page_url) and target != page_url else None
