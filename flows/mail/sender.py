"""Making the digests and sending them: into the outbox and the store, then to the mail server when one is set."""

from __future__ import annotations

import dataclasses
import datetime as dt
import smtplib
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from flows.errors import UnreachableError
from flows.mail import deliveries as store
from flows.mail.deliveries import COUNTS_AS_TOLD, Delivery, DigestState
from flows.mail.digest import Digest, message_id, render
from flows.mail.news import News, news
from flows.mail.outbox import keep
from flows.mail.routing import Recipient, findings_of, read_recipients
from flows.mail.smtp import hand_over, mail_server, server_name
from flows.quality.finding_states import StoredFinding
from flows.quality.finding_store import stored_findings
from flows.quality.findings import Finding, SummaryCounts
from flows.settings import Settings

EVERYTHING = Recipient(address="everything@localhost", language="en", everything=True)
"""Stands for whoever opens the outbox where no recipients are named."""
DAYS_BETWEEN = {"run": 0, "day": 1, "week": 7}


@dataclasses.dataclass(slots=True)
class NotifyResult:
    """What became of the digests. Addresses, except where it says otherwise."""

    written: list[Path] = dataclasses.field(default_factory=list)
    """The `.eml` files of the digests that were made."""
    sent: list[str] = dataclasses.field(default_factory=list)
    nothing_new: list[str] = dataclasses.field(default_factory=list)
    not_yet: list[str] = dataclasses.field(default_factory=list)
    """Whose day or week is not over."""
    held: list[str] = dataclasses.field(default_factory=list)
    """One sentence for each address that is not written to."""
    failed: list[str] = dataclasses.field(default_factory=list)
    """One sentence for each digest that was not taken, or for the server when it cannot be used at all."""


def send_digests(
    settings: Settings,
    findings: Sequence[Finding],
    summary: SummaryCounts,
    *,
    now: dt.datetime,
    wait: Callable[[float], None] = time.sleep,
) -> NotifyResult:
    """One digest for each recipient who has something to be told, and what is on its way from earlier runs.

    `findings` are those of the published copy; how they stand is read off the store. Who was never told anything is
    told also that there is nothing. Without a recipients' file there is one digest of everything, to the outbox only.
    What the server takes for the moment not is offered once more in this run after a while, and at later runs; an
    address that it refuses is not written to any more. The others are not held up.

    Raises InputError when the recipients' file, GONGKAI_MAIL_FROM or another setting of the mail is not usable, or
    the outbox cannot be written; BusyError when another process is sending.
    """
    recipients = read_recipients(settings.recipients) if settings.recipients else (EVERYTHING,)
    has_server = bool(settings.smtp_host and settings.recipients)
    result = NotifyResult()
    with store.only_sender(settings.outbox), store.deliveries(settings.finding_store) as connection:
        store.doubt_unfinished(connection, now=now)
        stored = stored_findings(settings.finding_store, today=now.date())
        shown = {finding.finding_id: finding for finding in findings}
        held = store.holds(connection)
        for recipient in recipients:
            reason = held.get(recipient.address.lower())
            if reason is not None:
                result.held.append(
                    f"Nothing is sent to {recipient.address} since {reason.held_at:%Y-%m-%d} ({reason.reason}): "
                    f"correct the recipients' file, or `gongkai notify resume {recipient.address}`."
                )
                continue
            maker = _Maker(settings, connection, stored, shown, summary, has_server, now)
            maker.make(recipient, result)
        if has_server:
            _Sending(settings, connection, now, wait, result).send([recipient.address for recipient in recipients])
    return result


@dataclasses.dataclass(frozen=True, slots=True)
class _Maker:
    settings: Settings
    connection: sqlite3.Connection
    stored: Sequence[StoredFinding]
    shown: dict[str, Finding]
    summary: SummaryCounts
    has_server: bool
    at: dt.datetime

    def make(self, recipient: Recipient, result: NotifyResult) -> None:
        """Put a digest into the outbox and the store, unless there is nothing to tell or it is too early."""
        counted = (*COUNTS_AS_TOLD, *(() if self.has_server else (DigestState.KEPT,)))
        made = store.of_recipient(self.connection, recipient.address)
        before = [one for one in made if one.state in (*counted, DigestState.REPEATED)]
        every = DAYS_BETWEEN[recipient.every or self.settings.digest_every]
        if before and (self.at.date() - before[-1].made_at.date()).days < every:
            result.not_yet.append(recipient.address)
            return
        mine = findings_of(recipient, self.stored)
        told = news(mine, store.last_told(self.connection, recipient.address, counted))
        if before and not told.items:
            result.nothing_new.append(recipient.address)
            return
        doubtful = [one for one in before if one.state == DigestState.DOUBTFUL]
        if doubtful:
            sure = [state for state in counted if state != DigestState.DOUBTFUL]
            told = news(mine, store.last_told(self.connection, recipient.address, sure))
        result.written.append(self._put_down(recipient, mine, told, len(made) + 1, before, doubtful))

    def _put_down(
        self,
        recipient: Recipient,
        mine: Sequence[StoredFinding],
        told: News,
        number: int,
        before: Sequence[Delivery],
        doubtful: Sequence[Delivery],
    ) -> Path:
        digest: Digest = render(
            recipient,
            told,
            mine,
            self.shown,
            self.summary,
            mail_from=self.settings.mail_from,
            number=number,
            references=[one.message_id for one in before[-store.REFERENCES_MOST :]],
            doubtful_on=[one.made_at.date() for one in doubtful],
        )
        eml = keep(self.settings.outbox, digest, now=self.at)
        store.add(
            self.connection,
            message_id=message_id(digest),
            recipient=recipient.address,
            eml=eml.name,
            state=DigestState.READY if self.has_server else DigestState.KEPT,
            told=told,
            repeated=doubtful,
            now=self.at,
        )
        return eml


@dataclasses.dataclass(frozen=True, slots=True)
class _Sending:
    settings: Settings
    connection: sqlite3.Connection
    at: dt.datetime
    wait: Callable[[float], None]
    result: NotifyResult

    def send(self, addresses: Sequence[str]) -> None:
        """Send what is ready for these addresses, oldest first; what was refused for the moment once more."""
        deferred = self._round(self._ready(addresses))
        if deferred:
            self.wait(self.settings.smtp_retry_seconds)
            for one, reply in self._round(list(deferred)).items():
                if reply:
                    self._defer(one, reply)

    def _ready(self, addresses: Sequence[str]) -> list[Delivery]:
        known = {address.lower() for address in addresses}
        return [
            one
            for one in store.all_deliveries(self.connection)
            if one.state == DigestState.READY and one.recipient in known
        ]

    def _round(self, waiting: Sequence[Delivery]) -> dict[Delivery, str]:
        """Offer each digest once; returns those that have to wait, with the answer where they were refused."""
        deferred: dict[Delivery, str] = {}
        left = list(waiting)
        if not left:
            return deferred
        try:
            with mail_server(self.settings) as server:
                while left:
                    one = left[0]
                    if any(other.recipient == one.recipient for other in deferred):
                        deferred[one] = ""  # one after the other
                    elif one.recipient not in store.holds(self.connection):
                        self._offer(server, one, deferred)
                    left.pop(0)
        except UnreachableError as fault:
            self.result.failed.append(
                f"{fault} Unsent in {self.settings.outbox}: {len(left)} of {len(waiting)} digests."
            )
            return {}
        return deferred

    def _offer(self, server: smtplib.SMTP, one: Delivery, deferred: dict[Delivery, str]) -> None:
        eml = self.settings.outbox / one.eml
        try:
            message = eml.read_bytes()
        except OSError as fault:
            self._move(one, DigestState.GIVEN_UP, f"its file cannot be read ({fault.strerror})")
            self.result.failed.append(f"The digest {eml} cannot be read ({fault.strerror}); its news are told anew.")
            return
        is_out = False

        def before_content() -> None:
            nonlocal is_out
            self._move(one, DigestState.SENDING)
            is_out = True

        try:
            refusal = hand_over(server, self.settings.mail_from, one.recipient, message, before_content)
        except (smtplib.SMTPException, OSError):
            if is_out:
                self._move(one, DigestState.DOUBTFUL, "the connection ended before the server's answer")
            raise
        if refusal is None:
            self._move(one, DigestState.SENT)
            self.result.sent.append(one.recipient)
        elif refusal.is_permanent:
            self._move(one, DigestState.REFUSED, refusal.reply)
            store.hold(self.connection, one.recipient, refusal.reply, now=self.at)
            self.result.failed.append(
                f"The {server_name(self.settings)} did not take the digest for {one.recipient} ({refusal.reply}); "
                f"nothing more is sent there until `gongkai notify resume {one.recipient}`."
            )
        else:
            self._move(one, DigestState.READY, refusal.reply)
            deferred[one] = refusal.reply

    def _defer(self, one: Delivery, reply: str) -> None:
        is_last = store.count_attempt(self.connection, one.digest_id) >= store.ATTEMPTS_MOST
        if is_last:
            self._move(one, DigestState.GIVEN_UP, reply)
        then = "it is given up and its news are told anew" if is_last else "it is tried again at the next run"
        self.result.failed.append(
            f"The {server_name(self.settings)} did not take the digest for {one.recipient} for now ({reply}); {then}."
        )

    def _move(self, one: Delivery, state: DigestState, reply: str = "") -> None:
        store.move(self.connection, one.digest_id, state, reply=reply, now=self.at)
