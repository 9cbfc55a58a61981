"""What simulated portals publish: columns of one family with made-up reports, each portal with a habit of its own."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import yaml

COLUMN = "/nb/"
ROWS_A_PAGE = 10
FIRST_YEAR = 1000
"""Reports are about made-up years, so that any number of them has titles of its own."""
REFUSERS = {
    "js_412": "blocked_js",
    "js_521": "blocked_js",
    "slider": "blocked_captcha",
    "robots": "robots_disallowed",
}
"""Habits of portals that never give anything, and the state of their column."""
HABITS = ("plain", "plain", "gbk", "latin", "no_validators", "first_page_again", "clock_ahead", "clock_behind")
"""Charset not declared, declared wrongly; no ETag; page N+1 is page 1; a clock that is years off."""


@dataclasses.dataclass(frozen=True)
class SimulatedPortal:
    """One column on one host."""

    number: int
    address: str
    """IP address on loopback."""
    port: int
    habit: str
    reports: int
    gone: frozenset[int]
    """Reports whose page is missing, by number."""
    soft_gone: frozenset[int]
    """Reports whose page says with status 200 that it is missing."""

    @property
    def host(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def column_url(self) -> str:
        return f"http://{self.host}{COLUMN}"

    @property
    def never_gives(self) -> bool:
        return self.habit in REFUSERS

    def path(self, report: int) -> str:
        """Path of a report's page."""
        return f"{COLUMN}202503/t20250301_{report}.html"

    def expected_states(self) -> dict[str, str]:
        """State in which each report must end, by URL, once nothing but the portal's habit is in the way."""
        if self.never_gives:
            return {}
        return {f"http://{self.host}{self.path(report)}": self._state(report) for report in range(self.reports)}

    def _state(self, report: int) -> str:
        return "gone" if report in self.gone else "soft_404" if report in self.soft_gone else "content"

    @cached_property
    def pages(self) -> dict[str, bytes | None]:
        """Body of each path; None where the page is missing."""
        count = -(-self.reports // ROWS_A_PAGE)
        found: dict[str, bytes | None] = {}
        for number in range(count):
            path = COLUMN if number == 0 else f"{COLUMN}index_{number}.html"
            found[path] = self._list_page(number, count)
        if self.habit == "first_page_again":
            found[f"{COLUMN}index_{count}.html"] = found[COLUMN]
        for report in range(self.reports):
            found[self.path(report)] = self._report_page(report)
        return found

    def digests(self) -> dict[str, str]:
        """sha-256 of each report's page that has content, by URL."""
        return {
            url: hashlib.sha256(self.pages[url.removeprefix(f"http://{self.host}")] or b"").hexdigest()
            for url, state in self.expected_states().items()
            if state == "content"
        }

    def write_registration(self, folder: Path) -> None:
        """Register the portal."""
        about = {
            "name": f"示例{self.number}政府信息公开年报",
            "family": "trs",
            "column_url": self.column_url,
            "division": {"code": "990100", "name": "示例市", "level": "city"},
            "body": {"name": f"示例市第{self.number}局", "kind": "department"},
            "verified": True,
            "seen": None,
        }
        (folder / f"sim-{self.number:04d}.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")

    def _list_page(self, number: int, count: int) -> bytes:
        rows = "".join(
            f'<li><a href="{self.path(report)}" title="{self._title(report)}">{self._title(report)}</a>'
            "<span>2025-03-01</span></li>"
            for report in range(number * ROWS_A_PAGE, min((number + 1) * ROWS_A_PAGE, self.reports))
        )
        # a portal that gives page 1 for every page also says that there is one page more than there is
        said = count + (self.habit == "first_page_again")
        script = f'<script>createPageHTML({said}, {number}, "index", "html");</script>'
        return self._encoded(f"<ul>{rows}</ul>{script}")

    def _report_page(self, report: int) -> bytes | None:
        if report in self.gone:
            return None
        if report in self.soft_gone:
            return self._encoded("", title="404 页面不存在")
        paragraphs = "".join(f"<p>第{part}段，第{self.number}局第{report}号。</p>" for part in range(60))
        heads = "<table><tr><td>第二十条第（一）项</td><td>本年新收政府信息公开申请数量</td></tr></table>"
        return self._encoded(f"<h1>{self._title(report)}</h1>{paragraphs}{heads}", title=self._title(report))

    def _title(self, report: int) -> str:
        return f"示例市第{self.number}局{2000 + report % 25}年政府信息公开工作年度报告（{report}）"

    def _encoded(self, body: str, title: str = "示例") -> bytes:
        declared = '<meta charset="iso-8859-1">' if self.habit == "latin" else ""
        filler = "<!-- -->" * 200
        text = f"<!DOCTYPE html><html><head>{declared}<title>{title}</title></head><body>{body}{filler}</body></html>"
        return text.encode("gbk" if self.habit == "gbk" else "utf-8")


def simulated(
    count: int, reports: int, seed: int, port: int, *, are_all_plain: bool = False
) -> list[SimulatedPortal]:
    """Portals with habits drawn by a seed; every tenth never gives anything."""
    draw = random.Random(seed)
    portals = []
    for number, address in zip(range(count), loopback_addresses(), strict=False):
        refusers = sorted(REFUSERS)
        habit = refusers[number // 10 % len(refusers)] if number % 10 == 9 else draw.choice(HABITS)
        missing = draw.sample(range(reports), k=min(reports, 2 * (reports // 10)))
        half = len(missing) // 2
        portals.append(
            SimulatedPortal(
                number,
                address,
                port,
                "plain" if are_all_plain else habit,
                reports,
                frozenset() if are_all_plain else frozenset(missing[:half]),
                frozenset() if are_all_plain else frozenset(missing[half:]),
            )
        )
    return portals


def loopback_addresses() -> Iterator[str]:
    """Addresses of this machine (127.0.0.0/8 on Linux), one a host."""
    for third in range(1, 256):
        for fourth in range(1, 255):
            yield f"127.1.{third}.{fourth}"
