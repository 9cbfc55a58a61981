"""What the marts of a past day are copied from, and which options go together."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from flows.cli import cli
from flows.errors import BusyError, InputError
from flows.settings import Settings
from flows.warehouse.connection import reading, writing
from flows.warehouse.known_on import _copy_raw, build_known_on
from flows.warehouse.raw import create_raw, record_stage

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def test_the_copy_has_the_raw_rows_and_nothing_that_was_built(tmp_path: Path) -> None:
    live, copy = tmp_path / "live.duckdb", tmp_path / "copy.duckdb"
    record_stage(live, "assess", "passed", now=NOW)
    with writing(live) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.fct_report as select 1 as report_id")
    with duckdb.connect(str(live)) as stopped:  # as a process leaves it that is killed: the last rows are in the log
        stopped.execute("pragma disable_checkpoint_on_shutdown")
        stopped.execute("insert into raw.batch values ('b1', timestamptz '2026-11-01 00:00:00+00', map())")
    before = live.read_bytes()
    assert Path(f"{live}.wal").stat().st_size
    _copy_raw(live, copy)
    assert live.read_bytes() == before
    with reading(copy) as connection:
        schemas = connection.execute("select distinct table_schema from information_schema.tables").fetchall()
        batches = connection.execute("select batch_id from raw.batch").fetchall()
        stages = connection.execute("select count(*) from raw.stage_state").fetchone()
    assert (schemas, batches, stages) == ([("raw",)], [("b1",)], (0,))
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.duckdb"]


def test_a_missing_warehouse_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no warehouse at"):
        build_known_on(Settings(home=tmp_path), dt.date(2026, 5, 1), tmp_path / "out.duckdb")
    assert not list(tmp_path.glob("out*")) and not list(tmp_path.glob(".unfinished-*"))


def test_a_warehouse_that_is_written_to_is_not_copied(tmp_path: Path) -> None:
    live = tmp_path / "live.duckdb"
    with writing(live) as connection:
        create_raw(connection)
        with pytest.raises(BusyError, match="is in use already"):
            _copy_raw(live, tmp_path / "copy.duckdb")
    assert not (tmp_path / "copy.duckdb").exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--known-on", "2026-05-01", "--force"), "a day of its own; leave out --as-of and --force"),
        (("--known-on", "2026-05-01", "--as-of", "2026-05-02"), "a day of its own"),
        (("--output", "out.duckdb"), "go with --known-on; name the day"),
        (("--reader-version", "4"), "go with --known-on; name the day"),
    ],
)
def test_options_that_do_not_go_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], reason: str
) -> None:
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path))
    with pytest.raises(InputError, match=reason):
        cli.main(["transform", *options], standalone_mode=False)
