"""One question over HTTP within limits of time, bytes, redirects and hosts; no answer is ever an exception."""

from __future__ import annotations

import dataclasses
import gzip
import io
import logging
import socket
import ssl
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

import requests
from requests.cookies import extract_cookies_to_jar
from urllib3.exceptions import DecodeError, HTTPError, InsecureRequestWarning

from flows.archive.exchange import Answer
from flows.portals.addresses import DEFAULT_PORTS, AddressError, canonical, host_of
from flows.portals.connections import GuardedAdapter, PrivateAddressError, TooSlowError, Watch, permitted_addresses
from flows.portals.pace import HostClosedError, turn
from flows.records import FetchState
from flows.settings import Settings

logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
"""Its warnings about tries that failed are not for people; what came of them is in the archive."""
warnings.simplefilter("ignore", InsecureRequestWarning)  # asked for by name, and recorded with every answer
LOG = logging.getLogger("gongkai")
VERIFIED, LEGACY, UNVERIFIED = "verified", "legacy", "unverified"

REDIRECTS = 5
CHUNK_BYTES = 64 * 1024
GZIP_NAMES = ("gzip", "x-gzip")
GZIP_MAGIC = b"\x1f\x8b\x08"
SAME_METHOD = (307, 308)
REDIRECT_STATUSES = (301, 302, 303, *SAME_METHOD)
NO_CONDITIONS: Mapping[str, Mapping[str, str]] = {}


Objection = tuple[FetchState, str]
"""The state in which a question ends that must not be put, and why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """Redirects, then the answer; or the state that stands for there being none."""

    redirects: tuple[Answer, ...]
    answer: Answer | None
    state: FetchState | None = None
    """Set when the answer, if any, is not to be looked into."""
    reason: str | None = None
    closed: HostClosedError | None = None
    """Set when a redirect leads to a host that is not to be asked any more in this run."""


class _NoAnswerError(Exception):
    """A question came to its end without an answer."""

    def __init__(self, state: FetchState, reason: str, answer: Answer | None = None) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason
        self.answer = answer


class Asker:
    """Asks the hosts of one portal. Used by one thread; hosts are paced across all.

    Args:
        settings: limits, certificates, proxy and who is asking.
        legacy_hosts: hosts that may be asked with legacy TLS where the usual terms fail.
    """

    def __init__(self, settings: Settings, legacy_hosts: frozenset[str] = frozenset()) -> None:
        self._settings = settings
        self._legacy_hosts = legacy_hosts
        self._watch = Watch()
        self._steps: dict[str, str] = {}
        """How the certificate of each host was verified that did not answer on the usual terms."""
        self._http = requests.Session()
        """Holds adapters and cookies. Requests do not go through its `send`, which follows redirects, asks the
        environment for a proxy (past the guard) and merges settings for half of the time that a question takes."""
        self._certificates: str | bool = str(settings.ca_file) if settings.ca_file else True
        self._proxies = {"http": settings.proxy, "https": settings.proxy} if settings.proxy else {}
        self._headers = {
            "User-Agent": settings.user_agent,
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "zh-CN,zh;q=0.9",  # a CDN was seen to answer with a page of its own without it
            "Accept-Encoding": "gzip, deflate",
        }
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, self._adapter(is_legacy=False))

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def tls_verification(self, url: str) -> str:
        """How the server of an address was verified: none (plain http), verified, legacy or unverified."""
        if urlsplit(url).scheme == "http":
            return "none"
        return self._steps.get(host_of(url), VERIFIED)

    def ask(
        self,
        method: str,
        url: str,
        body: str,
        headers: Mapping[str, str],
        pace_seconds: float,
        objection: Callable[[str], Objection | None],
        at_turn: Callable[[str], None] = lambda url: None,
        leads_on: Callable[[Answer], str | None] = lambda answer: None,
        conditions: Mapping[str, Mapping[str, str]] = NO_CONDITIONS,
    ) -> Heard:
        """Ask and follow redirects to which there is no objection. Takes its turn at the host before each request.

        `at_turn` is told what is asked now that its turn has come; `leads_on` says where a page leads that only does
        so, which then counts as a redirect; `conditions` are headers by the one address to which they are said.

        Raises:
            HostClosedError: by `at_turn`, before anything was asked.
        """
        redirects: list[Answer] = []
        try:
            while True:
                said = {**headers, **conditions.get(url, {})}
                answer = self._one(method, url, body, said, pace_seconds, at_turn)
                target = self._redirect(answer) or leads_on(answer)
                if target is None:
                    return Heard(tuple(redirects), answer)
                redirects.append(answer)
                if len(redirects) > REDIRECTS:
                    raise _NoAnswerError(FetchState.UNREACHABLE, f"more than {REDIRECTS} redirects")
                found = objection(target)
                if found is not None:
                    raise _NoAnswerError(found[0], f"redirects to {target[:200]}: {found[1]}")
                url = target
                if answer.http_status not in SAME_METHOD:
                    method, body = "GET", ""
        except _NoAnswerError as end:
            return Heard(tuple(redirects), end.answer, end.state, end.reason)
        except HostClosedError as end:
            if not redirects:
                raise
            return Heard(tuple(redirects), None, FetchState.UNREACHABLE, f"redirects to {end.host}: {end}", end)

    def _one(
        self,
        method: str,
        url: str,
        body: str,
        headers: Mapping[str, str],
        pace_seconds: float,
        at_turn: Callable[[str], None],
    ) -> Answer:
        with turn(host_of(url), pace_seconds):
            at_turn(url)
            # step by step, only after the usual terms failed: some modern servers hang under the permissive ones
            before = self._steps.get(host_of(url))
            while True:
                try:
                    return self._send(method, url, body, headers)
                except requests.exceptions.SSLError as fault:
                    step = self._next_step(host_of(url), is_certificate=_is_certificate_fault(fault))
                    if step is None:
                        self._settle(url, before)
                        raise _NoAnswerError(FetchState.TLS_FAILED, _sentence(fault)) from fault
                self._settle(url, step)

    def _next_step(self, host: str, *, is_certificate: bool) -> str | None:
        """What to try after a TLS fault: legacy renegotiation, then no verification, each only where allowed."""
        step = self._steps.get(host, VERIFIED)
        if is_certificate:
            return UNVERIFIED if step != UNVERIFIED and host in self._settings.unverified_hosts else None
        return LEGACY if step == VERIFIED and host in self._legacy_hosts else None

    def _settle(self, url: str, step: str | None) -> None:
        host = host_of(url)
        if step is None:
            self._steps.pop(host, None)
        else:
            self._steps[host] = step
        parts = urlsplit(url)
        is_legacy = step is not None and host in self._legacy_hosts
        self._http.mount(f"{parts.scheme}://{parts.netloc}/", self._adapter(is_legacy=is_legacy))

    def _send(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        seconds = self._settings.answer_seconds
        too_late = f"no whole answer within {seconds:g} s"
        with self._watch.limit(seconds):
            try:
                if self._settings.proxy:
                    self._check_before_proxy(url)
                with self._begun(method, url, body, headers) as response:
                    answer = self._received(response, method, url, body)
            except requests.exceptions.SSLError as fault:
                if self._watch.is_over:
                    raise _NoAnswerError(FetchState.UNREACHABLE, too_late) from fault
                raise
            except PrivateAddressError as fault:
                raise _NoAnswerError(FetchState.OFF_HOST, str(fault)) from fault
            except EOFError as fault:
                raise _NoAnswerError(FetchState.UNREACHABLE, "the packed answer breaks off") from fault
            except (DecodeError, gzip.BadGzipFile, zlib.error) as fault:
                raise _NoAnswerError(FetchState.WRONG_TYPE, "is not packed the way it says") from fault
            except (TooSlowError, requests.exceptions.RequestException, HTTPError, OSError, UnicodeError) as fault:
                reason = too_late if self._watch.is_over else _sentence(fault)
                raise _NoAnswerError(FetchState.UNREACHABLE, reason) from fault
            if self._watch.is_over:  # an answer of unknown length looks whole when its connection is cut
                late = dataclasses.replace(answer, payload=b"", truncated="time")
                raise _NoAnswerError(FetchState.UNREACHABLE, too_late, late)
            return answer

    def _begun(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> requests.Response:
        """Send a request, and wait for the head of its answer."""
        request = requests.PreparedRequest()
        request.prepare(
            method=method,
            url=url,
            headers={**self._headers, **headers},
            data=body.encode() or None,
            cookies=self._http.cookies,
        )
        is_unverified = self._steps.get(host_of(url)) == UNVERIFIED
        response = self._http.get_adapter(url).send(
            request,
            stream=True,
            timeout=(self._settings.connect_timeout_seconds, self._settings.read_timeout_seconds),
            verify=False if is_unverified else self._certificates,
            proxies=self._proxies,
        )
        if "Set-Cookie" in response.headers:
            extract_cookies_to_jar(self._http.cookies, request, response.raw)  # type: ignore[no-untyped-call]
        return response

    def _received(self, response: requests.Response, method: str, url: str, body: str) -> Answer:
        raw = response.raw
        answer = Answer(
            url=url,
            method=method,
            request_headers=(
                ("Host", urlsplit(url).netloc),
                *((name, str(value)) for name, value in response.request.headers.items()),
            ),
            request_body=body.encode(),
            http_version="HTTP/1.0" if raw.version == 10 else "HTTP/1.1",
            http_status=response.status_code,
            http_reason=_one_line(response.reason or ""),
            response_headers=tuple((name, _one_line(value)) for name, value in raw.headers.items()),
            payload=b"",
        )
        is_encoded = answer.header("Content-Encoding") is not None or answer.header("Transfer-Encoding") is not None
        limit = self._settings.answer_bytes
        is_gzip = (answer.header("Content-Encoding") or "").strip().lower() in GZIP_NAMES
        payload = _limited(raw.stream(CHUNK_BYTES, decode_content=not is_gzip), limit)
        if payload and (is_gzip or payload.startswith(GZIP_MAGIC)):  # some servers pack without saying so
            try:
                is_encoded, payload = True, _unpacked(payload, limit)
            except (gzip.BadGzipFile, zlib.error):
                if is_gzip:
                    raise
                LOG.debug("%s only looks packed", url)
        if payload is None:
            too_large = dataclasses.replace(answer, truncated="length")
            raise _NoAnswerError(FetchState.TOO_LARGE, f"larger than {limit} bytes", too_large)
        return dataclasses.replace(answer, payload=payload, is_decoded=is_encoded)

    def _check_before_proxy(self, url: str) -> None:
        """A proxy looks names up itself; what we can look up, and every way to write an address, is checked first."""
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        try:
            permitted_addresses(parts.hostname or "", port, self._settings.private_hosts)
        except socket.gaierror:
            LOG.debug("%s is left to the proxy to look up", parts.hostname)

    def _redirect(self, answer: Answer) -> str | None:
        location = answer.header("Location")
        if answer.http_status not in REDIRECT_STATUSES or not location:
            return None
        try:
            readable = location.encode("latin-1").decode("utf-8")  # http.client reads headers as Latin-1
        except UnicodeError:
            readable = location
        try:
            return canonical(readable, answer.url)
        except AddressError as fault:
            raise _NoAnswerError(FetchState.OFF_HOST, f"redirects to {fault}", answer) from fault

    def _adapter(self, *, is_legacy: bool) -> GuardedAdapter:
        return GuardedAdapter(
            self._settings.private_hosts, self._watch, self._settings.pace_seconds, is_legacy=is_legacy
        )


def _limited(chunks: Iterator[bytes], limit: int) -> bytes | None:
    payload = bytearray()
    for chunk in chunks:
        payload += chunk
        if len(payload) > limit:
            return None
    return bytes(payload)


def _unpacked(packed: bytes, limit: int) -> bytes | None:
    """What is in a gzip file; None beyond the limit.

    Raises:
        EOFError: it breaks off.
        gzip.BadGzipFile, zlib.error: it is none.
    """
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        unpacked = file.read(limit + 1)
    return unpacked if len(unpacked) <= limit else None


def _is_certificate_fault(fault: requests.exceptions.SSLError) -> bool:
    cause: BaseException | None = fault
    seen = []
    while cause is not None and cause not in seen:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        seen.append(cause)
        inner = getattr(cause, "reason", None)
        argument = cause.args[0] if cause.args and isinstance(cause.args[0], BaseException) else None
        cause = inner if isinstance(inner, BaseException) else argument or cause.__cause__ or cause.__context__
    return False


def _sentence(fault: BaseException) -> str:
    """What went wrong, without the addresses of objects that urllib3 prints."""
    cause: BaseException = fault
    for _ in range(8):
        inner = getattr(cause, "reason", None)
        argument = next((one for one in cause.args if isinstance(one, BaseException)), None)
        deeper = inner if isinstance(inner, BaseException) else argument
        if deeper is None:
            break
        cause = deeper
    text = str(cause) or type(cause).__name__
    is_prefixed = " object at 0x" in text or text.startswith(
        ("<", "Connection(", "HTTPConnection", "HTTPSConnection")
    )
    return _one_line(text.split(": ", 1)[-1] if is_prefixed else text)[:300]


def _one_line(text: str) -> str:
    return " ".join(text.split())
