"""Processes that read documents side by side, none of which can take the others with it.

A hostile document can make a C library loop, swallow memory or crash. So each is read in a process that the kernel
ends when it exceeds its time or its memory; the process is replaced and the reading goes on.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from flows.errors import PipelineError
from flows.paths import PROJECT_ROOT
from flows.reports.worker import Fate, Outcome
from flows.settings import Settings, child_environment

_MEGABYTE = 1024 * 1024
_SPARING = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "1048576"}
"""Keeps libraries from taking address space that they do not use: for threads, their arenas, and blocks set free."""
_START_SECONDS = 60
"""Time that a process has to start, on a busy machine."""


@dataclasses.dataclass(slots=True, eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection[Any, Any]
    is_ready: bool = False
    """Whether it has said that it started."""
    is_fresh: bool = True
    """Whether it has not finished any work yet."""


class Workers:
    """At most `count` processes that live from one piece of work to the next; a context manager that ends them."""

    def __init__(self, count: int, *, seconds: float, memory_bytes: int) -> None:
        self.count = count
        self.seconds = seconds
        self.memory_bytes = memory_bytes
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()

    @classmethod
    def from_settings(cls, settings: Settings, count: int | None = None) -> Workers:
        """Workers as the operator has set them."""
        return cls(
            count or settings.read_workers,
            seconds=settings.document_seconds,
            memory_bytes=settings.document_memory_bytes,
        )

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes at once, busy or not."""
        for worker in list(self._all):
            self._retire(worker)

    def run(self, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> list[Outcome]:
        """Call `function(*job)` for each job in some process; outcomes stand in the order of the jobs.

        The function must be importable by name. A process that crashed or ran out of memory is judged only if it was
        fresh; otherwise the job is done again in a fresh one, so that no outcome depends on what was read before.

        Raises:
            PipelineError: no process can be started.
        """
        outcomes: dict[int, Outcome] = {}
        waiting = deque(range(len(jobs)))
        again: set[int] = set()
        busy: dict[Any, tuple[_Worker, int]] = {}
        try:
            self.start(len(jobs))
            while waiting or busy:
                while waiting and len(busy) < self.count:
                    number = waiting.popleft()
                    worker = self._idle.pop() if self._idle and number not in again else self._fresh()
                    self._await(worker)
                    busy[worker.connection] = (worker, number)
                    with contextlib.suppress(ConnectionError):  # it is dead, which its end of file will tell
                        worker.connection.send((function, jobs[number]))
                for connection in wait(list(busy)):
                    worker, number = busy.pop(connection)
                    was_fresh = worker.is_fresh
                    outcome = self._outcome(worker)
                    if outcome.fate in {Fate.CRASHED, Fate.OUT_OF_MEMORY} and not was_fresh:
                        again.add(number)
                        waiting.appendleft(number)
                    else:
                        outcomes[number] = outcome
        except BaseException:
            self.close()
            raise
        return [outcomes[number] for number in range(len(jobs))]

    def _outcome(self, worker: _Worker) -> Outcome:
        """What a worker sends, or what its end says. It is idle afterwards, or gone."""
        try:
            outcome: Outcome = worker.connection.recv()
        except (EOFError, OSError):
            code = worker.process.wait()
            self._retire(worker)
            if code == -signal.SIGALRM:
                return Outcome(Fate.TIMED_OUT, detail=f"{self.seconds:g} seconds")
            return Outcome(Fate.CRASHED, detail=signal.Signals(-code).name if code < 0 else f"exit code {code}")
        if outcome.fate == Fate.OUT_OF_MEMORY:
            self._retire(worker)
            return dataclasses.replace(outcome, detail=f"{self.memory_bytes // _MEGABYTE} MB")
        worker.is_fresh = False
        self._idle.append(worker)
        return outcome

    def start(self, count: int) -> None:
        """Launch processes for this many jobs; they start side by side, while the caller does something else."""
        self._idle += [self._launched() for _ in range(min(self.count, count) - len(self._all))]

    def _fresh(self) -> _Worker:
        """A new process, in the place of an idle one if there is any."""
        if self._idle:
            self._retire(self._idle[-1])
        return self._launched()

    def _launched(self) -> _Worker:
        ours, theirs = Pipe()
        with theirs:
            process = subprocess.Popen(
                [
                    sys.executable,
                    *("-P", "-c", "from flows.reports.worker import main; main()"),
                    *(str(theirs.fileno()), str(self.seconds), str(self.memory_bytes)),
                ],
                pass_fds=[theirs.fileno()],
                env=child_environment(
                    PYTHONPATH=os.pathsep.join([str(PROJECT_ROOT), *filter(None, sys.path)]),
                    **_SPARING,
                ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what a C library says about a broken document is no news
                process_group=0,  # so that what it starts itself (LibreOffice) can be ended with it
            )
        worker = _Worker(process, ours)
        self._all.add(worker)
        return worker

    def _await(self, worker: _Worker) -> None:
        """Wait until a process has started."""
        if worker.is_ready:
            return
        with contextlib.suppress(EOFError, OSError):
            if worker.connection.poll(_START_SECONDS):
                worker.connection.recv()
                worker.is_ready = True
                return
        raise PipelineError(
            f"No process that reads documents can be started ({sys.executable}, with {self.memory_bytes} bytes of "
            "memory); raise GONGKAI_DOCUMENT_MEMORY_BYTES if that is too little."
        )

    def _retire(self, worker: _Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
        self._all.discard(worker)
        with contextlib.suppress(ProcessLookupError):  # it is gone, and has left nothing behind
            os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        worker.connection.close()
