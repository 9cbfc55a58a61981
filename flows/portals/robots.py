"""robots.txt: what a host asks of robots (RFC 9309)."""

from __future__ import annotations

import dataclasses

from protego import Protego

from flows.portals.pages import decode
from flows.records import FetchState

ROBOT_NAME = "gongkai"
LONGEST_DELAY_SECONDS = 60.0
ROBOTS_BYTES = 500 * 1024
"""RFC 9309, 2.5: at least 500 KiB are read."""

NO_RULES = frozenset({FetchState.GONE, FetchState.SOFT_404, FetchState.WRONG_TYPE, FetchState.SHELL})
"""States of a robots.txt that mean that there is none."""


@dataclasses.dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one host, or why it is not to be asked at all."""

    state: FetchState
    reason: str | None
    rules: Protego | None = None

    @property
    def is_closed(self) -> bool:
        """True when the host refused or failed to tell its rules: then nothing else is asked (RFC 9309, 2.3.1.4)."""
        return self.rules is None and self.state not in NO_RULES

    def allows(self, url: str) -> bool:
        """Whether the rules let us ask for an address."""
        return self.rules is None or self.rules.can_fetch(url, ROBOT_NAME)

    @property
    def delay_seconds(self) -> float:
        """The pause that the rules ask for; 0 when they do not, a minute at most."""
        delay = self.rules.crawl_delay(ROBOT_NAME) if self.rules else None
        return min(float(delay), LONGEST_DELAY_SECONDS) if delay and delay > 0 else 0.0


def read_robots(state: FetchState, reason: str | None, payload: bytes | None) -> Robots:
    """The rules in an answer to robots.txt; `payload` is the archive's copy where that is said to hold still."""
    if state not in (FetchState.CONTENT, FetchState.NOT_MODIFIED) or payload is None:
        return Robots(state, reason)
    return Robots(state, reason, Protego.parse(decode(payload[:ROBOTS_BYTES], None)))
