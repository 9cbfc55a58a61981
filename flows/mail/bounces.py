"""Delivery status notifications (RFC 3464): what became of a digest after the server had taken it.

Anybody can send a mail that looks like one. So a report counts only when it names the Message-ID of a digest of ours
and the address that this digest went to, and all that it can do is have nothing more sent there.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import email
import re
from collections.abc import Iterable, Iterator
from email.message import Message
from pathlib import Path

from flows.errors import InputError
from flows.mail import deliveries as store
from flows.mail.deliveries import Delivery, DigestState
from flows.terminal import one_line

MAIL_BYTES = 10_000_000
MAILS_MOST = 10_000
PARTS_MOST = 100
MESSAGE_ID = re.compile(r"<[^<>\s]+>")


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What one notification says of one recipient."""

    recipient: str
    action: str
    """failed, delayed, delivered, relayed or expanded."""
    status: str
    """`5.1.1`: 5 for good, 4 for the moment; empty where it is not said."""
    reason: str
    """What the other server said."""


@dataclasses.dataclass(slots=True)
class BouncesResult:
    """What the notifications came to, one sentence each."""

    bounced: list[str] = dataclasses.field(default_factory=list)
    other: list[str] = dataclasses.field(default_factory=list)
    """Mails that change nothing, with the reason."""


def take_bounces(findings_store: Path, paths: Iterable[Path], *, now: dt.datetime) -> BouncesResult:
    """Take down what notifications say: files of one mail each, or folders of such (a Maildir too).

    A digest that failed counts as not told. An address of which it failed for good is not written to any more.
    Raises InputError when a file cannot be read or is too large.
    """
    result = BouncesResult()
    with store.deliveries(findings_store) as connection:
        known = {one.message_id: one for one in store.all_deliveries(connection)}
        for path in _files(paths):
            mail = _mail(path)
            digest = known.get(_original_id(mail) or "")
            failed = [report for report in reports(mail) if report.action == "failed"]
            about = [report for report in failed if digest and report.recipient == digest.recipient]
            if digest is None or not about:
                result.other.append(f"{path}: {_why_not(mail, digest, failed)}")
                continue
            if digest.state not in (DigestState.SENT, DigestState.DOUBTFUL):
                result.other.append(f"{path}: the digest for {digest.recipient} is {digest.state} already")
                continue
            report = about[0]
            store.move(connection, digest.digest_id, DigestState.BOUNCED, reply=report.reason, now=now)
            is_for_good = not report.status.startswith("4")
            if is_for_good:
                store.hold(connection, digest.recipient, f"bounced: {report.reason}", now=now)
            known[digest.message_id] = dataclasses.replace(digest, state=DigestState.BOUNCED)
            then = "nothing more is sent there" if is_for_good else "the next digest tells its news anew"
            result.bounced.append(f"{digest.recipient}: {report.reason}; {then}")
    return result


def reports(mail: Message) -> list[Report]:
    """What a mail reports, one entry a recipient; none where it is no delivery status notification."""
    found = []
    for part in _parts(mail):
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in (one for one in (blocks if isinstance(blocks, list) else []) if isinstance(one, Message)):
            recipient = block.get("Original-Recipient") or block.get("Final-Recipient")
            if recipient is None:
                continue  # the block about the message
            status = one_line(str(block.get("Status", "")), 20)
            reason = one_line(str(block.get("Diagnostic-Code", "")).partition(";")[2].strip() or status, 200)
            address = str(recipient).rpartition(";")[2].strip().strip("<>").lower()
            found.append(Report(address, str(block.get("Action", "")).strip().lower(), status, reason))
    return found


def _original_id(mail: Message) -> str | None:
    """Message-ID of the mail that is reported on, as the notification returns it."""
    for part in _parts(mail):
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = part.get_payload()
            returned = inner[0] if isinstance(inner, list) and inner else None
            text = str(returned.get("Message-ID", "")) if isinstance(returned, Message) else ""
        elif kind == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            headers = email.message_from_bytes(payload if isinstance(payload, bytes) else b"")
            text = str(headers.get("Message-ID", ""))
        else:
            continue
        found = MESSAGE_ID.search(text)
        if found:
            return found[0]
    return None


def _parts(mail: Message) -> list[Message]:
    """The parts of a mail, not those of a mail that it returns."""
    if mail.get_content_type() != "multipart/report":
        return []
    parts = mail.get_payload()
    return [part for part in parts if isinstance(part, Message)][:PARTS_MOST] if isinstance(parts, list) else []


def _why_not(mail: Message, digest: Delivery | None, failed: list[Report]) -> str:
    if not reports(mail):
        return "no delivery status notification"
    if digest is None:
        return "not about a digest of ours"
    return "about another address" if failed else "nothing failed"


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    count = 0
    for path in paths:
        for file in sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]:
            count += 1
            if count > MAILS_MOST:
                raise InputError(f"There are more than {MAILS_MOST:,} mails: name fewer of them at a time.")
            yield file


def _mail(path: Path) -> Message:
    try:
        if path.stat().st_size > MAIL_BYTES:
            raise InputError(f"{path} is larger than {MAIL_BYTES:,} bytes, so it is no notification: leave it out.")
        return email.message_from_bytes(path.read_bytes())
    except OSError as fault:
        raise InputError(f"{path} cannot be read ({fault.strerror}).") from fault
    except RecursionError as fault:
        raise InputError(f"{path} is nested too deep to be a notification: leave it out.") from fault
