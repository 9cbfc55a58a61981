"""Where lists end, in every family and dialect: the simulated portals without a network, also as they misbehave."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from flows.portals.families import FAMILIES
from flows.portals.families.listing import ListRequest
from flows.portals.pages import Page
from flows.portals.walk import Answered, Walk
from flows.sample.index import SamplePortal, family_portals
from flows.sample.sites.articles import Article
from flows.sample.sites.platform import FAMILIES as SITES

HOST = "http://h.gov.cn"
ROWS = 4
"""Rows of a list page."""
PORTALS = {portal.portal_id: portal.model_copy(update={"rows_per_page": ROWS}) for portal in family_portals()}
UNTOLD = {"family-hanweb-xxgk", "family-trs-was", "family-links", "family-vsb", "family-truecms"}
"""They neither count their rows nor their pages: only a page that is missed shows where they break off."""
NUMBERED = {"family-hanweb-xxgk", "family-trs-was"}
"""They are asked for the next number until nothing is there."""


def article(number: int) -> Article:
    published_on = dt.date(2025, 1, 1) + dt.timedelta(days=number)
    return Article(
        key=f"r{number}",
        title=f"示例{number}局2024年政府信息公开工作年度报告",
        published_on=published_on,
        changed_at=dt.datetime.combine(published_on, dt.time(), dt.UTC),
        source_name="示例",
        encoding="utf-8",
        body=lambda: "<p>示例</p>",
    )


class Site:
    """A simulated portal with so many rows, asked without a network.

    Args:
        portal: its family and dialect.
        rows: how many it lists.
        lasts: how many requests it answers truly; the next ones with `then`.
        then: what comes after them: nothing, the answer before again, or an empty one.
    """

    def __init__(self, portal: SamplePortal, rows: int, lasts: int = 10_000, then: str = "nothing") -> None:
        self.column = SITES[portal.family](portal, [article(number) for number in range(rows)])
        self.url = urljoin(HOST, portal.column)
        self.lasts, self.then = lasts, then
        self.asked: list[ListRequest] = []
        self._before = ""
        self.walk = Walk(FAMILIES[portal.family](self.url), self.ask, 50)

    def ask(self, request: ListRequest, number: int) -> Answered | None:
        self.asked.append(request)
        is_opening = number == 1
        if len(self.asked) > self.lasts and not is_opening:
            texts = {"nothing": None, "again": self._before, "empty": ""}
            text = texts[self.then]
        else:
            text = self._before = self.answer(request) or ""
        return Answered(Page(request.url, text), request.url) if text is not None else None

    def answer(self, request: ListRequest) -> str | None:
        parts = urlsplit(request.url)
        fields = dict(parse_qsl(parts.query)) | dict(request.form) | dict(request.headers)
        fields |= {name: str(value) for name, value in json.loads(request.json_body or "{}").items()}
        found = self.column.answer(parts.path, fields)
        return found.body.decode() if found is not None and found.status == 200 else None

    def titles(self) -> list[str]:
        text = self.answer(ListRequest(self.url))
        assert text is not None
        self._before = text
        column = Answered(Page(self.url, text), self.url)
        titles = [row.title for found in self.walk.pages(column) if found.fresh for row in found.rows]
        return [title for title in titles if "信息公开" in title]


@pytest.mark.parametrize("portal_id", PORTALS)
@pytest.mark.parametrize("rows", [0, 1, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS, 5 * ROWS + 1])
def test_every_row_is_listed_once_however_many_there_are(portal_id: str, rows: int) -> None:
    site = Site(PORTALS[portal_id], rows)
    assert sorted(site.titles()) == sorted(article(number).title for number in range(rows))
    assert site.walk.shortfalls == []
    assert len(site.asked) == len(set(site.asked)), "nothing is asked for twice"


@pytest.mark.parametrize("portal_id", PORTALS)
@pytest.mark.parametrize("then", ["nothing", "again", "empty"])
def test_a_list_that_breaks_off_ends_and_is_told_where_the_portal_counts(portal_id: str, then: str) -> None:
    whole = Site(PORTALS[portal_id], 5 * ROWS + 1)
    whole.titles()
    site = Site(PORTALS[portal_id], 5 * ROWS + 1, lasts=len(whole.asked) - 2, then=then)
    titles = site.titles()
    assert len(titles) == len(set(titles))
    if len(titles) < 5 * ROWS + 1:
        assert len(site.walk.shortfalls) == (portal_id not in UNTOLD)
    if then == "nothing" and portal_id in UNTOLD - NUMBERED:
        assert site.asked[-1].is_expected
    assert len(site.asked) <= len(whole.asked) + 1
