"""One request in flight a host, and a pause between two, whatever number of portals and threads share the host."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_GATES: dict[str, _Gate] = {}
_GATES_LOCK = threading.Lock()


class _Gate:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.opens_at = 0.0


@contextmanager
def turn(host: str, pace_seconds: float) -> Iterator[None]:
    """Wait for this host's turn and hold it; the next begins `pace_seconds` (give or take a third) after its end."""
    with _GATES_LOCK:
        gate = _GATES.setdefault(host, _Gate())
    with gate.lock:
        wait = gate.opens_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        try:
            yield
        finally:
            jitter = random.uniform(2 / 3, 4 / 3)  # noqa: S311 - spreads load, guards nothing
            gate.opens_at = time.monotonic() + pace_seconds * jitter
