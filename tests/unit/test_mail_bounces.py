"""Delivery status notifications: what has an address held, and what must not."""

from __future__ import annotations

import datetime as dt
import email.policy
from email.message import EmailMessage, MIMEPart
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli_notify import notify as verbs
from flows.errors import InputError
from flows.mail import bounces
from flows.mail.bounces import take_bounces
from flows.mail.deliveries import DigestState, add, all_deliveries, deliveries, holds, last_told, resume
from flows.mail.news import news
from tests.unit.mail_samples import stored

NOW = dt.datetime(2026, 4, 1, 8, 30, tzinfo=dt.UTC)
OURS = "<0123@example.org>"
CITY = "city@example.org"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store in which one digest was sent to the city."""
    path = tmp_path / "findings.sqlite"
    with deliveries(path) as connection:
        told = news([stored()], {})
        add(connection, message_id=OURS, recipient=CITY, eml="a.eml", state=DigestState.SENT, told=told, now=NOW)
    return path


def notification(
    tmp_path: Path,
    *,
    about: str = OURS,
    recipient: str = CITY,
    action: str = "failed",
    status: str = "5.1.1",
    returned: str = "message/rfc822",
    name: str = "bounce.eml",
) -> Path:
    """A notification as a mail server writes it."""
    report = f"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; {recipient}\nAction: {action}\n"
    report += f"Status: {status}\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"
    original = f"From: gongkai@example.org\nTo: {recipient}\nMessage-ID: {about}\nSubject: x\n"
    boundary = "=_part"
    lines = [
        "From: MAILER-DAEMON@example.org",
        "To: gongkai@example.org",
        "Subject: Undelivered Mail Returned to Sender",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        *(f"--{boundary}", "Content-Type: text/plain", "", "Sorry.", ""),
        *(f"--{boundary}", "Content-Type: message/delivery-status", "", report),
        *(f"--{boundary}", f"Content-Type: {returned}", "", original),
        *(f"--{boundary}--", ""),
    ]
    path = tmp_path / name
    path.write_bytes("\r\n".join("\n".join(lines).splitlines()).encode())
    return path


def after(store: Path) -> tuple[str, list[str], int]:
    """State of the digest, addresses held, findings that count as told."""
    with deliveries(store) as connection:
        (digest,) = all_deliveries(connection)
        return digest.state.value, list(holds(connection)), len(last_told(connection, CITY))


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_what_failed_for_good_is_told_anew_and_the_address_is_held(store, tmp_path, returned):
    path = notification(tmp_path, recipient="City@Example.org", returned=returned)
    result = take_bounces(store, [path], now=NOW)
    assert result.bounced == [f"{CITY}: 550 5.1.1 no such user; nothing more is sent there"]
    assert after(store) == ("bounced", [CITY], 0)
    again = take_bounces(store, [path], now=NOW)
    assert again.bounced == []
    assert "is bounced already" in again.other[0]
    with deliveries(store) as connection:
        assert resume(connection, ["City@example.org"]) == [CITY]
    assert after(store) == ("bounced", [], 0)


def test_what_failed_for_the_moment_is_told_anew_and_the_address_stays(store, tmp_path):
    result = take_bounces(store, [notification(tmp_path, status="4.4.7")], now=NOW)
    assert "the next digest tells its news anew" in result.bounced[0]
    assert after(store) == ("bounced", [], 0)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"action": "delayed"}, "nothing failed"),
        ({"action": "delivered"}, "nothing failed"),
        ({"about": "<other@example.org>"}, "not about a digest of ours"),
        ({"about": ""}, "not about a digest of ours"),
        ({"recipient": "victim@example.org"}, "about another address"),
        ({"returned": "text/plain"}, "not about a digest of ours"),
    ],
)
def test_anything_else_changes_nothing(store, tmp_path, fields, reason):
    result = take_bounces(store, [notification(tmp_path, **fields)], now=NOW)
    assert (result.bounced, result.other) == ([], [f"{tmp_path / 'bounce.eml'}: {reason}"])
    assert after(store) == ("sent", [], 1)


def test_an_ordinary_mail_that_quotes_a_notification_is_none(store, tmp_path):
    inner = email.message_from_bytes(notification(tmp_path).read_bytes(), policy=email.policy.default)
    mail = EmailMessage()
    mail["Subject"] = "Fwd"
    mail.set_content("see below")
    part = MIMEPart()
    part.set_content(inner)
    mail.make_mixed()
    mail.attach(part)
    (tmp_path / "bounce.eml").write_bytes(mail.as_bytes())
    (tmp_path / "noise.eml").write_bytes(bytes(range(256)) * 50)
    (tmp_path / "empty.eml").write_bytes(b"")
    result = take_bounces(store, [tmp_path / name for name in ("bounce.eml", "noise.eml", "empty.eml")], now=NOW)
    assert [sentence.partition(": ")[2] for sentence in result.other] == ["no delivery status notification"] * 3
    assert after(store)[0] == "sent"


def test_a_folder_is_gone_through_within_limits(store, tmp_path, monkeypatch):
    (tmp_path / "mail" / "new").mkdir(parents=True)
    notification(tmp_path / "mail" / "new", name="1.host")
    notification(tmp_path / "mail" / "new", name="2.host", about="<x@example.org>")
    result = take_bounces(store, [tmp_path / "mail"], now=NOW)
    assert (len(result.bounced), len(result.other)) == (1, 1)
    monkeypatch.setattr(bounces, "MAILS_MOST", 1)
    with pytest.raises(InputError, match="more than 1 mails"):
        take_bounces(store, [tmp_path / "mail"], now=NOW)
    monkeypatch.setattr(bounces, "MAIL_BYTES", 10)
    with pytest.raises(InputError, match="is larger than"):
        take_bounces(store, [tmp_path / "mail" / "new" / "1.host"], now=NOW)


def test_the_verbs(store, tmp_path, monkeypatch):
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path))
    run = CliRunner().invoke
    said = run(verbs, ["bounces", str(notification(tmp_path))])
    assert said.exit_code == 0
    assert "1 digests bounced, 0 other mails." in said.output
    listed = run(verbs, ["list"]).output
    assert "bounced" in listed and "not written to" in listed
    assert run(verbs, ["resume", CITY]).output.startswith("1 addresses are written to again")
    refused = run(verbs, ["resume", CITY])
    assert isinstance(refused.exception, InputError)
    assert "written to anyway" in str(refused.exception)
