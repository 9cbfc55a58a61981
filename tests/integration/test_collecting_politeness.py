"""What a host asks for is done: Retry-After, budgets, hours of quiet, refusals kept once, the operator's proxy."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from flows.archive.members import Member, members, record_of, warc_files
from flows.portals.pace import Budget, turn
from tests.integration.scripted_portal import (
    CLOCK,
    COLUMN,
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


def at(**later: float) -> Callable[[], dt.datetime]:
    return lambda: CLOCK + dt.timedelta(**later)


def busy_once(retry_after: str, then: Reply) -> Callable[[Asked], Reply]:
    answers = iter([(503, {"Retry-After": retry_after}, b"busy"), then])
    return lambda asked: next(answers)


def test_a_host_that_asks_for_a_moment_is_given_it_and_asked_again(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = busy_once("1", report("2024"))
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert (outcome.fetched_new, outcome.stopped_reason, outcome.is_refused) == (1, None, False)
    assert portal.paths().count(trs_path(2024, 1)) == 2
    assert collecting.is_valid()


def test_a_host_that_asks_for_longer_is_left_alone_for_just_that_long(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = busy_once("7200", report("2024"))
    collecting = Collecting(tmp_path, portal)
    first = collecting.run(portal.url + COLUMN, now=at())
    assert "asks to come back after 7200" in (first.stopped_reason or "")
    asked = len(portal.asked)
    early = collecting.run(portal.url + COLUMN, now=at(seconds=7199))
    assert "left alone until 2025-04-01 10:00 UTC" in (early.stopped_reason or "")
    assert len(portal.asked) == asked
    assert collecting.run(portal.url + COLUMN, now=at(seconds=7201)).fetched_new == 1


def test_a_budget_is_shared_by_portals_and_leaves_the_rest_for_another_run(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    trs_column(portal, (2024, 2023, 2022))
    collecting = Collecting(tmp_path, portal)
    budget = Budget(4)  # robots.txt, the column, two reports
    outcome = collecting.run(portal.url + COLUMN, budget=budget)
    assert (outcome.fetched_new, outcome.is_refused) == (2, False)
    assert "GONGKAI_HOST_REQUESTS" in (outcome.stopped_reason or "")
    assert len(portal.asked) == 4
    assert collecting.run(portal.url + COLUMN, budget=budget).list_pages == 0
    assert len(portal.asked) == 4
    assert collecting.run(portal.url + COLUMN).fetched_new == 1


def test_crawl_delay_holds_from_robots_on_and_for_the_host_of_a_redirect(
    portal: ScriptedPortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def robots(seconds: int) -> Reply:
        return 200, {"Content-Type": "text/plain"}, f"User-agent: *\nCrawl-delay: {seconds}\n".encode()

    delays: list[tuple[str, float]] = []
    monkeypatch.setattr("flows.portals.session.postpone", lambda host, seconds: delays.append((host, seconds)))
    monkeypatch.setattr("flows.portals.asking.turn", lambda host, pace_seconds: nullcontext())
    with ScriptedPortal({"/robots.txt": robots(4), "/2024.html": report("2024")}) as other:
        trs_column(portal)
        portal.routes["/robots.txt"] = robots(3)
        portal.routes[trs_path(2024, 1)] = (302, {"Location": f"{other.url}/2024.html"}, b"")
        collecting = Collecting(tmp_path, portal, other)
        collecting.run(portal.url + COLUMN, allowed_hosts=frozenset({other.host}))
        # robots.txt, the column, the report; robots.txt of the other host, the report there
        assert delays == [(portal.host, 3.0)] * 3 + [(other.host, 4.0)] * 2


def test_a_redirect_counts_for_the_budget(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = (302, {"Location": "/moved.html"}, b"")
    portal.routes["/moved.html"] = report("2024")
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN, budget=Budget(3))  # robots.txt, the column, what leads on
    assert "GONGKAI_HOST_REQUESTS" in (outcome.stopped_reason or "")
    assert portal.paths() == [COLUMN, trs_path(2024, 1)]
    assert collecting.run(portal.url + COLUMN, budget=Budget(4)).fetched_new == 1


@pytest.mark.parametrize(("other", "own"), [(403, 200), (404, 403)])
def test_a_refusal_holds_whoever_of_those_in_line_meets_it(
    portal: ScriptedPortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: int, own: int
) -> None:
    trs_column(portal)
    portal.routes["/other/"] = (other, {}, b"")
    portal.routes[trs_path(2024, 1)] = (own, *report("2024")[1:])
    collecting = Collecting(tmp_path, portal)
    turns: list[str] = []

    @contextmanager
    def crowded(host: str, pace_seconds: float) -> Iterator[None]:
        turns.append(host)
        if len(turns) == 3:  # robots.txt and the column have been asked for; another portal comes before the report
            collecting.run(f"{portal.url}/other/")
        with turn(host, pace_seconds):
            yield

    monkeypatch.setattr("flows.portals.asking.turn", crowded)
    collecting.run(portal.url + COLUMN)
    asked = [COLUMN, "/other/"] if other == 403 else [COLUMN, "/other/", trs_path(2024, 1)]
    assert portal.paths() == asked
    again = collecting.run(portal.url + COLUMN)
    assert "left alone until" in (again.stopped_reason or "")
    assert portal.paths() == asked


def test_nobody_is_asked_in_hours_of_quiet(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    collecting = Collecting(tmp_path, portal, quiet_hours="08:00-18:00")
    outcome = collecting.run(portal.url + COLUMN, now=at(hours=-6))  # ten in the morning there
    assert "until 18:00 UTC+8" in (outcome.stopped_reason or "")
    assert (portal.asked, outcome.is_refused, outcome.is_fruitless) == ([], False, False)
    assert collecting.run(portal.url + COLUMN, now=at(hours=4)).fetched_new == 1


def test_what_a_host_refuses_with_is_kept_once(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    challenge = b"<html><script r='m'>$_ts=window['$_ts']</script></html>"
    for year in (2024, 2023):
        portal.routes[trs_path(year, 1)] = (412, {}, challenge)
    collecting = Collecting(tmp_path, portal)
    for day in range(4):
        collecting.run(portal.url + COLUMN, now=at(days=2 * day))
    refusals = [asked for asked in portal.paths() if asked != COLUMN]
    assert len(refusals) == 4
    kinds = [kind for kind, block in records(collecting) if b"HTTP/1.1 412" in block]
    assert kinds == ["response", "revisit", "revisit", "revisit"]
    assert collecting.is_valid()


def test_a_page_in_place_of_robots_is_kept_once(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    portal.routes["/robots.txt"] = (404, {"Content-Type": "text/html"}, b"<html><body>none here</body></html>")
    collecting = Collecting(tmp_path, portal)
    for _ in range(3):
        collecting.run(portal.url + COLUMN)
    assert [kind for kind, block in records(collecting) if b"HTTP/1.1 404" in block] == ["response", *["revisit"] * 2]
    assert collecting.index.refused_until(portal.host, 3600, CLOCK) is None
    assert collecting.is_valid()


def records(collecting: Collecting) -> list[tuple[str | None, bytes]]:
    found = []
    for warc in warc_files(collecting.settings.archive):
        for member in members(warc):
            assert isinstance(member, Member)
            record = record_of(member)
            found.append((record.get("WARC-Type"), record.block))
    return found


def test_an_aggregation_page_names_hosts_and_a_bodys_own_column_does_not(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    with ScriptedPortal() as other:
        other.routes["/nb/t20250301_1.html"] = report("2024")
        href = f"{other.url}/nb/t20250301_1.html"
        commercial = "<a href='http://www.example.com/t20250301_2.html'>示例县2024年政府信息公开工作年度报告</a>"
        row = f"<li><a href='{href}'>示例区2024年政府信息公开工作年度报告</a></li><li>{commercial}</li>"
        portal.routes[COLUMN] = page(f"<ul>{row}{trs_row(2024, 1)}</ul>")
        portal.routes[trs_path(2024, 1)] = report("2024")
        own = Collecting(tmp_path / "own", portal, other).run(portal.url + COLUMN)
        assert (own.fetch_states["off_host"], other.asked) == (2, [])
        collecting = Collecting(tmp_path / "all", portal, other)
        aggregate = collecting.run(portal.url + COLUMN, is_aggregate=True)
        assert (aggregate.fetched_new, aggregate.fetch_states["off_host"]) == (2, 1)
        assert [asked.path for asked in other.asked] == ["/robots.txt", "/nb/t20250301_1.html"]


def test_a_dead_host_of_an_aggregation_does_not_keep_the_others_waiting(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{free.getsockname()[1]}"
    rows = "".join(
        f"<li><a href='http://{dead}/nb/t20250301_{number}.html'>示例{number}局2024年政府信息公开工作年度报告</a></li>"
        for number in range(8)
    )
    portal.routes[COLUMN] = page(f"<ul>{rows}{trs_row(2024, 1)}</ul>")
    portal.routes[trs_path(2024, 1)] = report("2024")
    collecting = Collecting(tmp_path, portal, private_hosts=frozenset({portal.host, dead}))
    outcome = collecting.run(portal.url + COLUMN, is_aggregate=True)
    assert (outcome.fetched_new, outcome.fetch_states["unreachable"]) == (1, 5)
    assert "5 requests in a row" in (outcome.stopped_reason or "")


def test_a_proxy_is_asked_for_everything_and_private_addresses_still_for_nothing(tmp_path: Path) -> None:
    with ScriptedPortal() as proxy:
        base = "http://www.example.gov.cn"
        column = page(f"<ul>{trs_row(2024, 1)}</ul>")
        proxy.routes[base + COLUMN] = column
        proxy.routes[base + trs_path(2024, 1)] = (302, {"Location": f"http://2130706433:{proxy.host[10:]}/"}, b"")
        collecting = Collecting(tmp_path, private_hosts=frozenset(), proxy=proxy.url)
        inside = frozenset({f"2130706433:{proxy.host[10:]}"})
        collecting.run(base + COLUMN, allowed_hosts=inside)
        assert [asked.path for asked in proxy.asked] == [
            f"{base}/robots.txt",
            base + COLUMN,
            base + trs_path(2024, 1),
        ]
        assert collecting.states()[trs_path(2024, 1)] == "off_host"


def test_requests_go_to_permitted_hosts_and_addresses_only(
    portal: ScriptedPortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every name that is looked up and every address that is connected to is written down."""
    targets = [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://10.0.0.1/",
        "http://192.168.1.1:8080/",
        "http://100.64.0.1/",
        "http://inside.example.gov.cn/",
        "http://elsewhere.example.org/",
        "https://user:secret@169.254.169.254/",
    ]
    years = tuple(range(2000, 2000 + len(targets)))
    trs_column(portal, years)
    for year, target in zip(years, targets, strict=True):
        portal.routes[trs_path(year, 1)] = (302, {"Location": target}, b"")
    looked_up: list[str] = []
    connected: list[str] = []
    real_resolve, real_connect = socket.getaddrinfo, socket.create_connection

    def resolve(host: str, port: int, *args: object, **kwargs: object) -> object:
        looked_up.append(host)
        if host == "inside.example.gov.cn":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", port))]
        return real_resolve(host, port, *args, **kwargs)  # type: ignore[arg-type]

    def connect(address: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        connected.append(f"{address[0]}:{address[1]}")
        return real_connect(portal_address)

    portal_address = ("127.0.0.1", int(portal.host.rsplit(":", 1)[1]))
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("flows.portals.connections.create_connection", connect)
    from flows.portals.addresses import canonical, host_of

    named = frozenset(host_of(canonical(target)) for target in targets if "elsewhere" not in target)
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN, allowed_hosts=named)
    assert outcome.fetch_states == {"content": 1, "off_host": len(targets)}
    assert set(connected) == {portal.host}
    assert "elsewhere.example.org" not in looked_up
    assert "inside.example.gov.cn" in looked_up
