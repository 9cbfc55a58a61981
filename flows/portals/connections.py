"""Connections that are opened only to public addresses, checked after the name was resolved, before connecting.

The address that was checked is the one connected to: there is no second look-up in which a name could change its
mind. A watch ends whatever is waited for when a whole answer takes too long, drop by drop as it may come.
"""

from __future__ import annotations

import http.client
import math
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager, ProxyManager, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

from flows.portals.addresses import DEFAULT_PORTS, is_public

ADDRESSES_TRIED = 3


class PrivateAddressError(Exception):
    """A name resolves to an address that is not public, and nobody allowed it."""


class TooSlowError(Exception):
    """The time for one whole answer is over."""


class Watch:
    """Cuts the connections of one session when an answer is overdue."""

    def __init__(self) -> None:
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.is_over = False

    def add(self, connected: socket.socket) -> None:
        """Have a socket cut when time is over."""
        with _OVERSEER.lock:
            self._sockets.add(connected)
            if self.is_over:
                self.cut()

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Give what happens inside that much time; `is_over` tells afterwards whether it was enough."""
        self.is_over = False
        _OVERSEER.begin(self, time.monotonic() + seconds)
        try:
            yield
        finally:
            _OVERSEER.end(self)

    def cut(self) -> None:
        """Say that time is over and end what is waited for. The overseer's lock is held."""
        self.is_over = True
        for connected in self._sockets:
            try:
                connected.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed meanwhile: there is nothing left to cut


class _Overseer:
    """One thread that looks after the time of all questions of the process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._is_sooner = threading.Condition(self.lock)
        self._ends_at: dict[Watch, float] = {}
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None

    def begin(self, watch: Watch, ends_at: float) -> None:
        with self.lock:
            self._ends_at[watch] = ends_at
            if self._thread is None or not self._thread.is_alive():  # none yet, or left behind by a fork
                self._thread = threading.Thread(target=self._oversee, name="overseer", daemon=True)
                self._thread.start()
            elif ends_at < self._wakes_at:
                self._is_sooner.notify()

    def end(self, watch: Watch) -> None:
        with self.lock:
            self._ends_at.pop(watch, None)

    def _oversee(self) -> None:
        with self.lock:
            while True:
                now = time.monotonic()
                for watch in [watch for watch, ends_at in self._ends_at.items() if ends_at <= now]:
                    del self._ends_at[watch]
                    watch.cut()
                self._wakes_at = min(self._ends_at.values(), default=math.inf)
                self._is_sooner.wait(None if self._wakes_at == math.inf else self._wakes_at - now)


_OVERSEER = _Overseer()


class GuardedAdapter(HTTPAdapter):
    """A requests adapter whose connections obey the guard and the watch.

    Args:
        private_hosts: `host:port` that may be asked although its address is not public.
        watch: cuts the connections when time is over.
        pace_seconds: base of the pause before a connection is tried again.
        is_legacy: accept servers that need renegotiation as of before RFC 5746, or short keys in the key exchange.
            Certificates are verified all the same.
    """

    def __init__(
        self, private_hosts: frozenset[str], watch: Watch, pace_seconds: float, *, is_legacy: bool = False
    ) -> None:
        self._private_hosts = private_hosts
        self._watch = watch
        self._is_legacy = is_legacy
        retry = Retry(
            total=2,
            connect=2,
            read=1,
            redirect=0,
            status=0,
            other=0,
            backoff_factor=pace_seconds / 2,
            respect_retry_after_header=False,
        )
        super().__init__(pool_connections=4, pool_maxsize=1, max_retries=retry)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Pools whose connections are guarded."""
        if self._is_legacy:
            kwargs["ssl_context"] = _legacy_context()
        super().init_poolmanager(*args, **kwargs)
        self._guard(self.poolmanager, self._private_hosts)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:  # noqa: ANN401 - as the base class has it
        """Pools that connect to the operator's proxy, which may well be private, and to nothing else."""
        if self._is_legacy:
            kwargs["ssl_context"] = _legacy_context()
        is_known = proxy in self.proxy_manager
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        if not is_known:
            parts = urlsplit(proxy)
            self._guard(manager, frozenset({f"{parts.hostname}:{parts.port or DEFAULT_PORTS[parts.scheme]}"}))
        return manager

    def _guard(self, manager: PoolManager, private_hosts: frozenset[str]) -> None:
        guard = {"private_hosts": private_hosts, "watch": self._watch}
        plain = type("Connection", (_GuardedConnection, HTTPConnection), guard)
        secure = type("SecureConnection", (_GuardedConnection, HTTPSConnection), guard)
        manager.pool_classes_by_scheme = {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }


class _WholeResponse(http.client.HTTPResponse):
    """A response that is not taken for whole when more of it lies there than its Content-Length says.

    What of the rest has not arrived by then is not waited for, so this notices most such answers, not all.
    """

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as the base class has it
        super().__init__(sock, *args, **kwargs)
        self._socket = sock

    def _close_conn(self) -> None:
        surplus = self._surplus() if self.status == 200 and self.length == 0 else b""
        super()._close_conn()  # type: ignore[misc]  # what http.client does at the end of a body
        if surplus.strip():  # some servers send a line end behind a body
            raise http.client.HTTPException("the answer is longer than the Content-Length that it gives")

    def _surplus(self) -> bytes:
        seconds = self._socket.gettimeout()
        try:
            self._socket.settimeout(0)
            return self.fp.peek(1)
        except (OSError, ValueError):
            return b""  # nothing there, or cut off meanwhile
        finally:
            self._socket.settimeout(seconds)


class _GuardedConnection(HTTPConnection):
    response_class = _WholeResponse
    private_hosts: frozenset[str]
    watch: Watch

    _handshaking: socket.socket | None = None
    """The connection until its TLS is agreed on: the socket itself is out of reach meanwhile."""

    def connect(self) -> None:
        try:
            super().connect()
        finally:
            if self._handshaking is not None:
                self._handshaking.close()
        if self.sock is not None:
            self.watch.add(self.sock)

    def _new_conn(self) -> socket.socket:
        if self.watch.is_over:
            raise TooSlowError
        fault: OSError | None = None
        for address in self._addresses()[:ADDRESSES_TRIED]:
            try:
                connected = create_connection(
                    (address, self.port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except OSError as refused:
                fault = refused
                continue
            self._handshaking = connected.dup()
            self.watch.add(self._handshaking)
            return connected
        if isinstance(fault, TimeoutError):
            raise ConnectTimeoutError(self, f"no connection to {self.host} within {self.timeout} s") from fault
        raise NewConnectionError(self, f"no connection to {self.host}: {fault}") from fault

    def _addresses(self) -> list[str]:
        host, port = self._dns_host, int(self.port or 0)  # of the proxy, when there is one
        try:
            return permitted_addresses(host, port, self.private_hosts)
        except (socket.gaierror, UnicodeError) as fault:
            gai = fault if isinstance(fault, socket.gaierror) else socket.gaierror(str(fault))
            raise NameResolutionError(host, self, gai) from fault


def permitted_addresses(host: str, port: int, private_hosts: frozenset[str]) -> list[str]:
    """The addresses of a host, all of them public unless `host:port` may be private.

    Raises:
        PrivateAddressError: one of them is not public.
        OSError, UnicodeError: the name cannot be looked up.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if f"{host}:{port}" not in private_hosts:
        for address in addresses:
            if not is_public(address):
                named = "" if host.strip("[]") == address else f"{host} is "
                raise PrivateAddressError(f"{named}{address}, which is not a public address")
    return addresses


def _legacy_context() -> ssl.SSLContext:
    context = create_urllib3_context(ciphers="DEFAULT:@SECLEVEL=1")
    context.options |= ssl.OP_LEGACY_SERVER_CONNECT if hasattr(ssl, "OP_LEGACY_SERVER_CONNECT") else 0x4
    context.load_default_certs()
    return context
