"""How a finding stands, as it follows from what the store of findings holds of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flows.quality.sightings import SEVERITIES, Sighting

SIGHTED = tuple(field.name for field in dataclasses.fields(Sighting))
"""Columns of the store that a sighting has."""


class FindingState(StrEnum):
    """How a finding stands."""

    NEW = "new"
    """Not there before the last look that saw anything otherwise, or back again."""
    OPEN = "open"
    WORSENED = "worsened"
    """Severer, or with a greater difference, since that look."""
    FIXED = "fixed"
    UNCHECKED = "unchecked"
    """Found no more, and not passed either: nothing can be said of it now."""
    ACKNOWLEDGED = "acknowledged"


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided of a finding."""

    decided_at: dt.datetime
    kind: str
    """acknowledged or reopened."""
    decided_by: str
    reason: str
    until_on: dt.date | None
    """The last day on which an acknowledgement holds."""
    fingerprint: str
    rule_version: int
    """The print of the finding and the version of its rule when it was decided."""


@dataclasses.dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding as the store knows it."""

    sighting: Sighting
    """As it was last seen."""
    state: FindingState
    first_seen_at: dt.datetime
    last_seen_at: dt.datetime
    ended_reason: str
    """Why it is found no more; empty while it is."""
    decision: Decision | None
    """The last one."""
    lapsed: str
    """Why its acknowledgement holds no more: `expired`, `values` or `rule_version`; empty where none has lapsed."""

    @property
    def is_standing(self) -> bool:
        """Whether it is found now."""
        return not self.ended_reason


def is_worse(severity: str, difference: Decimal | None, new_severity: str, new_difference: Decimal | None) -> bool:
    """Whether a finding is severer than it was, or its difference greater in amount."""
    if SEVERITIES.index(new_severity) > SEVERITIES.index(severity):
        return True
    return difference is not None and new_difference is not None and abs(new_difference) > abs(difference)


def sighting_from(row: Mapping[str, Any]) -> Sighting:
    """A finding as it was last seen, from its row of the store."""
    fields = {name: row[name] for name in SIGHTED}
    return Sighting(**{**fields, "difference": Decimal(row["difference"]) if row["difference"] else None})


def decision_from(row: Mapping[str, Any], prefix: str = "") -> Decision:
    """A decision from its row; the names of its print and version may have a prefix."""
    return Decision(
        decided_at=dt.datetime.fromisoformat(row["decided_at"]),
        kind=row["kind"],
        decided_by=row["decided_by"],
        reason=row["reason"],
        until_on=dt.date.fromisoformat(row["until_on"]) if row["until_on"] else None,
        fingerprint=row[f"{prefix}fingerprint"],
        rule_version=row[f"{prefix}rule_version"],
    )


def standing(row: Mapping[str, Any], today: dt.date) -> StoredFinding:
    """How a finding stands, from its row joined with its last decision and the last look."""
    decision = decision_from(row, "decided_") if row["kind"] else None
    sighting = sighting_from(row)
    lapsed = _lapsed(decision, sighting, today)
    is_acknowledged = decision is not None and decision.kind == "acknowledged" and not lapsed
    if row["ended"]:
        state = FindingState(row["ended"])
    elif is_acknowledged:
        state = FindingState.ACKNOWLEDGED
    elif row["found_look_id"] == row["latest_look_id"]:
        state = FindingState.NEW
    elif row["worsened_look_id"] == row["latest_look_id"]:
        state = FindingState.WORSENED
    else:
        state = FindingState.OPEN
    return StoredFinding(
        sighting=sighting,
        state=state,
        first_seen_at=dt.datetime.fromisoformat(row["first_seen_at"]),
        last_seen_at=dt.datetime.fromisoformat(row["last_seen_at"]),
        ended_reason=row["ended_reason"] or "",
        decision=decision,
        lapsed=lapsed,
    )


def _lapsed(decision: Decision | None, sighting: Sighting, today: dt.date) -> str:
    if decision is None or decision.kind != "acknowledged":
        return ""
    if decision.fingerprint != sighting.fingerprint:
        return "values" if decision.rule_version == sighting.rule_version else "rule_version"
    return "expired" if decision.until_on is not None and today > decision.until_on else ""
