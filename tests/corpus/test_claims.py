"""Claims of labelled sentences (`claims.yaml`): precision and recall, and known answers of real documents.

`python -m tests.corpus.test_claims` prints both figures and every difference.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.documents import Limits, read_document
from flows.formats import format_cells
from flows.records import Claim, Report, Section
from flows.reports.claims import read_claims
from flows.reports.reader import Hints, read_report

LABELLED = Path(__file__).with_name("claims.yaml")
REPORTS = Path(__file__).resolve().parents[3] / "shared" / "reports"
PRECISION_LEAST = Decimal("0.95")
CELLS = {(cell.table_key, cell.row_key, cell.column_key) for cell in format_cells("2021")}


def labelled() -> list[dict[str, Any]]:
    """The labelled sentences."""
    found: list[dict[str, Any]] = yaml.safe_load(LABELLED.read_text(encoding="utf-8"))
    return found


def report_of(body: str) -> Report:
    """A report of a made-up body for 2024."""
    return Report(
        *("r", "1", "d", "p", "http://127.0.0.1/", "title"),
        body_id=f"990100:{body}",
        body_name=body,
        division_code="990100",
        division_name="临河市",
        level="city",
        body_kind="government" if body.endswith("政府") else "department",
        report_year=2024,
        report_year_source="title",
        published_on=None,
        published_on_source=None,
        scope="aggregate",
        generation="2021",
        stated_period_from=None,
        stated_period_to=None,
        notice_cited=None,
        cells_expected=200,
        cells_located=200,
        leftover_count=0,
    )


def claims_of(text: str, body: str = "临河市人民政府", section_key: str = "overview") -> list[Claim]:
    """Claims of a text in a report of a made-up body for 2024."""
    return read_claims(report_of(body), [Section("r", "1", 1, section_key, "一、总体情况", text)], CELLS)


def in_words(claim: Claim) -> str:
    """A claim as the labels write it."""
    kind = "" if claim.measure_kind == "count" or not claim.unit else f"{claim.measure_kind}:"
    value = f"{kind}{'~' if claim.is_approximate else ''}{claim.value.normalize():f}"
    bound = [f"{claim.bound_row}/{claim.bound_column}"] if claim.bound_row else []
    return " ".join([claim.verb, claim.object_key, claim.qualifier or "-", value, claim.scope, *bound])


def differences() -> tuple[Decimal, Decimal, list[str]]:
    """Precision and recall over all labelled sentences, and what is missing or too much."""
    right = stated = wanted = 0
    lines = []
    for row in labelled():
        found = Counter(in_words(claim) for claim in claims_of(row["text"], row.get("body", "临河市人民政府")))
        expected = Counter(row["claims"])
        right, stated, wanted = right + (found & expected).total(), stated + found.total(), wanted + expected.total()
        if found != expected:
            lines.append(f"{row['text']}\n  wrong: {list(found - expected)}\n  missing: {list(expected - found)}")
    return Decimal(right) / stated, Decimal(right) / wanted, lines


def test_labelled_sentences() -> None:
    assert len(labelled()) >= 120
    precision, recall, lines = differences()
    print(f"\nprecision {precision:.4f}, recall {recall:.4f}\n" + "\n".join(lines))  # noqa: T201 - a command
    assert precision >= PRECISION_LEAST
    assert recall >= Decimal("0.9")


KNOWN = {
    "yimei-2022.txt": [
        ("published", "information", "website", "1240", None),
        ("published", "information", "new_media", "2378", None),
        ("made", "pilot_field", None, "26", None),
    ],
    "huaian-2024.pdf": [
        ("received", "request", None, "3119", "new_received/total"),
        ("answered", "request", None, "3050", "outcome_total/total"),
        ("carried_in", "request", None, "34", "carried_in/total"),
        ("carried_out", "request", None, "103", "carried_out/total"),
        ("filed", "reconsideration", None, "351", "reconsideration/total"),
        ("upheld", "reconsideration", None, "72", "reconsideration/upheld"),
        ("corrected", "reconsideration", None, "64", "reconsideration/corrected"),
        ("other_result", "reconsideration", None, "178", "reconsideration/other"),
        ("pending", "reconsideration", None, "37", "reconsideration/pending"),
        ("filed", "litigation", None, "46", None),
        ("upheld", "litigation", None, "25", None),
        ("corrected", "litigation", None, "5", None),
        ("other_result", "litigation", None, "9", None),
        ("pending", "litigation", None, "7", None),
    ],
}
"""Verb, object, qualifier, number and bound cell."""


@pytest.mark.skipif(not REPORTS.is_dir(), reason=f"the real documents are not at {REPORTS}")
@pytest.mark.parametrize("name", KNOWN)
def test_real_documents(name: str) -> None:
    document = read_document((REPORTS / name).read_bytes(), Limits())
    found = [
        (
            claim.verb,
            claim.object_key,
            claim.qualifier,
            claim.printed,
            f"{claim.bound_row}/{claim.bound_column}" if claim.bound_row else None,
        )
        for claim in read_report(document, document_id="d" * 32, hints=Hints()).claims
        if claim.scope == "own"
    ]
    assert [claim for claim in found if claim in KNOWN[name]] == KNOWN[name]


@pytest.mark.parametrize("text", ["受理申请3\n12件。", "受理申请3 119件。", "受理申请1，240件。", "受理第3件申请。"])
def test_a_number_that_may_be_torn_is_no_claim(text: str) -> None:
    assert claims_of(text) == []


def test_a_sentence_over_two_lines() -> None:
    found = claims_of("（二）依申请公开情况\n全年共受理政府信息\n公开申请 12 件，答复\n11件。")
    assert [in_words(claim) for claim in found] == [
        "received request - 12 own new_received/total",
        "answered request - 11 own outcome_total/total",
    ]
    assert [claim.sentence_text[claim.number_offset :][:2] for claim in found] == ["12", "11"]


@pytest.mark.parametrize(
    ("text", "count", "said"),
    [
        ("受理申请3件。\n" * 1200, 1000, "only the first 1000 sentences"),
        ("受理申请3件，" * 90, 0, "a sentence with 90 numbers"),
        ("受理公开申请、" * 200 + "3件。", 0, "a sentence of 1403 characters"),
    ],
)
def test_limits_are_said(text: str, count: int, said: str, caplog: pytest.LogCaptureFixture) -> None:
    assert len(claims_of(text)) == count
    assert said in caplog.text


def main() -> None:
    """Print the figures and every difference."""
    precision, recall, lines = differences()
    print("\n".join(lines))  # noqa: T201 - a command
    print(f"{len(labelled())} sentences: precision {precision:.4f}, recall {recall:.4f}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
