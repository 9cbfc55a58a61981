"""Digests sent to real SMTP servers on loopback: with STARTTLS and login, one that refuses, one that is down."""

import dataclasses
import datetime as dt
import email
import os
import signal
import socket
import ssl
import subprocess
import sys
from email.policy import default

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from flows.errors import BusyError, InputError
from flows.mail import deliveries as store
from flows.mail.sender import send_digests
from flows.quality.finding_store import acknowledge, look
from flows.quality.sightings import Ending, sighting_of
from flows.settings import Settings
from tests.unit.mail_samples import SUMMARY, finding

NOW = dt.datetime(2026, 4, 1, 8, 30, tzinfo=dt.UTC)
PASSWORD = "correct horse battery"
AUTHORITY = trustme.CA()


class Mailbox:
    """Keeps what arrives; refuses the addresses it is told to, for good or for the next few times."""

    def __init__(self, refused: tuple[str, ...] = (), breaks_off_at: str = "") -> None:
        self.refused = refused
        self.breaks_off_at = breaks_off_at
        self.breaks_off_after_content = False
        self.closes_after_answer = False
        self.busy: dict[str, int] = {}
        self.answer_to_content = "250 taken"
        self.arrived: list[tuple[str, bytes]] = []
        self.was_encrypted: list[bool] = []

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address == self.breaks_off_at:
            server.transport.close()
        if address in self.refused:
            return "550 no such user"
        if self.busy.get(address, 0) > 0:
            self.busy[address] -= 1
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.arrived.append((envelope.rcpt_tos[0], envelope.content))
        self.was_encrypted.append(session.ssl is not None)
        if self.breaks_off_after_content:
            server.transport.close()
        if self.closes_after_answer:
            await server.push(self.answer_to_content)
            server.transport.close()
        return self.answer_to_content


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


def passed(gone):
    return {one.finding_id: Ending(True, "the check is passed") for one in gone}


def tell(settings: Settings, found=FOUND, *, now=NOW, waits=None):
    """A look at what is found, then the digests; `waits` collects how long it was waited."""
    look(settings.finding_store, [sighting_of(one) for one in found], passed, now=now)
    return send_digests(settings, found, SUMMARY, now=now, wait=(waits if waits is not None else []).append)


def states(settings: Settings) -> list[tuple[str, str]]:
    with store.deliveries(settings.finding_store) as connection:
        return [(one.recipient, one.state.value) for one in store.all_deliveries(connection)]


def headers(content: bytes):
    return email.message_from_bytes(content, policy=default)


LATER = NOW + dt.timedelta(hours=1)
CITY, ALL = "city@example.org", "all@example.org"
NEWS = [*FOUND, finding(finding_id="news", instance_key="business")]


def files(settings: Settings) -> list[str]:
    return sorted(path.suffix for path in settings.outbox.iterdir() if path.name != ".lock")


def test_each_recipient_gets_what_is_theirs_through_starttls_and_login(starttls):
    mailbox, settings = starttls
    result = tell(settings)
    assert (result.sent, result.failed) == ([CITY, ALL], [])
    assert mailbox.was_encrypted == [True, True]
    messages = {to: email.message_from_bytes(content, policy=default) for to, content in mailbox.arrived}
    city, everything = messages["city@example.org"], messages["all@example.org"]
    assert "新发现 1 项" in city["Subject"]
    assert "2 new" in everything["Subject"]
    assert "某县" in city.get_body(("plain",)).get_content()
    assert "样本县" not in city.get_body(("html",)).get_content()
    sheet, workbook = everything.iter_attachments()
    assert (sheet.get_filename(), workbook.get_filename()) == ("findings.csv", "findings.xlsx")
    assert len(sheet.get_content().splitlines()) == 3
    assert files(settings) == [".eml", ".eml", ".html", ".html"]


def test_what_is_sent_is_what_is_kept(starttls):
    mailbox, settings = starttls
    result = tell(settings)
    kept = [email.message_from_bytes(path.read_bytes(), policy=default) for path in result.written]
    arrived = [email.message_from_bytes(content, policy=default) for _, content in mailbox.arrived]
    assert [m["Message-ID"] for m in kept] == [m["Message-ID"] for m in arrived]
    assert [m.get_body(("html",)).get_content() for m in kept] == [
        m.get_body(("html",)).get_content() for m in arrived
    ]


def test_what_was_told_is_told_once_and_then_only_what_is_new(starttls):
    mailbox, settings = starttls
    tell(settings)
    again = tell(settings, now=NOW + dt.timedelta(days=3))
    assert (again.sent, again.nothing_new, again.written) == ([], [CITY, ALL], [])
    assert len(mailbox.arrived) == 2
    news = tell(settings, NEWS, now=NOW + dt.timedelta(days=4))
    assert news.sent == [ALL]
    text = headers(mailbox.arrived[-1][1]).get_body(("plain",)).get_content()
    assert "In the reports that are yours: 1 new." in text
    assert "Told before and still there: 2" in text


def test_fixed_and_acknowledged_and_lapsed(starttls):
    mailbox, settings = starttls
    tell(settings)
    name = FOUND[0].finding_id
    acknowledge(settings.finding_store, name, by="Office", reason="known", until=NOW.date(), now=LATER)
    assert tell(settings, NEWS[:1], now=LATER).sent == [CITY, ALL]  # that the city's finding is fixed
    assert "1 fixed" in headers(mailbox.arrived[-1][1])["Subject"]
    assert tell(settings, NEWS[:1], now=NOW + dt.timedelta(days=1)).sent == [ALL]
    message = headers(mailbox.arrived[-1][1])
    assert "1 due" in message["Subject"]
    assert "acknowledged by Office on 2026-04-01 until 2026-04-01, which has passed" in (
        message.get_body(("plain",)).get_content()
    )
    assert tell(settings, NEWS[:1], now=NOW + dt.timedelta(days=2)).sent == []


def test_digests_of_a_recipient_are_one_thread(starttls):
    mailbox, settings = starttls
    for day, found in enumerate((FOUND, NEWS, FOUND)):
        tell(settings, found, now=NOW + dt.timedelta(days=day))
    first, second, third = (headers(content) for to, content in mailbox.arrived if to == ALL)
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == first["Message-ID"]
    assert third["In-Reply-To"] == second["Message-ID"]
    assert third["References"].split() == [first["Message-ID"], second["Message-ID"]]
    assert len({one["Message-ID"] for one in (first, second, third)}) == 3


@pytest.mark.parametrize(("every", "sent_on"), [("run", [0, 1, 6, 7]), ("day", [0, 1, 6, 7]), ("week", [0, 7])])
def test_a_recipient_is_written_to_as_often_as_they_want(serve, settings_for, every, sent_on):
    mailbox = Mailbox()
    settings = settings_for(smtp_port=serve(mailbox), digest_every=every)
    days = []
    for day in (0, 1, 6, 7):
        found = [*FOUND, *(finding(finding_id=f"n{one}", instance_key=f"n{one}") for one in range(day))]
        days += [day] * (ALL in tell(settings, found, now=NOW + dt.timedelta(days=day)).sent)
        if every == "day":
            more = [*found, finding(finding_id=f"later{day}", instance_key="later")]
            assert ALL in tell(settings, more, now=NOW + dt.timedelta(days=day, hours=3)).not_yet
    assert days == sent_on


KILLED = """
import os, signal, sys
from pathlib import Path
from flows.mail import deliveries, sender
from flows.settings import Settings
from tests.integration.test_mail_sender import tell
moved = deliveries.move
def killed(connection, digest_id, state, **more):
    if state == sys.argv[3] == "sending":
        moved(connection, digest_id, state, **more)
    if state == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
    moved(connection, digest_id, state, **more)
deliveries.move = killed
tell(Settings(_env_file=None, home=Path(sys.argv[1]), recipients=Path(sys.argv[1]) / "recipients.yaml",
    mail_from="gongkai@example.org", smtp_host="127.0.0.1", smtp_port=int(sys.argv[2]), smtp_security="none"))
"""


@pytest.mark.parametrize(("killed_at", "arrived"), [("sending", 0), ("sent", 1)])
def test_killed_between_sending_and_recording_no_mail_goes_out_twice_and_nothing_is_lost(
    serve, settings_for, tmp_path, killed_at, arrived
):
    """Killed once the server has taken the mail, before that is recorded; and right before the content goes out."""
    mailbox = Mailbox()
    settings = settings_for(smtp_port=serve(mailbox))
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(settings.smtp_port), killed_at]
    done = subprocess.run(command, check=False, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.returncode == -signal.SIGKILL
    assert [to for to, _ in mailbox.arrived] == [CITY] * arrived
    assert states(settings) == [(CITY, "sending"), (ALL, "ready")]
    assert tell(settings).sent == [ALL]
    assert [to for to, _ in mailbox.arrived] == [CITY] * arrived + [ALL]
    assert states(settings) == [(CITY, "doubtful"), (ALL, "sent")]
    # with the next news the city is told what it may have missed, in a mail of its own
    county = dataclasses.replace(FOUND[1], finding_id="county", instance_key="business")
    tell(settings, [*FOUND, county], now=NOW + dt.timedelta(days=1))
    (message,) = [headers(content) for to, content in mailbox.arrived[1:] if to == CITY]
    assert "新发现 2 项" in message["Subject"]
    assert "2026-04-01 的邮件可能没有送达" in message.get_body(("plain",)).get_content()
    assert states(settings)[0] == (CITY, "repeated")
    if arrived:
        assert message["In-Reply-To"] == headers(mailbox.arrived[0][1])["Message-ID"]
        assert message["Message-ID"] != headers(mailbox.arrived[0][1])["Message-ID"]


def test_a_connection_that_ends_before_the_answer_leaves_a_doubt(serve, settings_for):
    mailbox = Mailbox()
    settings = settings_for(smtp_port=serve(mailbox))
    mailbox.breaks_off_after_content = True
    (sentence,) = tell(settings).failed
    assert "broke off" in sentence
    assert states(settings) == [(CITY, "doubtful"), (ALL, "ready")]
    mailbox.breaks_off_after_content = False
    assert tell(settings).sent == [ALL]
    assert [to for to, _ in mailbox.arrived] == [CITY, ALL]


def test_two_at_once_send_each_digest_once(serve, settings_for):
    mailbox = Mailbox()
    settings = settings_for(smtp_port=serve(mailbox))
    with store.only_sender(settings.outbox), pytest.raises(BusyError, match="Another process"):
        tell(settings)
    assert mailbox.arrived == []
    assert tell(settings).sent == [CITY, ALL]


def test_what_is_refused_for_the_moment_is_offered_once_more_and_holds_up_nobody(serve, settings_for):
    mailbox = Mailbox()
    settings = settings_for(smtp_port=serve(mailbox), smtp_retry_seconds=7)
    mailbox.busy[CITY] = 1
    waits: list[float] = []
    result = tell(settings, waits=waits)
    assert (result.sent, result.failed, waits) == ([ALL, CITY], [], [7])


def test_what_is_always_refused_for_the_moment_is_given_up_and_told_anew(serve, settings_for, monkeypatch):
    monkeypatch.setattr(store, "ATTEMPTS_MOST", 3)
    mailbox = Mailbox()
    settings = settings_for(smtp_port=serve(mailbox))
    mailbox.busy[CITY] = 2 * store.ATTEMPTS_MOST
    for _ in range(store.ATTEMPTS_MOST - 1):
        (sentence,) = tell(settings).failed
        assert "for now (451 try again later); it is tried again at the next run" in sentence
    assert "it is given up" in tell(settings).failed[0]
    assert states(settings)[0] == (CITY, "given_up")
    assert tell(settings).sent == [CITY]
    assert "新发现 1 项" in headers(mailbox.arrived[-1][1])["Subject"]


def test_content_that_is_refused_is_not_sent_again(serve, settings_for):
    mailbox = Mailbox()
    settings = settings_for(smtp_port=serve(mailbox))
    mailbox.answer_to_content = "554 no thanks"
    result = tell(settings)
    assert [sentence.count("554 no thanks") for sentence in result.failed] == [1, 1]
    assert states(settings) == [(CITY, "refused"), (ALL, "refused")]
    assert len(tell(settings).held) == 2
    assert len(mailbox.arrived) == 2


def test_a_refusal_is_one_also_where_the_server_closes_the_connection_then(serve, settings_for):
    mailbox = Mailbox()
    settings = settings_for(smtp_port=serve(mailbox))
    mailbox.answer_to_content = "451 not now"
    mailbox.closes_after_answer = True
    tell(settings)
    assert states(settings) == [(CITY, "ready"), (ALL, "ready")]
    mailbox.answer_to_content, mailbox.closes_after_answer = "250 taken", False
    assert tell(settings).sent == [CITY, ALL]


def test_a_digest_that_is_gone_from_the_outbox_is_told_anew(settings_for, serve):
    settings = settings_for(smtp_port=free_port())
    for path in tell(settings).written:
        path.unlink()
    settings = settings_for(smtp_port=serve(Mailbox()))
    result = tell(settings)
    assert [sentence.count("cannot be read") for sentence in result.failed] == [1, 1]
    assert tell(settings).sent == [CITY, ALL]


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
        result = tell(settings)
    finally:
        server.stop()
    assert (len(result.sent), result.failed) == (2, [])


def test_a_refused_recipient_is_named_and_left_alone_and_the_others_get_theirs(serve, settings_for):
    mailbox = Mailbox(refused=(CITY,))
    settings = settings_for(smtp_port=serve(mailbox))
    result = tell(settings)
    assert result.sent == [ALL]
    (sentence,) = result.failed
    assert "did not take the digest for city@example.org (550 no such user); nothing more is sent there" in sentence
    assert all(path.is_file() for path in result.written)
    mailbox.refused = ()
    held = tell(settings, NEWS)
    assert (held.sent, held.failed) == ([ALL], [])
    assert "Nothing is sent to city@example.org since 2026-04-01 (550 no such user)" in held.held[0]
    with store.deliveries(settings.finding_store) as connection:
        store.resume(connection, [CITY])
    assert tell(settings, NEWS).sent == [CITY]
    assert "新发现 1 项" in headers(mailbox.arrived[-1][1])["Subject"]


def test_a_server_that_is_down_is_one_sentence_and_the_digests_stay(settings_for):
    settings = settings_for(smtp_port=free_port())
    result = tell(settings)
    assert result.sent == []
    (sentence,) = result.failed
    assert "cannot be reached (Connection refused)" in sentence
    assert "2 of 2 digests" in sentence
    assert files(settings) == [".eml", ".eml", ".html", ".html"]


def test_a_server_that_breaks_off_is_one_sentence_and_nothing_is_sent_twice(serve, settings_for):
    mailbox = Mailbox(breaks_off_at="all@example.org")
    settings = settings_for(smtp_port=serve(mailbox))
    result = tell(settings)
    assert result.sent == [CITY]
    (sentence,) = result.failed
    assert "1 of 2 digests" in sentence
    mailbox.breaks_off_at = ""
    again = tell(settings)
    assert (again.nothing_new, again.sent) == ([CITY, ALL], [ALL])


def test_a_silent_server_is_given_up(settings_for):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings = settings_for(smtp_port=silent.getsockname()[1], smtp_timeout_seconds=0.3)
        (sentence,) = tell(settings).failed
    assert "timed out" in sentence


def test_a_wrong_password_is_one_sentence_without_the_password(starttls, settings_for):
    mailbox, settings = starttls
    wrong = settings.model_copy(update={"smtp_password": type(settings.smtp_password)("wrong secret")})
    (sentence,) = tell(wrong).failed
    assert "refused the login of gongkai (535" in sentence
    assert "wrong secret" not in sentence
    assert mailbox.arrived == []


def test_an_unknown_certificate_is_refused(starttls):
    mailbox, settings = starttls
    (sentence,) = tell(settings.model_copy(update={"smtp_ca_file": None})).failed
    assert "certificate of the mail server 127.0.0.1" in sentence
    assert mailbox.arrived == []


def test_a_certificate_for_another_name_is_refused(serve, settings_for, tmp_path):
    mailbox = Mailbox()
    port = serve(mailbox, tls_context=server_tls("mail.example.org"), require_starttls=True)
    settings = settings_for(smtp_port=port, smtp_security="starttls", smtp_ca_file=tmp_path / "ca.pem")
    (sentence,) = tell(settings).failed
    assert "could not be verified" in sentence
    assert mailbox.arrived == []


def test_a_server_without_starttls_gets_nothing(serve, settings_for):
    mailbox = Mailbox()
    settings = settings_for(smtp_port=serve(mailbox), smtp_security="starttls")
    (sentence,) = tell(settings).failed
    assert "GONGKAI_SMTP_SECURITY=starttls" in sentence
    assert mailbox.arrived == []


def test_a_password_is_never_sent_unencrypted(settings_for):
    settings = settings_for(smtp_user="gongkai", smtp_password=PASSWORD)
    with pytest.raises(InputError, match="unencrypted"):
        tell(settings)


def test_a_bad_authority_file_is_one_sentence(settings_for, tmp_path):
    with pytest.raises(InputError, match="GONGKAI_SMTP_CA_FILE"):
        tell(settings_for(smtp_ca_file=tmp_path / "none.pem"))
    (tmp_path / "text.pem").write_text("no certificate", encoding="utf-8")
    with pytest.raises(InputError, match="GONGKAI_SMTP_CA_FILE"):
        tell(settings_for(smtp_ca_file=tmp_path / "text.pem"))


def test_without_a_server_digests_are_only_kept(settings_for):
    result = tell(settings_for(smtp_host=""))
    assert (len(result.written), result.sent, result.failed) == (2, [], [])
    assert [path.name[:27] for path in result.written] == [
        "2026-04-01-city-example-org",
        "2026-04-01-all-example-org-",
    ]


def test_without_recipients_there_is_one_digest_of_everything_that_is_not_sent(serve, settings_for):
    mailbox = Mailbox()
    settings = settings_for(recipients=None, smtp_port=serve(mailbox))
    result = tell(settings)
    (eml,) = result.written
    message = email.message_from_bytes(eml.read_bytes(), policy=default)
    assert "2 new" in message["Subject"]
    html = eml.with_suffix(".html").read_text(encoding="utf-8")
    assert html.count("<h3") == 2
    assert 'src="data:image/png;base64,' in html and "cid:" not in html
    assert (result.sent, mailbox.arrived) == ([], [])
    assert (tell(settings).written, tell(settings).nothing_new) == ([], ["everything@localhost"])


def test_an_outbox_that_cannot_be_written_is_one_sentence(settings_for, tmp_path):
    (tmp_path / "outbox").write_text("a file, no folder", encoding="utf-8")
    with pytest.raises(InputError, match="The outbox"):
        tell(settings_for(smtp_host=""))
