"""What a column lists, and what lies behind a row: a report, or something that is none."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from html import escape

from flows.sample.index import CellKey, Figures, OtherEntry, SamplePortal, SampleReport, read_figures
from flows.sample.rendering import CONTENT_TYPES, render

CHINA = dt.timezone(dt.timedelta(hours=8))
PUBLISHED_TIME = dt.time(10, 30, tzinfo=CHINA)


@dataclasses.dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside an article."""

    suffix: str
    content_type: str
    payload: Callable[[], bytes]


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """One row of a column. The body is made only when somebody asks for it."""

    key: str
    title: str
    published_on: dt.date
    changed_at: dt.datetime
    source_name: str
    """Who is named as ContentSource."""
    encoding: str
    body: Callable[[], str]
    """HTML fragment; empty when the article is only its attachment."""
    attachment: Attachment | None = None

    @property
    def digest(self) -> str:
        """32 hexadecimal digits that stay the same as long as the key does."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:32]

    @property
    def serial(self) -> int:
        """Six digits that stay the same as long as the key does."""
        return 100_000 + int(self.digest[:8], 16) % 900_000


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """A report that was published again with other figures."""

    figures: Mapping[CellKey, str]
    changed_at: dt.datetime


def report_article(report: SampleReport, change: Change | None = None) -> Article:
    """The row of a report. PDF and docx are attachments of a page that says no more than that."""

    def figures() -> Figures:
        return read_figures(report) | dict(change.figures if change else {})

    published_at = dt.datetime.combine(report.published_on, PUBLISHED_TIME)
    is_attached = report.rendering in ("pdf", "docx")
    return Article(
        key=report.key,
        title=report.title,
        published_on=report.published_on,
        changed_at=change.changed_at if change else published_at,
        source_name=report.body.name,
        encoding=report.encoding,
        body=lambda: "" if is_attached else render(report, figures(), report.rendering).decode(),
        attachment=Attachment(
            report.rendering,
            CONTENT_TYPES[report.rendering],
            lambda: render(report, figures(), report.rendering),
        )
        if is_attached
        else None,
    )


def other_article(portal: SamplePortal, entry: OtherEntry) -> Article:
    """The row of something that is no report."""
    return Article(
        key=f"{portal.portal_id}/{entry.title}",
        title=entry.title,
        published_on=entry.published_on,
        changed_at=dt.datetime.combine(entry.published_on, PUBLISHED_TIME),
        source_name=portal.division.name,
        encoding="utf-8",
        body=lambda: OTHER_BODIES[entry.page](entry.title),
    )


def _explainer(title: str) -> str:
    parts = {
        "一、总体情况": "这一部分说明全年主动公开和依申请公开的总体情况。",
        "二、主动公开政府信息情况": "这一部分按照条例第二十条列出规章、许可、处罚等数据。",
        "三、收到和处理政府信息公开申请情况": "这一部分按申请人和办理结果列出申请数量。",
        "四、政府信息公开行政复议、行政诉讼情况": "这一部分列出由此引起的争议案件。",
        "五、存在的主要问题及改进情况": "这一部分说明不足和改进措施。",
        "六、其他需要报告的事项": "这一部分说明信息处理费收取等情况。",
    }
    text = "".join(f"<p><strong>{heading}</strong></p><p>{sentence}</p>" for heading, sentence in parts.items())
    return f"<p>{escape(title)}：年度报告由六个部分组成，逐一解读如下。</p>{text}"


def _picture(title: str) -> str:
    return f'<p align="center"><img src="/images/yitu.png" alt="{escape(title)}"></p>'


def _website_sheet(title: str) -> str:
    rows = {"网站名称": "政府门户网站", "独立用户访问总量（单位：个）": "1204511", "信息发布总数（单位：条）": "8830"}
    cells = "".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows.items())
    return f'<p>{escape(title)}</p><table border="1"><tbody>{cells}</tbody></table>'


OTHER_BODIES: dict[str, Callable[[str], str]] = {
    "explainer": _explainer,
    "picture": _picture,
    "website_sheet": _website_sheet,
}
