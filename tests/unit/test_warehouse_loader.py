"""The loader: what is loaded twice changes nothing, what contradicts or is damaged is refused, alone."""

import dataclasses
import datetime as dt
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from flows.batches import Batch, stage, staged_batches
from flows.records import STAGED, ExpectationResult, Portal
from flows.warehouse.connection import reading
from flows.warehouse.loader import LoadResult, load_batches
from tests.warehouse_records import World

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)


def world() -> World:
    made = World()
    made.portal("p", "990100", level="city")
    made.report("p", "甲县人民政府", 2024, division_code="990121")
    made.report("p", "乙县人民政府", 2024, division_code="990122")
    return made


def load(tmp_path: Path, *batches: Batch) -> LoadResult:
    return load_batches(tmp_path / "w.duckdb", batches or staged_batches(tmp_path / "staged"), now=NOW)


def staged(tmp_path: Path, rows: dict[str, list[Any]]) -> Batch:
    return stage(tmp_path / "staged", rows)[0]


def content(warehouse: Path) -> dict[str, list[Any]]:
    with reading(warehouse) as connection:
        return {t: connection.execute(f"select * from raw.{t} order by all").fetchall() for t in [*STAGED, "batch"]}


def test_rows_come_out_of_the_warehouse_as_they_went_in(tmp_path: Path) -> None:
    rows = world().rows
    result = load(tmp_path, staged(tmp_path, rows))
    assert result.rows_added == {name: len(records) for name, records in rows.items()}
    assert result.rows_added["cell"] == 400
    found = content(tmp_path / "w.duckdb")
    for name, records in rows.items():
        assert set(found[name]) == {dataclasses.astuple(record) for record in records}
    with reading(tmp_path / "w.duckdb") as connection:
        counts = connection.execute("select row_counts from raw.batch").fetchone()
    assert counts == ({name: len(records) for name, records in rows.items()},)


def test_a_batch_staged_before_the_second_reading_loads_without_one(tmp_path: Path) -> None:
    batch = staged(tmp_path, world().rows)
    path = batch.tables["cell"]
    later = ["second_value", "second_number", "agreement", "doubt"]
    pq.write_table(pq.read_table(path).drop_columns(later), path, write_page_checksum=True)
    assert load(tmp_path, batch).refused == ()
    with reading(tmp_path / "w.duckdb") as connection:
        found = connection.execute(f"select distinct {', '.join(later)} from raw.cell").fetchall()
    assert found == [(None, None, None, None)]


def test_the_same_batch_twice_changes_nothing(tmp_path: Path) -> None:
    batch = staged(tmp_path, world().rows)
    load(tmp_path, batch)
    before = content(tmp_path / "w.duckdb")
    again = load_batches(tmp_path / "w.duckdb", [batch], now=NOW + dt.timedelta(days=1))
    assert (again.batches_loaded, again.batches_known, again.rows_added) == (0, 1, {})
    assert content(tmp_path / "w.duckdb") == before


def test_known_rows_in_another_batch_change_nothing(tmp_path: Path) -> None:
    rows = world().rows
    load(tmp_path, staged(tmp_path, rows))
    before = content(tmp_path / "w.duckdb")
    result = load(tmp_path, staged(tmp_path, rows | {"entry": []}))
    assert (result.batches_loaded, result.rows_added, result.refused) == (1, {}, ())
    after = content(tmp_path / "w.duckdb")
    assert {t: r for t, r in after.items() if t != "batch"} == {t: r for t, r in before.items() if t != "batch"}


@pytest.mark.parametrize("table", ["report", "cell"])
def test_another_content_under_a_known_key_refuses_the_batch_and_names_the_key(tmp_path: Path, table: str) -> None:
    rows = world().rows
    load(tmp_path, staged(tmp_path, rows))
    before = content(tmp_path / "w.duckdb")
    column = {"report": "title", "cell": "raw_text"}[table]
    first = dataclasses.replace(rows[table][0], **{column: "other"})
    other = World()
    other.report("p", "丙县人民政府", 2024, division_code="990123")
    contradicting = staged(tmp_path, rows | {table: [first, *rows[table][1:]], "entry": []})
    good = staged(tmp_path, other.rows)
    result = load(tmp_path, contradicting, good)
    (sentence,) = result.refused
    assert contradicting.folder.name in sentence and first.report_id in sentence and "reader's version" in sentence
    assert result.batches_loaded == 1
    after = content(tmp_path / "w.duckdb")
    assert len(after["report"]) == len(before["report"]) + 1
    assert set(map(repr, before[table])) <= set(map(repr, after[table]))


def test_two_contents_of_one_key_within_a_batch_are_refused(tmp_path: Path) -> None:
    rows = world().rows
    twice = [*rows["cell"], dataclasses.replace(rows["cell"][0], raw_text="other")]
    result = load(tmp_path, staged(tmp_path, rows | {"cell": twice}))
    assert result.batches_loaded == 0 and rows["cell"][0].report_id in result.refused[0]
    assert content(tmp_path / "w.duckdb")["report"] == []


def test_the_earliest_observation_stays_in_whatever_order_batches_come(tmp_path: Path) -> None:
    (entry, *_) = world().rows["entry"]
    later = dataclasses.replace(entry, first_seen_at=entry.first_seen_at + dt.timedelta(days=3), title_rule="later")
    batches = [staged(tmp_path, {"entry": [entry]}), staged(tmp_path, {"entry": [later]})]
    for number, order in enumerate((batches, batches[::-1])):
        warehouse = tmp_path / f"{number}.duckdb"
        for batch in order:
            load_batches(warehouse, [batch], now=NOW)
        assert content(warehouse)["entry"] == [dataclasses.astuple(entry)]


def test_portals_and_expectation_results_follow_what_was_staged_last(tmp_path: Path) -> None:
    first = world().rows["portal"]
    renamed = [dataclasses.replace(first[0], name="Another name")]
    results = [
        ExpectationResult(e, "s", "t", "m", None, "error", "pipeline", "passed", None, 1, 0, "A sentence.")
        for e in ("one", "two")
    ]

    def state() -> tuple[list[str], list[str]]:
        load(tmp_path)
        found = content(tmp_path / "w.duckdb")
        return [row[1] for row in found["portal"]], [row[0] for row in found["expectation_result"]]

    def stage_at(second: int, rows: dict[str, list[Any]]) -> None:
        os.utime(staged(tmp_path, rows).folder, (second, second))

    stage_at(1, {"portal": first})
    stage_at(2, {"expectation_result": results})
    assert state() == (["Portal p"], ["one", "two"])
    stage_at(3, {"portal": renamed})
    stage_at(4, {"expectation_result": results[:1]})
    assert state() == (["Another name"], ["one"])
    stage_at(5, {"portal": first})  # back to what was staged before
    stage_at(6, {"expectation_result": results})
    assert state() == (["Portal p"], ["one", "two"])
    assert load(tmp_path).rows_added == {}


def test_staging_again_makes_a_batch_the_last_one(tmp_path: Path) -> None:
    portal: list[Portal] = world().rows["portal"]
    batch = staged(tmp_path, {"portal": portal})
    os.utime(batch.folder, (1, 1))
    staged(tmp_path, {"portal": portal})
    assert batch.folder.stat().st_mtime > 1


def damage_truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def damage_flip(path: Path) -> None:
    """Another last byte of a page's data, which its checksum covers (what stands in headers it does not)."""
    row_group = pq.ParquetFile(path).metadata.row_group(0)
    first = row_group.column(0)
    payload = bytearray(path.read_bytes())
    payload[(first.dictionary_page_offset or first.data_page_offset) + first.total_compressed_size - 1] ^= 0xFF
    path.write_bytes(payload)


def damage_empty(path: Path) -> None:
    path.write_bytes(b"")


def damage_columns(path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 1 as report_id) to '{path}' (format parquet)")


@pytest.mark.parametrize("damage", [damage_truncate, damage_flip, damage_empty, damage_columns])
def test_a_damaged_batch_gives_one_sentence_and_the_others_load(tmp_path: Path, damage: Any) -> None:
    bad = staged(tmp_path, world().rows)
    damage(bad.folder / "cell.parquet")
    other = World()
    other.report("p", "丙县人民政府", 2024, division_code="990123")
    good = staged(tmp_path, other.rows)
    result = load(tmp_path, bad, good)
    (sentence,) = result.refused
    assert bad.folder.name in sentence and "cell.parquet" in sentence and "gongkai read" in sentence
    assert "\n" not in sentence
    assert result.batches_loaded == 1
    assert [row[0] for row in content(tmp_path / "w.duckdb")["batch"]] == [good.batch_id]


def test_a_batch_without_a_table_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "staged" / ("0" * 32)
    folder.mkdir(parents=True)
    assert "holds no table" in load(tmp_path).refused[0]


def test_a_load_that_is_killed_leaves_whole_batches_only_and_the_next_one_completes_it(tmp_path: Path) -> None:
    rows = world().rows
    other = World()
    other.report("p", "丙县人民政府", 2024, division_code="990123")
    staged(tmp_path, other.rows)
    staged(tmp_path, rows)
    killed = tmp_path / "killed.duckdb"
    program = f"""
        import datetime as dt, os
        from pathlib import Path
        from flows.batches import staged_batches
        from flows.warehouse import loader

        insert, batches = loader._insert_readings, []

        def dies_in_the_second_batch(connection, table, rows, batch, *, is_known):
            batches.append(batch)
            added = insert(connection, table, rows, batch, is_known=is_known)
            if table == "cell" and len(set(batches)) == 2:
                os.kill(os.getpid(), 9)
            return added

        loader._insert_readings = dies_in_the_second_batch
        loader.load_batches(Path({str(killed)!r}), staged_batches(Path({str(tmp_path / "staged")!r})),
                            now=dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC))
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert ended.returncode == -9
    half = content(killed)
    assert len(half["batch"]) == 1 and len(half["report"]) in (1, 2)
    assert len(half["cell"]) == 200 * len(half["report"])
    assert load_batches(killed, staged_batches(tmp_path / "staged"), now=NOW).batches_loaded == 1
    load(tmp_path)
    assert content(killed) == content(tmp_path / "w.duckdb")
