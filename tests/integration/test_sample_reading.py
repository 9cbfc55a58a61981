"""Every rendering of every sample report is read back exactly, and every page the sample serves is understood."""

from __future__ import annotations

import pytest

from flows.documents import Limits, read_document
from flows.records import ReadState
from flows.reports import reader
from flows.sample.index import Rendering, SampleReport, read_figures, sample_portals, sample_reports
from flows.sample.rendering import CONTENT_TYPES, render
from flows.sample.sites.articles import Article
from flows.sample.sites.column import Column
from flows.sample.sites.platform import Platform, platforms

PORTALS = {portal.portal_id: portal for portal in sample_portals()}
REPORTS = {report.key: report for report in sample_reports()}


def hints(article: Article, column: Column) -> object:
    portal = column.portal
    return reader.Hints(
        portal_id=portal.portal_id,
        entry_url=f"http://127.0.0.1{column.article_path(article)}",
        list_title=article.title,
        listed_on=article.published_on,
        body_name=portal.body.name if portal.body else None,
        division_code=portal.division.code,
        division_name=portal.division.name,
        level=portal.division.level,
        body_kind=portal.body.kind if portal.body else None,
    )


def printed(reading: object) -> dict[tuple[str, str, str], str]:
    return {(table, row, column): value for table, row, column, value in reader.figure_list(reading.cells)}


@pytest.fixture(scope="module")
def sites() -> dict[str, Platform]:
    return platforms(sample_portals(), {}, frozenset())


def article_of(sites: dict[str, Platform], key: str) -> tuple[Platform, Column, Article]:
    (found,) = [
        (platform, column, article)
        for platform in sites.values()
        for column in platform.columns
        for article in column.articles
        if article.key == key
    ]
    return found


@pytest.mark.parametrize("report", sample_reports(), ids=lambda report: report.key)
@pytest.mark.parametrize("rendering", CONTENT_TYPES)
def test_every_rendering_is_read_back_exactly(report: SampleReport, rendering: Rendering) -> None:
    figures = read_figures(report)
    document = read_document(render(report, figures, rendering), Limits(), content_type=CONTENT_TYPES[rendering])
    reading = reader.read_report(document, document_id="0" * 32, hints=reader.Hints(list_title=report.title))
    assert (reading.read_state, reading.reason) == (ReadState.READ, None)
    assert printed(reading) == figures
    assert reading.report.generation == report.generation
    assert not reading.leftovers


@pytest.mark.parametrize("key", REPORTS)
def test_every_published_report_is_understood(sites: dict[str, Platform], key: str) -> None:
    report = REPORTS[key]
    platform, column, article = article_of(sites, key)
    path = column.attachment_path(article) if article.attachment else column.article_path(article)
    answer = platform.answer(path, {})
    document = read_document(answer.body, Limits(), content_type=answer.content_type)
    reading = reader.read_report(document, document_id="0" * 32, hints=hints(article, column))
    assert (reading.read_state, reading.reason) == (ReadState.READ, None)
    assert printed(reading) == read_figures(report)
    found = reading.report
    assert (found.body_name, found.body_kind) == (report.body.name, report.body.kind)
    assert (found.division_code, found.level) == (report.division.code, report.division.level)
    assert found.body_id == f"{report.division.code}:{report.body.name}"
    assert found.report_year == report.report_year
    assert found.published_on == report.published_on
    assert (
        found.notice_cited
        == {"2019": "国办公开办函〔2019〕60号", "2021": "国办公开办函〔2021〕30号"}[report.generation]
    )
    assert (found.cells_located, found.leftover_count) == (found.cells_expected, 0)


def test_the_scope_is_read_off_the_opening(sites: dict[str, Platform]) -> None:
    for key, report in REPORTS.items():
        _, column, article = article_of(sites, key)
        document = read_document(render(report, read_figures(report), "html"), Limits(), content_type="text/html")
        found = reader.read_report(document, document_id="0" * 32, hints=hints(article, column)).report
        assert found.scope == ("aggregate" if report.body.kind == "government" else "own_body")


def test_what_is_no_report_is_not_read_as_one(sites: dict[str, Platform]) -> None:
    others = [
        (platform, column, article)
        for platform in sites.values()
        for column in platform.columns
        for article in column.articles
        if article.key not in REPORTS or article.attachment
    ]
    assert len(others) == 9
    for platform, column, article in others:
        answer = platform.answer(column.article_path(article), {})
        if answer.status != 200:
            continue
        document = read_document(answer.body, Limits(), content_type=answer.content_type)
        reading = reader.read_report(document, document_id="0" * 32, hints=hints(article, column))
        assert reading.read_state in (ReadState.NOT_A_REPORT, ReadState.NO_TABLES)
        assert reading.reason
        assert reading.report is None or not reading.cells
