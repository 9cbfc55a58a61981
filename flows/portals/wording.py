"""Whether a page that answers with other bytes than before says anything else."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from flows.portals.detail import attachments
from flows.portals.metadata import container
from flows.portals.pages import BLANK, Page, decode

UNREAD = ["script", "style", "noscript", "template"]
COUNTER = re.compile(r"(?:浏览|点击|阅读|访问|查看)(?:次数|人次|量|数)?[:：]?\d+次?")
"""How often a page was looked at, which is another number at every visit."""
FILES_COMPARED = 100


def says_otherwise(before: bytes, after: bytes, url: str, content_type: str | None) -> bool:
    """Whether the text of an article, or the files that it offers, are others. Of other files than pages: always."""
    if b"\0" in before or b"\0" in after or after.startswith(b"%PDF"):
        return before != after
    then, now = (Page(url, decode(payload, content_type)) for payload in (before, after))
    return _said(then) != _said(now)


def _said(page: Page) -> tuple[str, set[str]]:
    text = COUNTER.sub("", BLANK.sub("", _article(page)))
    return text, {file.url for file in attachments(page, FILES_COMPARED)}


def _article(page: Page) -> str:
    """The text of the known container, unless the report's tables lie outside it."""
    node = container(page)
    html = (node.html if node is not None else None) or page.text
    if page.has_report_tables and not Page(page.url, html).has_report_tables:
        html = page.text
    tree = LexborHTMLParser(html)
    tree.strip_tags(UNREAD)
    return tree.root.text(deep=True) if tree.root is not None else ""
