"""Refusals and limits against real servers on loopback: challenges, robots, sizes, bombs, slowness."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flows.archive.members import Member, members, record_of, warc_files
from flows.archive.reader import read_payload
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

BODY = report("2024")[2]
PACKED = gzip.compress(BODY, mtime=0)


def test_a_script_challenge_ends_the_portal_and_pauses_its_host(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    portal.routes[trs_path(2024, 1)] = (412, {}, b"<html><script r='m'>$_ts=window['$_ts']</script></html>")
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert "blocked_js" in (outcome.stopped_reason or "")
    asked_before = len(portal.asked)
    paused = collecting.run(portal.url + COLUMN)
    assert "left alone until" in (paused.stopped_reason or "")
    assert len(portal.asked) == asked_before
    next_day = collecting.run(portal.url + COLUMN, now=lambda: CLOCK + dt.timedelta(days=2))
    assert next_day.fetched_new == 1  # the one that was not refused is asked for first
    assert collecting.states()[trs_path(2023, 1)] == "content"


@pytest.mark.parametrize(
    ("reply", "state", "is_left_alone"),
    [
        ((200, {}, b"<html><script>location.href='/' + x</script></html>"), "shell", False),
        ((200, {}, b"<html><title>404</title></html>"), "soft_404", False),
        ((200, {}, "<html><title>请稍候</title></html>".encode()), "blocked_captcha", True),
        ((403, {}, b""), "blocked_ip", True),
        ((521, {}, b""), "blocked_js", True),
        ((429, {}, b""), "throttled", True),
        ((200, {}, b""), "throttled", True),
        ((410, {}, b""), "gone", False),
        ((502, {}, b""), "unreachable", False),
        ((200, {}, b"\xff\xd8\xff\xe0\0"), "wrong_type", False),
    ],
)
def test_what_is_no_report_is_named_and_a_refusal_pauses_the_host(
    portal: ScriptedPortal, tmp_path: Path, reply: Reply, state: str, is_left_alone: bool
) -> None:
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = reply
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert collecting.states()[trs_path(2024, 1)] == state
    assert collecting.reasons()[trs_path(2024, 1)]
    assert (outcome.fetch_states[state], outcome.fetched_new, outcome.is_refused) == (1, 0, is_left_alone)
    assert (collecting.index.refused_until(portal.host, 3600, CLOCK) is not None) == is_left_alone
    assert collecting.is_valid()


@pytest.mark.parametrize(
    ("robots", "state"),
    [
        ((200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /zwgk/"), "robots_disallowed"),
        ((200, {"Content-Type": "text/plain"}, b"User-agent: gongkai\nDisallow: /"), "robots_disallowed"),
        ((503, {}, b""), "unreachable"),
        ((412, {}, b"$_ts"), "blocked_js"),
        ((401, {}, b"login"), "blocked_ip"),
        ((403, {}, b"no"), "blocked_ip"),
        ((405, {}, b"no"), "blocked_ip"),
        (page('<div class="puzzle-vcode">拖动滑块完成拼图</div>'), "blocked_captcha"),
        ((200, {}, b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /\r\n"), "robots_disallowed"),
        ((200, {}, "User-agent: *\nDisallow: /\n".encode("utf-16")), "robots_disallowed"),
    ],
)
def test_robots_are_obeyed(portal: ScriptedPortal, tmp_path: Path, robots: Reply, state: str) -> None:
    trs_column(portal)
    portal.routes["/robots.txt"] = robots
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert portal.paths() == []
    assert collecting.states()[COLUMN] == state
    assert (outcome.stopped_reason or "").startswith(f"the column answered {state}")


@pytest.mark.parametrize(
    "robots",
    [
        (404, {}, b""),
        (410, {}, b""),
        page("a home page instead"),
        (200, {"Content-Type": "text/plain"}, b"User-agent: other\nDisallow: /"),
    ],
)
def test_no_robots_means_no_rules(portal: ScriptedPortal, tmp_path: Path, robots: Reply) -> None:
    trs_column(portal)
    portal.routes["/robots.txt"] = robots
    assert Collecting(tmp_path, portal).run(portal.url + COLUMN).fetched_new == 1


def test_robots_that_are_as_they_were_hold_on(portal: ScriptedPortal, tmp_path: Path) -> None:
    def robots(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == '"1"':
            return 304, {"ETag": '"1"'}, b""
        return 200, {"Content-Type": "text/plain", "ETag": '"1"'}, b"User-agent: *\nDisallow: /zwgk/zfxxgknb/202403/"

    trs_column(portal, (2024, 2023))
    portal.routes["/robots.txt"] = robots
    collecting = Collecting(tmp_path, portal)
    assert collecting.run(portal.url + COLUMN).fetched_new == 1
    again = collecting.run(portal.url + COLUMN)
    assert (again.unchanged, again.stopped_reason) == (1, None)
    assert collecting.states()["/robots.txt"] == "content"
    assert trs_path(2023, 1) not in portal.paths()


def test_an_answer_of_just_the_limit_is_kept_and_one_byte_more_is_not(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    limit = 20_000
    for year, size in ((2024, limit), (2023, limit + 1)):
        _, headers, body = report(str(year))
        portal.routes[trs_path(year, 1)] = (200, headers, body + b" " * (size - len(body)))
    collecting = Collecting(tmp_path, portal, answer_bytes=limit)
    collecting.run(portal.url + COLUMN)
    assert collecting.states()[trs_path(2024, 1)] == "content"
    assert collecting.states()[trs_path(2023, 1)] == "too_large"
    assert collecting.is_valid()


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_gzip_bomb_is_given_up(portal: ScriptedPortal, tmp_path: Path, is_declared: bool) -> None:
    trs_column(portal)
    headers = {"Content-Type": "text/html"} | ({"Content-Encoding": "gzip"} if is_declared else {})
    portal.routes[trs_path(2024, 1)] = (200, headers, gzip.compress(b" " * 50_000_000))
    collecting = Collecting(tmp_path, portal, answer_bytes=1_000_000)
    collecting.run(portal.url + COLUMN)
    assert collecting.states()[trs_path(2024, 1)] == "too_large"


def test_packed_answers_are_archived_unpacked(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal)
    _, headers, body = report("2024")
    collecting = Collecting(tmp_path, portal)
    for number, (extra, sent) in enumerate(
        (({"Content-Encoding": "gzip"}, gzip.compress(body)), ({}, gzip.compress(body)), ({}, body))
    ):
        portal.routes[trs_path(2024, 1)] = (200, headers | extra, sent)
        outcome = collecting.run(portal.url + COLUMN)
        assert (outcome.fetched_new, outcome.unchanged) == ((1, 0) if number == 0 else (0, 1))
    (document,) = collecting.index.documents()
    place = (collecting.settings.archive, document.warc_file, document.warc_offset)
    assert read_payload(*place, 10_000) == body
    assert collecting.is_valid()


def test_an_answer_that_breaks_off_is_unreachable(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    _, headers, body = report("2024")
    portal.routes[trs_path(2024, 1)] = (200, headers | {"Content-Length": "99999", "Connection": "close"}, body)

    def hang_up(asked: Asked) -> Reply:
        asked.handler.close_connection = True
        return 200, headers | {"Content-Length": "99999", "Connection": "close"}, body

    portal.routes[trs_path(2024, 1)] = hang_up
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert collecting.states()[trs_path(2024, 1)] == "unreachable"
    assert outcome.fetched_new == 1


@pytest.mark.parametrize(
    ("headers", "sent", "reason"),
    [
        ({"Content-Length": "1600"}, BODY, "the answer is longer than the Content-Length that it gives"),
        ({"Content-Length": str(len(BODY))}, BODY + b"\r\n", None),
        ({"Connection": "close", "Content-Encoding": "gzip"}, PACKED, None),
        ({"Connection": "close", "Content-Encoding": "gzip"}, PACKED + PACKED, None),
        ({"Connection": "close", "Content-Encoding": "gzip"}, PACKED[:-9], "the packed answer breaks off"),
        ({"Connection": "close"}, PACKED[:-9], "the packed answer breaks off"),
        ({"Content-Encoding": "gzip", "Content-Length": "99"}, PACKED[:99], "the packed answer breaks off"),
        ({"Content-Encoding": "gzip"}, BODY, "is not packed the way it says"),
        ({"Content-Encoding": "gzip"}, PACKED[:20] + b"!" * 99, "is not packed the way it says"),
        ({}, b"\x1f\x8b\x08" + b"!\0" * 99, "a gzip archive instead of a page"),
    ],
)
def test_an_answer_that_is_not_whole_is_not_taken_for_whole(
    portal: ScriptedPortal, tmp_path: Path, headers: dict[str, str], sent: bytes, reason: str | None
) -> None:
    trs_column(portal, (2024, 2023))
    length = {} if "Connection" in headers or "Content-Length" in headers else {"Content-Length": str(len(sent))}

    def answer(asked: Asked) -> None:
        asked.handler.send_response(200)
        for name, value in {"Content-Type": "text/html", **headers, **length}.items():
            asked.handler.send_header(name, value)
        asked.handler.end_headers()
        asked.handler.wfile.write(sent)

    portal.routes[trs_path(2024, 1)] = answer
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert collecting.reasons()[trs_path(2024, 1)] == reason
    assert outcome.fetched_new == (2 if reason is None else 1)
    assert collecting.is_valid()


def drip(seconds: float) -> Callable[[Asked], Reply | None]:
    """A body of unknown length that comes one byte at a time."""

    def answer(asked: Asked) -> Reply | None:
        asked.handler.send_response(200)
        asked.handler.send_header("Connection", "close")
        asked.handler.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                asked.handler.wfile.write(b"<")
                asked.handler.wfile.flush()
            except OSError:
                return None
            time.sleep(0.05)
        return None

    return answer


def test_an_answer_that_comes_drop_by_drop_is_cut_off(portal: ScriptedPortal, tmp_path: Path) -> None:
    trs_column(portal, (2024, 2023))
    portal.routes[trs_path(2024, 1)] = drip(30)
    collecting = Collecting(tmp_path, portal, answer_seconds=0.5)
    outcome = collecting.run(portal.url + COLUMN)
    assert collecting.reasons()[trs_path(2024, 1)] == "no whole answer within 0.5 s"
    assert outcome.fetched_new == 1


def test_a_host_that_is_silent_again_and_again_is_left_for_the_next_run(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    trs_column(portal, tuple(range(2015, 2025)))
    for year in range(2015, 2025):
        portal.routes[trs_path(year, 1)] = (500, {}, b"")
    outcome = Collecting(tmp_path, portal).run(portal.url + COLUMN)
    assert outcome.fetch_states["unreachable"] == 5
    assert "5 requests in a row" in (outcome.stopped_reason or "")


def test_a_closed_port_and_an_unknown_name_are_unreachable(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    collecting = Collecting(tmp_path, private_hosts=frozenset({host}))
    outcome = collecting.run(f"http://{host}{COLUMN}")
    assert (outcome.stopped_reason or "").startswith("the column answered unreachable")
    assert collecting.states() == {"/robots.txt": "unreachable", COLUMN: "unreachable"}
    outcome = collecting.run("http://no-such-name.invalid/nb/")
    assert (outcome.stopped_reason or "").startswith("the column answered unreachable")


def test_a_refusal_by_another_host_does_not_keep_the_portals_own_entries_waiting(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    with ScriptedPortal() as other:
        other.routes["/nb/t20250301_9.html"] = (403, {}, b"")
        trs_column(portal, (2024, 2023))
        elsewhere = f"<li><a href='{other.url}/nb/t20250301_9.html'>示例区2024年政府信息公开工作年度报告</a></li>"
        portal.routes[COLUMN] = page(f"<ul>{elsewhere}{trs_row(2024, 1)}{trs_row(2023, 1)}</ul>")
        collecting = Collecting(tmp_path, portal, other)
        outcome = collecting.run(portal.url + COLUMN, allowed_hosts=frozenset({other.host}))
        assert outcome.fetched_new == 2
        assert "answered blocked_ip" in (outcome.stopped_reason or "")
        again = collecting.run(portal.url + COLUMN, allowed_hosts=frozenset({other.host}))
        assert again.unchanged == 2
        assert "left alone until" in (again.stopped_reason or "")


def test_a_redirect_to_a_host_that_is_left_alone_is_archived_and_named(
    portal: ScriptedPortal, tmp_path: Path
) -> None:
    with ScriptedPortal() as other:
        other.routes["/nb/t20250301_9.html"] = (403, {}, b"")
        trs_column(portal, (2024, 2023, 2022))
        for year in (2024, 2023):
            portal.routes[trs_path(year, 1)] = (302, {"Location": f"{other.url}/nb/t20250301_9.html"}, b"")
        collecting = Collecting(tmp_path, portal, other)
        outcome = collecting.run(portal.url + COLUMN, allowed_hosts=frozenset({other.host}))
    assert other.paths() == ["/nb/t20250301_9.html"]
    assert outcome.fetched_new == 1
    states = {urlsplit(state.entry_url).path: state for state in collecting.index.entry_states()}
    assert states[trs_path(2024, 1)].entry_state == "blocked_ip"
    assert states[trs_path(2022, 1)].entry_state == "content"
    late = states[trs_path(2023, 1)]
    assert late.entry_state == "unreachable"
    assert (late.reason or "").startswith(
        f"redirects to {other.host}: {other.host} refused us and is left alone until"
    )
    assert b"302" in b"".join(heads(collecting, trs_path(2023, 1)))
    assert collecting.is_valid()


def heads(collecting: Collecting, path: str) -> list[bytes]:
    """First lines of the responses that the archive has of an address."""
    found = []
    for warc in warc_files(collecting.settings.archive):
        for member in members(warc):
            assert isinstance(member, Member)
            record = record_of(member)
            if record.get("WARC-Type") == "response" and (record.get("WARC-Target-URI") or "").endswith(path):
                found.append(record.block.split(b"\r\n")[0])
    return found


@pytest.mark.parametrize(
    ("reply", "is_fruitless"),
    [
        ((412, {}, b"$_ts"), True),
        ((404, {}, b""), True),
        ((500, {}, b""), True),
        (page("no rows"), True),
        (None, False),
    ],
)
def test_a_portal_that_gives_neither_a_list_nor_a_report_is_fruitless(
    portal: ScriptedPortal, tmp_path: Path, reply: Reply | None, is_fruitless: bool
) -> None:
    trs_column(portal)
    portal.routes |= {COLUMN: reply} if reply else {}
    collecting = Collecting(tmp_path, portal)
    assert collecting.run(portal.url + COLUMN).is_fruitless == is_fruitless
    assert collecting.run(portal.url + COLUMN).is_fruitless == is_fruitless  # also while it is left alone
