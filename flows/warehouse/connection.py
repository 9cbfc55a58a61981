"""Opening a DuckDB file, with one sentence for each way in which that can fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import BusyError, GongkaiError, InputError

if TYPE_CHECKING:
    import duckdb

HOLDER = re.compile(r"held in (?P<program>\S+) \(PID (?P<pid>\d+)\)")
"""How DuckDB names the process that holds the lock of a file."""

LOCKS = ("set enable_external_access = false", "set lock_configuration = true")
"""No other file is read or written, nothing is attached or installed, and no query can allow it again."""


@contextmanager
def writing(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The one connection that may write; makes the file when there is none.

    Raises BusyError when another process holds the file, InputError when it is not a DuckDB file.
    """
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    connection = _open(warehouse, read_only=False)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def reading(warehouse: Path, *, is_locked: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that only reads; several processes may have one as long as none writes.

    When it is locked, no query can reach another file or the network, nor allow itself to.
    Raises BusyError when another process writes, InputError when the file is missing or is not a DuckDB file.
    """
    if not warehouse.is_file():
        raise InputError(f"There is no warehouse at {warehouse} yet; `gongkai run` makes it.")
    connection = _open(warehouse, read_only=True)
    if is_locked and not _is_locked(connection):
        for lock in LOCKS:
            connection.execute(lock)
    try:
        yield connection
    finally:
        connection.close()


def _open(warehouse: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    import duckdb

    try:
        connection = duckdb.connect(str(warehouse), read_only=read_only)
    except duckdb.Error as error:
        raise _explained(warehouse, str(error)) from error
    # times are stored in UTC; shown and cast in UTC too, whatever the machine's zone is
    if not _is_locked(connection):  # connections of one process share their settings, a lock too
        connection.execute("set global TimeZone = 'UTC'")
    return connection


def _is_locked(connection: duckdb.DuckDBPyConnection) -> bool:
    (is_locked,) = connection.execute("select current_setting('lock_configuration')").fetchone() or (False,)
    return bool(is_locked)


def _explained(warehouse: Path, message: str) -> GongkaiError:
    holder = HOLDER.search(message)
    if holder:
        return BusyError(
            f"The warehouse {warehouse} is in use by process {holder['pid']} ({holder['program']}); "
            "wait until it has finished or end it, then try again."
        )
    if "different configuration" in message or "lock on file" in message:
        return BusyError(
            f"The warehouse {warehouse} is in use already; wait until that has finished, then try again."
        )
    if "not a valid DuckDB database" in message:
        return InputError(
            f"{warehouse} is not a DuckDB file or is damaged; move it away and run `gongkai load`, "
            "which rebuilds it from the staged batches."
        )
    reason = message.splitlines()[0].rstrip(".") if message else "DuckDB gave no reason"
    return InputError(f"The warehouse {warehouse} cannot be opened: {reason}.")
