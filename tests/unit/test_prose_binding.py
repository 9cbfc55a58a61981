"""Numbers of labelled sentences are bound to the right cells, and left alone where they count something else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flows.formats import format_cells
from tests.corpus.test_claims import claims_of
from tests.prose.binding import PARTS, by_verb_and_object, judged, labelled, scored

PRECISION_LEAST = Decimal("0.95")
RECALL_LEAST = {"development": Decimal("0.94"), "held_out": Decimal("0.87")}
RECALL_OF_YEAR_BEFORE_LEAST = Decimal("0.5")
"""As stated in docs/prose.md."""
CELLS = {f"{cell.row_key}/{cell.column_key}" for cell in format_cells("2021")}


@pytest.mark.parametrize("part", PARTS)
def test_precision_and_recall(part: str) -> None:
    score = scored(judged(part), years=[False])
    assert score.precision >= PRECISION_LEAST
    assert score.recall >= RECALL_LEAST[part]


def test_numbers_about_the_year_before() -> None:
    score = scored([each for part in PARTS for each in judged(part)], years=[True])
    assert score.precision >= PRECISION_LEAST
    assert score.recall >= RECALL_OF_YEAR_BEFORE_LEAST


def test_precision_of_each_verb_that_is_bound_often() -> None:
    every = [each for part in PARTS for each in judged(part)]
    often = {name: score for name, score in by_verb_and_object(every).items() if score.right + score.wrong >= 20}
    assert {"new_received request, received request", "answered request"} <= set(often)
    assert {name for name, score in often.items() if score.precision < PRECISION_LEAST} == set()


def test_the_labels_are_whole() -> None:
    rows = [row for part in PARTS for row in labelled()[part]]
    assert len(rows) >= 300
    assert len({row["text"] for row in rows}) == len(rows)
    assert [row["text"] for row in rows if not row.get("bound") and not row.get("why")] == []
    named = {said.split()[0] for row in rows for said in (*row.get("bound", ()), *row.get("allowed", ()))}
    assert named - CELLS == set()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("截至2022年12月31日，共收到申请50件。", "the sentence speaks of another year"),
        ("由2021年结转申请3件。", "the sentence speaks of another year"),
        ("全省共收到申请8900件。", "the sentence speaks of another body"),
        ("2024年机构改革以来收到申请9件。", "the sentence speaks of a part of the year"),
        ("收到申请十余件，答复申请逾千件。", "the number is not exact"),
        ("收到关于征地的申请17件，办结16件。", "words beside the number narrow what it counts"),
    ],
)
def test_numbers_left_alone(text: str, reason: str) -> None:
    claims = claims_of(text)
    assert claims
    assert {(claim.bound_row, claim.bound_reason) for claim in claims} == {(None, reason)}


@pytest.mark.parametrize(
    ("text", "body", "bound"),
    [
        ("截至2024年12月31日，收到申请50件。", "临河市人民政府", ["new_received"]),
        ("由2023年结转申请3件，结转到2025年4件。", "临河市人民政府", ["carried_in", "carried_out"]),
        ("全省收到申请8900件，我省办结8800件。", "临海省人民政府", ["new_received", "outcome_total"]),
        ("全市收到申请90件，我局收到申请2件。", "临河市财政局", [None, "new_received"]),
        ("市政府收到申请12件。", "临河市财政局", [None]),
        ("按照市政府要求，收到申请12件。", "临河市财政局", ["new_received"]),
        ("2024年收到申请54件（2023年47件），答复53件。", "临河市人民政府", ["new_received", "outcome_total"]),
        ("受理政务服务申请30件，办结29件。", "临河市人民政府", [None, None]),
        ("收到建议20件，结转下年0件。", "临河市人民政府", [None]),
        ("受理数为零，上年结转数为0，办结率为0。", "临河市人民政府", ["carried_in"]),
        ("无政府信息公开申请。", "临河市人民政府", ["new_received"]),
        ("无申请逾期。", "临河市人民政府", []),
    ],
)
def test_rows_that_numbers_are_bound_to(text: str, body: str, bound: list[str | None]) -> None:
    assert [claim.bound_row for claim in claims_of(text, body)] == bound
