"""Findings for the tests of the digest."""

import datetime as dt
from decimal import Decimal

from flows.quality.finding_states import Decision, FindingState, StoredFinding
from flows.quality.findings import Finding, FindingCell, SummaryCounts
from flows.quality.named_cells import NamedCell, Proposal
from flows.quality.sightings import sighting_of

SEEN_AT = dt.datetime(2026, 3, 31, 20, tzinfo=dt.UTC)

SUMMARY = SummaryCounts(
    portals=3,
    bodies=4,
    reports=9,
    checks={"passed": 700, "failed": 2, "not_assessable": 11, "error": 0},
    coverage={"published_in_time": 9},
)


def finding(**changes) -> Finding:
    """A failed B03 of a made-up county; `changes` replace its fields."""
    cells = tuple(
        FindingCell(
            *("requests", row_key, "total", 2024, label, "总计", label, coefficient, "number", printed),
            value=Decimal(printed),
            second_value=None,
        )
        for row_key, label, coefficient, printed in (
            ("new_received", "一、本年新收政府信息公开申请数量", 1, "70"),
            ("carried_in", "二、上年结转政府信息公开申请数量", 1, "4"),
            ("outcome_total", "三、本年度办理结果 （七）总计", -1, "71"),
            ("carried_out", "四、结转下年度继续办理", -1, "1"),
        )
    )
    fields = {
        "finding_id": "0123456789abcdef",
        "body_id": "990121:样本县",
        "body_name": "样本县",
        "division_code": "990121",
        "division_name": "样本县",
        "report_year": 2024,
        "rule_id": "B03",
        "instance_key": "total",
        "rule_version": 1,
        "instance_label": "总计",
        "statement_zh": "本年新收加上年结转等于办理结果总计加结转下年度",
        "statement_en": "New and carried-in requests equal decided and carried-out requests",
        "advice_zh": "核对所列各格与总计，更正错误的一格。",
        "advice_en": "Compare the listed cells with their total and correct the wrong one.",
        "formula": "一、本年新收 + 二、上年结转 = （七）总计 + 四、结转下年度",
        "formula_values": "70 + 4 = 71 + 1",
        "cells": cells,
        "difference": Decimal("2.000000"),
        "severity": "error",
        "verdict": "publisher",
        "entry_url": "http://127.0.0.1:8001/zwgk/1.html",
        "document_url": "http://127.0.0.1:8001/zwgk/1.pdf",
    }
    return Finding(**(fields | changes))


def proposal(*proposed: Decimal | None, printed: str = "71", **changes) -> Proposal:
    """That the outcome total may be wrong, one set of one cell for each value that would do."""
    cells = [
        NamedCell(
            *("requests", "outcome_total", "total", 2024, "三、本年度办理结果 （七）总计", "总计", printed),
            proposed_value=value,
            second_value="73",
            error_owner="reader",
        )
        for value in proposed
    ]
    sets = tuple((cell,) for cell in cells)
    told = {"is_unique": len(sets) == 1, "is_preferred": len(sets) == 1, "is_complete": True, "set_count": len(sets)}
    return Proposal(**(told | changes), sets=sets)


def stored(of: Finding | None = None, state: str = "new", **changes) -> StoredFinding:
    """A finding as the store knows it; `changes` replace its fields."""
    ended = {"fixed": "the check is passed", "unchecked": "the cell has no value"}.get(state, "")
    fields = {
        "sighting": sighting_of(of or finding()),
        "state": FindingState(state),
        "first_seen_at": SEEN_AT,
        "last_seen_at": SEEN_AT,
        "ended_reason": ended,
        "decision": None,
        "lapsed": "",
    }
    return StoredFinding(**(fields | changes))


def decided(kind: str = "acknowledged", at: dt.datetime = SEEN_AT, until: dt.date | None = None) -> Decision:
    """A decision of an office on the finding as it is."""
    return Decision(at, kind, "Records office", "asked for", until, sighting_of(finding()).fingerprint, 1)
