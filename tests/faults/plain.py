"""A simulated portal without habits, for measurements: a column of one family whose pages are all alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property

from tests.faults.portals import Published, SimulatedPortal, report_body

COLUMN = "/nb/"
ROWS_A_PAGE = 10


@dataclasses.dataclass
class PlainPortal(SimulatedPortal):
    """A TRS column in its simplest form."""

    @property
    def family(self) -> str:
        return "trs"

    @property
    def column(self) -> str:
        return COLUMN

    @cached_property
    def pages(self) -> dict[str, bytes]:
        """Body of each path."""
        count = -(-self.reports // ROWS_A_PAGE)
        lists = {
            COLUMN if number == 0 else f"{COLUMN}index_{number}.html": self._list_page(number, count)
            for number in range(count)
        }
        return lists | {self._path(report): self._report_page(report) for report in range(self.reports)}

    def answer(self, path: str, fields: Mapping[str, str]) -> Published | None:
        body = self.pages.get(path)
        return None if body is None else Published(body)

    def _path(self, report: int) -> str:
        return f"{COLUMN}202503/t20250301_{report}.html"

    def _list_page(self, number: int, count: int) -> bytes:
        rows = "".join(
            f'<li><a href="{self._path(report)}" title="{self.title(report)}">{self.title(report)}</a>'
            "<span>2025-03-01</span></li>"
            for report in range(number * ROWS_A_PAGE, min((number + 1) * ROWS_A_PAGE, self.reports))
        )
        script = f'<script>createPageHTML({count}, {number}, "index", "html");</script>'
        return self._page(f"<ul>{rows}</ul>{script}", "示例")

    def _report_page(self, report: int) -> bytes:
        return self._page(f"<h1>{self.title(report)}</h1>{report_body(self.number, report)}", self.title(report))

    def _page(self, body: str, title: str) -> bytes:
        filler = "<!-- -->" * 200
        text = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}{filler}</body></html>"
        return text.encode()
