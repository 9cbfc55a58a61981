"""The sample platforms as real HTTP servers on loopback, one port each."""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import hashlib
import json
import sys
import threading
from collections.abc import Mapping, Sequence
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote

import yaml

from flows.errors import BusyError, InputError
from flows.sample.index import CellKey, SamplePortal, read_figures, sample_portals, sample_report
from flows.sample.sites.articles import PUBLISHED_TIME, Change
from flows.sample.sites.column import Answer
from flows.sample.sites.platform import Platform, platforms

ADDRESS = "127.0.0.1"
DEFAULT_BASE_PORT = 8471
FORM_BYTES = 64 * 1024
IDLE_SECONDS = 30
SEEN_ON = dt.date(2026, 11, 1)
"""Date that the registry files of the sample give as `seen`."""
REPUBLISHED_AFTER = dt.timedelta(days=30)


@dataclasses.dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request as the sample saw it."""

    platform: str
    method: str
    path: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    status: int


class SamplePortals:
    """All sample platforms, served while the context is open.

    `base_port` is the port of the first platform, the others take the ones after it; None takes any free ports.
    `portals` are the columns served, those of the demo unless said otherwise (`family_portals`).
    Raises BusyError when a port is taken and InputError when there is no such port.
    """

    def __init__(self, base_port: int | None = None, portals: Sequence[SamplePortal] | None = None) -> None:
        self._portals = sample_portals() if portals is None else portals
        self._names = list(dict.fromkeys(portal.platform for portal in self._portals))
        if base_port is not None and not 0 < base_port <= 65536 - len(self._names):
            raise InputError(f"{base_port} is no base port: choose one from 1024 to {65536 - len(self._names)}")
        self._base_port = base_port
        self._servers: dict[str, _Server] = {}
        self._changes: dict[str, Change] = {}
        self._removed: frozenset[str] = frozenset()
        self._platforms: dict[str, Platform] = {}
        self.requests: list[LoggedRequest] = []
        """Every request so far, oldest first."""

    def __enter__(self) -> SamplePortals:
        self._publish()
        try:
            for offset, platform in enumerate(self._names):
                port = 0 if self._base_port is None else self._base_port + offset
                self._servers[platform] = _listen(self, platform, port)
        except BusyError:
            self._close()
            raise
        for platform, server in self._servers.items():
            threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.05}, name=f"sample-{platform}", daemon=True
            ).start()
            server.is_serving = True
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def hosts(self) -> frozenset[str]:
        """`127.0.0.1:port` of every platform, as `Settings.private_hosts` wants them."""
        return frozenset(self._host(platform) for platform in self._names)

    @property
    def column_urls(self) -> dict[str, str]:
        """Address of each portal's column, by portal_id."""
        return {portal.portal_id: self._url(portal, portal.column) for portal in self._portals}

    def entry_url(self, report_key: str) -> str:
        """Address of a report's page. Raises InputError when it is not published."""
        for platform in self._platforms.values():
            for column in platform.columns:
                for article in column.articles:
                    if article.key == report_key:
                        return self._url(column.portal, column.article_path(article))
        raise InputError(f"the sample has published no report {report_key!r}")

    def write_registry(self, folder: Path) -> None:
        """Write one registry YAML a portal, named by its portal_id, with the column's present address."""
        folder.mkdir(parents=True, exist_ok=True)
        for portal in self._portals:
            text = yaml.safe_dump(self._registration(portal), allow_unicode=True, sort_keys=False)
            (folder / f"{portal.portal_id}.yaml").write_text(text, encoding="utf-8")

    def change_report(
        self, report_key: str, figures: Mapping[CellKey, str], *, changed_at: dt.datetime | None = None
    ) -> None:
        """Publish a report again with other figures at the same address, thirty days later unless said otherwise.

        Raises InputError when there is no such report or it has no such cell.
        """
        report = sample_report(report_key)
        unknown = set(figures) - set(read_figures(report))
        if unknown:
            raise InputError(f"report {report_key!r} has no cell {sorted(unknown)[0]}")
        later = dt.datetime.combine(report.published_on, PUBLISHED_TIME) + REPUBLISHED_AFTER
        self._changes[report_key] = Change(dict(figures), changed_at or later)
        self._publish()

    def remove(self, report_key: str) -> None:
        """Take a report away: its row is gone and its page answers 404."""
        self._removed |= {sample_report(report_key).key}
        self._publish()

    def answer(self, platform: str, path: str, fields: Mapping[str, str]) -> Answer:
        """What a platform answers now."""
        return self._platforms[platform].answer(path, fields)

    def _publish(self) -> None:
        self._platforms = platforms(self._portals, self._changes, self._removed)

    def _close(self) -> None:
        for server in self._servers.values():
            if server.is_serving:
                server.shutdown()
            server.server_close()
        self._servers.clear()

    def _host(self, platform: str) -> str:
        return f"{ADDRESS}:{self._servers[platform].server_address[1]}"

    def _url(self, portal: SamplePortal, path: str) -> str:
        return f"http://{self._host(portal.platform)}{path}"

    def _registration(self, portal: SamplePortal) -> dict[str, Any]:
        return {
            "name": portal.name,
            "family": portal.family,
            "column_url": self._url(portal, portal.column),
            "division": portal.division.model_dump(),
            "body": portal.body.model_dump() if portal.body else None,
            "aggregate": portal.body is None,
            "verified": True,
            "seen": SEEN_ON,
            "notes": portal.notes,
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    is_serving = False

    def __init__(self, sample: SamplePortals, platform: str, port: int) -> None:
        self.sample = sample
        self.platform = platform
        super().__init__((ADDRESS, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in the base class
        """An asker that hangs up in the middle is none of the sample's business; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _listen(sample: SamplePortals, platform: str, port: int) -> _Server:
    try:
        return _Server(sample, platform, port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise BusyError(
            f"Port {port} on {ADDRESS}, wanted by the sample portal {platform!r}, is not free: "
            "stop the program that holds it or choose another first port (--port, make demo PORT=...)."
        ) from None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sample"
    sys_version = ""
    timeout = IDLE_SECONDS
    server: _Server

    def do_GET(self) -> None:
        self._respond()

    def do_HEAD(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > FORM_BYTES:
            self.close_connection = True
            self._respond(refused=Answer(b"", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            return
        self._respond(self.rfile.read(int(length)).decode("utf-8", "replace"))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal: the log is `SamplePortals.requests`."""

    def _respond(self, form: str = "", refused: Answer | None = None) -> None:
        target, _, query = self.path.partition("?")
        path = unquote(target)
        fields = dict(parse_qsl(query)) | self._sent(form)
        sample = self.server.sample
        answer = refused or sample.answer(self.server.platform, path, fields)
        etag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
        status = HTTPStatus.NOT_MODIFIED if self._is_known(answer, etag) else HTTPStatus(answer.status)
        headers = {name.lower(): value for name, value in self.headers.items()}
        sample.requests.append(LoggedRequest(self.server.platform, self.command, path, fields, headers, int(status)))
        self.send_response(status)
        if answer.changed_at:
            self.send_header("ETag", etag)
            self.send_header("Last-Modified", format_datetime(answer.changed_at.astimezone(dt.UTC), usegmt=True))
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if status is not HTTPStatus.NOT_MODIFIED and self.command != "HEAD":
            self.wfile.write(answer.body)

    def _sent(self, form: str) -> dict[str, str]:
        """The fields of a form or of a JSON object, and where the asker comes from."""
        referer = {"Referer": self.headers["Referer"]} if "Referer" in self.headers else {}
        if "json" not in self.headers.get("Content-Type", ""):
            return dict(parse_qsl(form)) | referer
        try:
            sent = json.loads(form)
        except ValueError:
            return referer
        return (
            {str(name): str(value) for name, value in sent.items()} | referer if isinstance(sent, dict) else referer
        )

    def _is_known(self, answer: Answer, etag: str) -> bool:
        """Whether the asker has this answer already (RFC 9110, 13.1.2 and 13.1.3: the entity tag decides first)."""
        if answer.changed_at is None or self.command == "POST":
            return False
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")] or tags.strip() == "*"
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since", ""))
        except ValueError:
            return False
        return answer.changed_at <= (since if since.tzinfo else since.replace(tzinfo=dt.UTC))


def serve(base_port: int = DEFAULT_BASE_PORT, portals: Sequence[SamplePortal] | None = None) -> None:
    """Serve the sample portals until Ctrl-C, after printing the address of every column. Raises BusyError."""
    with SamplePortals(base_port, portals) as sample:
        for portal_id, url in sample.column_urls.items():
            print(f"{portal_id:22} {url}", flush=True)  # noqa: T201 - this is what the command is for
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return
