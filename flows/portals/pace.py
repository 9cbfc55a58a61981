"""When a host may be asked: one request in flight, a pause between two, a budget a run, and hours of quiet."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.errors import BusyError, InputError

LOCK_FILE = "asking.lock"
PORTAL_TIME = dt.timezone(dt.timedelta(hours=8))
"""The whole country keeps the time of UTC+8, without summer time."""


class HostClosedError(Exception):
    """A host is not asked any more in this run: it refused us, was asked enough, or the hour is one of quiet."""

    def __init__(self, host: str, reason: str, *, is_refusal: bool = True) -> None:
        super().__init__(reason)
        self.host = host
        self.is_refusal = is_refusal


_GATES: dict[str, _Gate] = {}
_GATES_LOCK = threading.Lock()


class _Gate:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.opens_at = 0.0


@contextmanager
def asking_alone(home: Path) -> Iterator[None]:
    """Be the only process that asks portals for this home folder: the pace of a host is kept by one process.

    The lock is the kernel's, so a process that is killed lets go of it.

    Raises:
        BusyError: another process asks portals.
        InputError: the folder cannot be written to.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        held = (home / LOCK_FILE).open("a+", encoding="ascii")
    except OSError as fault:
        raise InputError(f"{home / LOCK_FILE} cannot be written ({fault.strerror}): give access.") from fault
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            held.seek(0)
            raise BusyError(
                f"Another gongkai (process {held.read(20).strip() or 'unknown'}) asks portals for {home}: a host is "
                "asked by one at a time, so try again when that has ended."
            ) from fault
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        yield


@contextmanager
def turn(host: str, pace_seconds: float) -> Iterator[None]:
    """Wait for this host's turn and hold it; the next begins `pace_seconds` (give or take a third) after its end.

    Holds for all portals and threads of the process that share the host.
    """
    gate = _gate(host)
    with gate.lock:
        while (wait := gate.opens_at - time.monotonic()) > 0:
            time.sleep(wait)
        try:
            yield
        finally:
            jitter = random.uniform(2 / 3, 4 / 3)  # noqa: S311 - spreads load, guards nothing
            gate.opens_at = max(gate.opens_at, time.monotonic() + pace_seconds * jitter)


def postpone(host: str, seconds: float) -> None:
    """Give this host nobody a turn for so long, as it has asked for."""
    gate = _gate(host)
    gate.opens_at = max(gate.opens_at, time.monotonic() + seconds)


def _gate(host: str) -> _Gate:
    with _GATES_LOCK:
        return _GATES.setdefault(host, _Gate())


class Budget:
    """How often each host may still be asked in one run, whatever number of portals share it."""

    def __init__(self, requests_per_host: int) -> None:
        self._requests_per_host = requests_per_host
        self._spent: Counter[str] = Counter()
        self._lock = threading.Lock()

    def spend(self, host: str) -> bool:
        """Take one request off the host's budget; False when nothing is left of it."""
        with self._lock:
            if self._spent[host] >= self._requests_per_host:
                return False
            self._spent[host] += 1
            return True


def quiet_until(now: dt.datetime, quiet_hours: str) -> dt.datetime | None:
    """The end of the hours of quiet that a moment falls into; None when it falls into none.

    `quiet_hours` is empty or `08:00-18:00` in the portals' time (UTC+8); `22:00-06:00` goes over midnight.
    """
    if not quiet_hours:
        return None
    begins, ends = (dt.time.fromisoformat(part) for part in quiet_hours.split("-"))
    local = now.astimezone(PORTAL_TIME)
    clock = local.time()
    is_quiet = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if not is_quiet:
        return None
    end = dt.datetime.combine(local.date(), ends, PORTAL_TIME)
    return end if end > local else end + dt.timedelta(days=1)
