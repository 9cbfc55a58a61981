"""A PostgreSQL server of the tests' own, reached through a socket in its folder: it takes no port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

USER = "gongkai"
DEBIAN = "/usr/lib/postgresql"
NOBODY = 65534


class Postgres:
    """A running server."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        self.data = folder / "data"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs, not as root, which it refuses."""
        subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.folder,
            user=NOBODY if os.geteuid() == 0 else None,
            check=True,
            capture_output=program != "pg_ctl",  # the server keeps what it is given open
            stdout=subprocess.DEVNULL if program == "pg_ctl" else None,
        )

    def connection(self, database: str) -> str:
        """How libpq reaches a database."""
        return f"dbname={database} host={self.folder} user={USER}"

    def make_database(self, name: str) -> str:
        """Make an empty database; returns how it is reached."""
        self.run("createdb", "--host", str(self.folder), "--username", USER, name)
        return self.connection(name)


def programs() -> Path:
    """Folder of PostgreSQL's programs; the test is skipped where there is none."""
    here = shutil.which("initdb")
    found = [Path(here).resolve().parent] if here else sorted(Path(DEBIAN).glob("*/bin"))
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql); lakes were not tested.")
    return found[-1]


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A new, empty server for the time of the block."""
    folder = Path(tempfile.mkdtemp(prefix="gongkai-postgres-"))  # the path of a socket must be short
    server = Postgres(folder, programs())
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, -1)
        server.run(
            "initdb", "-D", str(server.data), "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"
        )
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        server.run("pg_ctl", "start", "-D", str(server.data), "-w", "-l", str(folder / "log"), "-o", options)
        try:
            yield server
        finally:
            server.run("pg_ctl", "stop", "-D", str(server.data), "-m", "immediate", "-W")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
