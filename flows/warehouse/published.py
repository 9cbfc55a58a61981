"""The copy that readers open: replaced in one step, so nobody ever sees half a warehouse."""

from __future__ import annotations

from pathlib import Path

from flows.errors import InputError
from flows.lake import Warehouse, quoted
from flows.unfinished import flush, folder_beside
from flows.warehouse.connection import reading, writing
from flows.warehouse.layout import refuse_later


def publish(warehouse: Warehouse, published: Path) -> None:
    """Copy the warehouse beside `published` and rename it over; who has the old copy open keeps it.

    The copy is compact and holds no log; of a lake too it is one DuckDB file, which needs neither PostgreSQL nor the
    shared storage. Raises BusyError when another process holds the warehouse, InputError when there is none,
    UnreachableError when a lake does not answer.
    """
    if isinstance(warehouse, Path) and not warehouse.is_file():
        raise InputError(f"There is no warehouse at {warehouse} to publish; run `gongkai load` first.")
    # a folder of its own: DuckDB may put a log beside the file it writes
    with folder_beside(published) as folder:
        copy = folder / "copy.duckdb"
        copy_into(copy, warehouse)
        flush(copy)
        copy.replace(published)
    flush(published.parent)


def copy_into(copy: Path, warehouse: Warehouse) -> None:
    """Write everything that a warehouse holds into a new DuckDB file, row by row."""
    with writing(warehouse) if isinstance(warehouse, Path) else reading(warehouse) as connection:
        refuse_later(connection)
        if isinstance(warehouse, Path):
            connection.execute("checkpoint")
        (live,) = connection.execute("select current_database()").fetchone() or ("",)
        connection.execute(f"attach {quoted(str(copy))} as copied")
        connection.execute(f'copy from database "{live}" to copied')
        connection.execute("detach copied")
