"""The copy that readers open: replaced in one step, so nobody ever sees half a warehouse."""

from __future__ import annotations

from pathlib import Path

from flows.errors import InputError
from flows.unfinished import flush, folder_beside
from flows.warehouse.connection import writing
from flows.warehouse.layout import refuse_later


def publish(warehouse: Path, published: Path) -> None:
    """Copy the warehouse beside `published` and rename it over; who has the old copy open keeps it.

    The copy is compact and holds no log. Raises BusyError when another process holds the warehouse, InputError
    when there is none.
    """
    if not warehouse.is_file():
        raise InputError(f"There is no warehouse at {warehouse} to publish; run `gongkai load` first.")
    # a folder of its own: DuckDB may put a log beside the file it writes
    with folder_beside(published) as folder:
        copy = folder / "copy.duckdb"
        with writing(warehouse) as connection:
            refuse_later(connection)
            connection.execute("checkpoint")
            (live,) = connection.execute("select current_database()").fetchone() or ("",)
            quoted = str(copy).replace("'", "''")
            connection.execute(f"attach '{quoted}' as published_copy")
            connection.execute(f'copy from database "{live}" to published_copy')
            connection.execute("detach published_copy")
        flush(copy)
        copy.replace(published)
    flush(published.parent)
