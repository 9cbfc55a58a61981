"""What simulated portals publish: a column of some family with made-up reports, each with a habit of its own."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import random
from abc import ABC, abstractmethod
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qsl

import yaml

from flows.sample.index import SamplePortal, family_portals
from flows.sample.sites.articles import Article, Attachment
from flows.sample.sites.column import Column
from flows.sample.sites.platform import FAMILIES

REFUSERS = {
    "js_412": "blocked_js",
    "js_521": "blocked_js",
    "slider": "blocked_captcha",
    "robots": "robots_disallowed",
}
"""Habits of portals that never give anything, and the state of their column."""
HABITS = ("plain", "plain", "gbk", "latin", "no_validators", "clock_ahead", "clock_behind")
"""Charset not declared, declared wrongly; no ETag; a clock that is years off."""
INSTEAD = ("a page called 404", "the home page", "a redirect home", "the list", "a redirect to the list", "an alert")
"""What stands, never with a 404, in place of a report that is not there."""
HTML = "text/html"
CHARSET = '<meta charset="utf-8">'
STRIDE = 7
"""Through the shapes of the families, so that a few portals are of many of them."""
FIRST_DAY = dt.date(2025, 1, 1)


@dataclasses.dataclass(frozen=True)
class Published:
    """What a portal answers at an address."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    location: str = ""


@dataclasses.dataclass
class SimulatedPortal(ABC):
    """One column on one host."""

    number: int
    address: str
    """IP address on loopback."""
    port: int
    reports: int
    habit: str = "plain"

    @property
    @abstractmethod
    def family(self) -> str:
        """Its family in the registry."""

    @property
    @abstractmethod
    def column(self) -> str:
        """Path of its column."""

    @abstractmethod
    def answer(self, path: str, fields: Mapping[str, str]) -> Published | None:
        """What it publishes at a path for the fields of a query, a form or JSON; None: nothing."""

    @property
    def portal_id(self) -> str:
        return f"sim-{self.number:04d}"

    @property
    def host(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def column_url(self) -> str:
        return f"http://{self.host}{self.column}"

    @property
    def never_gives(self) -> bool:
        return self.habit in REFUSERS

    def title(self, report: int) -> str:
        return f"示例市第{self.number}局{2000 + report % 25}年政府信息公开工作年度报告（{report}）"

    def write_registration(self, folder: Path) -> None:
        """Register the portal."""
        about = {
            "name": f"示例{self.number}政府信息公开年报",
            "family": self.family,
            "column_url": self.column_url,
            "division": {"code": "990100", "name": "示例市", "level": "city"},
            "body": {"name": f"示例市第{self.number}局", "kind": "department"},
            "verified": True,
            "seen": None,
        }
        (folder / f"{self.portal_id}.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")


@dataclasses.dataclass
class FamilyPortal(SimulatedPortal):
    """A column of any family, as the sample portals have it, which changes once."""

    shape: SamplePortal = dataclasses.field(kw_only=True)
    """Family, dialect and path of the column."""
    gone: frozenset[int] = frozenset()
    """Reports whose page is missing, by number."""
    instead: Mapping[int, str] = dataclasses.field(default_factory=dict)
    """Reports in whose place something else is answered (`INSTEAD`), by number."""
    attached: frozenset[int] = frozenset()
    """Reports that are a file beside their page."""
    changed: frozenset[int] = frozenset()
    """Reports that say something else after the change."""
    withdrawn: frozenset[int] = frozenset()
    """Reports that the change takes from the list, and their pages with them."""
    age: int = 0
    """0 before the change, 1 after it, when there is one report more."""

    def __post_init__(self) -> None:
        kind = FAMILIES[self.shape.family]
        self._articles: dict[int, Article] = {}
        for report in range(self.reports + 1):
            self._articles[report] = self._article(report, {article.serial for article in self._articles.values()})
        self._columns: list[Column] = [
            kind(self.shape, [self._version(report, age) for report in self.listed(age)]) for age in (0, 1)
        ]
        self._report_at = {self._page_path(report): report for report in self._articles}

    @property
    def family(self) -> str:
        return self.shape.family

    @property
    def column(self) -> str:
        return self.shape.column

    def listed(self, age: int) -> list[int]:
        """Numbers of the reports that the list shows."""
        return [report for report in range(self.reports + age) if not (age and report in self.withdrawn)]

    def expected_states(self) -> dict[str, str]:
        """State in which each report must end, by URL, once nothing but the portal's habit is in the way."""
        if self.never_gives:
            return {}
        return {self._url(self._page_path(report)): self._state(report) for report in range(self.reports + self.age)}

    def digests(self, age: int) -> dict[str, str]:
        """sha-256 of each page and file of a report that has content, by URL."""
        found: dict[str, str] = {}
        for report in self.listed(age) if not self.never_gives else ():
            if report in self.gone or report in self.instead:
                continue
            paths = [self._page_path(report)]
            paths += [self._columns[age].attachment_path(self._articles[report])] if report in self.attached else []
            for path in paths:
                published = self._publish(path, {}, age)
                assert published is not None
                found[self._url(path)] = hashlib.sha256(published.body).hexdigest()
        return found

    def answer(self, path: str, fields: Mapping[str, str]) -> Published | None:
        if path == "/":
            return self._encoded("<h1>示例市人民政府</h1>" + "<p>今日要闻</p>" * 200, title="示例市人民政府")
        report = self._report_at.get(path)
        if report in self.gone or (self.age and report in self.withdrawn):
            return None
        kind = self.instead.get(report) if report is not None else None
        return self._publish(path, fields, self.age) if kind is None else self._in_place(kind)

    def _in_place(self, kind: str) -> Published | None:
        if kind == "a page called 404":
            return self._encoded("", title="404 页面不存在")
        if kind == "an alert":
            return Published("<script>alert('文章不存在！');history.back();</script>".encode())
        if kind.startswith("a redirect"):
            return Published(b"", status=302, location="/" if kind == "a redirect home" else self.column)
        if kind == "the home page":
            return self.answer("/", {})
        path, _, query = self.column.partition("?")
        return self._publish(path, dict(parse_qsl(query)), self.age)

    def _publish(self, path: str, fields: Mapping[str, str], age: int) -> Published | None:
        found = self._columns[age].answer(path, fields)
        if found is None or found.status != 200:
            return None
        if not found.content_type.startswith(HTML):
            return Published(found.body, found.content_type)
        return self._in_charset(found.body.decode())

    def _in_charset(self, text: str) -> Published:
        if self.habit == "gbk":
            return Published(text.replace(CHARSET, "").encode("gb18030"))
        if self.habit == "latin":
            return Published(text.replace(CHARSET, '<meta charset="iso-8859-1">').encode())
        return Published(text.encode())

    def _encoded(self, body: str, title: str) -> Published:
        head = f"<head>{CHARSET}<title>{title}</title></head>"
        return self._in_charset(f"<!DOCTYPE html><html>{head}<body>{body}{'<!-- -->' * 200}</body></html>")

    def _page_path(self, report: int) -> str:
        return self._columns[0].article_path(self._articles[report])

    def _url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def _state(self, report: int) -> str:
        if report in self.gone or (self.age and report in self.withdrawn):
            return "gone"
        return "soft_404" if report in self.instead else "content"

    def _article(self, report: int, taken: Container[int]) -> Article:
        """A report, under a key whose serial number is not taken on this portal."""
        file = Attachment("pdf", "application/pdf", lambda: _pdf(self.number, report))
        published_on = FIRST_DAY + dt.timedelta(days=report)
        for salt in range(100):
            article = Article(
                key=f"{self.number}/{report}/{salt}",
                title=self.title(report),
                published_on=published_on,
                changed_at=dt.datetime.combine(published_on, dt.time(), dt.UTC),
                source_name=f"示例市第{self.number}局",
                encoding="utf-8",
                body=lambda: "" if report in self.attached else report_body(self.number, report),
                attachment=file if report in self.attached else None,
            )
            if article.serial not in taken:
                return article
        raise AssertionError("no serial number is free")

    def _version(self, report: int, age: int) -> Article:
        article = self._articles[report]
        if not age or report not in self.changed:
            return article
        return dataclasses.replace(article, body=lambda: report_body(self.number, report, "（更正）"))


def _pdf(number: int, report: int) -> bytes:
    """A file that begins like a PDF, larger than what a host gives of an answer that never ends."""
    return f"%PDF-1.4 {number}/{report}\n".encode().ljust(2000, b"%")


def report_body(number: int, report: int, note: str = "") -> str:
    """Sixty paragraphs and the heads of the tables."""
    paragraphs = "".join(f"<p>第{part}段，第{number}局第{report}号{note}。</p>" for part in range(60))
    return f"{paragraphs}<table><tr><td>第二十条第（一）项</td><td>本年新收政府信息公开申请数量</td></tr></table>"


def simulated(count: int, reports: int, seed: int, port: int) -> list[FamilyPortal]:
    """Portals of all families in turn, with habits drawn by a seed; every tenth never gives anything."""
    draw = random.Random(seed)
    shapes = family_portals()
    portals = []
    for number, address in zip(range(count), loopback_addresses(), strict=False):
        refusers = sorted(REFUSERS)
        habit = refusers[number // 10 % len(refusers)] if number % 10 == 9 else draw.choice(HABITS)
        share = max(reports // 10, 1)
        drawn = draw.sample(range(reports), k=min(reports, 4 * share + 2))
        missing, replaced, rest = drawn[:share], drawn[share : 2 * share], drawn[2 * share :]
        portals.append(
            FamilyPortal(
                number,
                address,
                port,
                reports,
                habit,
                shape=shapes[number * STRIDE % len(shapes)].model_copy(update={"rows_per_page": 10}),
                gone=frozenset(missing),
                instead={report: INSTEAD[(number + nth) % len(INSTEAD)] for nth, report in enumerate(replaced)},
                withdrawn=frozenset(rest[:1]),
                changed=frozenset(rest[1:2]),
                attached=frozenset(rest[2:]),
            )
        )
    return portals


def loopback_addresses() -> Iterator[str]:
    """Addresses of this machine (127.0.0.0/8 on Linux), one a host."""
    for third in range(1, 256):
        for fourth in range(1, 255):
            yield f"127.1.{third}.{fourth}"
