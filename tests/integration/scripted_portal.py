"""A portal on loopback that answers as a test tells it to, and an archive to collect it into."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from warcio.checker import Checker

from flows.archive.index import ArchiveIndex
from flows.archive.members import warc_files
from flows.archive.reader import verify
from flows.archive.writer import ArchiveWriter
from flows.portals.collector import collect_portal
from flows.portals.outcome import PortalOutcome
from flows.portals.pace import Budget
from flows.records import Portal
from flows.settings import Settings

COLUMN = "/zwgk/zfxxgknb/"
ONE_PAGE = '<script>createPageHTML(1, 0, "index", "html");</script>'
CLOCK = dt.datetime(2025, 4, 1, 8, 0, tzinfo=dt.UTC)

Reply = tuple[int, dict[str, str], bytes]
Route = Reply | Callable[["Asked"], Reply | None]

REPORT_HEADS = "<table><tr><td>第二十条第（一）项</td></tr></table>"


class Asked:
    """One request as the portal got it."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.method = handler.command
        self.path = handler.path
        self.headers: Mapping[str, str] = {key.lower(): value for key, value in handler.headers.items()}
        self.body = body
        self.handler = handler


def page(body: str, charset: str = "utf-8", **headers: str) -> Reply:
    """An HTML page of more than 1500 bytes."""
    text = f"<!DOCTYPE html><html><head><title>示例</title></head><body>{body}{'<!-- -->' * 200}</body></html>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return 200, {"Content-Type": f"text/html; charset={charset}", **named}, text.encode(charset)


def report(title: str, **headers: str) -> Reply:
    """A page with the heads of the report's tables."""
    return page(f"<h1>{title}</h1>{REPORT_HEADS}", **headers)


class ScriptedPortal:
    """Serves `routes` (path with query -> reply) on a free port; anything else is 404."""

    def __init__(self, routes: dict[str, Route] | None = None) -> None:
        self.routes: dict[str, Route] = routes or {}
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def paths(self, *, robots: bool = False) -> list[str]:
        """Paths asked for so far."""
        return [asked.path for asked in self.asked if robots or asked.path != "/robots.txt"]

    def __enter__(self) -> ScriptedPortal:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        portal = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = Asked(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                portal.asked.append(asked)
                route = portal.routes.get(self.path)
                reply = route(asked) if callable(route) else route
                if callable(route) and reply is None:
                    self.close_connection = True
                    return
                status, headers, body = reply or (404, {"Content-Type": "text/html"}, b"<html>none</html>")
                self.send_response(status)
                if not {"content-length", "transfer-encoding"} & {name.lower() for name in headers}:
                    self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        return Handler


class Collecting:
    """One archive that portals are collected into, run after run."""

    def __init__(self, home: Path, *portals: ScriptedPortal, **changes: object) -> None:
        hosts = frozenset(portal.host for portal in portals)
        at_every_run = {"pace_seconds": 0, "revisit_days": 0, "revisit_old_days": 0}
        fields = {"home": home, "private_hosts": hosts} | at_every_run | changes
        self.settings = Settings(_env_file=None, **fields)  # type: ignore[arg-type, call-arg]
        self.minute = 0

    def run(
        self,
        column_url: str,
        family: str = "trs",
        allowed_hosts: frozenset[str] = frozenset(),
        report_years: frozenset[int] | None = None,
        now: Callable[[], dt.datetime] | None = None,
        budget: Budget | None = None,
        is_aggregate: bool = False,
    ) -> PortalOutcome:
        body_name = None if is_aggregate else "示例市人民政府"
        registered = Portal(
            "p", "示例", family, column_url, "990100", "示例市", "city", body_name, "government", False
        )
        with ArchiveWriter(
            self.settings.archive,
            warc_bytes=self.settings.warc_bytes,
            user_agent=self.settings.user_agent,
        ) as writer:
            return collect_portal(
                registered,
                settings=self.settings,
                index=self.index,
                writer=writer,
                now=now or self.clock,
                allowed_hosts=allowed_hosts,
                budget=budget,
                report_years=report_years,
            )

    def clock(self) -> dt.datetime:
        self.minute += 1
        return CLOCK + dt.timedelta(seconds=self.minute)

    @property
    def index(self) -> ArchiveIndex:
        return ArchiveIndex.open(self.settings.archive)

    def states(self) -> dict[str, str]:
        """State of each path as the archive has it last."""
        return {urlsplit(fetch.url).path: fetch.fetch_state for fetch in self.index.transitions()}

    def reasons(self) -> dict[str, str | None]:
        return {urlsplit(fetch.url).path: fetch.reason for fetch in self.index.transitions()}

    def titles(self) -> list[str]:
        return [entry.title for entry in self.index.entries() if entry.is_accepted]

    def is_valid(self) -> bool:
        files = [str(path) for path in warc_files(self.settings.archive)]
        command = type("Command", (), {"inputs": files, "verbose": False})
        return bool(files) and Checker(command).process_all() == 0 and verify(self.settings.archive) == []


def trs_row(year: int, number: int) -> str:
    return (
        f'<li><a href="./{year + 1}03/t{year + 1}0301_{number}.html" title="示例市{year}年政府信息公开工作年度报告">'
        f"示例市{year}年…</a><span>{year + 1}-03-01</span></li>"
    )


def trs_path(year: int, number: int) -> str:
    return f"{COLUMN}{year + 1}03/t{year + 1}0301_{number}.html"


def trs_column(portal: ScriptedPortal, years: tuple[int, ...] = (2024,), script: str = "") -> None:
    rows = "".join(trs_row(year, 1) for year in years)
    portal.routes[COLUMN] = page(f"<ul>{rows}</ul>{script or ONE_PAGE}")
    for year in years:
        portal.routes[trs_path(year, 1)] = report(f"示例市{year}年")
