"""The DuckDB file: held by another process, damaged, of another version; its notes, and the published copy."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from flows.batches import stage, staged_batches
from flows.errors import EXIT_BUSY, BusyError, InputError
from flows.records import STAGED
from flows.settings import Settings
from flows.warehouse import dbt
from flows.warehouse.connection import reading, writing
from flows.warehouse.loader import load_batches
from flows.warehouse.published import publish
from flows.warehouse.raw import create_raw, raw_columns, raw_fingerprint, record_stage, stage_fingerprint
from tests.warehouse_records import World

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)


@contextmanager
def held_by_another_process(warehouse: Path) -> Iterator[int]:
    """A process that has the file open for writing; yields its PID."""
    program = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stdout.readline() == b"held\n"
        try:
            yield process.pid
        finally:
            process.communicate()


def test_a_held_warehouse_is_one_sentence_that_names_the_process(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    warehouse = settings.warehouse
    load_batches(warehouse, [], now=NOW)
    published = tmp_path / "published.duckdb"
    publish(warehouse, published)
    before = published.read_bytes()
    with held_by_another_process(warehouse) as pid:
        for attempt in (
            lambda: load_batches(warehouse, [], now=NOW),
            lambda: record_stage(warehouse, "load", "x", now=NOW),
            lambda: stage_fingerprint(warehouse, "load"),
            lambda: publish(warehouse, published),
            lambda: dbt.run_dbt(settings, args=["build"]),
        ):
            with pytest.raises(BusyError) as refused:
                attempt()
            assert str(pid) in str(refused.value) and str(warehouse) in str(refused.value)
            assert "\n" not in str(refused.value)
            assert refused.value.exit_code == EXIT_BUSY
    assert published.read_bytes() == before
    assert load_batches(warehouse, [], now=NOW).batches_loaded == 0


def test_two_connections_of_one_process_are_a_sentence_too(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    with writing(warehouse), pytest.raises(BusyError, match="in use already"), reading(warehouse):
        pass


def test_a_file_that_is_no_warehouse_is_named(tmp_path: Path) -> None:
    junk = tmp_path / "w.duckdb"
    junk.write_bytes(b"not a database" * 1000)
    with pytest.raises(InputError, match="not a DuckDB file or is damaged"):
        load_batches(junk, [], now=NOW)
    with pytest.raises(InputError, match="no warehouse at"), reading(tmp_path / "missing.duckdb"):
        pass
    assert not (tmp_path / "missing.duckdb").exists()


def test_the_raw_schema_has_the_columns_of_the_records(tmp_path: Path) -> None:
    with writing(tmp_path / "w.duckdb") as connection:
        create_raw(connection)
        create_raw(connection)
        for table in STAGED:
            described = connection.execute(f"describe raw.{table}").fetchall()
            assert {row[0]: row[1] for row in described} == raw_columns(table)
    assert raw_columns("cell")["value"] == "DECIMAL(18,6)"


def test_a_warehouse_of_another_version_is_named(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("create schema raw; create table raw.portal (portal_id varchar, colour varchar)")
    with pytest.raises(InputError, match=r"another version of gongkai \(raw\.portal differs in column"):
        load_batches(tmp_path / "w.duckdb", [], now=NOW)


def test_a_table_that_came_later_is_added_to_a_warehouse_made_before(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    world = World()
    world.portal("p", "990100", level="city")
    report = world.report("p", "甲县人民政府", 2024, division_code="990121")
    load_batches(warehouse, [stage(tmp_path / "staged", world.rows)[0]], now=NOW)
    with writing(warehouse) as connection:
        connection.execute("drop table raw.claim")

    assert load_batches(warehouse, staged_batches(tmp_path / "staged"), now=NOW).refused == ()
    world.claims(report, [("received", 12, "new_received")])
    later = stage(tmp_path / "staged", world.rows)[0]
    assert load_batches(warehouse, [later], now=NOW).rows_added == {"claim": 1}
    with reading(warehouse) as connection:
        assert connection.execute("select bound_row, value from raw.claim").fetchall() == [("new_received", 12)]
        assert connection.execute("select count(*) from raw.cell").fetchall() == [(200,)]


def test_a_warehouse_without_the_last_columns_gets_them_empty(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    later = ("second_value", "second_number", "agreement", "doubt")
    with writing(warehouse) as connection:
        create_raw(connection)
        for column in later:
            connection.execute(f"alter table raw.cell drop column {column}")
        connection.execute(
            "insert into raw.cell values ('r', '1', 't', 'w', 'c', '2021', 'number', '5', '5', 5, null, 'p', 1, 1, 1)"
        )
        create_raw(connection)
        described = connection.execute("describe raw.cell").fetchall()
        assert [row[0] for row in described] == list(raw_columns("cell"))
        assert connection.execute(f"select {', '.join(later)} from raw.cell").fetchall() == [(None,) * 4]


def test_portals_of_an_earlier_version_are_taken_to_mean_what_they_meant(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    world = World()
    world.portal("p", "990100", level="city")
    batch = stage(tmp_path / "staged", world.rows)[0]
    path = batch.tables["portal"]
    pq.write_table(pq.read_table(path).drop_columns(["allows_legacy_tls"]), path, write_page_checksum=True)
    with writing(warehouse) as connection:
        create_raw(connection)
        connection.execute("alter table raw.portal drop column allows_legacy_tls")
        connection.execute(
            "insert into raw.portal values"
            " ('q', 'n', 'trs', 'http://q/', '990100', 'd', 'city', null, 'government', true, null)"
        )

    assert load_batches(warehouse, [batch], now=NOW).refused == ()
    with writing(warehouse) as connection:
        found = connection.execute("select portal_id, allows_legacy_tls from raw.portal order by all").fetchall()
        assert found == [("p", False), ("q", False)]
        described = {row[0]: (row[1], row[2]) for row in connection.execute("describe raw.portal").fetchall()}
        assert described["allows_legacy_tls"] == ("BOOLEAN", "NO")
        assert list(described) == list(raw_columns("portal"))


def test_a_column_missing_in_the_middle_or_needed_is_not_made_up(tmp_path: Path) -> None:
    for column in ("remark", "confidence"):
        warehouse = tmp_path / f"{column}.duckdb"
        with writing(warehouse) as connection:
            create_raw(connection)
            connection.execute(f"alter table raw.cell drop column {column}")
        with pytest.raises(InputError, match=rf"raw\.cell differs in column {column}"):
            load_batches(warehouse, [], now=NOW)


def test_a_stage_s_note_is_replaced_and_survives(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    assert stage_fingerprint(warehouse, "transform") is None
    assert not warehouse.exists()
    record_stage(warehouse, "transform", "one", now=NOW)
    record_stage(warehouse, "assess", "other", now=NOW)
    record_stage(warehouse, "transform", "two", now=NOW)
    assert stage_fingerprint(warehouse, "transform") == "two"
    assert stage_fingerprint(warehouse, "assess") == "other"
    assert stage_fingerprint(warehouse, "load") is None


def test_the_fingerprint_of_raw_changes_with_what_marts_are_made_of_only(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    empty = raw_fingerprint(warehouse)
    world = World()
    world.portal("p", "990100", level="city")
    world.report("p", "甲县人民政府", 2024, division_code="990121")
    load_batches(warehouse, [stage(tmp_path / "s", world.rows)[0]], now=NOW)
    loaded = raw_fingerprint(warehouse)
    assert loaded != empty
    record_stage(warehouse, "transform", "x", now=NOW)
    assert raw_fingerprint(warehouse) == loaded
    world.portal("q", "990200", level="city")
    load_batches(warehouse, [stage(tmp_path / "s", {"portal": world.rows["portal"]})[0]], now=NOW)
    assert raw_fingerprint(warehouse) != loaded


def test_a_reader_keeps_the_copy_it_has_open_and_the_next_one_gets_the_new(tmp_path: Path) -> None:
    warehouse, published = tmp_path / "live.duckdb", tmp_path / "published" / "gongkai.duckdb"
    with writing(warehouse) as connection:
        connection.execute(
            "create schema marts; create table marts.t as select 1 as n; create view v as from marts.t"
        )
    publish(warehouse, published)
    program = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(c.sql('from v').fetchall())"
    with reading(published) as open_copy:
        with writing(warehouse) as connection:
            connection.execute("update marts.t set n = 2")
        publish(warehouse, published)
        assert open_copy.execute("from v").fetchall() == [(1,)]
        shown = subprocess.run([sys.executable, "-c", program, str(published)], capture_output=True, check=True)
        assert shown.stdout == b"[(2,)]\n"
    assert [path.name for path in published.parent.iterdir()] == ["gongkai.duckdb"]


def test_there_must_be_something_to_publish(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no warehouse at"):
        publish(tmp_path / "none.duckdb", tmp_path / "published.duckdb")


def test_a_dbt_failure_names_the_nodes(tmp_path: Path) -> None:
    results = [
        {"unique_id": f"test.gongkai.check_{number}.0123", "status": status}
        for number, status in enumerate(["fail", "pass", "error", "skipped", "fail", "fail", "fail", "fail"])
    ]
    path = tmp_path / "run_results.json"
    path.write_text(json.dumps({"results": results}), encoding="utf-8")
    sentence = dbt._failure(["build"], dbt._results(path), tmp_path / "dbt.log")
    assert sentence.startswith("dbt build failed in check_0, check_2, check_4, check_5, check_6 and 1 more; ")
    assert dbt._failure(["build"], dbt._results(tmp_path / "none"), tmp_path / "dbt.log") == (
        f"dbt build did not complete; the reason stands at the end of {tmp_path / 'dbt.log'}."
    )
