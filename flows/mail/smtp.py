"""The mail server: a connection that is encrypted, verified and logged in, and one mail handed over."""

from __future__ import annotations

import dataclasses
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from pathlib import Path

from flows.errors import InputError, UnreachableError
from flows.settings import Settings
from flows.terminal import one_line

REPLY_CHARACTERS = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """What a server answered that did not take a mail."""

    is_permanent: bool
    """5xx: asking again will not help. 4xx: it may."""
    reply: str
    """`550 no such user`."""


def hand_over(
    server: smtplib.SMTP, mail_from: str, address: str, message: bytes, before_content: Callable[[], None]
) -> Refusal | None:
    """Offer one mail to one address; returns what the server said if it did not take it.

    `before_content` is called when the server has taken sender and address, right before the content goes out: from
    then until this function returns, nobody can tell whether the server took the mail. Raises SMTPException when the
    connection breaks off, UnreachableError when the server refuses the sender.
    """
    server.ehlo_or_helo_if_needed()
    code, said = server.mail(parseaddr(mail_from)[1])
    if code != 250:
        raise UnreachableError(f"The mail server refused the sender GONGKAI_MAIL_FROM ({_text(code, said)}).")
    code, said = server.rcpt(address)
    if code not in (250, 251):
        return _refused(server, code, said)
    before_content()
    try:
        code, said = server.data(message)
    except smtplib.SMTPDataError as fault:
        code, said = fault.smtp_code, fault.smtp_error if isinstance(fault.smtp_error, bytes) else b""
    return None if code == 250 else _refused(server, code, said)


def _refused(server: smtplib.SMTP, code: int, said: bytes) -> Refusal:
    with suppress(
        smtplib.SMTPServerDisconnected
    ):  # the answer is known; the next mail will meet the closed connection
        server.rset()
    return Refusal(code >= 500, _text(code, said))


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
    name = server_name(settings)
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


def server_name(settings: Settings) -> str:
    """How messages call the server."""
    return f"mail server {settings.smtp_host}:{settings.smtp_port}"


def _reply(fault: smtplib.SMTPException) -> str:
    """What the server said, or what became of the connection: ` (535 wrong password)`."""
    if isinstance(fault, smtplib.SMTPResponseException):
        return f" ({_text(fault.smtp_code, fault.smtp_error)})"
    return f" ({one_line(str(fault), REPLY_CHARACTERS)})"


def _text(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {one_line(text, REPLY_CHARACTERS)}"
