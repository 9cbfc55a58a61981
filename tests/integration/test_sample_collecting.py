"""The sample portals, collected and read: every report arrives with its figures, and once only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.archive.index import ArchiveIndex
from flows.archive.writer import ArchiveWriter
from flows.documents import Limits
from flows.portals.collector import collect_portal
from flows.portals.outcome import PortalOutcome
from flows.portals.registration import load_registry
from flows.records import Portal
from flows.reports.archived import read_archived
from flows.sample.index import read_figures, sample_portals, sample_report, sample_reports
from flows.sample.server import SamplePortals
from flows.settings import Settings

NOW = dt.datetime(2026, 11, 2, 3, 0, tzinfo=dt.UTC)
ATTACHED = {report.portal: 1 for report in sample_reports() if report.rendering in ("pdf", "docx")}
"""Portals with a report that is an attachment: its page and its file are two answers."""


@pytest.fixture
def sample() -> Iterator[SamplePortals]:
    with SamplePortals() as portals:
        yield portals


class Collecting:
    """An archive of its own, and runs into it one after another."""

    def __init__(self, sample: SamplePortals, folder: Path) -> None:
        sample.write_registry(folder / "registry")
        found, problems = load_registry(folder / "registry")
        assert not problems
        self.portals: dict[str, Portal] = {portal.portal_id: portal for portal in found}
        self.settings = Settings(home=folder, private_hosts=sample.hosts, pace_seconds=0, revisit_days=0)

    def run(self) -> dict[str, PortalOutcome]:
        index = ArchiveIndex.open(self.settings.archive)
        user_agent = self.settings.user_agent
        with ArchiveWriter(
            self.settings.archive, warc_bytes=self.settings.warc_bytes, user_agent=user_agent
        ) as writer:
            return {
                portal_id: collect_portal(
                    portal,
                    settings=self.settings,
                    index=index,
                    writer=writer,
                    now=lambda: NOW,
                    allowed_hosts=frozenset(),
                )
                for portal_id, portal in self.portals.items()
            }

    def read(self) -> dict[str, list]:
        index = ArchiveIndex.open(self.settings.archive)
        rows, problems = read_archived(self.settings.archive, index.documents(), self.portals, Limits())
        assert problems == []
        return rows


@pytest.fixture
def collecting(sample: SamplePortals, tmp_path: Path) -> Collecting:
    return Collecting(sample, tmp_path)


def test_every_report_is_collected_once(sample: SamplePortals, collecting: Collecting) -> None:
    first = collecting.run()
    blocked = first.pop("sample-blocked")
    assert blocked.stopped_reason
    assert blocked.fetched_new == 0
    for portal in sample_portals():
        if portal.platform == "blocked":
            continue
        outcome = first[portal.portal_id]
        reports = sum(report.portal == portal.portal_id for report in sample_reports())
        attached = ATTACHED.get(portal.portal_id, 0)
        assert (outcome.stopped_reason, outcome.is_faulty) == (None, False)
        assert (outcome.accepted, outcome.refused) == (reports, len(portal.others))
        assert (outcome.fetched_new, outcome.changed) == (reports + attached, 0)

    sample.requests.clear()
    again = collecting.run()
    again.pop("sample-blocked")
    assert all(outcome.fetched_new == outcome.changed == 0 for outcome in again.values())
    assert sum(outcome.unchanged for outcome in again.values()) == len(sample_reports()) + len(ATTACHED)
    # a host that refused is left alone for a day
    assert not [request for request in sample.requests if request.platform == "blocked"]
    articles = [request for request in sample.requests if "gknb/20" in request.path or "/art/" in request.path]
    assert {request.status for request in articles} == {304}


def test_every_figure_survives_the_way_through_the_archive(collecting: Collecting) -> None:
    collecting.run()
    rows = collecting.read()
    by_title = {report.title: report for report in sample_reports()}
    found = {report.report_id: by_title[report.title] for report in rows["report"]}
    assert sorted(report.key for report in found.values()) == sorted(report.key for report in sample_reports())
    printed: dict[str, dict] = {report.key: {} for report in sample_reports()}
    for cell in rows["cell"]:
        printed[found[cell.report_id].key][cell.table_key, cell.row_key, cell.column_key] = cell.printed
    assert printed == {report.key: read_figures(report) for report in sample_reports()}
    assert not rows["leftover"]


def test_a_report_that_is_published_again_is_a_second_document(sample: SamplePortals, collecting: Collecting) -> None:
    collecting.run()
    planted = sample_report("fanli-shi-2024").planted
    assert planted is not None
    cell = (planted.table, planted.row, planted.column)
    sample.change_report("fanli-shi-2024", {cell: planted.correct})
    again = collecting.run()
    assert {portal_id for portal_id, outcome in again.items() if outcome.changed} == {"sample-trs-990200"}
    url = sample.entry_url("fanli-shi-2024")
    rows = collecting.read()
    versions = {report.report_id for report in rows["report"] if report.entry_url == url}
    values = {
        row.printed
        for row in rows["cell"]
        if row.report_id in versions and (row.table_key, row.row_key, row.column_key) == cell
    }
    assert (len(versions), values) == (2, {planted.printed, planted.correct})
