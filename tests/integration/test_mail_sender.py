"""Digests sent to real SMTP servers on loopback: with STARTTLS and login, one that refuses, one that is down."""

import datetime as dt
import email
import socket
import ssl
from email.policy import default

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from flows.errors import InputError
from flows.mail.sender import send_digests
from flows.settings import Settings
from tests.unit.mail_samples import SUMMARY, finding

NOW = dt.datetime(2026, 4, 1, 8, 30, tzinfo=dt.UTC)
PASSWORD = "correct horse battery"
AUTHORITY = trustme.CA()


class Mailbox:
    """Keeps what arrives; refuses the addresses it is told to."""

    def __init__(self, refused: tuple[str, ...] = (), breaks_off_at: str = "") -> None:
        self.refused = refused
        self.breaks_off_at = breaks_off_at
        self.arrived: list[tuple[str, bytes]] = []
        self.was_encrypted: list[bool] = []

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address == self.breaks_off_at:
            server.transport.close()
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.arrived.append((envelope.rcpt_tos[0], envelope.content))
        self.was_encrypted.append(session.ssl is not None)
        return "250 taken"


class Server(Controller):
    """A mail server on a free port of loopback."""

    def __init__(self, mailbox: Mailbox, **options) -> None:
        self.options = options
        super().__init__(mailbox, hostname="127.0.0.1", port=free_port())

    def factory(self):
        return SMTP(self.handler, **self.options)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def login(server, session, envelope, mechanism, auth_data):
    is_right = isinstance(auth_data, LoginPassword) and auth_data.password == PASSWORD.encode()
    return AuthResult(success=is_right, handled=False)


def server_tls(name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def serve():
    running = []

    def start(mailbox: Mailbox, **options) -> int:
        server = Server(mailbox, **options)
        server.start()
        running.append(server)
        return server.port

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def settings_for(tmp_path):
    """Settings with two recipients, a city and everything; `changes` are settings."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "recipients.yaml").write_text(
        "- {address: city@example.org, divisions: ['3213']}\n"
        "- {address: all@example.org, language: en, everything: true}\n",
        encoding="utf-8",
    )

    def settings(**changes) -> Settings:
        fields = {
            "home": tmp_path,
            "recipients": tmp_path / "recipients.yaml",
            "mail_from": "gongkai@example.org",
            "smtp_host": "127.0.0.1",
            "smtp_security": "none",
            "smtp_timeout_seconds": 5,
        }
        return Settings(_env_file=None, **(fields | changes))

    return settings


@pytest.fixture
def starttls(serve, settings_for, tmp_path):
    """A mailbox behind STARTTLS and login, and the settings for it."""
    mailbox = Mailbox()
    port = serve(mailbox, tls_context=server_tls(), require_starttls=True, authenticator=login, auth_required=True)
    settings = settings_for(
        smtp_port=port,
        smtp_security="starttls",
        smtp_user="gongkai",
        smtp_password=PASSWORD,
        smtp_ca_file=tmp_path / "ca.pem",
    )
    return mailbox, settings


FOUND = [
    finding(),
    finding(finding_id="s", body_id="s", body_name="某县", division_name="某市", division_code="321322"),
]


def files(settings: Settings) -> list[str]:
    return sorted(path.suffix for path in settings.outbox.iterdir())


def test_each_recipient_gets_what_is_theirs_through_starttls_and_login(starttls):
    mailbox, settings = starttls
    result = send_digests(settings, FOUND, SUMMARY, now=NOW)
    assert (result.sent, result.failed) == (("city@example.org", "all@example.org"), ())
    assert mailbox.was_encrypted == [True, True]
    messages = {to: email.message_from_bytes(content, policy=default) for to, content in mailbox.arrived}
    city, everything = messages["city@example.org"], messages["all@example.org"]
    assert "1 项" in city["Subject"]
    assert "2 checks failed" in everything["Subject"]
    assert "某县" in city.get_body(("plain",)).get_content()
    assert "样本县" not in city.get_body(("html",)).get_content()
    (sheet,) = everything.iter_attachments()
    assert sheet.get_filename() == "findings.csv"
    assert len(sheet.get_content().splitlines()) == 3
    assert files(settings) == [".eml", ".eml", ".html", ".html", ".sent", ".sent"]


def test_what_is_sent_is_what_is_kept(starttls):
    mailbox, settings = starttls
    result = send_digests(settings, FOUND, SUMMARY, now=NOW)
    kept = [email.message_from_bytes(path.read_bytes(), policy=default) for path in result.written]
    arrived = [email.message_from_bytes(content, policy=default) for _, content in mailbox.arrived]
    assert [m["Message-ID"] for m in kept] == [m["Message-ID"] for m in arrived]
    assert [m.get_body(("html",)).get_content() for m in kept] == [
        m.get_body(("html",)).get_content() for m in arrived
    ]


def test_the_same_digest_is_sent_once(starttls):
    mailbox, settings = starttls
    first = send_digests(settings, FOUND, SUMMARY, now=NOW)
    again = send_digests(settings, FOUND, SUMMARY, now=NOW + dt.timedelta(days=3))
    assert again.sent == ()
    assert again.already_sent == ("city@example.org", "all@example.org")
    assert again.written == first.written
    assert len(mailbox.arrived) == 2
    news = send_digests(settings, FOUND[:1], SUMMARY, now=NOW + dt.timedelta(days=4))
    assert news.sent == ("city@example.org", "all@example.org")


def test_tls_from_the_first_byte(serve, settings_for, tmp_path):
    mailbox = Mailbox()
    port = free_port()

    class Wrapped(Server):
        def __init__(self) -> None:
            super().__init__(mailbox)
            self.port = port
            self.ssl_context = server_tls()

    server = Wrapped()
    server.start()
    try:
        settings = settings_for(smtp_port=port, smtp_security="tls", smtp_ca_file=tmp_path / "ca.pem")
        result = send_digests(settings, FOUND, SUMMARY, now=NOW)
    finally:
        server.stop()
    assert (len(result.sent), result.failed) == (2, ())


def test_a_refused_recipient_is_named_and_the_others_get_theirs(serve, settings_for):
    mailbox = Mailbox(refused=("city@example.org",))
    settings = settings_for(smtp_port=serve(mailbox))
    result = send_digests(settings, FOUND, SUMMARY, now=NOW)
    assert result.sent == ("all@example.org",)
    (sentence,) = result.failed
    assert "did not take the digest for city@example.org (550 no such user); it stays at" in sentence
    assert all(path.is_file() for path in result.written)
    mailbox.refused = ()
    assert send_digests(settings, FOUND, SUMMARY, now=NOW).sent == ("city@example.org",)


def test_a_server_that_is_down_is_one_sentence_and_the_digests_stay(settings_for):
    settings = settings_for(smtp_port=free_port())
    result = send_digests(settings, FOUND, SUMMARY, now=NOW)
    assert result.sent == ()
    (sentence,) = result.failed
    assert "cannot be reached (Connection refused)" in sentence
    assert "2 of 2 digests" in sentence
    assert files(settings) == [".eml", ".eml", ".html", ".html"]


def test_a_server_that_breaks_off_is_one_sentence_and_nothing_is_sent_twice(serve, settings_for):
    mailbox = Mailbox(breaks_off_at="all@example.org")
    settings = settings_for(smtp_port=serve(mailbox))
    result = send_digests(settings, FOUND, SUMMARY, now=NOW)
    assert result.sent == ("city@example.org",)
    (sentence,) = result.failed
    assert "1 of 2 digests" in sentence
    mailbox.breaks_off_at = ""
    again = send_digests(settings, FOUND, SUMMARY, now=NOW)
    assert (again.already_sent, again.sent) == (("city@example.org",), ("all@example.org",))


def test_a_silent_server_is_given_up(settings_for):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings = settings_for(smtp_port=silent.getsockname()[1], smtp_timeout_seconds=0.3)
        (sentence,) = send_digests(settings, FOUND, SUMMARY, now=NOW).failed
    assert "timed out" in sentence


def test_a_wrong_password_is_one_sentence_without_the_password(starttls, settings_for):
    mailbox, settings = starttls
    wrong = settings.model_copy(update={"smtp_password": type(settings.smtp_password)("wrong secret")})
    (sentence,) = send_digests(wrong, FOUND, SUMMARY, now=NOW).failed
    assert "refused the login of gongkai (535" in sentence
    assert "wrong secret" not in sentence
    assert mailbox.arrived == []


def test_an_unknown_certificate_is_refused(starttls):
    mailbox, settings = starttls
    (sentence,) = send_digests(settings.model_copy(update={"smtp_ca_file": None}), FOUND, SUMMARY, now=NOW).failed
    assert "certificate of the mail server 127.0.0.1" in sentence
    assert mailbox.arrived == []


def test_a_certificate_for_another_name_is_refused(serve, settings_for, tmp_path):
    mailbox = Mailbox()
    port = serve(mailbox, tls_context=server_tls("mail.example.org"), require_starttls=True)
    settings = settings_for(smtp_port=port, smtp_security="starttls", smtp_ca_file=tmp_path / "ca.pem")
    (sentence,) = send_digests(settings, FOUND, SUMMARY, now=NOW).failed
    assert "could not be verified" in sentence
    assert mailbox.arrived == []


def test_a_server_without_starttls_gets_nothing(serve, settings_for):
    mailbox = Mailbox()
    settings = settings_for(smtp_port=serve(mailbox), smtp_security="starttls")
    (sentence,) = send_digests(settings, FOUND, SUMMARY, now=NOW).failed
    assert "GONGKAI_SMTP_SECURITY=starttls" in sentence
    assert mailbox.arrived == []


def test_a_password_is_never_sent_unencrypted(settings_for):
    settings = settings_for(smtp_user="gongkai", smtp_password=PASSWORD)
    with pytest.raises(InputError, match="unencrypted"):
        send_digests(settings, FOUND, SUMMARY, now=NOW)


def test_a_bad_authority_file_is_one_sentence(settings_for, tmp_path):
    with pytest.raises(InputError, match="GONGKAI_SMTP_CA_FILE"):
        send_digests(settings_for(smtp_ca_file=tmp_path / "none.pem"), FOUND, SUMMARY, now=NOW)
    (tmp_path / "text.pem").write_text("no certificate", encoding="utf-8")
    with pytest.raises(InputError, match="GONGKAI_SMTP_CA_FILE"):
        send_digests(settings_for(smtp_ca_file=tmp_path / "text.pem"), FOUND, SUMMARY, now=NOW)


def test_without_a_server_digests_are_only_kept(settings_for):
    result = send_digests(settings_for(smtp_host=""), FOUND, SUMMARY, now=NOW)
    assert (len(result.written), result.sent, result.failed) == (2, (), ())
    assert [path.name[:27] for path in result.written] == [
        "2026-04-01-city-example-org",
        "2026-04-01-all-example-org-",
    ]


def test_without_recipients_there_is_one_digest_of_everything_that_is_not_sent(serve, settings_for):
    mailbox = Mailbox()
    settings = settings_for(recipients=None, smtp_port=serve(mailbox))
    result = send_digests(settings, FOUND, SUMMARY, now=NOW)
    (eml,) = result.written
    message = email.message_from_bytes(eml.read_bytes(), policy=default)
    assert "2 checks failed" in message["Subject"]
    assert eml.with_suffix(".html").read_text(encoding="utf-8").count("<h2") == 2
    assert (result.sent, mailbox.arrived) == ((), [])
    assert send_digests(settings, FOUND, SUMMARY, now=NOW).written == (eml,)


def test_an_outbox_that_cannot_be_written_is_one_sentence(settings_for, tmp_path):
    (tmp_path / "outbox").write_text("a file, no folder", encoding="utf-8")
    with pytest.raises(InputError, match="The outbox"):
        send_digests(settings_for(smtp_host=""), FOUND, SUMMARY, now=NOW)
