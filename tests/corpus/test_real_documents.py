"""Real documents read exactly. They stay beside the checkout and are not part of the project."""

from __future__ import annotations

import csv
import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from flows.documents import Limits, read_document
from flows.quality.balances import evaluate
from flows.quality.localisation import localise
from flows.records import Outcome, ReadState
from flows.reports.reader import Hints, Reading, figure_list, read_report

REPORTS = Path(__file__).resolve().parents[3] / "shared" / "reports"
DOCUMENTS = {
    "yimei-2022.txt": ("230717:伊美区人民政府", 2022, "text"),
    "huaian-2024.pdf": ("320800:淮安市人民政府", 2024, "pdf"),
    "shuyang-fgj-2023.html": ("321322:沭阳县发展和改革局", 2023, "html"),
    "shuyang-2025.md": ("321322:沭阳县人民政府", 2025, "markdown"),
}

pytestmark = pytest.mark.skipif(not REPORTS.is_dir(), reason=f"the real documents are not at {REPORTS}")


def read(name: str) -> Reading:
    document = read_document((REPORTS / name).read_bytes(), Limits())
    assert document.document_format == DOCUMENTS[name][2]
    return read_report(document, document_id="d" * 32, hints=Hints())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_figure_is_as_a_careful_reader_takes_it(name: str) -> None:
    with (REPORTS / name).with_suffix(".expected.csv").open(encoding="utf-8-sig", newline="") as lines:
        expected = [(row["table"], row["row"], row["column"], row["value"]) for row in csv.DictReader(lines)]
    reading = read(name)
    assert reading.read_state == ReadState.READ
    assert figure_list(reading.cells) == expected
    assert reading.leftovers == ()
    assert {cell.agreement for cell in reading.cells} == {"agreed"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_identity(name: str) -> None:
    report = read(name).report
    assert report is not None
    body_id, report_year, _ = DOCUMENTS[name]
    assert (report.body_id, report.report_year, report.generation) == (body_id, report_year, "2021")
    assert report.cells_located == report.cells_expected == 200


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_balance_of_these_reports_fails(name: str) -> None:
    cells = read(name).cells
    results = evaluate(cells)
    assert localise(results, cells) == []
    outcomes = Counter(result.outcome for result in results)
    assert outcomes[Outcome.FAILED] == 0
    assert outcomes[Outcome.PASSED] > 0
    assert sum(outcomes.values()) == 25 + 7 + 7 + 3 + 7 + 2 + 2


@pytest.mark.parametrize("name", DOCUMENTS)
def test_one_wrong_cell_of_these_reports_is_named_with_its_right_value(name: str) -> None:
    cells = read(name).cells
    numbered = [cell for cell in cells if cell.table_key == "requests" and cell.value is not None]
    assert len(numbered) > 20
    for wrong in numbered[::6]:
        assert wrong.value is not None
        spoilt = [dataclasses.replace(cell, value=cell.value + 9) if cell is wrong else cell for cell in cells]  # type: ignore[operator]
        (fault,) = localise(evaluate(spoilt), spoilt)
        proposed = [[(c.row_key, c.column_key, c.proposed_value) for c in one.cells] for one in fault.sets]
        assert [(wrong.row_key, wrong.column_key, wrong.value)] in proposed
        assert fault.is_unique


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_alignment_of_every_row_is_explained(name: str) -> None:
    reading = read(name)
    assert {(row.table_key, row.row_key) for row in reading.rows} == {
        (cell.table_key, cell.row_key) for cell in reading.cells
    }
    for row in reading.rows:
        # without spans no label stands over five of the fifteen values of the disputes: their order tells
        assert row.label_score >= 0.7 or (row.table_key == "disputes" and not row.label), row
        assert row.margin >= 1 and row.score >= 1, row
        assert all(column.place.startswith(row.place) for column in row.columns), row


def test_what_is_said_of_a_row_of_a_pdf() -> None:
    reading = read("huaian-2024.pdf")
    row = next(row for row in reading.rows if row.row_key == "not_processed_duplicate")
    assert (row.place, row.label_score, row.columns_told_by) == ("page 5, table 2, row 20", 1.0, "order")
    assert [(column.column_key, column.head_score) for column in row.columns][::6] == [
        ("natural_person", 1.0),
        ("total", 1.0),
    ]
    assert set(reading.boxes) == {cell.place for cell in reading.cells}
    assert all(box.page_number == int(place.split()[1].rstrip(",")) for place, box in reading.boxes.items())
