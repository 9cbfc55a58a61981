"""A lake: the warehouse as DuckLake, its catalogue in PostgreSQL and its rows as Parquet files on shared storage.

Where a lake is, is written `ducklake:postgres:<connection>` or, with the catalogue in a DuckDB file for one process
at a time, `ducklake:<file>`. The address never holds a password, so that it can be logged, shown and handed to dbt.
"""

from __future__ import annotations

import dataclasses
import importlib.resources
import re
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import BusyError, GongkaiError, InputError, UnreachableError

if TYPE_CHECKING:
    import duckdb

SCHEME, POSTGRES = "ducklake:", "postgres:"
EXTENSIONS = ("ducklake", "postgres_scanner")
"""Extensions of DuckDB that a lake needs. They come as packages of DuckDB's own version; nothing is downloaded."""
CATALOG = "lake"
"""Name of the lake in a connection, where it is the current database."""
PASSWORD = re.compile(r"password\s*=|://[^/@\s]*:[^/@\s]*@", re.IGNORECASE)
CONNECTION = re.compile(r"\s*(postgres(ql)?://\S+|(\w+\s*=\s*('[^']*'|[^\s']+)\s*)+)\s*")
"""What libpq takes: a URL, or words `key=value`."""
NO_ANSWER = re.compile(
    r"Unable to connect|server closed the connection|terminating connection|connection to server"
    r"|could not (send|receive) data|no connection to the server|the database system is",
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Lake:
    """Where a lake is."""

    catalogue: str
    """`postgres:` and a connection as libpq takes it, or the path of a DuckDB file."""
    data: Path
    """Folder of the Parquet files, the same for all that use the lake."""

    @property
    def connection(self) -> str | None:
        """How PostgreSQL is reached, None when the catalogue is a file."""
        return self.catalogue.removeprefix(POSTGRES) if self.catalogue.startswith(POSTGRES) else None

    def __str__(self) -> str:
        return f"{SCHEME}{self.catalogue}"


class NoWarehouseError(InputError):
    """Nothing was loaded yet."""


Warehouse = Path | Lake
"""A warehouse is a DuckDB file or a lake."""


def parse_warehouse(address: str, data: Path | None) -> Warehouse:
    """The warehouse at an address; `data` is the folder of a lake's Parquet files.

    Raises InputError with what is wrong, in words that leave the address out: it may hold a password.
    """
    if not address.startswith(SCHEME):
        if not address.endswith(".duckdb"):
            raise InputError(
                "name `ducklake:postgres:<connection>`, `ducklake:<file>`, or a DuckDB file that ends in .duckdb"
            )
        return Path(address)
    catalogue = address.removeprefix(SCHEME)
    if PASSWORD.search(catalogue):
        raise InputError("leave the password out of it and set PGPASSWORD, or write it into ~/.pgpass")
    if catalogue.startswith(POSTGRES):
        if not CONNECTION.fullmatch(catalogue.removeprefix(POSTGRES)):
            raise InputError(
                "after `ducklake:postgres:` comes how PostgreSQL is reached, such as "
                "`dbname=gongkai host=db.example user=loader` or `postgresql://loader@db.example/gongkai`"
            )
    elif not catalogue or re.match(r"\w+:", catalogue):
        raise InputError("the catalogue of a lake is in PostgreSQL (`ducklake:postgres:...`) or in a file")
    else:
        catalogue = str(Path(catalogue).absolute())
    if data is None:
        raise InputError("a lake needs the folder of its Parquet files too: name it in GONGKAI_LAKE_DATA")
    return Lake(catalogue, data.absolute())


def open_lake(lake: Lake, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """A connection in which the lake is the current database; makes the lake when there is none, unless read-only.

    Raises:
        UnreachableError: PostgreSQL does not answer or refuses.
        BusyError: another process holds a catalogue that is a file.
        NoWarehouseError: there is no lake yet, and it is only to be read.
        InputError: the lake has its Parquet files in another folder.
    """
    import duckdb

    connection = open_empty()
    try:
        attach_lake(connection, lake, read_only=read_only)
    except duckdb.Error as error:
        connection.close()
        raise explained(lake, error) from error
    return connection


def open_empty() -> duckdb.DuckDBPyConnection:
    """A connection to no file that knows lakes."""
    import duckdb

    # requirements.lock holds their packages to the byte; to verify signatures too takes half a second each time
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    # DuckDB takes a program without a file for a person, and would draw its progress into what that prints
    connection.execute("set enable_progress_bar = false")
    prepare(connection)
    return connection


def attach_lake(connection: duckdb.DuckDBPyConnection, lake: Lake, *, read_only: bool) -> None:
    """Attach a lake and make it the current database of a connection."""
    if not read_only:
        lake.data.mkdir(parents=True, exist_ok=True)
        if lake.connection is None:
            Path(lake.catalogue).parent.mkdir(parents=True, exist_ok=True)
    options = f"data_path {quoted(f'{lake.data}/')}{', read_only' if read_only else ''}"
    connection.execute(f"attach {quoted(str(lake))} as {CATALOG} ({options})")
    connection.execute(f"use {CATALOG}")


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Load the extensions from their packages; nothing is fetched, and nothing written into the user's home.

    What does not fit into memory goes to the folder for temporary files rather than the one the command was run in.
    """
    connection.execute(f"set temp_directory = {quoted(f'{tempfile.gettempdir()}/gongkai-{secrets.token_hex(8)}')}")
    (version,) = connection.execute("select library_version from pragma_version()").fetchone() or ("",)
    connection.execute("set autoinstall_known_extensions = false")
    for name in EXTENSIONS:
        package = importlib.resources.files(f"duckdb_extension_{name}")
        with importlib.resources.as_file(package / "extensions" / version / f"{name}.duckdb_extension") as path:
            connection.execute(f"load {quoted(str(path))}")


def quoted(text: str) -> str:
    """Text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def explained(lake: Lake, error: duckdb.Error) -> GongkaiError:
    """What DuckDB said of a lake, as one sentence."""
    message = str(error)
    if NO_ANSWER.search(message):
        said = message.rpartition("failed: ")[2].splitlines()[0].strip().rstrip(".?")
        return UnreachableError(
            f"The catalogue of the lake {lake} did not answer ({said}); see that PostgreSQL runs and lets you in "
            "(GONGKAI_WAREHOUSE, PGPASSWORD, ~/.pgpass), then try again."
        )
    if "lock on file" in message:
        return BusyError(
            f"The catalogue of the lake {lake} is in use by another process; wait until that has finished, "
            "then try again, or keep the catalogue in PostgreSQL."
        )
    if "does not match existing data path" in message:
        return InputError(
            f"The lake {lake} keeps its Parquet files elsewhere than in {lake.data}; "
            "set GONGKAI_LAKE_DATA to the folder with which it was made."
        )
    if "creating a new DuckLake is explicitly disabled" in message:
        return NoWarehouseError(f"There is no lake at {lake} yet; `gongkai load` makes it.")
    reason = message.splitlines()[0].rstrip(".") if message else "DuckDB gave no reason"
    return InputError(f"The lake {lake} cannot be used: {reason}.")
