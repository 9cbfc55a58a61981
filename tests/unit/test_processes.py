"""Threads of this process: those that collect share one core, and are let go again."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.processes import on_one_core

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone has it")


def test_threads_share_one_core_and_others_keep_theirs() -> None:
    before = os.sched_getaffinity(0)

    def cores(number: int) -> tuple[frozenset[int], set[int]]:
        with on_one_core():
            within = frozenset(os.sched_getaffinity(0))
        return within, os.sched_getaffinity(0)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(cores, range(8)))
    within = {one for one, _ in found}
    assert len(within) == 1
    assert len(within.pop()) == 1
    assert all(after == before for _, after in found)
    assert os.sched_getaffinity(0) == before


def test_a_fault_lets_a_thread_go_too() -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(ValueError, match="a fault"), on_one_core():
        raise ValueError("a fault")
    assert os.sched_getaffinity(0) == before
