"""Attachments of a detail page: their addresses and the names that people gave them."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from flows.portals.addresses import AddressError, canonical
from flows.portals.metadata import container, detail_words
from flows.portals.pages import Page, squeeze

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

EXTENSION = re.compile(r"\.([a-z]{2,4})$", re.I)
EMPTY_NAMES = re.compile(
    r"^(?:点击|点此|请|在线)?(?:此处|这里)?(?:下载|查看|浏览|打开|阅读|附件)+(?:附件|文件|全文|此处)?$"
)
SOURCES = (("a", "href"), ("iframe", "src"), ("embed", "src"), ("object", "data"), ("[data-value]", "data-value"))
LINKS_READ = 5000
NAME_LENGTH = 300
REPORT_WORDS = re.compile(r"信息公开|年度报告|年报")


@dataclasses.dataclass(frozen=True, slots=True)
class Attachment:
    """One file that a page offers."""

    url: str
    name: str
    """What people see: the link's alt, title or text, else the file's own name."""


def attachments(page: Page, limit: int) -> list[Attachment]:
    """Files that a page links to or shows, at most `limit`: those named like a report first, then those in its text.

    Links in which a viewer shows a file (`viewer.html?file=`) are taken for the file.
    """
    found = _files(page, page.tree)
    own = files_of_text(page)
    ranked = sorted(found.values(), key=lambda one: (REPORT_WORDS.search(one.name) is None, one.url not in own))
    return ranked[:limit]


def files_of_text(page: Page) -> dict[str, Attachment]:
    """The files that stand in the known container of an article's text, by address."""
    text = container(page)
    return _files(page, text) if text is not None else {}


def _files(page: Page, part: LexborHTMLParser | LexborNode) -> dict[str, Attachment]:
    found: dict[str, Attachment] = {}
    for selector, attribute in SOURCES:
        for node in part.css(f"{selector}[{attribute}]" if selector.isalpha() else selector)[:LINKS_READ]:
            url = _file_url(page, node.attributes.get(attribute) or "")
            if url is not None and url not in found:
                found[url] = Attachment(url, _name(node, url))
    return found


def _file_url(page: Page, link: str) -> str | None:
    told = detail_words()
    try:
        url = canonical(page.join(link), page.url)
        query = parse_qs(urlsplit(url).query)
        if "viewer" in url and "file" in query:
            url = canonical(page.join(query["file"][0]), page.url)
            query = parse_qs(urlsplit(url).query)
    except (AddressError, ValueError):
        return None
    values = (value for key in told.file_parameters for value in query.get(key, ()))
    extensions = [found[1].lower() for name in (urlsplit(url).path, *values) if (found := EXTENSION.search(name))]
    is_file = any(extension in told.extensions for extension in extensions) or told.downloads.search(url) is not None
    return url if is_file and url != page.url else None


def _name(node: LexborNode, url: str) -> str:
    attributes = node.attributes
    for text in (attributes.get("alt"), attributes.get("title"), node.text(deep=True)):
        name = squeeze(text or "")
        if name and not EMPTY_NAMES.match(name):
            return name[:NAME_LENGTH]
    return urlsplit(url).path.rsplit("/", 1)[-1]
