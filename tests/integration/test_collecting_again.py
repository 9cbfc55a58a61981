"""The second run: what is unchanged, missing, damaged, killed or written by two processes."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from flows.archive.members import warc_files
from flows.archive.reader import read_payload
from tests.integration.scripted_portal import (
    CLOCK,
    COLUMN,
    ONE_PAGE,
    Asked,
    Collecting,
    Reply,
    ScriptedPortal,
    page,
    report,
    trs_column,
    trs_path,
    trs_row,
)


def conditional(body: Reply, etag: str) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == etag:
            return 304, {"ETag": etag}, b""
        return body[0], body[1] | {"ETag": etag}, body[2]

    return answer


def test_a_second_run_changes_nothing_that_is_staged(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    portal.routes[trs_path(2024, 1)] = conditional(report("2024"), '"v1"')
    collecting = Collecting(tmp_path, portal)
    first = collecting.run(portal.url + COLUMN)
    before = (collecting.index.documents(), collecting.index.transitions(), collecting.index.entries())
    second = collecting.run(portal.url + COLUMN)
    assert (first.fetched_new, first.unchanged) == (2, 0)
    assert (second.fetched_new, second.changed, second.unchanged) == (0, 0, 2)
    assert second.fetch_states == {"content": 2, "not_modified": 1}
    assert (collecting.index.documents(), collecting.index.transitions(), collecting.index.entries()) == before
    portal.routes[trs_path(2024, 1)] = conditional(report("2024 corrected"), '"v2"')
    third = collecting.run(portal.url + COLUMN)
    assert (third.changed, third.unchanged) == (1, 1)
    assert len(collecting.index.documents()) == 3
    assert collecting.is_valid()


def since(last_modified: str, body: Reply) -> Callable[[Asked], Reply]:
    """A file that answers 304 to its own date and to any later one."""

    def answer(asked: Asked) -> Reply:
        said = asked.headers.get("if-modified-since")
        if said and parsedate_to_datetime(said) >= parsedate_to_datetime(last_modified):
            return 304, {"Last-Modified": last_modified}, b""
        return body[0], body[1] | {"Last-Modified": last_modified}, body[2]

    return answer


def test_an_older_page_that_a_report_leads_to_now_is_not_taken_for_the_report(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    old, new = "Tue, 01 Jan 2019 08:00:00 GMT", "Sat, 01 Mar 2025 08:00:00 GMT"
    trs_column(portal, (2024, 2023))
    portal.routes[COLUMN] = since(new, page(trs_row(2024, 1) + trs_row(2023, 1) + ONE_PAGE))
    portal.routes[trs_path(2024, 1)] = since(new, report("2024"))
    portal.routes[trs_path(2023, 1)] = (302, {"Location": "/moved/2023.html"}, b"")
    portal.routes["/moved/2023.html"] = since(new, report("2023"))
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    portal.routes["/none.html"] = since(old, (200, {}, b"<html><head><title>404</title></head></html>"))
    portal.routes[trs_path(2024, 1)] = (302, {"Location": "/none.html"}, b"")
    portal.routes["/new/"] = since(
        old, page(f'<a href="{trs_path(2022, 1)}">2022年政府信息公开工作年度报告</a>{ONE_PAGE}')
    )
    portal.routes[COLUMN] = (301, {"Location": "/new/"}, b"")
    portal.routes[trs_path(2022, 1)] = report("2022")
    outcome = collecting.run(portal.url + COLUMN)
    assert (outcome.listed, outcome.fetched_new) == (1, 1)
    assert collecting.states()[trs_path(2024, 1)] == "soft_404"
    assert outcome.fetch_states["not_modified"] == 1  # the moved report, at its own address
    collecting.run(portal.url + COLUMN)
    assert collecting.states()[trs_path(2024, 1)] == "soft_404"


def test_a_304_that_nobody_asked_for_is_no_answer(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    portal.routes[trs_path(2024, 1)] = (304, {}, b"")
    collecting.run(portal.url + COLUMN)
    assert collecting.states()[trs_path(2024, 1)] == "unreachable"


def test_an_attachment_that_is_missing_is_fetched_though_its_page_is_unmodified(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = conditional(page('<a href="./a.pdf">年报</a>'), '"v1"')
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    assert collecting.states()[f"{COLUMN}202503/a.pdf"] == "gone"
    portal.routes[f"{COLUMN}202503/a.pdf"] = (200, {}, b"%PDF-1.7")
    second = collecting.run(portal.url + COLUMN)
    assert (second.fetched_new, second.unchanged) == (1, 1)


def test_a_damaged_copy_is_fetched_again_in_whole(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = conditional(report("2024"), '"v1"')
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    (document,) = collecting.index.documents()
    warc = collecting.settings.archive / document.warc_file
    data = bytearray(warc.read_bytes())
    data[document.warc_offset + 200] ^= 0xFF
    warc.write_bytes(data)
    collecting.run(portal.url + COLUMN)
    (document,) = collecting.index.documents()
    assert read_payload(collecting.settings.archive, document.warc_file, document.warc_offset, 10_000)


def test_only_reports_about_the_years_asked_for_are_fetched(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    row = "<li><a href='./202302/t20230201_9.html'>示例街道政府信息公开工作年度报告</a><span>2023-02-01</span></li>"
    portal.routes[COLUMN] = page(f"<ul>{trs_row(2024, 1)}{trs_row(2023, 1)}{row}</ul>")
    portal.routes[f"{COLUMN}202302/t20230201_9.html"] = report("2022")
    outcome = Collecting(tmp_path, portal).run(portal.url + COLUMN, report_years=frozenset({2022}))
    assert (outcome.accepted, outcome.fetched_new, outcome.outside_years) == (3, 1, 2)


def test_a_fault_of_ours_is_told_and_kept(
    portal: ScriptedPortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trs_column(portal)

    def fail(page: object, limit: int) -> None:
        raise LookupError("a fault of ours")

    portal.routes[trs_path(2024, 1)] = page("no tables")
    monkeypatch.setattr("flows.portals.report_page.attachments", fail)
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert outcome.is_faulty
    assert "unexpected LookupError: a fault of ours" in (outcome.stopped_reason or "")
    assert "LookupError" in (collecting.settings.logs / "collect-p.txt").read_text(encoding="utf-8")
    assert collecting.states()[trs_path(2024, 1)] == "content"


def test_who_asks_is_said_honestly(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    Collecting(tmp_path, portal, contact="mailto:ops@example.org").run(portal.url + COLUMN)
    agents = {asked.headers["user-agent"] for asked in portal.asked}
    assert len(agents) == 1
    assert agents.pop().endswith("(annual reports on open government information; mailto:ops@example.org)")


def _collect_and_die(home: Path, host: str, private: frozenset[str]) -> None:
    collecting = Collecting(home, private_hosts=private)
    collecting.run(f"http://{host}{COLUMN}")


def test_a_killed_run_is_gone_on_with(portal: ScriptedPortal, tmp_path: Path) -> None:
    years = tuple(range(2015, 2025))
    trs_column(portal, years)

    def stall(asked: Asked) -> Reply:
        time.sleep(20)
        return report("2020")

    portal.routes[trs_path(2020, 1)] = stall
    hosts = frozenset({portal.host})
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_collect_and_die, args=(tmp_path, portal.host, hosts))
    process.start()
    assert process.pid is not None
    deadline = time.monotonic() + 20
    while trs_path(2020, 1) not in portal.paths() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    portal.routes[trs_path(2020, 1)] = report("2020")
    collecting = Collecting(tmp_path, portal)
    assert len(collecting.index.documents()) == 5
    outcome = collecting.run(portal.url + COLUMN, now=lambda: CLOCK + dt.timedelta(hours=1))
    assert (outcome.fetched_new, outcome.unchanged) == (5, 5)
    assert len(collecting.index.documents()) == 10
    assert collecting.is_valid()


def test_two_processes_collect_into_one_archive(tmp_path: Path) -> None:
    with ScriptedPortal() as one, ScriptedPortal() as other:
        trs_column(one, tuple(range(2015, 2025)))
        trs_column(other, tuple(range(2015, 2025)))
        context = multiprocessing.get_context("fork")
        hosts = frozenset({one.host, other.host})
        processes = [
            context.Process(target=_collect_and_die, args=(tmp_path, portal.host, hosts)) for portal in (one, other)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
            assert process.exitcode == 0
        collecting = Collecting(tmp_path, one)
        assert len(warc_files(collecting.settings.archive)) == 2
        assert len(collecting.index.documents()) == 20
        assert collecting.is_valid()


def test_an_index_opened_before_a_run_sees_what_it_archived(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    collecting = Collecting(tmp_path, portal)
    index = collecting.index
    assert index.documents() == []
    collecting.run(portal.url + COLUMN)
    seen_at_once = index.documents()
    assert len(seen_at_once) == 1
    index.refresh()
    assert index.documents() == seen_at_once


@pytest.mark.parametrize("has_etag", [False, True])
def test_a_column_that_is_itself_the_report_is_asked_for_as_one_when_due(
    portal: ScriptedPortal, tmp_path: Path, has_etag: bool
) -> None:
    answer = report("示例市2024年政府信息公开工作年度报告")
    portal.routes[COLUMN] = conditional(answer, '"v1"') if has_etag else answer
    collecting = Collecting(tmp_path, portal, revisit_days=7, revisit_old_days=30)
    for number_asked in (2, 3, 4):
        collecting.run(portal.url + COLUMN)
        (entry,) = collecting.index.entry_states()
        assert (entry.entry_state, entry.reason) == ("content", None)
        assert [document.entry_url for document in collecting.index.documents()] == [portal.url + COLUMN]
        assert portal.paths() == [COLUMN] * number_asked
