"""A DuckDB file whose bytes depend on nothing but its content: what a release hands on.

DuckDB itself writes other bytes every time. Three things cause it, found by comparing files block by block: FSST
chooses its symbols from a random sample of the text; the unused end of a column segment holds whatever the memory
held before (duckdb issue 23382); and so do the places of NULL in packed integers. The last two also carry foreign
data into the file. So FSST is left out, one thread inserts in order, and the file is written by a process of its own
whose two allocators (DuckDB's own for buffers, the C library's for the rest) hand out zeroed memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from flows.errors import PipelineError
from flows.settings import child_environment

ZEROED = {
    "DUCKDB_JE_MALLOC_CONF": "zero:true",
    "GLIBC_TUNABLES": "glibc.malloc.perturb=255:glibc.malloc.tcache_count=0",
}
"""Settings of the allocators on Linux with glibc; elsewhere the content is the same and the bytes are not."""
STORAGE_VERSION = "v1.2.0"
"""Any DuckDB from 1.2 on reads the file."""


def write_duckdb(target: Path, statements: Sequence[str], scratch: Path) -> None:
    """Make the file by running statements in order; they see it as the only database.

    Raises PipelineError when a statement fails.
    """
    order = json.dumps({"target": str(target), "statements": list(statements), "scratch": str(scratch)})
    done = subprocess.run(
        [sys.executable, "-m", "flows.outlet.duckdb_file"],
        input=order,
        env=child_environment(**ZEROED),
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip() or f"ended with {done.returncode}").splitlines()[-1]
        raise PipelineError(f"The DuckDB file of the release could not be written: {reason}.")


def _write(target: str, statements: Sequence[str], scratch: str) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute(
            "set disabled_compression_methods = 'fsst,dict_fsst'"
        )  # given at the start it is not heeded
        connection.execute("set temp_directory = ?", [scratch])
        quoted = target.replace("'", "''")
        connection.execute(f"attach '{quoted}' as released (storage_version '{STORAGE_VERSION}')")
        connection.execute("use released")
        for statement in statements:
            connection.execute(statement)
        connection.execute("checkpoint")
        connection.execute("use memory")
        connection.execute("detach released")


if __name__ == "__main__":
    _write(**json.load(sys.stdin))
