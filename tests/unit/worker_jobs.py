"""What the tests of the workers send to them: found by name in the other process."""

import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

from flows.documents.limits import grant_picture_seconds


def process_id(_: int) -> int:
    return os.getpid()


def slept(seconds: float, value: str) -> str:
    time.sleep(seconds)
    return value


def busy_for_ever() -> None:
    while True:
        pass


def stuck_in_c() -> None:
    ctypes.CDLL(None).usleep(600_000_000)  # Python's own signal handlers would never be called


def swallowed(megabytes: int) -> int:
    return len(bytearray(megabytes * 1024 * 1024))


def segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def crash_unless_fresh(mark: Path) -> str:
    """Crash at the first call, as if what was read before had spoilt the process."""
    if mark.exists():
        return "read"
    mark.touch()
    os.abort()


def raised() -> None:
    raise ValueError("no such thing")


def started_and_stuck(mark: Path) -> None:
    child = subprocess.Popen(["sleep", "600"])
    mark.write_text(str(child.pid))
    child.wait()


def raised_with(words: str) -> None:
    raise RuntimeError(words)


def unpicklable() -> object:
    return lambda: None


def slept_over_pictures(seconds: float, count: int) -> int:
    for _ in range(count):
        grant_picture_seconds()
        time.sleep(seconds)
    return count
