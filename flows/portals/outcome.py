"""What collecting one portal came to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class PortalOutcome:
    """What collecting one portal came to. Counts are of this run."""

    portal_id: str
    list_pages: int = 0
    listed: int = 0
    """Rows with different addresses; accepted and refused together."""
    accepted: int = 0
    refused: int = 0
    outside_years: int = 0
    """Accepted, but about a year that was not asked for."""
    fetched_new: int = 0
    """Pages, attachments and pictures of which the archive had no content."""
    changed: int = 0
    unchanged: int = 0
    """Not modified, or the same bytes again."""
    vanished: int = 0
    """Pages and attachments that had content and now say that they have none."""
    not_due: int = 0
    """Known pages and attachments whose next revisit has not come yet: nobody was asked."""
    fetch_states: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Number of requests by the state in which they ended, list pages included, robots.txt and home pages not."""
    notices: tuple[str, ...] = ()
    """What was published otherwise since, or is there no more, one sentence each."""
    stopped_reason: str | None = None
    """Why the portal was not gone through to its end; None when it was."""
    is_refused: bool = False
    """True when the host refused us, in this run or so lately that it was left alone."""
    is_faulty: bool = False
    """True when the reason is a fault of ours, not of the portal."""

    @property
    def is_fruitless(self) -> bool:
        """True when it was to be asked and gave neither a list nor a report; not so in hours of quiet."""
        was_tried = self.is_refused or bool(self.fetch_states)
        return was_tried and not (self.listed or self.fetched_new or self.changed or self.unchanged)

    def describe(self) -> str:
        """One line for people."""
        counts = (
            f"{self.accepted} reports listed ({self.refused} other titles refused), {self.fetched_new} fetched, "
            f"{self.changed} changed, {self.unchanged} unchanged"
        )
        counts += f", {self.vanished} vanished" if self.vanished else ""
        counts += f", {self.not_due} not due" if self.not_due else ""
        return f"{counts}; stopped: {self.stopped_reason}" if self.stopped_reason else counts
