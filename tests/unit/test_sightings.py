"""What a look sees of a small published copy, and what it says of findings that are there no more."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from flows.quality.findings import findings
from flows.quality.sightings import OVERDUE, Ending, endings, sighting_of, sightings
from tests.unit.mail_samples import finding
from tests.unit.test_findings_from_marts import cell, check, publish

TERMS = [cell("new_received", "total", "7"), cell("outcome_total", "total", "6", -1)]


def test_failed_checks_and_reports_that_are_overdue_are_seen(tmp_path):
    published = publish(tmp_path / "p.duckdb", [check("B03", "total", "failed", Decimal(1), TERMS)])
    failed, overdue = sightings(published)
    assert (failed.rule_id, failed.rule_version, failed.difference, failed.told) == ("B03", 1, Decimal(1), "7 = 6")
    assert (failed.finding_id, failed) == (findings(published)[0].finding_id, sighting_of(findings(published)[0]))
    # one of which only other years speak is none
    assert (overdue.rule_id, overdue.body_name, overdue.report_year, overdue.told) == (
        *(OVERDUE, "宿迁市", 2022, "2023-01-31"),
    )


def test_the_print_has_cells_values_and_difference_and_nothing_else():
    prints = {
        name: sighting_of(finding(**changes)).fingerprint
        for name, changes in {
            "as it is": {},
            "read otherwise": {"verdict": "reader", "rule_version": 2, "formula_values": "70+4 = 71+1"},
            "another difference": {"difference": Decimal(3)},
            "fewer cells": {"cells": finding().cells[:3]},
            "another value": {"cells": (dataclasses.replace(finding().cells[0], value=Decimal(71)),)},
            "a blank for a zero": {
                "cells": (dataclasses.replace(finding().cells[0], cell_kind="blank", value=None),)
            },
        }.items()
    }
    assert prints["as it is"] == prints["read otherwise"]
    assert len(set(prints.values())) == 5


def test_without_cells_what_was_found_is_the_print():
    late, later = (
        sighting_of(finding(cells=(), difference=None, formula_values=text)) for text in ("2024-02-05", "2024-02-06")
    )
    assert late.fingerprint != later.fingerprint


def test_only_a_passed_check_and_a_report_that_is_there_are_fixed(tmp_path):
    before = publish(
        tmp_path / "before.duckdb",
        [check("B03", column, "failed", Decimal(1), TERMS) for column in ("total", "business", "legal_service", "x")],
    )
    checks = [
        check("B03", "total", "passed", Decimal(0), None),
        (*check("B03", "business", "not_assessable", None, None)[:10], "the cell has no value", *[None] * 6),
        (*check("B03", "legal_service", "failed", Decimal(1), TERMS)[:8], "info", "failed", *[None] * 7),
    ]
    after = publish(tmp_path / "after.duckdb", checks)
    seen = sightings(before)
    overdue = seen[-1]
    said = endings(after, [*seen, dataclasses.replace(overdue, finding_id="there", report_year=2021)])
    by_place = {one.instance_key: said[one.finding_id] for one in seen}
    assert by_place == {
        "total": Ending(True, "the check is passed"),
        "business": Ending(False, "the cell has no value"),
        "legal_service": Ending(False, "it is of severity info now"),
        "x": Ending(False, "this is not checked any more"),
        "report": Ending(False, "no entry in the list"),
    }
    assert said["there"] == Ending(True, "the report is there")
    assert endings(after, []) == {}


def test_a_check_of_a_division_keeps_its_name_when_its_report_is_found(tmp_path):
    alone = check("X03", "roster", "failed", None, None)
    with_report = (*alone[:2], "321300", *alone[3:])
    one, other = (
        sightings(publish(tmp_path / f"{name}.duckdb", [row]))[0]
        for name, row in (("alone", alone), ("with", with_report))
    )
    assert one.body_id != other.body_id
    assert one.finding_id == other.finding_id
    passed = publish(tmp_path / "passed.duckdb", [(*with_report[:9], "passed", *with_report[10:])])
    assert endings(passed, [one])[one.finding_id].is_fixed
