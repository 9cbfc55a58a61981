"""What one recipient has not been told yet: how the findings stand now, held against what was last told of each."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum

from flows.quality.finding_states import FindingState, StoredFinding, is_worse
from flows.quality.sightings import OVERDUE


class NewsKind(StrEnum):
    """Why a finding is told; the order is that of a digest."""

    NEW = "new"
    WORSENED = "worsened"
    DUE = "due"
    """A report is overdue, or an acknowledgement holds no more."""
    FIXED = "fixed"
    UNCHECKED = "unchecked"


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """What a recipient was last told of a finding."""

    told_at: dt.datetime
    is_standing: bool
    """False once it was told as fixed or unchecked."""
    severity: str
    difference: Decimal | None


@dataclasses.dataclass(frozen=True, slots=True)
class NewsItem:
    """One finding that is told, and why."""

    kind: NewsKind
    stored: StoredFinding
    told: Told | None = None
    """What was told of it last."""


@dataclasses.dataclass(frozen=True, slots=True)
class News:
    """What a digest says of the findings of one recipient."""

    items: tuple[NewsItem, ...]
    """By kind, errors before warnings, then in the order given."""
    known_count: int
    """Findings that stand and were told before."""
    acknowledged_count: int

    def of(self, kind: NewsKind) -> list[StoredFinding]:
        """The findings that are told for this reason."""
        return [item.stored for item in self.items if item.kind == kind]


def news(findings: Iterable[StoredFinding], told: Mapping[str, Told]) -> News:
    """What is to be told; `told` has by `finding_id` what was told last, nothing for what never was."""
    items: list[NewsItem] = []
    known = acknowledged = 0
    for stored in findings:
        before = told.get(stored.sighting.finding_id)
        kind = _kind(stored, before)
        if kind is not None:
            items.append(NewsItem(kind, stored, before))
        elif stored.state == FindingState.ACKNOWLEDGED:
            acknowledged += 1
        elif stored.is_standing:
            known += 1
    order = list(NewsKind)
    items.sort(key=lambda item: (order.index(item.kind), item.stored.sighting.severity != "error"))
    return News(tuple(items), known, acknowledged)


def _kind(stored: StoredFinding, told: Told | None) -> NewsKind | None:
    if stored.state == FindingState.ACKNOWLEDGED:
        return None
    if not stored.is_standing:
        return NewsKind(stored.state) if told is not None and told.is_standing else None
    if told is None or not told.is_standing:
        return NewsKind.DUE if stored.sighting.rule_id == OVERDUE else NewsKind.NEW
    if is_worse(told.severity, told.difference, stored.sighting.severity, stored.sighting.difference):
        return NewsKind.WORSENED
    # decided since it was told, and it stands: the decision holds no more, or was to open it again
    return NewsKind.DUE if stored.decision is not None and stored.decision.decided_at > told.told_at else None
