"""Opening a warehouse, with one sentence for each way in which that can fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import BusyError, GongkaiError, InputError
from flows.lake import Lake, NoWarehouseError, Warehouse, explained, open_lake

if TYPE_CHECKING:
    import duckdb

HOLDER = re.compile(r"held in (?P<program>\S+) \(PID (?P<pid>\d+)\)")
"""How DuckDB names the process that holds the lock of a file."""

LOCKS = ("set enable_external_access = false", "set lock_configuration = true")
"""No other file is read or written, nothing is attached or installed, and no query can allow it again."""


@contextmanager
def writing(warehouse: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that may write, to a file the only one; makes the file or the lake when there is none.

    Raises BusyError when another process holds the file, InputError when it is not a DuckDB file, UnreachableError
    when the catalogue of a lake does not answer.
    """
    if isinstance(warehouse, Path):
        warehouse.parent.mkdir(parents=True, exist_ok=True)
    with _opened(warehouse, read_only=False) as connection:
        yield connection


@contextmanager
def reading(warehouse: Warehouse, *, is_locked: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that only reads; several processes may have one, of a file as long as none writes.

    When it is locked, no query can reach another file or the network, nor allow itself to: for files only.
    Raises BusyError when another process writes to the file, InputError when there is no warehouse or the file is not
    a DuckDB file, UnreachableError when the catalogue of a lake does not answer.
    """
    if isinstance(warehouse, Path) and not warehouse.is_file():
        raise NoWarehouseError(f"There is no warehouse at {warehouse} yet; `gongkai run` makes it.")
    with _opened(warehouse, read_only=True) as connection:
        if is_locked and not _is_locked(connection):
            for lock in LOCKS:
                connection.execute(lock)
        yield connection


@contextmanager
def reading_if_there(warehouse: Warehouse) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The same, or None when there is no warehouse yet."""
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(reading(warehouse))
        except NoWarehouseError:
            connection = None
        yield connection


@contextmanager
def _opened(warehouse: Warehouse, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    if isinstance(warehouse, Lake):
        connection = open_lake(warehouse, read_only=read_only)
    else:
        connection = _open(warehouse, read_only=read_only)
    # times are stored in UTC; shown and cast in UTC too, whatever the machine's zone is
    if not _is_locked(connection):  # connections of one process share their settings, a lock too
        connection.execute("set global TimeZone = 'UTC'")
    try:
        yield connection
    except duckdb.IOException as error:
        if isinstance(warehouse, Lake):  # its catalogue or its storage went away
            raise explained(warehouse, error) from error
        raise
    finally:
        connection.close()


def _open(warehouse: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    import duckdb

    try:
        return duckdb.connect(str(warehouse), read_only=read_only)
    except duckdb.Error as error:
        raise _explained(warehouse, str(error)) from error


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
