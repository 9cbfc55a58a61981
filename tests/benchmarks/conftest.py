"""Ratios against named yardsticks, printed at the end of `make bench`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

ROUNDS = 15
RATIOS = pytest.StashKey[list[str]]()


@pytest.fixture()
def ratio(request: pytest.FixtureRequest) -> Callable[[str, Callable[[], Any], str, Callable[[], Any]], float]:
    """Measure ours and a yardstick in turn, after one run of each; returns the ratio of the median CPU seconds."""

    def measure(ours: str, run_ours: Callable[[], Any], yardstick: str, run_yardstick: Callable[[], Any]) -> float:
        seconds: tuple[list[float], list[float]] = ([], [])
        for kept, run in zip(seconds, (run_ours, run_yardstick), strict=True):
            run()  # imports and caches
            del kept[:]
        for _ in range(ROUNDS):
            for kept, run in zip(seconds, (run_ours, run_yardstick), strict=True):
                began = time.process_time()
                run()
                kept.append(time.process_time() - began)
        mine, theirs = (statistics.median(kept) * 1000 for kept in seconds)
        request.config.stash.setdefault(RATIOS, []).append(
            f"{mine / theirs:6.2f} x   {ours}: {mine:.1f} ms; {yardstick}: {theirs:.1f} ms"
        )
        return mine / theirs

    return measure


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    lines = config.stash.get(RATIOS, [])
    if lines:
        terminalreporter.section(f"ratios of CPU time, medians of {ROUNDS}")
        for line in lines:
            terminalreporter.write_line(line)
