"""The number of the raw schema's layout: a file says which it has, later ones are refused, earlier ones brought on.

A layout is what the tables of `raw` are called, have as columns and mean by them. Whoever changes that raises
`LAYOUT` and adds the step that brings a file of the layout before to it; a file of each released layout is kept under
`tests/kept` and brought on by a test. A column that only comes last needs no statement (`raw.missing_at_end` adds
it), but it needs the number, so that code which does not know the column refuses the file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows import __version__
from flows.errors import InputError

if TYPE_CHECKING:
    import duckdb

UNNUMBERED = 0
"""Files from before layouts had numbers."""
LAYOUT = 1
"""The one that this version makes."""


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """How a file gets from one layout to the next."""

    to_layout: int
    what: str
    statements: tuple[str, ...] = ()
    """Run in one transaction with the new number, so that a file is never between two layouts."""


STEPS: tuple[Step, ...] = (
    Step(1, "the number itself; tables and columns that came last until then are added by `raw.create_raw`"),
)


def layout_of(connection: duckdb.DuckDBPyConnection) -> int | None:
    """Layout of an open file; None when it has no raw tables."""
    tables = {
        name
        for (name,) in connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'raw' and table_catalog = current_database()"
        ).fetchall()
    }
    if "layout" in tables:
        row = connection.execute("select max(layout) from raw.layout").fetchone()
        return int(row[0]) if row and row[0] is not None else UNNUMBERED
    return UNNUMBERED if tables else None


def refuse_later(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The layout of an open file, as `layout_of`. Raises InputError when this version does not know it yet."""
    layout = layout_of(connection)
    if layout is not None and layout > LAYOUT:
        made_by, where = connection.execute(
            "select max_by(made_by, layout),"
            " (select path from duckdb_databases() where database_name = current_database()) from raw.layout"
        ).fetchone() or ("another version", "")
        raise InputError(
            f"The warehouse {where} was made by gongkai {made_by} (layout {layout}), and this is gongkai "
            f"{__version__}, which knows layouts up to {LAYOUT}: use that version or a later one."
        )
    return layout


def bring_forward(connection: duckdb.DuckDBPyConnection, steps: Sequence[Step] = STEPS) -> None:
    """Bring the raw tables of an open file to the layout of the last step; a new file is noted as having it.

    Raises InputError when the file has a later layout; it is not touched then.
    """
    found = refuse_later(connection)
    last = steps[-1].to_layout
    if found == last:
        return
    connection.execute("create table if not exists raw.layout (layout integer not null, made_by varchar not null)")
    todo = [step for step in steps if step.to_layout > (last - 1 if found is None else found)]
    for step in todo:
        connection.execute("begin")
        try:
            for statement in step.statements if found is not None else ():
                connection.execute(statement)
            connection.execute("insert into raw.layout values (?, ?)", [step.to_layout, __version__])
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
