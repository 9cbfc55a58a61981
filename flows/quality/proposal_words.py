"""Proposals in words for a terminal, and as plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flows.quality.localisation import MOST_CELLS, Fault, ProposedCell
from flows.records import Agreement, Verdict

SETS_SHOWN = 5
OWNERS = {
    Verdict.READER: "the second reading takes that value: reader's error",
    Verdict.PUBLISHER: "both readings take what is printed",
    Verdict.UNDECIDED: "two readings do not tell whether the report or its reading is wrong",
}


def number_text(number: Decimal) -> str:
    """A number without trailing zeros and without an exponent: `-2`, `4068.208`."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def faults_as_text(faults: Sequence[Fault]) -> list[str]:
    """Lines: of each fault its checks, then the cells that may be wrong."""
    return [line for fault in faults for line in _lines(fault)]


def _lines(fault: Fault) -> list[str]:
    checks = ", ".join(f"{rule_id} {instance_key}" for rule_id, instance_key in fault.checks)
    if not fault.sets:
        return [f"  wrong cells of {checks}", f"    no {MOST_CELLS} cells or fewer restore every balance"]
    lines = [f"  wrong cell{'s' if len(fault.sets[0].cells) > 1 else ''} of {checks}: {_how_sure(fault)}"]
    for one in fault.sets[:SETS_SHOWN]:
        lines += [f"    {'-' if not place else ' '} {_cell(cell)}" for place, cell in enumerate(one.cells)]
        lines += ["      (exchanged with each other)"] if one.is_exchange else []
    more = len(fault.sets) - SETS_SHOWN
    return lines if more <= 0 else [*lines, f"    and {more} more"]


def _how_sure(fault: Fault) -> str:
    if fault.is_unique:
        return "nothing else so small restores every balance"
    count = f"{len(fault.sets)}{'' if fault.is_complete else ' or more'} ways restore every balance"
    return f"{count}, the first most likely" if fault.is_preferred else count


def _cell(cell: ProposedCell) -> str:
    year = " (year before)" if cell.year_offset else ""
    value = "open" if cell.proposed_value is None else number_text(cell.proposed_value)
    second = f" (second reading: {cell.second_value or 'blank'})" if cell.agreement == Agreement.DISAGREED else ""
    named = f"{cell.table_key}/{cell.row_key}/{cell.column_key}{year}"
    return f"{named}: printed {cell.printed}{second}, proposed {value}; {OWNERS[Verdict(cell.error_owner)]}"


def faults_as_data(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """The same as plain data, values as `Decimal`."""
    return [
        {
            "checks": [{"rule_id": rule_id, "instance_key": key} for rule_id, key in fault.checks],
            "is_unique": fault.is_unique,
            "is_preferred": fault.is_preferred,
            "is_complete": fault.is_complete,
            "sets": [
                {
                    "weight": one.weight,
                    "is_exchange": one.is_exchange,
                    "cells": [dataclasses.asdict(cell) for cell in one.cells],
                }
                for one in fault.sets
            ],
        }
        for fault in faults
    ]
