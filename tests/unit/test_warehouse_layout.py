"""Layouts of the raw schema: kept files of earlier ones are brought on, later ones refused and left as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from flows import __version__
from flows.batches import stage
from flows.errors import InputError
from flows.outlet.copy import opened
from flows.warehouse.connection import writing
from flows.warehouse.layout import LAYOUT, STEPS, UNNUMBERED, Step, bring_forward, layout_of
from flows.warehouse.loader import load_batches
from flows.warehouse.published import publish
from flows.warehouse.raw import create_raw, raw_columns, record_stage, touched_bodies
from tests.warehouse_records import World

KEPT = Path(__file__).resolve().parents[1] / "kept"
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def kept(name: str, path: Path) -> Path:
    """A file of an earlier layout, as its version made it."""
    with writing(path) as connection:
        connection.execute((KEPT / f"{name}.sql").read_text(encoding="utf-8"))
    return path


def layout(path: Path) -> int | None:
    with duckdb.connect(str(path), read_only=True) as connection:
        return layout_of(connection)


def of_later(path: Path) -> Path:
    """A file of the layout after this one."""
    load_batches(path, [], now=NOW)
    with writing(path) as connection:
        connection.execute("insert into raw.layout values (?, '9.9.9')", [LAYOUT + 1])
    return path


def test_the_steps_lead_from_the_first_layout_to_this_one() -> None:
    assert [step.to_layout for step in STEPS] == list(range(UNNUMBERED + 1, LAYOUT + 1))


def test_a_new_file_has_this_layout(tmp_path: Path) -> None:
    load_batches(tmp_path / "new.duckdb", [], now=NOW)
    assert layout(tmp_path / "new.duckdb") == LAYOUT
    with duckdb.connect() as connection:
        assert layout_of(connection) is None


def test_a_kept_file_from_before_the_numbers_is_brought_forward_with_its_rows(tmp_path: Path) -> None:
    path = kept("raw_unnumbered", tmp_path / "old.duckdb")
    assert layout(path) == UNNUMBERED
    world = World()
    world.portal("q", "990122", level="county", body_name="乙县人民政府")
    world.report("q", "乙县人民政府", 2024, division_code="990122")
    loaded = load_batches(path, [stage(tmp_path / "staged", world.rows)[0]], now=NOW)
    assert loaded.refused == () and loaded.batches_loaded == 1
    assert layout(path) == LAYOUT
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        assert connection.execute("select body_id from raw.report order by all").fetchall() == [
            ("990121:甲县人民政府",),
            ("990122:乙县人民政府",),
        ]
        described = {row[0]: row[1] for row in connection.execute("describe raw.fetch").fetchall()}
        assert described == raw_columns("fetch")
        fetched = "select distinct asked_before_at from raw.fetch where portal_id = 'p'"
        assert connection.execute(fetched).fetchall() == [(None,)]
        assert connection.execute("select * from raw.layout").fetchall() == [(LAYOUT, __version__)]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda path: load_batches(path, [], now=NOW),
        lambda path: record_stage(path, "transform", "x", now=NOW),
        touched_bodies,
        lambda path: publish(path, path.with_name("published.duckdb")),
        lambda path: opened(path).__enter__(),
    ],
    ids=["load", "note", "plan", "publish", "read"],
)
def test_a_later_file_is_refused_in_one_sentence_and_left_as_it_is(
    tmp_path: Path, attempt: Callable[[Path], object]
) -> None:
    path = of_later(tmp_path / "later.duckdb")
    before = path.read_bytes()
    with pytest.raises(InputError) as refused:
        attempt(path)
    sentence = str(refused.value)
    assert f"{path} was made by gongkai 9.9.9 (layout 2)" in sentence and f"this is gongkai {__version__}" in sentence
    assert "\n" not in sentence
    assert path.read_bytes() == before
    assert not (tmp_path / "published.duckdb").exists()


def test_steps_run_in_order_and_each_wholly_or_not_at_all(tmp_path: Path) -> None:
    steps = (
        *STEPS,
        Step(LAYOUT + 1, "a word of ours", ("alter table raw.batch add column word varchar",)),
        Step(
            LAYOUT + 2, "its meaning", ("update raw.batch set word = 'loaded'", "insert into raw.nothing values (1)")
        ),
    )
    path = kept("raw_unnumbered", tmp_path / "old.duckdb")
    with writing(path) as connection:
        create_raw(connection)
        with pytest.raises(duckdb.Error):
            bring_forward(connection, steps)
        assert connection.execute("select max(layout) from raw.layout").fetchone() == (LAYOUT + 1,)
        assert connection.execute("select distinct word from raw.batch").fetchall() == [(None,)]


def test_a_new_file_needs_no_step(tmp_path: Path) -> None:
    steps = (*STEPS, Step(LAYOUT + 1, "of earlier files only", ("insert into raw.nothing values (1)",)))
    with writing(tmp_path / "new.duckdb") as connection:
        connection.execute("create schema raw")
        bring_forward(connection, steps)
        assert connection.execute("select layout from raw.layout").fetchall() == [(LAYOUT + 1,)]
