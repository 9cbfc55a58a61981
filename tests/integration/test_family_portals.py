"""The simulated portal of every family, collected over HTTP: every report is found and fetched, once only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.archive.index import ArchiveIndex
from flows.archive.writer import ArchiveWriter
from flows.portals.collector import collect_portal
from flows.portals.families import FAMILIES
from flows.portals.outcome import PortalOutcome
from flows.portals.registration import load_registry
from flows.sample.index import REPEATED, family_portals, sample_reports
from flows.sample.server import SamplePortals
from flows.settings import Settings

NOW = dt.datetime(2026, 11, 2, 3, 0, tzinfo=dt.UTC)
REPORTS = sorted(report.title for report in sample_reports() if report.portal == REPEATED)


@pytest.fixture(scope="module")
def sample() -> Iterator[SamplePortals]:
    with SamplePortals(None, family_portals()) as portals:
        yield portals


def run(sample: SamplePortals, folder: Path) -> dict[str, PortalOutcome]:
    """Outcome of each portal, and the archive in `folder`."""
    sample.write_registry(folder / "registry")
    portals, problems = load_registry(folder / "registry")
    assert problems == []
    settings = Settings(home=folder, private_hosts=sample.hosts, pace_seconds=0)
    index = ArchiveIndex.open(settings.archive)
    with ArchiveWriter(settings.archive, warc_bytes=settings.warc_bytes, user_agent=settings.user_agent) as writer:
        return {
            portal.portal_id: collect_portal(
                portal,
                settings=settings,
                index=index,
                writer=writer,
                now=lambda: NOW,
                allowed_hosts=frozenset(),
            )
            for portal in portals
        }


def test_every_family_lists_and_fetches_every_report_once(sample: SamplePortals, tmp_path: Path) -> None:
    assert {portal.family for portal in family_portals()} == set(FAMILIES)
    for portal_id, outcome in run(sample, tmp_path).items():
        assert outcome.stopped_reason is None, portal_id
        assert (outcome.accepted, outcome.refused) == (len(REPORTS), 1), portal_id
        assert outcome.fetched_new == len(REPORTS), portal_id
    titles: dict[str, list[str]] = {portal.portal_id: [] for portal in family_portals()}
    for entry in ArchiveIndex.open(tmp_path / "archive").entries():
        titles[entry.portal_id] += [entry.title] if entry.is_accepted else []
    assert {portal_id: sorted(found) for portal_id, found in titles.items()} == dict.fromkeys(titles, REPORTS)
    asked = [(one.method, one.path, tuple(one.fields.items())) for one in sample.requests if "robots" not in one.path]
    assert len(asked) == len(set(asked))
