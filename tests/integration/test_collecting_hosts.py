"""Where requests may go: private addresses in every spelling, redirects, foreign hosts."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from urllib3.util.connection import create_connection

from flows.archive.members import warc_files
from flows.portals.addresses import host_of
from tests.integration.scripted_portal import (
    COLUMN,
    Asked,
    Collecting,
    Reply,
    ScriptedPortal,
    page,
    report,
    trs_column,
    trs_path,
)


def test_a_private_address_is_refused_unless_allowed(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    collecting = Collecting(tmp_path, private_hosts=frozenset())
    outcome = collecting.run(portal.url + COLUMN)
    assert portal.asked == []
    assert "not a public address" in (outcome.stopped_reason or "")


@pytest.mark.parametrize(
    "host", ["localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "127.1"]
)
def test_no_spelling_of_loopback_gets_through(portal: ScriptedPortal, tmp_path: Path, host: str) -> None:
    port = portal.host.rsplit(":", 1)[1]
    collecting = Collecting(tmp_path, portal)
    collecting.run(f"http://{host}:{port}{COLUMN}")
    assert portal.asked == []


def test_a_name_that_turns_private_at_the_second_look_up_is_refused(
    portal: ScriptedPortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was checked is the one connected to."""
    port = int(portal.host.rsplit(":", 1)[1])
    looked_up: list[str] = []
    connected: list[tuple[str, int]] = []
    real = socket.getaddrinfo

    def resolve(host: str, *args: object, **kwargs: object) -> object:
        if host != "rebind.example.gov.cn":
            return real(host, *args, **kwargs)  # type: ignore[arg-type]
        looked_up.append(host)
        address = "93.184.215.14" if len(looked_up) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(address: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        connected.append(address)
        raise OSError("nobody there")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("flows.portals.connections.create_connection", connect)
    Collecting(tmp_path, portal).run(f"http://rebind.example.gov.cn:{port}{COLUMN}")
    assert connected == [("93.184.215.14", port)]
    assert len(looked_up) > 1  # every further try found a private address and was refused
    assert portal.asked == []


def test_a_redirect_to_a_private_or_foreign_host_is_refused(portal: ScriptedPortal, tmp_path: Path) -> None:
    with ScriptedPortal({"/secret": page("inside")}) as inside:
        trs_column(portal, (2024, 2023, 2022, 2021))
        portal.routes[trs_path(2024, 1)] = (302, {"Location": f"{inside.url}/secret"}, b"")
        portal.routes[trs_path(2023, 1)] = (302, {"Location": "file:///etc/passwd"}, b"")
        portal.routes[trs_path(2022, 1)] = (302, {"Location": "http://[::1"}, b"")
        collecting = Collecting(tmp_path, portal)
        outcome = collecting.run(portal.url + COLUMN)
        assert inside.asked == []
        assert collecting.states()[trs_path(2024, 1)] == "off_host"
        assert collecting.states()[trs_path(2023, 1)] == "off_host"
        assert collecting.states()[trs_path(2022, 1)] == "off_host"
        assert (outcome.fetched_new, outcome.is_faulty) == (1, False)
        # even where the registry names that host, its address is private
        again = Collecting(tmp_path / "b", portal).run(portal.url + COLUMN, allowed_hosts=frozenset({inside.host}))
        assert inside.asked == []
        assert again.fetch_states["off_host"] == 3
        assert collecting.is_valid()


HOSTILE = (
    "http://169.254.169.254/latest/meta-data/",  # link-local, where clouds answer their machines
    "http://2852039166/",  # the same in decimal
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fe80::1]/",
    "http://[fd00::1]:8080/",
    "http://10.0.0.1/",
    "http://192.168.1.1:8080/",
    "http://100.64.0.1/",
    "http://intern.example.gov.cn/",
    "//intern.example.gov.cn/",
    "http://portal@intern.example.gov.cn/",
)


@pytest.mark.parametrize("is_named", [False, True])
def test_no_redirect_leads_to_another_connection(
    portal: ScriptedPortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_named: bool
) -> None:
    """Nobody else is looked up, or, where the registry names the host, connected to."""
    own = portal.host.rsplit(":", 1)[0]
    looked_up, connected = set(), set()
    look_up, connect = socket.getaddrinfo, create_connection

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        looked_up.add(host)
        if host == "intern.example.gov.cn":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", port))]
        return look_up(host, port, *args, **kwargs)

    def connecting(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        connected.add(address[0])
        return connect(address, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("flows.portals.connections.create_connection", connecting)
    years = tuple(range(2024, 2024 - len(HOSTILE), -1))
    trs_column(portal, years)
    for year, target in zip(years, HOSTILE, strict=True):
        portal.routes[trs_path(year, 1)] = (302, {"Location": target}, b"")
    hosts = frozenset(host_of(urljoin("http://h/", target)) for target in HOSTILE) if is_named else frozenset()
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN, allowed_hosts=hosts)
    assert connected == {own}
    assert is_named or looked_up == {own}
    assert outcome.fetch_states["off_host"] == len(HOSTILE)
    assert collecting.is_valid()


def test_entries_on_a_registered_host_are_fetched_and_others_only_noted(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    with ScriptedPortal() as other:
        href = f"{other.url}/nb/t20250301_1.html"
        other.routes["/nb/t20250301_1.html"] = report("2024")
        portal.routes[COLUMN] = page(f"<li><a href='{href}'>示例区2024年政府信息公开工作年度报告</a></li>")
        collecting = Collecting(tmp_path, portal, other)
        assert collecting.run(portal.url + COLUMN).fetch_states == {"content": 1, "off_host": 1}
        size = sum(path.stat().st_size for path in warc_files(collecting.settings.archive))
        assert other.asked == []
        assert size > 0
        allowed = frozenset({host_of(other.url)})
        assert collecting.run(portal.url + COLUMN, allowed_hosts=allowed).fetched_new == 1


def test_a_redirect_leads_nowhere_that_robots_forbid(portal: ScriptedPortal, tmp_path: Path) -> None:
    with ScriptedPortal(
        {"/robots.txt": (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /")}
    ) as other:
        portal.routes["/robots.txt"] = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /private/")
        trs_column(portal, (2024, 2023, 2022))
        portal.routes[trs_path(2024, 1)] = (302, {"Location": "/private/a.html"}, b"")
        portal.routes[trs_path(2023, 1)] = (302, {"Location": f"{other.url}/a.html"}, b"")
        collecting = Collecting(tmp_path, portal, other)
        outcome = collecting.run(portal.url + COLUMN, allowed_hosts=frozenset({other.host}))
        assert outcome.fetch_states == {"content": 2, "robots_disallowed": 2}
        assert "/private/a.html" not in portal.paths()
        assert [asked.path for asked in other.asked] == ["/robots.txt"]
        assert collecting.is_valid()


def test_robots_that_lie_where_nobody_may_ask_are_not_known(portal: ScriptedPortal, tmp_path: Path) -> None:
    with ScriptedPortal() as other:
        portal.routes["/robots.txt"] = (301, {"Location": f"{other.url}/robots.txt"}, b"")
        trs_column(portal)
        collecting = Collecting(tmp_path, portal, other)
        outcome = collecting.run(portal.url + COLUMN)
        assert "robots.txt could not be had" in (outcome.stopped_reason or "")
        assert (portal.paths(), other.asked) == ([], [])
        assert collecting.states() == {"/robots.txt": "unreachable", COLUMN: "unreachable"}
        assert collecting.run(portal.url + COLUMN, allowed_hosts=frozenset({other.host})).fetched_new == 1


def test_redirects_are_followed_five_times_and_no_more(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    for first, count, year in (("a", 5, 2024), ("b", 6, 2023)):
        portal.routes[trs_path(year, 1)] = (302, {"Location": f"/{first}/1"}, b"")
        for hop in range(1, count):
            portal.routes[f"/{first}/{hop}"] = (302, {"Location": f"/{first}/{hop + 1}"}, b"")
        portal.routes[f"/{first}/{count}"] = report(str(year))
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    assert collecting.states()[trs_path(2024, 1)] == "content"
    assert collecting.reasons()[trs_path(2023, 1)] == "more than 5 redirects"
    assert collecting.is_valid()


def test_a_redirect_to_itself_with_a_cookie_is_ordinary(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)

    def gate(asked: Asked) -> Reply:
        if "CT6T=1" in asked.headers.get("cookie", ""):
            return report("2024")
        return 302, {"Location": asked.path, "Set-Cookie": "CT6T=1"}, b""

    portal.routes[trs_path(2024, 1)] = gate
    assert Collecting(tmp_path, portal).run(portal.url + COLUMN).fetched_new == 1


def test_a_redirect_to_the_home_page_is_no_report(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    portal.routes["/"] = page("the home page")
    portal.routes[trs_path(2024, 1)] = (301, {"Location": "/"}, b"")
    portal.routes[trs_path(2023, 1)] = portal.routes[COLUMN]
    collecting = Collecting(tmp_path, portal)
    collecting.run(portal.url + COLUMN)
    assert collecting.states()[trs_path(2024, 1)] == "soft_404"
    assert collecting.states()[trs_path(2023, 1)] == "soft_404"
