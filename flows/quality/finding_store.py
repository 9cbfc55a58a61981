"""The store of findings, `<home>/findings.sqlite`: when each was seen, how it stands, and what people decided of it.

It lies beside the archive and not in the warehouse, because a warehouse can be rebuilt and what people said cannot:
nothing that is read, loaded, transformed or published again touches it, and it can be written while a run holds the
warehouse. SQLite makes each look and each decision one transaction that is on the disk when it ends: a killed process
leaves the store as it was before, and of two that write at once one waits. Decisions are only added.

How a finding stands is not stored. It follows from the last look and the last decision:

- an acknowledgement holds while the finding has the print that was acknowledged and its last day has not passed;
- `new` and `worsened` are since the last look that saw anything otherwise than the one before.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from flows.errors import BusyError, InputError
from flows.quality.finding_states import (
    SIGHTED,
    Decision,
    FindingState,
    StoredFinding,
    decision_from,
    is_worse,
    sighting_from,
    standing,
)
from flows.quality.sightings import Ending, Sighting

LAYOUT = 1
WAIT_SECONDS = 30.0
"""So long one process waits for another's transaction."""

SCHEMA = """
create table look (look_id integer primary key, began_at text not null, last_at text not null) strict;
create table finding (
    finding_id text primary key, body_id text not null, body_name text not null, division_code text not null,
    division_name text not null, report_year integer not null, rule_id text not null, rule_version integer not null,
    instance_key text not null, instance_label text not null, severity text not null, difference text,
    told text not null, entry_url text not null, document_url text not null, fingerprint text not null,
    first_seen_at text not null, last_seen_at text not null,
    found_look_id integer not null references look, worsened_look_id integer references look,
    ended text check (ended in ('fixed', 'unchecked')), ended_reason text
) strict;
create table decision (
    decision_id integer primary key, finding_id text not null references finding, decided_at text not null,
    kind text not null check (kind in ('acknowledged', 'reopened')), decided_by text not null, reason text not null,
    until_on text, fingerprint text not null, rule_version integer not null
) strict;
create index decision_of_finding on decision (finding_id, decision_id);
create trigger decision_is_not_changed before update on decision
begin select raise(abort, 'a decision is never changed'); end;
create trigger decision_is_not_removed before delete on decision
begin select raise(abort, 'a decision is never removed'); end;
"""
_STANDING = """
    select finding.*, latest.decided_at, latest.kind, latest.decided_by, latest.reason, latest.until_on,
        latest.fingerprint as decided_fingerprint, latest.rule_version as decided_rule_version,
        (select max(look_id) from look) as latest_look_id
    from finding
    left join decision as latest on latest.decision_id = (
        select max(decision_id) from decision where decision.finding_id = finding.finding_id
    )
"""
_ORDER = " order by division_code, body_name, report_year desc, rule_id, instance_key"


@dataclasses.dataclass(frozen=True, slots=True)
class LookCounts:
    """What a look saw otherwise than the one before."""

    found: int
    worsened: int
    changed: int
    """Found with another print, or another severity, than before."""
    ended: int


Endings = Callable[[Sequence[Sighting]], Mapping[str, Ending]]


@contextmanager
def opened(store: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the store, which is made when there is none.

    Raises BusyError when another process writes for long, InputError when the file is not a store of this layout.
    """
    store.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = sqlite3.connect(store, timeout=WAIT_SECONDS, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("pragma synchronous = extra")
            connection.execute("pragma foreign_keys = on")
            connection.create_function("is_worse", 4, _is_worse_in_sql, deterministic=True)
            _lay_out(connection, store)
            yield connection
        finally:
            connection.close()
    except sqlite3.OperationalError as fault:
        if "locked" in str(fault):
            raise BusyError(f"The store {store} is being written by another process; try again.") from fault
        raise InputError(f"The store {store} cannot be used ({fault}): see to its folder and its disk.") from fault
    except sqlite3.DatabaseError as fault:
        raise InputError(
            f"The store {store} is damaged or is no store ({fault}): bring it back from a backup; without it every "
            "finding is new and no acknowledgement is known."
        ) from fault


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written inside, or nothing; other writers wait until it ends."""
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def look(store: Path, seen: Iterable[Sighting], endings: Endings, *, now: dt.datetime) -> LookCounts:
    """Take down what one look at the published copy saw, all of it or nothing.

    `endings` says what became of findings that were there and are not among those seen. Looking at the same again
    changes nothing but when it was last seen. Raises what `opened` and `endings` raise.
    """
    with opened(store) as connection:
        names = ", ".join(SIGHTED)
        connection.execute(f"create temp table sighted as select {names} from finding limit 0")  # noqa: S608
        connection.executemany(
            f"insert into sighted values ({', '.join('?' * len(SIGHTED))})",  # noqa: S608
            ([_as_stored(getattr(one, name)) for name in SIGHTED] for one in seen),
        )
        with transaction(connection):
            gone = connection.execute(
                "select * from finding where ended is null and finding_id not in (select finding_id from sighted)"
            ).fetchall()
            ended = endings([sighting_from(row) for row in gone])
            counts = _counts(connection, len(ended))
            _keep(connection, ended, now.isoformat(), is_otherwise=any(dataclasses.astuple(counts)))
    return counts


def stored_findings(store: Path, *, today: dt.date) -> list[StoredFinding]:
    """All findings ever seen, by division, body, year, rule and place; none when there is no store yet."""
    if not store.exists():
        return []
    with opened(store) as connection:
        return [standing(dict(row), today) for row in connection.execute(_STANDING + _ORDER)]


def stored_finding(store: Path, finding_id: str, *, today: dt.date) -> StoredFinding:
    """One finding. Raises InputError when it was never seen."""
    rows: list[sqlite3.Row] = []
    if store.exists():
        with opened(store) as connection:
            rows = connection.execute(f"{_STANDING} where finding.finding_id = ?", [finding_id]).fetchall()
    if not rows:
        raise InputError(f"There is no finding {finding_id}: `gongkai findings list` has their names.")
    return standing(dict(rows[0]), today)


def decisions(store: Path, finding_id: str) -> list[Decision]:
    """All that was decided of a finding, oldest first."""
    with opened(store) as connection:
        rows = connection.execute("select * from decision where finding_id = ? order by decision_id", [finding_id])
        return [decision_from(row) for row in rows]


def acknowledge(
    store: Path, finding_id: str, *, by: str, reason: str, until: dt.date | None = None, now: dt.datetime
) -> StoredFinding:
    """Take down that somebody knows of a finding as it stands; returns the finding.

    Raises InputError when there is no such finding, it is found no more, or the last day has passed.
    """
    if until is not None and until < now.date():
        raise InputError(f"{until} has passed: name the last day on which the acknowledgement is to hold.")
    return _decide(store, finding_id, "acknowledged", by, reason, until, now)


def reopen(store: Path, finding_id: str, *, by: str, reason: str, now: dt.datetime) -> StoredFinding:
    """Take down that an acknowledgement holds no more; raises InputError when there is none that holds."""
    return _decide(store, finding_id, "reopened", by, reason, None, now)


def _decide(
    store: Path, finding_id: str, kind: str, by: str, reason: str, until: dt.date | None, now: dt.datetime
) -> StoredFinding:
    finding = stored_finding(store, finding_id, today=now.date())
    is_acknowledged = finding.state == FindingState.ACKNOWLEDGED
    if kind == "reopened" and not is_acknowledged:
        raise InputError(f"The finding {finding_id} is {finding.state}, so there is nothing to reopen.")
    if kind == "acknowledged" and finding.state in (FindingState.FIXED, FindingState.UNCHECKED):
        raise InputError(f"The finding {finding_id} is {finding.state}, so there is nothing to acknowledge.")
    with opened(store) as connection, transaction(connection):
        connection.execute(
            "insert into decision"
            " (finding_id, decided_at, kind, decided_by, reason, until_on, fingerprint, rule_version)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(finding_id, now.isoformat(), kind, by, reason, until.isoformat() if until else None),
                # as it was shown, not as it may be by now
                *(finding.sighting.fingerprint, finding.sighting.rule_version),
            ],
        )
    return stored_finding(store, finding_id, today=now.date())


def _lay_out(connection: sqlite3.Connection, store: Path) -> None:
    (layout,) = connection.execute("pragma user_version").fetchone()
    if layout == LAYOUT:
        return
    with transaction(connection):
        (layout,) = connection.execute("pragma user_version").fetchone()  # another may have made it meanwhile
        if layout > LAYOUT:
            raise InputError(f"The store {store} was written by a later gongkai: use that one.")
        if layout == 0:
            for statement in _statements(SCHEMA):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {LAYOUT}")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; `executescript` would end the transaction around it."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _counts(connection: sqlite3.Connection, ended: int) -> LookCounts:
    row = connection.execute(
        """
        select
            count(*) filter (where known.finding_id is null or known.ended is not null) as found,
            count(*) filter (
                where known.ended is null
                    and is_worse(known.severity, known.difference, seen.severity, seen.difference)
            ) as worsened,
            count(*) filter (
                where known.ended is null
                    and (known.fingerprint != seen.fingerprint or known.severity != seen.severity)
            ) as changed
        from sighted as seen
        left join finding as known using (finding_id)
        """
    ).fetchone()
    return LookCounts(row["found"], row["worsened"], row["changed"], ended)


def _keep(connection: sqlite3.Connection, ended: Mapping[str, Ending], now: str, *, is_otherwise: bool) -> None:
    (latest,) = connection.execute("select max(look_id) from look").fetchone()
    if latest is None or is_otherwise:
        latest = connection.execute("insert into look (began_at, last_at) values (?, ?)", [now, now]).lastrowid
    connection.execute("update look set last_at = ? where look_id = ?", [now, latest])
    names = ", ".join(SIGHTED)
    taken_over = ", ".join(f"{name} = excluded.{name}" for name in SIGHTED[1:])
    connection.execute(
        f"""
        insert into finding ({names}, first_seen_at, last_seen_at, found_look_id)
        select {names}, :now, :now, :latest from sighted where true
        on conflict (finding_id) do update set
            {taken_over}, last_seen_at = :now, ended = null, ended_reason = null,
            found_look_id = iif(finding.ended is null, finding.found_look_id, :latest),
            worsened_look_id = iif(
                finding.ended is null
                    and is_worse(finding.severity, finding.difference, excluded.severity, excluded.difference),
                :latest, finding.worsened_look_id
            )
        """,  # noqa: S608
        {"now": now, "latest": latest},
    )
    connection.executemany(
        "update finding set ended = ?, ended_reason = ? where finding_id = ?",
        [("fixed" if end.is_fixed else "unchecked", end.reason, name) for name, end in ended.items()],
    )


def _is_worse_in_sql(
    severity: str | None, difference: str | None, new_severity: str | None, new_difference: str | None
) -> bool | None:
    """`is_worse` as SQL calls it: NULL where one of the severities is not known."""
    if severity is None or new_severity is None:
        return None
    before, after = (Decimal(one) if one else None for one in (difference, new_difference))
    return is_worse(severity, before, new_severity, after)


def _as_stored(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value
