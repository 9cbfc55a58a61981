"""TLS as portals have it: sound, in need of permissive terms, or not to be trusted."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from flows.portals.asking import Asker, Heard
from flows.records import FetchState
from flows.settings import Settings

Ask = Callable[..., tuple[Heard, str]]

SHORT_PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
"""The prime of 1024 bits of RFC 2409, 6.2: too short for what OpenSSL allows by default."""


class Handler(BaseHTTPRequestHandler):
    """Answers everything alike."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def serving(context: ssl.SSLContext) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ask(authority: trustme.CA, tmp_path: Path) -> Ask:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    def asking(host: str, *, is_legacy_allowed: bool = False, **changes: object) -> tuple[Heard, str]:
        fields = {"pace_seconds": 0, "private_hosts": frozenset({host}), "ca_file": ca_file} | changes
        settings = Settings(_env_file=None, **fields)  # type: ignore[arg-type, call-arg]
        only = frozenset({host})
        asker = Asker(settings, only if is_legacy_allowed else frozenset())
        url = f"https://{host}/"
        heard = asker.ask("GET", url, "", {}, 0, lambda target: None)
        asker.close()
        return heard, asker.tls_verification(url)

    return asking


def server_context(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_sound_server_is_verified(authority: trustme.CA, ask: Ask) -> None:
    with serving(server_context(authority)) as host:
        heard, verification = ask(host)
    assert heard.answer is not None
    assert (heard.answer.payload, verification) == (b"ok", "verified")


def test_a_short_key_exchange_is_accepted_where_allowed_and_recorded(
    authority: trustme.CA, ask: Ask, tmp_path: Path
) -> None:
    # PKCS #3: SEQUENCE { INTEGER prime, INTEGER 2 }
    parameters = b"\x30\x81\x87\x02\x81\x81\x00" + SHORT_PRIME.to_bytes(128) + b"\x02\x01\x02"
    (tmp_path / "dh.pem").write_text(ssl.DER_cert_to_PEM_cert(parameters).replace("CERTIFICATE", "DH PARAMETERS"))
    context = server_context(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0")
    context.load_dh_params(str(tmp_path / "dh.pem"))
    authority.issue_cert("localhost", key_type=trustme.KeyType.RSA).configure_cert(context)
    with serving(context) as host:
        strict, strict_step = ask(host)
        heard, verification = ask(host, is_legacy_allowed=True)
    assert (strict.answer, strict.state, strict_step) == (None, FetchState.TLS_FAILED, "verified")
    assert heard.answer is not None, heard.reason
    assert (heard.answer.payload, verification) == (b"ok", "legacy")


@pytest.mark.parametrize("fault", ["another name", "another authority"])
def test_a_certificate_that_does_not_fit_is_accepted_by_explicit_setting_only(
    authority: trustme.CA, ask: Ask, fault: str
) -> None:
    other = trustme.CA()
    context = server_context(authority, "elsewhere") if fault == "another name" else server_context(other)
    with serving(context) as host:
        heard, verification = ask(host, is_legacy_allowed=True)
        by_name, step = ask(host, unverified_hosts=frozenset({host}))
    assert heard.answer is None
    assert heard.state is FetchState.TLS_FAILED
    assert "certificate verify failed" in (heard.reason or "")
    assert verification == "verified"
    assert by_name.answer is not None
    assert (by_name.answer.payload, step) == (b"ok", "unverified")


def test_a_port_that_speaks_plain_http_is_told(ask: Ask) -> None:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    heard, _ = ask(f"localhost:{server.server_port}")
    server.shutdown()
    server.server_close()
    assert heard.state in (FetchState.TLS_FAILED, FetchState.UNREACHABLE)
    assert heard.answer is None


@contextmanager
def speaking(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says what it is told to as soon as the client has begun to speak."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connected, _ = server.accept()
            except OSError:
                return
            with connected:
                try:
                    connected.recv(65536)
                    say(connected)
                except OSError:
                    continue  # the client has gone

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"localhost:{server.getsockname()[1]}"
    finally:
        server.close()


def tls_record(kind: int, body: bytes) -> bytes:
    """RFC 5246, 6.2.1, of TLS 1.2."""
    return bytes([kind, 3, 3]) + len(body).to_bytes(2) + body


def test_a_server_from_before_rfc_5746_is_asked_on_legacy_terms_where_allowed(ask: Ask) -> None:
    # a ServerHello (RFC 5246, 7.4.1.3) without extensions, so without renegotiation_info
    about = b"\x03\x03" + bytes(32) + b"\x00" + b"\xc0\x2f" + b"\x00"
    hello = tls_record(22, b"\x02" + len(about).to_bytes(3) + about)
    heard_from_client: list[bytes] = []

    def say(connected: socket.socket) -> None:
        connected.sendall(hello)
        connected.settimeout(0.2)
        try:
            heard_from_client.append(connected.recv(64))
        except TimeoutError:  # it waits for the certificate
            heard_from_client.append(b"")
        connected.sendall(tls_record(21, b"\x02\x50"))  # a fatal alert, internal_error

    with speaking(say) as host:
        strict, _ = ask(host)
        heard, verification = ask(host, is_legacy_allowed=True)
    handshake_failure = tls_record(21, b"\x02\x28")
    assert strict.state is heard.state is FetchState.TLS_FAILED
    assert "legacy renegotiation" in (strict.reason or "")
    assert "internal error" in (heard.reason or "")
    assert verification == "verified"  # the step that failed is not kept
    assert heard_from_client == [handshake_failure, handshake_failure, b""]


def test_a_handshake_that_comes_drop_by_drop_is_cut_off(ask: Ask) -> None:
    def say(connected: socket.socket) -> None:
        connected.sendall(b"\x16\x03\x03\x40\x00")
        for _ in range(1000):
            connected.sendall(b"\x02")
            time.sleep(0.02)

    with speaking(say) as host:
        heard, _ = ask(host, answer_seconds=0.3)
    assert (heard.state, heard.reason) == (FetchState.UNREACHABLE, "no whole answer within 0.3 s")
