"""Sending the digests: always into the outbox first, then to the mail server when one is set."""

from __future__ import annotations

import dataclasses
import datetime as dt
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flows.errors import InputError, UnreachableError
from flows.mail.digest import Digest, render
from flows.mail.outbox import is_sent, keep, record_sent
from flows.mail.plain import one_line
from flows.mail.routing import Recipient, findings_of, read_recipients
from flows.quality.findings import Finding, SummaryCounts
from flows.settings import Settings

REPLY_CHARACTERS = 200


@dataclasses.dataclass(frozen=True, slots=True)
class NotifyResult:
    """What became of the digests. Addresses, except `written`: the `.eml` files."""

    written: tuple[Path, ...] = ()
    sent: tuple[str, ...] = ()
    already_sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    """One sentence for each digest, or for the server when it cannot be used at all."""


def send_digests(
    settings: Settings, findings: Sequence[Finding], summary: SummaryCounts, *, now: dt.datetime
) -> NotifyResult:
    """One digest for each recipient, into the outbox and, with a mail server and recipients set, to the server.

    Without a recipients' file there is one digest of everything, to the outbox only. A digest that a server has taken
    before is not sent again. What the server refuses stays in the outbox and is named in `failed`; the next call
    tries it again.

    Raises InputError when the recipients' file, GONGKAI_MAIL_FROM or another setting of the mail is not usable, or
    the outbox cannot be written.
    """
    if settings.recipients is None:
        everything = Recipient(address="everything@localhost", language="en", everything=True)
        digest = render(everything, findings, summary, mail_from=settings.mail_from)
        return NotifyResult(written=(keep(settings.outbox, digest, now=now),))
    digests = [
        render(recipient, findings_of(recipient, findings), summary, mail_from=settings.mail_from)
        for recipient in read_recipients(settings.recipients)
    ]
    kept = [(digest, keep(settings.outbox, digest, now=now)) for digest in digests]
    result = NotifyResult(written=tuple(eml for _, eml in kept))
    if not settings.smtp_host:
        return result
    known = [digest for digest, eml in kept if is_sent(eml, digest)]
    waiting = [(digest, eml) for digest, eml in kept if digest not in known]
    sent, failed = _send(settings, waiting, now)
    return dataclasses.replace(
        result, sent=sent, already_sent=tuple(digest.recipient.address for digest in known), failed=failed
    )


def _send(
    settings: Settings, waiting: Sequence[tuple[Digest, Path]], now: dt.datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses whose digest the server took, and a sentence for what it did not take."""
    if not waiting:
        return (), ()
    sent: list[str] = []
    failed: list[str] = []
    messages = [(digest, eml, eml.read_bytes()) for digest, eml in waiting]
    name = _server_name(settings)
    try:
        with mail_server(settings) as server:
            for digest, eml, message in messages:
                address = digest.recipient.address
                try:
                    server.sendmail(settings.mail_from, [address], message)
                except smtplib.SMTPServerDisconnected:
                    raise
                except smtplib.SMTPException as fault:
                    failed.append(
                        f"The {name} did not take the digest for {address}{_reply(fault)}; it stays at {eml}."
                    )
                else:
                    sent.append(address)
                    record_sent(eml, digest, now=now)
    except UnreachableError as fault:
        left = len(waiting) - len(sent) - len(failed)
        failed.append(f"{fault} Unsent in {settings.outbox}: {left} of {len(waiting)} digests.")
    return tuple(sent), tuple(failed)


@contextmanager
def mail_server(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A connection to the mail server of the settings: encrypted, its certificate verified, logged in.

    Raises UnreachableError when the server does not answer, breaks off, or refuses the encryption or the login;
    InputError when the settings contradict themselves. No message holds the password.
    """
    password = settings.smtp_password.get_secret_value()
    if password and settings.smtp_security == "none":
        raise InputError(
            "GONGKAI_SMTP_SECURITY=none would send the password unencrypted; set it to starttls or tls, or set no "
            "password."
        )
    context = _tls_context(settings.smtp_ca_file)
    address, timeout = (settings.smtp_host, settings.smtp_port), settings.smtp_timeout_seconds
    name = _server_name(settings)
    try:
        with (
            smtplib.SMTP_SSL(*address, timeout=timeout, context=context)
            if settings.smtp_security == "tls"
            else smtplib.SMTP(*address, timeout=timeout)
        ) as server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, password)
            yield server
    except ssl.SSLCertVerificationError as fault:
        raise UnreachableError(
            f"The certificate of the {name} could not be verified ({fault.verify_message}); if it is signed by an "
            "authority of your own, name its file in GONGKAI_SMTP_CA_FILE."
        ) from fault
    except smtplib.SMTPAuthenticationError as fault:
        raise UnreachableError(
            f"The {name} refused the login of {settings.smtp_user}{_reply(fault)}; check GONGKAI_SMTP_USER and "
            "GONGKAI_SMTP_PASSWORD."
        ) from fault
    except smtplib.SMTPNotSupportedError as fault:
        raise UnreachableError(
            f"The {name} cannot do what GONGKAI_SMTP_SECURITY={settings.smtp_security} or the login asks for "
            f"({one_line(str(fault))})."
        ) from fault
    except smtplib.SMTPException as fault:
        raise UnreachableError(f"The {name} broke off or refused the conversation{_reply(fault)}.") from fault
    except OSError as fault:
        raise UnreachableError(
            f"The {name} cannot be reached ({fault.strerror or fault}); check GONGKAI_SMTP_HOST, GONGKAI_SMTP_PORT "
            "and GONGKAI_SMTP_SECURITY."
        ) from fault


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as fault:
        raise InputError(
            f"GONGKAI_SMTP_CA_FILE names {ca_file}, which cannot be read as certificates ({fault.strerror or fault})."
        ) from fault


def _server_name(settings: Settings) -> str:
    return f"mail server {settings.smtp_host}:{settings.smtp_port}"


def _reply(fault: smtplib.SMTPException) -> str:
    """What the server said, or what became of the connection: ` (550 no such user)`."""
    said: bytes | str
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(fault.recipients.values()))
    elif isinstance(fault, smtplib.SMTPResponseException):
        code, said = fault.smtp_code, fault.smtp_error
    else:
        return f" ({one_line(str(fault), REPLY_CHARACTERS)})"
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f" ({code} {one_line(text, REPLY_CHARACTERS)})"
