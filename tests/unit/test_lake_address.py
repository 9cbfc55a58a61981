"""What GONGKAI_WAREHOUSE may say, and the sentence for what it may not."""

from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from flows.errors import BusyError, InputError, UnreachableError
from flows.lake import Lake, explained, parse_warehouse
from flows.settings import Settings

DATA = Path("/mnt/gongkai")
SECRET = "hush-hush"


@pytest.mark.parametrize(
    ("address", "catalogue", "connection"),
    [
        ("ducklake:postgres:dbname=a host=db user=b", "postgres:dbname=a host=db user=b", "dbname=a host=db user=b"),
        ("ducklake:postgres:postgresql://b@db/a", "postgres:postgresql://b@db/a", "postgresql://b@db/a"),
        ("ducklake:postgres:host='/var/run/pg sql'", "postgres:host='/var/run/pg sql'", "host='/var/run/pg sql'"),
        ("ducklake:/srv/a.ducklake", "/srv/a.ducklake", None),
    ],
)
def test_a_lake_is_taken_apart(address: str, catalogue: str, connection: str | None) -> None:
    lake = parse_warehouse(address, DATA)
    assert isinstance(lake, Lake)
    assert (lake.catalogue, lake.connection, lake.data, str(lake)) == (catalogue, connection, DATA, address)


def test_a_duckdb_file_is_a_path() -> None:
    assert parse_warehouse("/srv/a.duckdb", None) == Path("/srv/a.duckdb")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("postgres:dbname=a", "name `ducklake:postgres:<connection>`"),
        ("ducklake:postgres:", "how PostgreSQL is reached"),
        ("ducklake:postgres:gongkai", "how PostgreSQL is reached"),
        ("ducklake:mysql:db=a", "in PostgreSQL"),
        ("ducklake:", "in PostgreSQL"),
        (f"ducklake:postgres:dbname=a password={SECRET}", "leave the password out"),
        (f"ducklake:postgres:dbname=a PASSWORD = '{SECRET}'", "leave the password out"),
        (f"ducklake:postgres:postgresql://b:{SECRET}@db/a", "leave the password out"),
        (f"ducklake:postgres:postgresql://db/a?user=b&password={SECRET}", "leave the password out"),
    ],
)
def test_another_address_is_one_sentence_that_does_not_repeat_it(
    monkeypatch: pytest.MonkeyPatch, address: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence) as refused:
        parse_warehouse(address, DATA)
    assert SECRET not in str(refused.value) and "\n" not in str(refused.value)
    monkeypatch.setenv("GONGKAI_WAREHOUSE", address)
    monkeypatch.setenv("GONGKAI_LAKE_DATA", str(DATA))
    with pytest.raises(ValidationError) as fault:
        Settings()
    assert fault.value.errors()[0]["loc"] == ("warehouse",) and sentence in fault.value.errors()[0]["msg"]
    assert SECRET not in str(fault.value)


def test_a_lake_without_a_folder_for_its_data_is_refused() -> None:
    with pytest.raises(InputError, match="GONGKAI_LAKE_DATA"):
        parse_warehouse("ducklake:postgres:dbname=a", None)


def test_the_settings_name_a_file_a_lake_or_the_usual_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usual = tmp_path / "warehouse" / "gongkai.duckdb"
    assert Settings(home=tmp_path).warehouse == usual
    monkeypatch.setenv("GONGKAI_WAREHOUSE", "")
    assert Settings(home=tmp_path).warehouse == usual
    monkeypatch.setenv("GONGKAI_WAREHOUSE", "ducklake:postgres:dbname=a")
    monkeypatch.setenv("GONGKAI_LAKE_DATA", "shared")
    assert Settings(home=tmp_path).warehouse == Lake("postgres:dbname=a", Path("shared").absolute())


@pytest.mark.parametrize(
    ("said", "kind", "sentence"),
    [
        (
            'IO Error: Unable to connect to Postgres at "host=db": connection to server at "db", port 5432 '
            'failed: FATAL:  role "b" does not exist\nmore',
            UnreachableError,
            'FATAL:  role "b" does not exist',
        ),
        ("IO Error: server closed the connection unexpectedly\nmore", UnreachableError, "did not answer"),
        ("IO Error: Could not set lock on file", BusyError, "by another process"),
        ("Error: DATA_PATH does not match existing data path", InputError, "elsewhere than in /mnt/gongkai"),
        ("IO Error: Cannot open file: No space left on device\nmore", InputError, "No space left on device"),
    ],
)
def test_what_duckdb_says_of_a_lake_is_one_sentence(said: str, kind: type[Exception], sentence: str) -> None:
    problem = explained(Lake("postgres:dbname=a", DATA), duckdb.Error(said))
    assert type(problem) is kind and sentence in str(problem) and "\n" not in str(problem)
