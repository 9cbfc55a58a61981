"""One writes into a lake at a time: loaders batch by batch, others for as long as they build, assess or publish.

DuckLake lets everybody commit at any time and knows no keys: two loaders would both add a row that neither found
there, and a build would take in half of what is being loaded. So whoever writes takes a lock first. It is an advisory
lock of PostgreSQL: those who wait get it in the order in which they came, and it ends with the process that has it,
however that ends. A file needs none of this, as DuckDB gives it to one process at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import BusyError
from flows.lake import Lake, Warehouse, explained, open_empty, quoted

if TYPE_CHECKING:
    import duckdb

TAKE_LOCK = "from postgres_query('catalogue', 'select 1 from pg_advisory_xact_lock(1735356007, 1)')"
"""The numbers (`gong` in ASCII, and 1) are ours alone; the lock holds within one PostgreSQL database."""
WAIT_SECONDS = 60
"""Longest that a turn is waited for."""
ASK_SECONDS = 1
"""Time of one attempt to get the lock, within which the process cannot be interrupted."""

Turn = Callable[[], AbstractContextManager[None]]


@contextmanager
def turns(warehouse: Warehouse) -> Iterator[Turn]:
    """Gives what to write within, one process at a time; between two turns others may have theirs.

    Raises UnreachableError when PostgreSQL does not answer; a turn raises BusyError when it has to wait too long.
    """
    if isinstance(warehouse, Path) or warehouse.connection is None:
        yield nullcontext
        return
    with _session(warehouse) as session:
        yield lambda: _turn(session, warehouse)


@contextmanager
def alone(warehouse: Warehouse) -> Iterator[None]:
    """One turn: for the time of the block nobody else writes. Raises as `turns` does."""
    with turns(warehouse) as turn, turn():
        yield


@contextmanager
def _session(lake: Lake) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to PostgreSQL of its own, so that the lock outlives each transaction in the lake."""
    import duckdb

    connection = open_empty()
    try:
        connection.execute(f"attach {quoted(lake.connection or '')} as catalogue (type postgres)")
        yield connection
    except duckdb.IOException as error:
        raise explained(lake, error) from error
    finally:
        connection.close()


@contextmanager
def _turn(session: duckdb.DuckDBPyConnection, lake: Lake) -> Iterator[None]:
    """Hold the lock for the time of a transaction in which nothing else happens."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not _begins(session):
        if time.monotonic() >= deadline:
            raise BusyError(
                f"Another process loads into the lake {lake} or builds it, for more than {WAIT_SECONDS} seconds now; "
                "try again when it has finished."
            )
    try:
        yield
    finally:
        session.execute("rollback")


def _begins(session: duckdb.DuckDBPyConnection) -> bool:
    """Begin the transaction that has the lock; False when another one kept it."""
    import duckdb

    session.execute("begin")
    session.execute(f"call postgres_execute('catalogue', 'set local lock_timeout = ''{ASK_SECONDS}s''')")
    try:
        session.execute(TAKE_LOCK).fetchall()
    except duckdb.IOException as error:
        if "lock timeout" not in str(error):
            raise
        session.execute("rollback")
        return False
    return True
