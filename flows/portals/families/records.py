"""Rows in the CDATA blocks of a `<datastore>`, as Hanweb and TRUECMS send them.

Read with patterns, not as XML: what is sent is seldom well formed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from flows.portals.families.anchors import anchor_rows
from flows.portals.families.rows import Row
from flows.portals.pages import Page

BARE = re.compile(r"<record>(?!\s*<!\[CDATA\[)(.{1,4000}?)</record>", re.S)


def records(text: str) -> Iterator[tuple[bool, str]]:
    """CDATA blocks in their order, and whether each is the link to the next group."""
    for before, after in pairwise(text.split("<![CDATA[")):
        block, end, _ = after.partition("]]>")
        if end:
            yield before.rstrip().endswith("<nextgroup>"), block


def row_records(text: str) -> list[str]:
    """The records that hold a row, as HTML: as many as the portal counts, however many links are in each."""
    blocks = [block for is_group, block in records(text) if not is_group and "<a" in block]
    return blocks or [match[1] for match in BARE.finditer(text)]


def record_rows(page: Page, article: re.Pattern[str]) -> list[Row]:
    """Rows of the records of a page; none when it has no records."""
    blocks = row_records(page.text)
    joined = "".join(f"<div>{block}</div>" for block in blocks)
    return anchor_rows(page.part(joined), article) if blocks else []
