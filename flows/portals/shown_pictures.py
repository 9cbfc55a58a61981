"""Pictures that the text of a detail page shows: a report may be a row of them, one a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flows.portals.addresses import AddressError, canonical
from flows.portals.detail import EXTENSION
from flows.portals.metadata import container, detail_words
from flows.portals.pages import Page

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

STATED_SIDE_LEAST = 200
"""A picture whose page states a shorter side is an icon, a rule or a code."""
SIDE = re.compile(r"^\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*$", re.I)


def shown_pictures(page: Page) -> list[str]:
    """Addresses of the pictures in the text of a page that may be pages of a report, each once, in the page's order.

    A small picture that leads to a large one stands for it. Only the known containers of a text count, so that what
    stands beside an article is never taken for it; ornaments are left out by their address and their stated size.
    """
    text = container(page)
    found: dict[str, None] = {}
    for node in text.css("img") if text is not None else ():
        address = _large_one(page, node) or _own(page, node)
        if address is not None and _may_be_page(address):
            found[address] = None
    return list(found)


def is_picture(url: str) -> bool:
    """Whether an address is that of a picture, by its ending."""
    ending = EXTENSION.search(urlsplit(url).path)
    return ending is not None and ending[1].lower() in detail_words().picture_extensions


def _may_be_page(url: str) -> bool:
    """Whether neither the name of a file nor its kind says that it is an ornament."""
    path = urlsplit(url).path
    other_kind = EXTENSION.search(path) is not None and not is_picture(url)
    return not other_kind and detail_words().ornaments.search(path) is None


def _large_one(page: Page, node: LexborNode) -> str | None:
    """The picture that a link around a small one leads to."""
    link = node.parent
    if link is None or link.tag != "a":
        return None
    address = _address(page, link.attributes.get("href"))
    return address if address is not None and is_picture(address) else None


def _own(page: Page, node: LexborNode) -> str | None:
    attributes = node.attributes
    sides = [SIDE.match(attributes.get(side) or "") for side in ("width", "height")]
    if any(side is not None and int(side[1]) < STATED_SIDE_LEAST for side in sides):
        return None
    sources = (_address(page, attributes.get(name)) for name in detail_words().picture_sources)
    return next((address for address in sources if address is not None), None)


def _address(page: Page, link: str | None) -> str | None:
    if not link or link.lstrip().lower().startswith(("data:", "javascript:")):
        return None
    try:
        return canonical(page.join(link), page.url)
    except AddressError:
        return None
