"""A data folder as years of running leave it, made in a moment: registry, archive, staged batches, published copy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flows.archive.exchange import Answer, Exchange, whole_list
from flows.archive.index import ArchiveIndex
from flows.archive.writer import ArchiveWriter
from flows.batches import Batch, stage, staged_batches
from flows.outlet.catalog import marts
from flows.records import FetchRole, FetchState
from flows.settings import Settings
from flows.warehouse.connection import writing
from flows.warehouse.loader import load_batches
from flows.warehouse.published import publish
from flows.warehouse.raw import record_stage
from tests.made_copy import definition
from tests.warehouse_records import World

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
REGISTERED = """name: Annual reports of {portal_id}
family: trs
column_url: http://{portal_id}.example.gov.cn/nb/
division: {{code: "990100", name: 示例市, level: city}}
body: {{name: 示例市人民政府, kind: government}}
verified: no
seen: 2026-01-01
"""


def register(settings: Settings, *portal_ids: str) -> None:
    """Put portals into the registry."""
    settings.registry.mkdir(parents=True, exist_ok=True)
    for portal_id in portal_ids:
        (settings.registry / f"{portal_id}.yaml").write_text(REGISTERED.format(portal_id=portal_id), encoding="utf-8")


def answered(
    portal_id: str, state: FetchState, at: dt.datetime, *, role: FetchRole = FetchRole.LIST, page: str = ""
) -> Exchange:
    """What a portal answered to the question for its list, or for a page of it."""
    url = f"http://{portal_id}.example.gov.cn/nb/{page}"
    content = state is FetchState.CONTENT
    answer = Answer(
        *(url, "GET", (("Host", f"{portal_id}.example.gov.cn"),), b"", "HTTP/1.1"),
        http_status=200 if content else 412,
        http_reason="OK" if content else "Precondition Failed",
        response_headers=(("Content-Type", "text/html"),),
        payload=f"<p>{portal_id} {page}</p>".encode(),
    )
    is_silent = state is FetchState.UNREACHABLE
    entry_url = url if role is FetchRole.PAGE else None
    return Exchange(
        *(portal_id, url, role, entry_url, None, None, state, None, "none", at), answer=None if is_silent else answer
    )


def archive(settings: Settings, exchanges: Sequence[Exchange], listed_whole: Sequence[str] = ()) -> None:
    """Archive answers, and that some lists were gone through to their end."""
    index = ArchiveIndex.open(settings.archive)
    with ArchiveWriter(settings.archive, warc_bytes=1 << 30, user_agent="gongkai/test", now=lambda: NOW) as writer:
        for exchange in exchanges:
            index.add(writer.write(exchange))
        for portal_id in listed_whole:
            name = whole_list(f"http://{portal_id}.example.gov.cn/nb/")
            index.add(writer.write_listing(portal_id, name, [], NOW))
    index.refresh()
    index.close()


def staged_world(settings: Settings) -> Batch:
    """One staged batch: two counties, two years each."""
    world = World()
    world.portal("p", "990121", level="county", body_name="甲县人民政府")
    for year in (2023, 2024):
        world.report("p", "甲县人民政府", year, division_code="990121")
    return stage(settings.staged, world.rows)[0]


def published_copy(settings: Settings, expected: Sequence[Mapping[str, Any]] = ()) -> None:
    """A published copy with the staged batches, these expected reports and one failed check."""
    load_batches(settings.warehouse, staged_batches(settings.staged), now=NOW)
    record_stage(settings.warehouse, "assess", "marts|suites|2026-03-10", now=NOW)
    failed = {"check_result_id": "one", "severity": "error", "outcome": "failed", "verdict": "publisher"}
    given = {"fct_expected_report": expected, "fct_check_result": [failed], "fct_expectation_result": []}
    with writing(settings.warehouse) as connection:
        connection.execute("create schema marts")
        for mart in (mart for mart in marts() if mart.name in given):
            connection.execute(definition(mart))
            for row in given[mart.name]:
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.execute(f"insert into marts.{mart.name} ({names}) values ({marks})", list(row.values()))
    publish(settings.warehouse, settings.published)


def expected_report(
    report_year: int, coverage_state: str, published_on: dt.date | None = None, *, is_inferred: bool = False
) -> dict[str, Any]:
    """A row of `marts.fct_expected_report`."""
    return {
        "expected_report_id": f"{report_year} {coverage_state} {published_on} {is_inferred}",
        "report_year": report_year,
        "coverage_state": coverage_state,
        "published_on": published_on,
        "is_inferred": is_inferred,
    }
