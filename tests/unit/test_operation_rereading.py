"""What a later reader reads otherwise: which documents, which cells, and why, as far as two readings tell."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.archive.sightings import ArchivedDocument
from flows.batches import stage, staged_batches
from flows.errors import InputError
from flows.operation.rereading import (
    REASONS,
    ReadingChange,
    checked_version,
    compared,
    in_words,
    outdated_documents,
    write_csv,
)
from flows.records import CellKind, Document
from flows.reports import READER_VERSION
from flows.reports.archived import document_id
from flows.stages import RereadResult
from tests.warehouse_records import START, World

CURRENT = int(READER_VERSION)


def readings(version: int, url: str = "http://127.0.0.1/a.html", **changed: dict[str, Any]) -> dict[str, list[Any]]:
    """A document as a version reads it: three cells of `requests`, `granted`, with changes to some of them."""
    world = World()
    report = world.report("p", "甲县人民政府", 2024, division_code="990121", url=url, payload="x")
    document = dataclasses.replace(world.rows["document"][0], reader_version=str(version))
    cells = [
        dataclasses.replace(cell, reader_version=str(version), **changed.get(cell.column_key, {}))
        for cell in world.rows["cell"]
        if (cell.table_key, cell.row_key) == ("requests", "granted")
        and cell.column_key in ("natural_person", "business", "total")
    ]
    report = dataclasses.replace(report, reader_version=str(version))
    return {"document": [document], "report": [report], "cell": cells}


def unread(version: int, url: str = "http://127.0.0.1/a.html") -> dict[str, list[Any]]:
    """The same document as a version could not read it."""
    (document,) = readings(version, url)["document"]
    return {"document": [dataclasses.replace(document, read_state="no_tables")]}


def changes(tmp_path: Path, *batches: dict[str, list[Any]], older_than: int = CURRENT) -> list[ReadingChange]:
    for rows in batches:
        stage(tmp_path / "staged", rows)
    with compared(tmp_path / "staged", older_than, tmp_path) as found:
        return list(found)


def test_the_same_figures_are_no_change_however_they_are_printed(tmp_path: Path) -> None:
    later = readings(
        CURRENT, natural_person={"printed": "10.0", "place": "table 9, row 1, cell 1", "raw_text": "10.0"}
    )
    stage(tmp_path / "staged", readings(1))
    stage(tmp_path / "staged", later)
    with compared(tmp_path / "staged", CURRENT, tmp_path) as found:
        assert (found.documents_compared, found.documents_changed) == (1, 0)
        assert list(found) == []
        assert found.reasons == dict.fromkeys(REASONS, 0)


@pytest.mark.parametrize(
    ("before", "after", "shown", "reason"),
    [
        (
            {},
            {"value": Decimal(7), "printed": "7", "raw_text": "7", "place": "table 2, row 1, cell 1"},
            ("10", "7"),
            "place",
        ),
        ({}, {"value": Decimal(1), "printed": "1", "raw_text": "1"}, ("10", "1"), "text"),
        (
            {},
            {"value": None, "cell_kind": CellKind.TEXT, "printed": ""},
            ("10", "(text)"),
            "value",
        ),
        (
            {"value": None, "cell_kind": CellKind.BLANK, "printed": "", "raw_text": ""},
            {"value": Decimal(0), "cell_kind": CellKind.ZERO, "printed": "0", "raw_text": "0"},
            ("(blank)", "0"),
            "text",
        ),
        (
            {"value": None, "cell_kind": CellKind.ABSENT, "printed": "", "raw_text": None, "place": None},
            {},
            ("absent", "10"),
            "found",
        ),
        (
            {},
            {"value": None, "cell_kind": CellKind.ABSENT, "printed": "", "raw_text": None, "place": None},
            ("10", "absent"),
            "lost",
        ),
    ],
    ids=["place", "text", "value", "blank is no zero", "found", "lost"],
)
def test_a_change_has_before_after_versions_and_why(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], shown: tuple[str, str], reason: str
) -> None:
    later = {**after, "doubt": "the second reading takes 3"}
    (change,) = changes(tmp_path, readings(1, natural_person=before), readings(CURRENT, natural_person=later))
    assert (change.before, change.after) == shown
    assert change.reason == reason
    assert (change.version_before, change.version_after) == (1, CURRENT)
    assert (change.body_id, change.report_year) == ("990121:甲县人民政府", 2024)
    assert (change.table_key, change.row_key, change.column_key) == ("requests", "granted", "natural_person")
    assert (change.doubt_before, change.doubt_after) == (None, "the second reading takes 3")


def test_a_document_that_is_read_only_now_changes_every_cell(tmp_path: Path) -> None:
    found = changes(tmp_path, unread(1), readings(CURRENT))
    assert {change.reason for change in found} == {"document"}
    assert {change.before for change in found} == {"absent"}
    assert sorted(change.column_key for change in found) == ["business", "natural_person", "total"]


def test_it_is_held_against_the_latest_reading_before_the_version(tmp_path: Path) -> None:
    seven = {"value": Decimal(7), "printed": "7", "raw_text": "7"}
    staged = (readings(1, total=seven), readings(2), readings(CURRENT))
    assert changes(tmp_path, *staged) == []
    (change,) = changes(tmp_path, older_than=2)
    assert (change.before, change.after, change.version_before) == ("7", "10", 1)


def test_what_only_one_version_has_looked_at_is_not_compared(tmp_path: Path) -> None:
    stage(tmp_path / "staged", readings(1))
    stage(tmp_path / "staged", readings(CURRENT, "http://127.0.0.1/b.html"))
    with compared(tmp_path / "staged", CURRENT, tmp_path) as found:
        assert found.documents_compared == 0
    with compared(tmp_path / "nothing", CURRENT, tmp_path) as found:
        assert (found.documents_compared, list(found)) == (0, [])


def test_batches_of_an_earlier_layout_are_compared_too(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    batch, _ = stage(tmp_path / "staged", readings(1))
    path = batch.folder / "cell.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["row_score", "row_margin", "doubt"]), path)
    one = {"value": Decimal(1), "printed": "1", "raw_text": "1"}
    (change,) = changes(tmp_path, readings(CURRENT, total=one))
    assert (change.before, change.after, change.doubt_before) == ("10", "1", None)


def test_a_damaged_batch_is_one_sentence(tmp_path: Path) -> None:
    batch, _ = stage(tmp_path / "staged", readings(1))
    (batch.folder / "cell.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(InputError, match="cannot be compared"), compared(tmp_path / "staged", CURRENT, tmp_path):
        pass


def test_the_file_has_every_change_and_no_formula(tmp_path: Path) -> None:
    hostile = {"value": None, "cell_kind": CellKind.TEXT, "printed": "=1+1", "raw_text": "=1+1"}
    stage(tmp_path / "staged", readings(1))
    stage(tmp_path / "staged", readings(CURRENT, total=hostile))
    target = tmp_path / "out" / "changes.csv"
    with compared(tmp_path / "staged", CURRENT, tmp_path) as found:
        write_csv(found, target)
        assert found.reasons["text"] == 1 and found.documents_changed == 1
    (row,) = csv.DictReader(target.open(encoding="utf-8"))
    assert list(row) == [field.name for field in dataclasses.fields(ReadingChange)]
    assert (row["before"], row["after"], row["text_after"]) == ("10", "'=1+1", "'=1+1")
    assert [path.name for path in target.parent.iterdir()] == ["changes.csv"]


def archived(url: str) -> ArchivedDocument:
    return ArchivedDocument("p", url, url, "page", None, None, "text/html", "a" * 64, 9, START, "a.warc.gz", 0)


def looked_at(url: str, version: int) -> Document:
    name = document_id(url, "a" * 64)
    at = START + dt.timedelta(days=version)
    return Document(
        *(name, str(version), "p", url, url, "page", "html", "a" * 64, 9, at, "a.warc.gz", 0, "read", None)
    )


def test_only_what_was_last_read_by_an_earlier_version_is_read_again(tmp_path: Path) -> None:
    old, older, new, never = (f"http://127.0.0.1/{name}.html" for name in ("old", "older", "new", "never"))
    index: Any = SimpleNamespace(documents=lambda: [archived(url) for url in (old, older, new, never)])
    read = [(old, 3), (older, 1), (older, 2), (new, 2), (new, CURRENT)]
    stage(tmp_path, {"document": [looked_at(url, version) for url, version in read]})

    def outdated(older_than: int) -> set[str]:
        return {document.url for document in outdated_documents(index, tmp_path, older_than)}

    assert outdated(CURRENT) == {old, older}
    assert outdated(3) == {older}
    assert outdated(2) == set()
    assert len(list(staged_batches(tmp_path))) == 1


@pytest.mark.parametrize("version", [1, 0, -3, CURRENT + 1])
def test_a_version_that_none_is_older_than_is_refused(version: int) -> None:
    with pytest.raises(InputError, match="from 2 to"):
        checked_version(version)


def test_this_readers_own_version_is_meant_unless_another_is_named() -> None:
    assert checked_version(None) == CURRENT
    assert checked_version(2) == 2


def test_words() -> None:
    result = RereadResult(2, 5, 1, 3, {"found": 2, "text": 1, "lost": 0}, Path("x.csv"))
    text = in_words(result)
    assert "2 documents read again; of 5 compared 1 are read otherwise, in 3 cells." in text
    assert "no such cell was found before" in text and REASONS["lost"] not in text and "x.csv" in text
