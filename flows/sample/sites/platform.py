"""One host of the sample: its columns, its robots.txt, and one that refuses everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.sample.index import SamplePortal, sample_reports
from flows.sample.sites.articles import Change, other_article, report_article
from flows.sample.sites.column import NOT_FOUND, Answer, Column, Fields
from flows.sample.sites.epoint import EpointColumn
from flows.sample.sites.gkmlpt import GkmlptColumn
from flows.sample.sites.hanweb_xxgk import HanwebXxgkColumn
from flows.sample.sites.jpaas import JpaasColumn
from flows.sample.sites.jpage import JpageColumn
from flows.sample.sites.links import LinksColumn
from flows.sample.sites.lonsun import LonsunColumn
from flows.sample.sites.trs import TrsColumn
from flows.sample.sites.trs_was import TrsWasColumn
from flows.sample.sites.truecms import TruecmsColumn
from flows.sample.sites.ucap import UcapColumn
from flows.sample.sites.ucap_json import UcapJsonColumn
from flows.sample.sites.vsb import VsbColumn

FAMILIES: dict[str, type[Column]] = {
    "trs": TrsColumn,
    "trs_was": TrsWasColumn,
    "jpage": JpageColumn,
    "hanweb_xxgk": HanwebXxgkColumn,
    "jpaas": JpaasColumn,
    "gkmlpt": GkmlptColumn,
    "ucap": UcapColumn,
    "ucap_json": UcapJsonColumn,
    "vsb": VsbColumn,
    "lonsun": LonsunColumn,
    "epoint": EpointColumn,
    "truecms": TruecmsColumn,
    "links": LinksColumn,
}

ROBOTS: dict[str, Answer] = {
    "trs": NOT_FOUND,
    "jpage": Answer(
        b"User-agent: *\nDisallow: /search/\nDisallow: /module/visitcount/\n", "text/plain; charset=utf-8"
    ),
    "ucap": Answer("<html><head><title>页面不存在</title></head><body>您访问的页面不存在</body></html>".encode()),
}
"""One host has none, one has rules, one answers with a page as if it had found something."""

CHALLENGE = Answer(
    b"<!DOCTYPE html><html><head><meta charset=\"utf-8\"><script r='m'>$_ts=window['$_ts'];if(!$_ts)$_ts={};"
    b'$_ts.nsd=47168;$_ts.cd="qEZ0rAqsaaLrDq";</script><script src="/sample.js" r=\'m\'></script></head>'
    b"<body></body></html>",
    status=412,
)


class Platform:
    """What one host answers."""

    def __init__(self, columns: Sequence[Column], robots: Answer, refusal: Answer | None = None) -> None:
        self.columns = columns
        self._robots = robots
        self._refusal = refusal

    def answer(self, path: str, fields: Fields) -> Answer:
        """The answer at a path; `fields` are query and form."""
        if self._refusal:
            return self._refusal
        if path == "/robots.txt":
            return self._robots
        answers = (column.answer(path, fields) for column in self.columns)
        return next((answer for answer in answers if answer), NOT_FOUND)


def platforms(
    portals: Sequence[SamplePortal], changes: Mapping[str, Change], removed: frozenset[str]
) -> dict[str, Platform]:
    """The hosts of these columns by name, in their order.

    With reports published again (`changes`) or taken away (`removed`), by key of report.
    """
    return {
        name: Platform(
            [_column(portal, changes, removed) for portal in portals if portal.platform == name],
            ROBOTS.get(name, NOT_FOUND),
            CHALLENGE if name == "blocked" else None,
        )
        for name in dict.fromkeys(portal.platform for portal in portals)
    }


def _column(portal: SamplePortal, changes: Mapping[str, Change], removed: frozenset[str]) -> Column:
    reports = [
        report_article(report, changes.get(report.key))
        for report in sample_reports()
        if report.portal in (portal.repeats or (portal.portal_id,)) and report.key not in removed
    ]
    others = [other_article(portal, entry) for entry in portal.others]
    return FAMILIES[portal.family](portal, [*reports, *others])
