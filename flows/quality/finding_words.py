"""Findings of the store for a terminal and as plain data."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from flows.quality.finding_states import Decision, FindingState, StoredFinding
from flows.quality.findings import Finding
from flows.quality.named_cells import proposal_text
from flows.quality.proposal_words import number_text
from flows.quality.sightings import OVERDUE
from flows.terminal import cut, harmless, table

LISTED = 200
"""Lines of a list at a terminal; JSON has all."""
BODY_COLUMNS, TOLD_COLUMNS = 32, 40
LAPSES = {
    "expired": "its last day has passed",
    "values": "what was found is otherwise since",
    "rule_version": "a new version of the rule finds otherwise",
}


def list_in_words(found: Sequence[StoredFinding]) -> str:
    """One line a finding, and how many there are in each state."""
    lines = [
        [
            one.sighting.finding_id,
            one.state.value,
            one.sighting.severity,
            str(one.sighting.report_year),
            one.sighting.rule_id,
            cut(one.sighting.body_name, BODY_COLUMNS),
            cut(one.sighting.told, TOLD_COLUMNS),
        ]
        for one in found[:LISTED]
    ]
    counted = Counter(one.state for one in found)
    counts = ", ".join(f"{counted[state]} {state}" for state in FindingState if counted[state])
    more = [f"  and {len(found) - LISTED} more: --format json has all"] if len(found) > LISTED else []
    return harmless("\n".join([*table(lines), *more, f"{len(found)} findings{': ' if counts else ''}{counts}."]))


def as_data(one: StoredFinding) -> dict[str, object]:
    """A finding as plain data: what was seen, then how it stands."""
    return {
        **dataclasses.asdict(one.sighting),
        "state": one.state,
        "first_seen_at": one.first_seen_at,
        "last_seen_at": one.last_seen_at,
        "ended_reason": one.ended_reason or None,
        "decision": dataclasses.asdict(one.decision) if one.decision else None,
        "lapsed": one.lapsed or None,
    }


def as_json(data: object) -> str:
    """Plain data as JSON: numbers of reports exactly as they are, times with their zone."""
    return json.dumps(data, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return number_text(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def in_words(one: StoredFinding, shown: Finding | None, decided: Iterable[Decision]) -> str:
    """Everything about one finding; `shown` is what the published copy has of it."""
    sighting = one.sighting
    lines = [
        f"{sighting.finding_id}  {one.state}",
        f"  body         {sighting.body_name} ({sighting.division_code})",
        f"  report year  {sighting.report_year}",
        f"  rule         {sighting.rule_id}, version {sighting.rule_version}, {sighting.severity}",
        f"  where        {sighting.instance_label}",
        f"  first seen   {one.first_seen_at:%Y-%m-%d %H:%M} UTC",
        f"  last seen    {one.last_seen_at:%Y-%m-%d %H:%M} UTC",
    ]
    lines += [f"  ended        {one.ended_reason}"] if one.ended_reason else []
    if sighting.rule_id == OVERDUE:
        lines.append(f"  found        no report, which was due on {sighting.told}")
    elif shown is None:
        lines.append(f"  found        {sighting.told}")
    else:
        lines += _evidence(shown)
    lines += [f"  listed at    {sighting.entry_url}"] if sighting.entry_url else []
    lines += [f"  document     {sighting.document_url}"] if sighting.document_url else []
    lines += [line for decision in decided for line in _decided(decision)]
    lines += [f"  lapsed       {LAPSES[one.lapsed]}"] if one.lapsed else []
    return harmless("\n".join(lines))


def _evidence(shown: Finding) -> list[str]:
    lines = [f"  statement    {shown.statement_zh}", f"               {shown.statement_en}"]
    lines += [f"  formula      {shown.formula}", f"  found        {shown.formula_values}"]
    lines += [] if shown.difference is None else [f"  difference   {number_text(shown.difference)}"]
    lines += [f"  verdict      {shown.verdict}"] if shown.verdict else []
    cells = [
        [
            *(f"  {cell.label}", str(cell.report_year), cell.printed or "[blank]"),
            f"second reading: {cell.second_value or '[blank]'}" if cell.second_value is not None else "",
        ]
        for cell in shown.cells
    ]
    lines += ["  cells", *table(cells, right=frozenset({2}))] if cells else []
    lines += [f"  proposal     {proposal_text(shown.proposal)}"] if shown.proposal else []
    return [*lines, f"  advice       {shown.advice_zh}", f"               {shown.advice_en}"]


def _decided(decision: Decision) -> list[str]:
    until = f" until {decision.until_on}" if decision.until_on else ""
    return [f"  {decision.kind} {decision.decided_at:%Y-%m-%d} by {decision.decided_by}{until}: {decision.reason}"]
