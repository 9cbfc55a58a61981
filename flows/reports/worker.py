"""One worker process: runs what it is sent, each piece within a time and all of it within a memory.

Both bounds are the kernel's (`setitimer`, `RLIMIT_AS`), so that they hold inside a C library too and need nobody who
watches. Started by `flows.reports.workers` as `python -m flows.reports.worker DESCRIPTOR SECONDS MEMORY_BYTES`.
"""

from __future__ import annotations

import dataclasses
import importlib
import re
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from enum import StrEnum
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

READY = "ready"
_NO_MEMORY = re.compile(r"bad_alloc|Insufficient memory|failed to map segment|Cannot allocate memory")
"""How C++ libraries, OpenCV and the loader of libraries say that memory has run out."""


class Fate(StrEnum):
    """How a piece of work ended."""

    DONE = "done"
    RAISED = "raised"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """How a piece of work ended, and its result if it was done."""

    fate: Fate
    result: Any = None
    detail: str = ""
    """What was raised, or the signal that ended the process."""
    trace: str = ""
    """Traceback of what was raised."""


def attempt(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Outcome:
    """Call a function; what it raises is an outcome too."""
    try:
        return Outcome(Fate.DONE, function(*arguments))
    except MemoryError:
        return Outcome(Fate.OUT_OF_MEMORY)
    except Exception as fault:
        if _NO_MEMORY.search(str(fault)):
            return Outcome(Fate.OUT_OF_MEMORY)
        return Outcome(Fate.RAISED, None, f"{type(fault).__name__}: {fault}", traceback.format_exc(limit=-20))


def serve(connection: Connection[Any, Any], seconds: float) -> None:
    """Run what comes in until the other side hangs up, or until memory has run out once.

    A process that was out of memory ends: what is left of it is not what the next document should be read with.
    """
    connection.send(READY)
    while True:
        try:
            function, arguments = connection.recv()  # imports the function's module, which is not the document's time
            signal.setitimer(signal.ITIMER_REAL, seconds)
            outcome = attempt(function, arguments)
            message = ForkingPickler.dumps(outcome)
        except MemoryError:
            outcome = Outcome(Fate.OUT_OF_MEMORY)
            message = ForkingPickler.dumps(outcome)
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.send_bytes(message)
        if outcome.fate == Fate.OUT_OF_MEMORY:
            return


def main() -> None:
    """Bound this process, then serve."""
    descriptor, seconds, memory_bytes = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which hangs up
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, wherever it is
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    importlib.import_module("flows.reports.bounded")  # what it will need, while its parent still prepares
    try:
        serve(Connection(descriptor), seconds)
    except (EOFError, ConnectionError):
        return


if __name__ == "__main__":
    main()
