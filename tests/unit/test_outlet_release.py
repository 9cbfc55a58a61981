"""A release: the same bytes again, nothing that a spreadsheet would run, described so that others can check it."""

import csv
import gzip
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from frictionless import validate

from flows.errors import InputError
from flows.outlet import release as release_module
from flows.outlet.catalog import marts, seeds
from flows.outlet.changes import Counts, write_changes
from flows.outlet.release import CHECKSUMS, newest_beside, write_release
from tests.made_copy import JIA, YI, make_copy, two_counties

Rows = dict[str, list[dict[str, Any]]]
HOSTILE = {
    "=1+1": "'=1+1",
    "+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t=1",
    "＝1+1": "'＝1+1",
    "－－": "'－－",
    "'quoted": "''quoted",
    "'": "''",
    "-12.50": "-12.50",
    "+3": "+3",
    "-": "-",
    "甲县": "甲县",
    'a,"b"\nc': 'a,"b"\nc',
    "": "",
}


def released(folder: Path, rows: Rows | None = None, **options: Any) -> Path:
    """A release of a copy of its own, made in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = make_copy(folder / "copy.duckdb", rows)
    write_release(copy, folder / "release", version="1", as_of="2026-11-01", **options)
    return folder / "release"


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def csv_rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released(tmp_path_factory.mktemp("one"))


def test_rows_that_came_in_another_order_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = released(tmp_path / "two", {name: rows[::-1] for name, rows in two_counties().items()})
    first, second = content(folder), content(again)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert len(second["gongkai.duckdb"]) > 1000


def test_every_table_is_there_in_three_forms_with_the_same_rows(folder: Path) -> None:
    with duckdb.connect(str(folder / "gongkai.duckdb"), read_only=True) as connection:
        for one in [*marts(), *seeds()]:
            schema = "marts" if one in marts() else "seeds"
            held = connection.execute(f"from {schema}.{one.name}").fetchall()
            parquet = connection.execute(f"from read_parquet('{folder}/parquet/{one.name}.parquet')").fetchall()
            assert held == parquet
            lines = csv_rows(folder / "csv" / f"{one.name}.csv.gz")
            assert len(lines) == len(held)
            if schema == "marts" and held:
                names = [column.name for column in one.columns]
                keys = [[str(row[names.index(name)]) for name in one.key] for row in held]
                assert [[line[name].removeprefix("'") for name in one.key] for line in lines] == keys
                assert len({tuple(key) for key in keys}) == len(keys)
        types = connection.execute(
            "select column_name, data_type, comment from duckdb_columns() where table_name = 'fct_cell'"
        ).fetchall()
    assert ("value", "DECIMAL(18,6)", "Value in the unit of the format, NULL unless a number is printed.") in types


def test_the_package_is_valid_row_for_row(folder: Path) -> None:
    report = validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["title", "note", "rowNumber", "fieldName"])
    described = json.loads((folder / "datapackage.json").read_bytes())
    assert described["asOf"] == "2026-11-01"
    named = {resource["path"] for resource in described["resources"]}
    assert named == content(folder).keys() - {"datapackage.json", CHECKSUMS}
    table = next(one for one in described["resources"] if one["path"] == "csv/fct_cell.csv.gz")
    assert table["schema"]["primaryKey"] == ["report_id", "table_key", "row_key", "column_key"]
    types = {field["name"]: field["type"] for field in table["schema"]["fields"]}
    assert (types["value"], types["report_year"], types["is_current"]) == ("number", "integer", "boolean")


def test_a_spoilt_row_makes_the_package_invalid(folder: Path, tmp_path: Path) -> None:
    for name, held in content(folder).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(held)
    spoilt = tmp_path / "csv" / "dim_body.csv.gz"
    spoilt.write_bytes(gzip.compress(gzip.decompress(spoilt.read_bytes()).replace(JIA.encode(), YI.encode())))
    assert not validate(str(tmp_path / "datapackage.json")).valid


def test_checksums_are_those_of_the_files(folder: Path) -> None:
    lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    sums = dict(reversed(line.split("  ", 1)) for line in lines)
    held = content(folder)
    assert sums.keys() == held.keys() - {CHECKSUMS}
    assert all(hashlib.sha256(held[name]).hexdigest() == digest for name, digest in sums.items())


def test_nothing_says_where_or_when_it_was_made(folder: Path) -> None:
    for name, held in content(folder).items():
        assert str(folder.parent).encode() not in held and b"/tmp/" not in held, name
        if name.endswith(".gz"):
            assert held[4:8] == b"\0\0\0\0", f"{name} carries a time"


def test_the_codebook_has_every_column(folder: Path) -> None:
    with (folder / "codebook.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    described = {(row["table"], row["column"]) for row in rows if row["description"] and row["type"]}
    assert described >= {(one.name, column.name) for one in marts() for column in one.columns}
    assert {row["column"] for row in rows if row["table"] == "fct_dispute" and row["is_key"] == "true"} == {
        *("report_id", "row_key", "column_key")
    }
    text = (folder / "codebook.md").read_text(encoding="utf-8")
    assert all(f"## marts.{one.name}" in text and one.description in text for one in marts())


def later_rows() -> Rows:
    """Text that a spreadsheet would run; one figure corrected, one body and year gone, one come."""
    rows = two_counties()
    for cell, text in zip(rows["fct_cell"], HOSTILE, strict=False):
        cell |= {"raw_text": text, "value": Decimal("-12.5")}
    body_years = rows["mart_body_year"]
    corrected = next(row for row in body_years if (row["body_id"], row["report_year"]) == (JIA, 2024))
    corrected |= {"outcome_total": 21, "disclosure_rate_strict": None}
    gone = next(row for row in body_years if row["body_id"] == YI)
    gone |= {"body_id": "990123:丙县人民政府", "report_id": "new"}
    return rows


@pytest.fixture(scope="module")
def later(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released(tmp_path_factory.mktemp("later"), later_rows(), since=folder)


def test_text_that_would_be_a_formula_is_guarded_and_numbers_are_left(later: Path) -> None:
    def name(cell: Mapping[str, Any]) -> str:
        return " ".join(cell[part] for part in ("report_id", "table_key", "row_key", "column_key"))

    lines = {name(line): line for line in csv_rows(later / "csv" / "fct_cell.csv.gz")}
    for cell, (text, guarded) in zip(later_rows()["fct_cell"], HOSTILE.items(), strict=False):
        assert guarded in (text, f"'{text}")
        assert lines[name(cell)]["raw_text"] == guarded
        assert lines[name(cell)]["value"] == "-12.500000"
    assert validate(str(later / "datapackage.json")).valid


def test_the_changelog_says_what_changed(folder: Path, later: Path) -> None:
    assert "no release before this one" in (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    text = (later / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "Since the release `release`" in text
    assert "| `mart_body_year` | 4 | 4 | 1 | 1 | 1 |" in text
    assert f"| `fct_cell` | 1,000 | 1,000 | 0 | 0 | {len(HOSTILE)} |" in text
    assert "| `fct_report` | 5 | 5 | 0 | 0 | 0 |" in text
    assert f"- {JIA} 2024 disclosure_rate_strict: 0.8 -> none" in text
    assert f"- {JIA} 2024 outcome_total: 20 -> 21" in text
    lines = [line for line in csv_rows(later / "changes.csv.gz") if line["mart"] == "mart_body_year"]
    assert [
        (line["change"], json.loads(line["key"])["body_id"]) for line in lines if line["change"] != "changed"
    ] == [
        ("added", "990123:丙县人民政府"),
        ("removed", YI),
    ]


def test_files_of_what_did_not_change_are_the_same(folder: Path, later: Path) -> None:
    first, second = content(folder), content(later)
    for mart, is_same in (("fct_report", True), ("dim_body", True), ("fct_cell", False), ("mart_body_year", False)):
        for name in (f"parquet/{mart}.parquet", f"csv/{mart}.csv.gz"):
            assert (first[name] == second[name]) == is_same, name


def test_a_mart_or_column_that_came_since_is_no_change_of_a_figure(folder: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    (before / "gongkai.duckdb").write_bytes((folder / "gongkai.duckdb").read_bytes())
    with duckdb.connect(str(before / "gongkai.duckdb")) as connection:
        connection.execute("alter table marts.mart_body_year drop column outcome_total")
        connection.execute("drop table marts.fct_dispute")
    with duckdb.connect() as connection:
        found = write_changes(connection, before, folder / "gongkai.duckdb", tmp_path / "changes.csv.gz")
        counts = {one.mart: one for one in found.counts}
        assert counts["mart_body_year"] == Counts("mart_body_year", 4, 4)
        assert counts["fct_dispute"] == Counts("fct_dispute", None, 0)
        assert (found.figures, csv_rows(tmp_path / "changes.csv.gz")) == ([], [])
        with pytest.raises(InputError, match=r"holds no release: there is no gongkai\.duckdb in it"):
            write_changes(connection, tmp_path, folder / "gongkai.duckdb", tmp_path / "changes.csv.gz")


def test_a_taken_folder_is_refused_and_a_release_replaced_only_when_asked(tmp_path: Path) -> None:
    copy = make_copy(tmp_path / "copy.duckdb")
    options: Mapping[str, Any] = {"version": "1", "as_of": None}
    target = tmp_path / "release"
    target.mkdir()
    for name in (CHECKSUMS, "datapackage.json", "gongkai.duckdb"):
        (target / name).touch()
    with pytest.raises(InputError, match="holds a release already: name another folder, or add --force"):
        write_release(copy, target, **options)
    write_release(copy, target, is_forced=True, **options)
    assert (target / CHECKSUMS).stat().st_size > 0
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is there already and is no release"):
        write_release(copy, papers, is_forced=True, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.duckdb", "papers", "release"]


def test_a_release_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = make_copy(tmp_path / "copy.duckdb")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(release_module, "write_database", full)
    with pytest.raises(OSError, match="No space left"):
        write_release(copy, tmp_path / "release", version="1", as_of=None)
    assert [path.name for path in tmp_path.iterdir()] == ["copy.duckdb"]
    with pytest.raises(InputError, match="Nothing is published"):
        write_release(tmp_path / "none.duckdb", tmp_path / "release", version="1", as_of=None)


def test_the_newest_release_beside_is_that_of_the_latest_day(folder: Path, tmp_path: Path) -> None:
    assert newest_beside(tmp_path / "any") is None
    for name, day in (("b", "2025-11-01"), ("a", "2026-05-01"), ("c", None)):
        (tmp_path / name).mkdir()
        (tmp_path / name / CHECKSUMS).touch()
        (tmp_path / name / "gongkai.duckdb").touch()
        (tmp_path / name / "datapackage.json").write_text(json.dumps({"asOf": day}), encoding="utf-8")
    assert newest_beside(tmp_path / "new") == tmp_path / "a"
    assert newest_beside(tmp_path / "a") == tmp_path / "b"
