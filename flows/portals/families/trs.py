"""TRS WCM, static pages: `/tYYYYMMDD_ID.html` below `YYYYMM/`, `createPageHTML(n, 0, "index", "html")`."""

from __future__ import annotations

import re
from typing import ClassVar

from flows.portals.families.static_pages import StaticListing
from flows.portals.pages import Page

MARKS = (
    re.compile(r"(?:^|[/\"'])t20\d{6}_\d+\.s?html?"),
    re.compile(r"createPageHTML\s*\(|var\s+countPage\s*=|pagination_script_config"),
    re.compile(r"TRS_Editor|trs_editor_view|TRS_UEDITOR|CurrChnlCls"),
    re.compile(r"[/\"'][WP]020\d{12,}"),
)


class TrsListing(StaticListing):
    """A column of TRS WCM; two of its marks are needed."""

    family: ClassVar[str] = "trs"
    article: ClassVar[re.Pattern[str]] = re.compile(r"(?:^|/)t20\d{6}_\d+\.s?html?(?:$|[?#])")

    second_numbers: ClassVar[tuple[int, ...]] = (1, 2)

    @staticmethod
    def recognises(page: Page) -> bool:
        """Two of: article names, paging script, editor classes, attachment names."""
        return sum(mark.search(page.text) is not None for mark in MARKS) >= 2
