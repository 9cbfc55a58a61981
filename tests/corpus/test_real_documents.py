"""Real documents read exactly. They stay beside the checkout and are not part of the project."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from flows.documents import Limits, read_document
from flows.quality.balances import evaluate
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
    outcomes = Counter(result.outcome for result in evaluate(read(name).cells))
    assert outcomes[Outcome.FAILED] == 0
    assert outcomes[Outcome.PASSED] > 0
    assert sum(outcomes.values()) == 25 + 7 + 7 + 3 + 7 + 2
