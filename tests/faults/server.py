"""The simulated portals as real sockets, with faults drawn by a seed. Runs in a thread of its own."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import hashlib
import json
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from urllib.parse import parse_qsl, unquote

from flows.processes import allow_open_files
from tests.faults.plain import PlainPortal
from tests.faults.portals import FamilyPortal, Published, SimulatedPortal, loopback_addresses, simulated

FAULTS = (
    "burst_500",
    "reset",
    "slow_loris",
    "wrong_length",
    "redirects",
    "gzip_bomb",
    "challenge_412",
    "challenge_521",
    "slider",
    "empty",
    "throttled",
    "down",
)
BURST = 4
"""Requests that a host fails in a row when it fails for more than one."""
BOMB_BYTES = 8_000_000
JS = b"<html><script r='m'>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script></html>"
JSL = b"<script>document.cookie='__jsl_clearance_s=1';location.href=location.pathname</script>"
SLIDER = "<html><head><title>请稍候…</title></head><body><div class='puzzle-vcode'></div></body></html>".encode()
ROBOTS = b"User-agent: *\nDisallow: /private/\n"
ROBOTS_ETAG = '"robots"'
NO_ROBOTS = b"User-agent: *\nDisallow: /\n"
CLOCKS = {"clock_ahead": "Fri, 01 Jan 2077 00:00:00 GMT", "clock_behind": "Thu, 01 Jan 1970 00:00:00 GMT"}
DATE = "Tue, 01 Apr 2025 08:00:00 GMT"
LONGEST_HEAD = 64 * 1024


NOTHING = Published(b"<html><title>404</title></html>", status=404)
REFUSALS = {"js_412": (412, JS), "js_521": (521, JSL), "slider": (200, SLIDER)}
"""What portals answer to everything that never give anything."""


@dataclasses.dataclass
class _Asked:
    """One request as a host got it."""

    path: str
    fields: Mapping[str, str]
    """Of query, form or JSON, and the `Referer`."""
    headers: Mapping[str, str]


@dataclasses.dataclass
class _Host:
    portal: SimulatedPortal
    draw: random.Random
    failing: str = ""
    failures_left: int = 0


class FaultServer:
    """Serves simulated portals while the context is open.

    Args:
        count: portals.
        reports: reports a portal.
        seed: of habits and faults.
        fault_rate: share of requests that end in a fault while `is_faulty`.
        are_all_plain: one simple family and no habits, for measurements.
    """

    def __init__(
        self, count: int, reports: int, seed: int, fault_rate: float = 0.12, *, are_all_plain: bool = False
    ) -> None:
        allow_open_files(4 * count + 500)
        self._sockets = _listening(count)
        port = self._sockets[0].getsockname()[1]
        self.changing: list[FamilyPortal] = [] if are_all_plain else simulated(count, reports, seed, port)
        """The portals, unless all are plain."""
        self.portals: Sequence[SimulatedPortal] = self.changing or [
            PlainPortal(number, address, port, reports)
            for number, address in zip(range(count), loopback_addresses(), strict=False)
        ]
        self.fault_rate = fault_rate
        self.is_faulty = False
        self.faults: Counter[str] = Counter()
        """Faults so far, by kind."""
        self.delivered: Counter[tuple[str, str]] = Counter()
        """Pages and files of reports that were sent whole while `held` did not have them, by URL and sha-256."""
        self.again: list[str] = []
        """URLs of those that were sent whole though `held` had them and they have validators."""
        self.held: frozenset[tuple[str, str]] = frozenset()
        self.requests = 0
        self.posts = 0
        """Of them, those that sent a form or JSON."""
        self.first_and_last: dict[str, tuple[float, float]] = {}
        self._hosts = {
            portal.host: _Host(portal, random.Random(f"{seed} {portal.number}")) for portal in self.portals
        }
        self.contents = frozenset(
            content for portal in self.changing for age in (0, 1) for content in portal.digests(age).items()
        )
        """URL and sha-256 of all that is to be had, before and after the portals change."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(self._hosts)

    def __enter__(self) -> FaultServer:
        started = threading.Event()
        self._started = started.set
        self._thread.start()
        started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for listening in self._sockets:
            listening.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda loop, context: None)  # askers that hang up are no news

        async def start() -> None:
            for listening in self._sockets:
                await asyncio.start_server(self._converse, sock=listening, limit=LONGEST_HEAD)
            self._started()

        self._loop.run_until_complete(start())
        self._loop.run_forever()

    _started: Callable[[], None]

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
                }
                sent = await reader.readexactly(int(headers.get("content-length", "0")))
                host = self._hosts[headers["host"]]
                self._note(host, is_post=bool(sent))
                if not await self._answer(host, _asked(lines[0].split(" ")[1], headers, sent), writer):
                    break
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, KeyError):
            pass  # the asker has gone
        finally:
            writer.close()

    def _note(self, host: _Host, *, is_post: bool) -> None:
        now = self._loop.time()
        self.requests += 1
        self.posts += is_post
        first, _ = self.first_and_last.get(host.portal.host, (now, now))
        self.first_and_last[host.portal.host] = (first, now)

    async def _answer(self, host: _Host, asked: _Asked, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection is over."""
        fault = self._fault(host, asked.path)
        if fault:
            return await self._fail(fault, host, asked, writer)
        portal = host.portal
        if asked.path == "/robots.txt":
            rules = NO_ROBOTS if portal.habit == "robots" else ROBOTS
            is_known = asked.headers.get("if-none-match") == ROBOTS_ETAG
            status, body = (304, b"") if is_known else (200, rules)
            writer.write(_reply(status, body, f"ETag: {ROBOTS_ETAG}", kind="text/plain"))
        elif portal.habit in REFUSALS:
            writer.write(_reply(*REFUSALS[portal.habit]))
        else:
            self._publish(portal, asked, writer)
        return True

    def _publish(self, portal: SimulatedPortal, asked: _Asked, writer: asyncio.StreamWriter) -> None:
        found = portal.answer(asked.path, asked.fields) or NOTHING
        digest = hashlib.sha256(found.body).hexdigest()
        etag = f'"{digest[:16]}"'
        extra = [f"Date: {CLOCKS.get(portal.habit, DATE)}"]
        extra += [f"Location: {found.location}"] if found.location else []
        has_validators = portal.habit != "no_validators" and found.status == 200
        if has_validators:
            extra += [f"ETag: {etag}", f"Last-Modified: {CLOCKS.get(portal.habit, DATE)}"]
            if asked.headers.get("if-none-match") == etag:
                writer.write(_reply(304, b"", *extra))
                return
        self._note_delivery((f"http://{portal.host}{asked.path}", digest), can_be_known=has_validators)
        writer.write(_reply(found.status, found.body, *extra, kind=found.content_type))

    def _note_delivery(self, content: tuple[str, str], *, can_be_known: bool) -> None:
        if content not in self.contents:
            return
        if content not in self.held:
            self.delivered[content] += 1
        elif can_be_known:
            self.again.append(content[0])

    def _fault(self, host: _Host, path: str) -> str:
        if not self.is_faulty or path.startswith("/loop/"):
            return "redirects" if path.startswith("/loop/") else ""
        if host.failures_left:
            host.failures_left -= 1
            return host.failing
        if host.draw.random() >= self.fault_rate:
            return ""
        fault = host.draw.choice(FAULTS)
        if fault == "empty" and path == "/robots.txt":
            fault = "burst_500"  # an empty robots.txt is no fault: it allows everything
        if fault in ("burst_500", "down"):
            host.failing, host.failures_left = fault, BURST
        return fault

    async def _fail(self, fault: str, host: _Host, asked: _Asked, writer: asyncio.StreamWriter) -> bool:
        path = asked.path
        if not path.startswith("/loop/"):
            self.faults[fault] += 1
        body = (host.portal.answer(path, asked.fields) or NOTHING).body or NOTHING.body
        whole = {
            "burst_500": (500, b"<html>error</html>"),
            "challenge_412": (412, JS),
            "challenge_521": (521, JSL),
            "slider": (200, SLIDER),
            "empty": (200, b""),
        }
        if fault in whole:
            writer.write(_reply(*whole[fault]))
        elif fault == "throttled":
            writer.write(_reply(503, b"busy", "Retry-After: 1"))
        elif fault == "redirects":
            number = int(path.rsplit("/", 1)[1]) + 1 if path.startswith("/loop/") else 0
            writer.write(_reply(302, b"", f"Location: /loop/{number}"))
        elif fault == "gzip_bomb":
            writer.write(_reply(200, BOMB, "Content-Encoding: gzip"))
        else:
            return await _break_off(fault, body, writer)
        return True


def _asked(target: str, headers: Mapping[str, str], sent: bytes) -> _Asked:
    path, _, query = target.partition("?")
    fields = dict(parse_qsl(query))
    if "json" in headers.get("content-type", ""):
        fields |= {name: str(value) for name, value in json.loads(sent).items()}
    elif sent:
        fields |= dict(parse_qsl(sent.decode()))
    if "referer" in headers:
        fields["Referer"] = headers["referer"]
    return _Asked(unquote(path), fields, headers)


async def _break_off(fault: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
    head = _reply(200, body)[: -len(body)]
    if fault == "wrong_length":
        writer.write(head.replace(b"Content-Length: ", b"Content-Length: 9") + body)
        await writer.drain()
    elif fault == "slow_loris":
        writer.write(head)
        for byte in body[:30]:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.1)
    elif fault == "reset":
        writer.write(head + body[: len(body) // 2])
        await writer.drain()
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
    return False


def _reply(status: int, body: bytes, *headers: str, kind: str = "text/html") -> bytes:
    lines = (f"HTTP/1.1 {status} x", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


def _listening(count: int) -> list[socket.socket]:
    """One socket an address, all on one port."""
    for _ in range(20):
        found: list[socket.socket] = []
        port = 0
        try:
            for _, address in zip(range(count), loopback_addresses(), strict=False):
                listening = socket.socket()
                found.append(listening)
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listening.bind((address, port))
                port = listening.getsockname()[1]
                listening.listen(64)
        except OSError:
            for one in found:
                one.close()
        else:
            return found
    raise OSError("no port is free on all addresses of 127.1.0.0/16")


BOMB = gzip.compress(b" " * BOMB_BYTES)
