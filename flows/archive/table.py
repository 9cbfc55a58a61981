"""The rows of an archive in one SQLite file, so that what is known of an address is found without reading the rest.

The file is made from the index files and holds nothing that they do not; it can be removed at any time. Rows that a
running process archives are added at once, so that processes side by side know of each other's answers and refusals.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flows.archive.exchange import ArchiveError
from flows.archive.rows import LISTING, IndexRow
from flows.errors import BusyError, GongkaiError
from flows.records import REFUSALS, FetchRole, as_row

FIELDS = tuple(field.name for field in dataclasses.fields(IndexRow))
IN_ORDER = "fetched_at, warc_file, warc_offset"
LATEST_FIRST = "fetched_at DESC, warc_file DESC, warc_offset DESC"
BUSY_SECONDS = 60
TORN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""What a power cut leaves of the file: it is removed, and made from the index files again."""
HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
CACHE_KILOBYTES = 32 * 1024
_INTEGERS = {"fetched_at", "http_status", "payload_bytes", "warc_offset", "retry_after_seconds"}
_COLUMNS = ", ".join(f"{name} {'INTEGER' if name in _INTEGERS else 'TEXT'}" for name in FIELDS)
SCHEMA = f"""
CREATE TABLE warc (warc_file TEXT PRIMARY KEY, signature TEXT NOT NULL);
CREATE TABLE row ({_COLUMNS}, host TEXT, is_telling INTEGER NOT NULL, PRIMARY KEY (warc_file, warc_offset));
CREATE INDEX by_url ON row (url, portal_id, {IN_ORDER});
CREATE INDEX by_portal ON row (portal_id, {IN_ORDER});
CREATE INDEX by_host ON row (host, {IN_ORDER}) WHERE is_telling;
CREATE INDEX by_payload ON row (payload_sha256, host) WHERE record_type IN ('response', 'resource');
CREATE INDEX by_listing ON row (portal_id, {IN_ORDER}) WHERE kind = '{LISTING}';
"""
"""`signature` tells one state of an index file from another, '' for a WARC that is still being written;
`host` is the one that answered, or was to answer; a row is telling when it says how willing that host is."""
VERSION = sum(map(ord, SCHEMA)) + len(SCHEMA)
"""Told apart by its text: a file made by another version of this module is made anew."""
_INSERT = f"INSERT OR REPLACE INTO row VALUES ({', '.join('?' * (len(FIELDS) + 2))})"  # noqa: S608 - names of our own
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class RowTable:
    """The rows. Not safe to share between threads without a lock.

    Args:
        path: the file; made when missing, and made anew when it is torn or of another version.
        is_read_only: the file is taken as it stands, beside whoever writes into it.

    Raises:
        ArchiveError: the file cannot be written, or cannot be read as it stands.
        BusyError: another process holds it.
    """

    def __init__(self, path: Path, *, is_read_only: bool = False) -> None:
        self._path = path
        self._growing: set[str] = set()
        """WARC files that are being written and are noted as such."""
        if is_read_only:
            self._connection = self._looked_at()
            return
        try:
            self._connection = self._opened()
        except sqlite3.DatabaseError as broken:
            if _code(broken) not in TORN:
                raise self._unusable(broken) from broken
            try:
                for torn in path.parent.glob(f"{path.name}*"):
                    torn.unlink()
                self._connection = self._opened()
            except (OSError, sqlite3.DatabaseError) as fault:
                raise self._unusable(fault) from fault

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def signatures(self) -> dict[str, str]:
        """State in which each WARC was taken in, by its name."""
        return dict(self.select("SELECT warc_file, signature FROM warc"))

    def replace(self, warc_file: str, signature: str, rows: Iterable[IndexRow]) -> None:
        """Take in the rows of a closed WARC in place of what is there of it."""
        with self._writing():
            self._forget(warc_file)
            self._connection.executemany(_INSERT, map(_values, rows))
            self._connection.execute("INSERT INTO warc VALUES (?, ?)", (warc_file, signature))

    def forget(self, warc_file: str) -> None:
        """Leave out a WARC that is no longer there."""
        with self._writing():
            self._forget(warc_file)

    def add(self, row: IndexRow) -> None:
        """Take in one row of a WARC that is being written."""
        try:
            if row.warc_file not in self._growing:
                self._connection.execute("INSERT OR IGNORE INTO warc VALUES (?, '')", (row.warc_file,))
                self._growing.add(row.warc_file)
            self._connection.execute(_INSERT, _values(row))
        except sqlite3.DatabaseError as fault:
            raise self._unusable(fault) from fault

    def first(self, condition: str, *values: object, order: str = LATEST_FIRST) -> IndexRow | None:
        """The latest row that fulfils a condition, or the first in another order."""
        return next(self.rows(condition, *values, order=order, limit=1), None)

    def rows(self, condition: str, *values: object, order: str = IN_ORDER, limit: int = -1) -> Iterator[IndexRow]:
        """The rows that fulfil a condition, in order."""
        names = ", ".join(FIELDS)
        sql = f"SELECT {names} FROM row WHERE {condition} ORDER BY {order} LIMIT {limit}"  # noqa: S608 - our own text
        return map(row_of, self.select(sql, *values))

    def select(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The tuples of a query."""
        try:
            yield from self._connection.execute(sql, values)
        except sqlite3.DatabaseError as fault:
            raise self._unusable(fault) from fault

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
            for table in ("row", "warc"):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
        return connection

    def _looked_at(self) -> sqlite3.Connection:
        # where nobody can write, the file cannot change, and SQLite could not keep its own notes beside it
        is_fixed = not is_writable(self._path.parent) and not self._path.with_name(f"{self._path.name}-wal").exists()
        address = f"{self._path.absolute().as_uri()}?mode=ro{'&immutable=1' if is_fixed else ''}"
        try:
            connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
            found = connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as fault:
            raise self._unusable(fault) from fault
        if found != (VERSION,):
            connection.close()
            raise ArchiveError(f"{self._path} is of another version of gongkai: `gongkai read` makes it anew.")
        return connection

    def _writing(self) -> _Transaction:
        return _Transaction(self._connection, self._unusable)

    def _forget(self, warc_file: str) -> None:
        for table in ("row", "warc"):
            self._connection.execute(f"DELETE FROM {table} WHERE warc_file = ?", (warc_file,))  # noqa: S608

    def _unusable(self, fault: Exception) -> GongkaiError:
        if _code(fault) in HELD:
            return BusyError(f"{self._path} is held by another process: try again when that has ended.")
        return ArchiveError(f"{self._path} cannot be used ({fault}): make room or remove it, it is made anew.")


class _Transaction:
    """All or nothing, and alone among the processes."""

    def __init__(self, connection: sqlite3.Connection, unusable: Any) -> None:  # noqa: ANN401 - fault -> ArchiveError
        self._connection = connection
        self._unusable = unusable

    def __enter__(self) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.DatabaseError as fault:
            raise self._unusable(fault) from fault

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        try:
            self._connection.execute("COMMIT" if fault is None else "ROLLBACK")
        except sqlite3.DatabaseError as broken:
            raise self._unusable(broken) from broken
        if isinstance(fault, sqlite3.DatabaseError):
            raise self._unusable(fault) from fault


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder."""
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def _code(fault: Exception) -> int | None:
    """SQLite's own primary code of a fault; None when it is none of its."""
    code: int | None = getattr(fault, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def row_of(values: Sequence[Any]) -> IndexRow:
    """A row from its columns in the order of `FIELDS`."""
    fields = dict(zip(FIELDS, values, strict=True))
    fields["fetched_at"] = moment(fields["fetched_at"])
    fields["listed_on"] = day(fields["listed_on"])
    return IndexRow(**fields)


def moment(number: int) -> dt.datetime:
    """A time from the number that is stored."""
    return _EPOCH + number * _MICROSECOND


def microseconds(time: dt.datetime) -> int:
    """The number that is stored for a time."""
    return (time - _EPOCH) // _MICROSECOND


def day(text: str | None) -> dt.date | None:
    """A date from the text that is stored."""
    return dt.date.fromisoformat(text) if text else None


def _values(row: IndexRow) -> list[object]:
    fields = as_row(row)
    fields["fetched_at"] = microseconds(row.fetched_at)
    fields["listed_on"] = row.listed_on.isoformat() if row.listed_on else None
    host = None if row.kind == LISTING else urlsplit(row.final_url or row.url).netloc.lower()
    return [*fields.values(), host, _is_telling(row)]


def _is_telling(row: IndexRow) -> bool:
    """Whether the host refused, or answered something else than its robots.txt."""
    is_answer = row.record_type in ("response", "revisit") and row.fetch_role != FetchRole.ROBOTS
    return row.kind != LISTING and (row.fetch_state in REFUSALS or is_answer)
