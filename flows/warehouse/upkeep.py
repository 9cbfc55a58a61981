"""Keeping a lake small: every batch adds files to it, and every build leaves those of the one before."""

from __future__ import annotations

import datetime as dt

from flows.lake import CATALOG, Lake
from flows.warehouse.connection import writing

KEPT = dt.timedelta(days=1)
"""How long the files of an earlier state stay, so that whoever reads it comes to an end."""
STEPS = (
    "ducklake_expire_snapshots('{lake}', older_than => ?)",
    "ducklake_merge_adjacent_files('{lake}')",
    "ducklake_cleanup_old_files('{lake}', older_than => ?)",
    "ducklake_delete_orphaned_files('{lake}', older_than => ?)",
)
"""Forget earlier states, merge small files, delete those that no state needs and those that killed processes left."""


def tidy(lake: Lake, *, now: dt.datetime, kept: dt.timedelta = KEPT) -> None:
    """Delete the Parquet files that no state of the last day needs, and merge small ones; no row changes.

    Only for who is alone in the lake (`turns.alone`). Raises UnreachableError when the lake does not answer.
    """
    with writing(lake) as connection:
        for step in STEPS:
            connection.execute(f"call {step.format(lake=CATALOG)}", [now - kept] if "?" in step else [])
