"""The time that an answer may take: what is overdue is cut off, and nothing else."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from flows.portals.connections import Watch

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    made = [socket.socketpair() for _ in range(3)]
    for near, _ in made:
        near.settimeout(20)
    yield made
    for pair in made:
        for end in pair:
            end.close()


def test_what_is_overdue_is_cut_off_and_nothing_else(pairs: list[Pair]) -> None:
    patient, hasty = Watch(), Watch()
    (waiting, _), (overdue, _), (late, _) = pairs
    patient.add(waiting)
    with patient.limit(600):
        for connected in (overdue, late):  # a question that is due sooner than the one before, and once more
            with hasty.limit(0.05):
                hasty.add(connected)
                assert connected.recv(1) == b""
                assert hasty.is_over
        assert not patient.is_over
    waiting.settimeout(0)
    with pytest.raises(BlockingIOError):
        waiting.recv(1)


def test_a_question_that_has_ended_is_not_cut_off_later(pairs: list[Pair]) -> None:
    watch, other = Watch(), Watch()
    (kept, _), (overdue, _), _ = pairs
    watch.add(kept)
    other.add(overdue)
    with watch.limit(0.05):
        pass
    with other.limit(0.1):
        assert overdue.recv(1) == b""  # the time of the first is long over too
    assert not watch.is_over
    kept.settimeout(0)
    with pytest.raises(BlockingIOError):
        kept.recv(1)


def test_what_is_connected_when_time_is_over_is_cut_off_at_once(pairs: list[Pair]) -> None:
    watch = Watch()
    (first, _), (second, _), _ = pairs
    watch.add(first)
    with watch.limit(0.05):
        assert first.recv(1) == b""
        watch.add(second)
        assert second.recv(1) == b""


def test_a_process_that_was_forked_watches_too(pairs: list[Pair]) -> None:
    (near, _), _, _ = pairs
    with Watch().limit(600):
        pass  # now this process has a thread that a fork will not have
    child = os.fork()
    if not child:
        watch = Watch()
        watch.add(near)
        with watch.limit(0.05):
            os._exit(0 if near.recv(1) == b"" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
