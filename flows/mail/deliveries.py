"""Digests on their way, in the store of findings: who was told what, what the server took, who is not written to.

A digest is put down here, with what it tells, before it is offered to a server; from then on what it tells counts as
told. Its state says how far it came:

    ready -> sending -> sent                      the server took it
                    `-> ready, refused, given_up  refused for the moment, for good, or for the moment too often
                    `-> doubtful                  the connection or this process ended before the server's answer
    kept                                          there is no server

What was refused, given up or bounced does not count as told, so the next digest tells it. A doubtful digest may have
arrived and is never sent again; the next digest that has something to say says its news once more (`repeated`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import fcntl
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from flows.errors import BusyError, InputError
from flows.mail.news import News, Told
from flows.quality.finding_store import opened as opened_store
from flows.quality.finding_store import transaction

ATTEMPTS_MOST = 10
"""So often a digest is offered that the server does not take for the moment."""
REFERENCES_MOST = 10

SCHEMA = (
    """
    create table if not exists digest (
        digest_id integer primary key, message_id text not null unique, recipient text not null,
        made_at text not null, eml text not null, state text not null, state_at text not null,
        attempts integer not null default 0, reply text not null default ''
    ) strict
    """,
    "create index if not exists digest_of_recipient on digest (recipient, digest_id)",
    """
    create table if not exists told (
        digest_id integer not null references digest, finding_id text not null, is_standing integer not null,
        severity text not null, difference text, primary key (digest_id, finding_id)
    ) strict, without rowid
    """,
    """
    create table if not exists hold (
        recipient text primary key, held_at text not null, reason text not null
    ) strict
    """,
)


class DigestState(StrEnum):
    """How far a digest came."""

    KEPT = "kept"
    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    DOUBTFUL = "doubtful"
    REPEATED = "repeated"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    BOUNCED = "bounced"


COUNTS_AS_TOLD = (DigestState.READY, DigestState.SENDING, DigestState.SENT, DigestState.DOUBTFUL)


@dataclasses.dataclass(frozen=True, slots=True)
class Delivery:
    """A digest on its way."""

    digest_id: int
    message_id: str
    recipient: str
    """Address, in small letters."""
    made_at: dt.datetime
    eml: str
    """Name of its file in the outbox."""
    state: DigestState
    attempts: int
    """At how many runs it was refused for the moment."""
    reply: str
    """What the server said when it did not take it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Hold:
    """An address that is not written to."""

    recipient: str
    held_at: dt.datetime
    reason: str


@contextmanager
def deliveries(store: Path) -> Iterator[sqlite3.Connection]:
    """The store of findings with the tables of this module; raises what opening the store raises."""
    with opened_store(store) as connection:
        for statement in SCHEMA:
            connection.execute(statement)
        yield connection


@contextmanager
def only_sender(outbox: Path) -> Iterator[None]:
    """One process makes and sends digests at a time.

    Raises BusyError when another does, InputError when the outbox cannot be written.
    """
    try:
        outbox.mkdir(parents=True, exist_ok=True)
        lock = (outbox / ".lock").open("wb")
    except OSError as fault:
        raise InputError(f"The outbox {outbox} cannot be written ({fault.strerror}); nothing was sent.") from fault
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise BusyError("Another process is sending digests: wait until it has ended.") from busy
        yield


def add(
    connection: sqlite3.Connection,
    *,
    message_id: str,
    recipient: str,
    eml: str,
    state: DigestState,
    told: News,
    repeated: Iterable[Delivery] = (),
    now: dt.datetime,
) -> None:
    """Put down a digest and what it tells, all of it or nothing."""
    with transaction(connection):
        digest_id = connection.execute(
            "insert into digest (message_id, recipient, made_at, eml, state, state_at) values (?, ?, ?, ?, ?, ?)",
            [message_id, recipient.lower(), now.isoformat(), eml, state, now.isoformat()],
        ).lastrowid
        connection.executemany(
            "insert into told values (?, ?, ?, ?, ?)",
            (
                (digest_id, one.finding_id, item.stored.is_standing, one.severity, _as_text(one.difference))
                for item in told.items
                for one in (item.stored.sighting,)
            ),
        )
        for delivery in repeated:
            move(connection, delivery.digest_id, DigestState.REPEATED, now=now)


def move(
    connection: sqlite3.Connection, digest_id: int, state: DigestState, *, reply: str = "", now: dt.datetime
) -> None:
    """Note how far a digest came."""
    connection.execute(
        "update digest set state = ?, state_at = ?, reply = ? where digest_id = ?",
        [state, now.isoformat(), reply, digest_id],
    )


def count_attempt(connection: sqlite3.Connection, digest_id: int) -> int:
    """Note that a digest was refused for the moment; returns at how many runs by now."""
    (attempts,) = connection.execute(
        "update digest set attempts = attempts + 1 where digest_id = ? returning attempts", [digest_id]
    ).fetchone()
    return int(attempts)


def doubt_unfinished(connection: sqlite3.Connection, *, now: dt.datetime) -> None:
    """What a process was sending when it ended is doubtful; only for the one sender."""
    connection.execute(
        "update digest set state = ?, state_at = ? where state = ?",
        [DigestState.DOUBTFUL, now.isoformat(), DigestState.SENDING],
    )


def last_told(
    connection: sqlite3.Connection, recipient: str, states: Iterable[DigestState] = COUNTS_AS_TOLD
) -> dict[str, Told]:
    """What a recipient was last told of each finding, by digests in these states."""
    counted = [str(state) for state in states]
    rows = connection.execute(
        f"""
        select
            told.finding_id, max(digest.digest_id), digest.made_at, told.is_standing, told.severity, told.difference
        from told inner join digest using (digest_id)
        where digest.recipient = ? and digest.state in ({", ".join("?" * len(counted))})
        group by told.finding_id
        """,  # noqa: S608
        [recipient.lower(), *counted],
    )
    return {
        row["finding_id"]: Told(
            dt.datetime.fromisoformat(row["made_at"]),
            bool(row["is_standing"]),
            row["severity"],
            Decimal(row["difference"]) if row["difference"] else None,
        )
        for row in rows
    }


def of_recipient(connection: sqlite3.Connection, recipient: str) -> list[Delivery]:
    """All digests of a recipient, oldest first."""
    rows = connection.execute("select * from digest where recipient = ? order by digest_id", [recipient.lower()])
    return [_delivery(row) for row in rows]


def all_deliveries(connection: sqlite3.Connection) -> list[Delivery]:
    """All digests, oldest first."""
    return [_delivery(row) for row in connection.execute("select * from digest order by digest_id")]


def hold(connection: sqlite3.Connection, recipient: str, reason: str, *, now: dt.datetime) -> None:
    """Write to an address no more, until `resume`."""
    connection.execute(
        "insert into hold values (?, ?, ?) on conflict (recipient) do nothing",
        [recipient.lower(), now.isoformat(), reason],
    )


def holds(connection: sqlite3.Connection) -> dict[str, Hold]:
    """The addresses that are not written to."""
    return {
        row["recipient"]: Hold(row["recipient"], dt.datetime.fromisoformat(row["held_at"]), row["reason"])
        for row in connection.execute("select * from hold order by recipient")
    }


def resume(connection: sqlite3.Connection, recipients: Iterable[str]) -> list[str]:
    """Write to these addresses again; returns those that were held."""
    asked = {recipient.lower() for recipient in recipients}
    found = sorted(asked & holds(connection).keys())
    connection.executemany("delete from hold where recipient = ?", [(recipient,) for recipient in found])
    return found


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        row["digest_id"],
        row["message_id"],
        row["recipient"],
        dt.datetime.fromisoformat(row["made_at"]),
        row["eml"],
        DigestState(row["state"]),
        row["attempts"],
        row["reply"],
    )


def _as_text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)
