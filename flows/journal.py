"""The journal of runs: when each stage began and how it ended, one line of JSON each in `<home>/runs.jsonl`.

An account for people and alarms. Nothing that is done depends on it: what has to be done is read off the archive, the
staged batches and the warehouse. A line is appended in one write, so that processes side by side do not mix theirs.
A stage without a second line was interrupted, or is running when its process is still there.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import json
import os
import socket
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from flows.progress import warn
from flows.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
NAME = "runs.jsonl"
PROBLEMS_KEPT, PROBLEM_CHARACTERS = 20, 400
ELSEWHERE = dt.timedelta(days=2)
"""A stage without an end that another machine began is taken to be running for so long."""
LOOKED_BACK_BYTES = 2 * 1024 * 1024
"""Of a long journal the end is read: some two thousand runs."""


class StageOutcome(StrEnum):
    """How a stage ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    RUNNING = "running"


@dataclasses.dataclass(frozen=True, slots=True)
class StageNote:
    """One stage of one run."""

    run_id: str
    run: str
    """The outermost stage, which the person or the schedule began: `annual-cycle`, `collect`."""
    stage: str
    outcome: StageOutcome
    began_at: dt.datetime
    ended_at: dt.datetime | None
    counts: dict[str, int]
    problems: tuple[str, ...]
    """The first of them, cut."""
    problem_count: int


_run: ContextVar[tuple[str, str] | None] = ContextVar("run", default=None)


def noted(stage: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have a stage write into the journal when it begins and how it ended; what it does is as before."""

    def around(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def stage_with_note(*args: P.args, **kwargs: P.kwargs) -> R:
            with _noting(Settings().home / NAME, stage) as keep:
                result = function(*args, **kwargs)
                keep(result)
                return result

        return stage_with_note

    return around


@contextmanager
def _noting(journal: Path, stage: str) -> Iterator[Callable[[Any], None]]:
    run_id, run = _run.get() or (uuid.uuid4().hex[:12], stage)
    token = _run.set((run_id, run))
    note_id = uuid.uuid4().hex[:12]
    about = {"note_id": note_id, "run_id": run_id, "run": run, "stage": stage, **_this_process()}
    _append(journal, about | {"began_at": _now()})
    ended: dict[str, Any] = {"outcome": StageOutcome.FAILED, "problems": ["it gave no result"]}

    def keep(result: Any) -> None:  # noqa: ANN401 - any result of `stages`
        ended.update(_told(result), outcome=StageOutcome.COMPLETED)

    try:
        yield keep
    except BaseException as fault:
        ended["problems"] = [str(fault) or type(fault).__name__]
        raise
    finally:
        _run.reset(token)
        problems = ended.pop("problems")
        shown = [problem[:PROBLEM_CHARACTERS] for problem in problems[:PROBLEMS_KEPT]]
        _append(
            journal,
            {"note_id": note_id, "ended_at": _now(), **ended, "problems": shown, "problem_count": len(problems)},
        )


def read_journal(home: Path) -> list[StageNote]:
    """The stages of the runs so far, oldest first; lines that a power cut tore are passed over."""
    begun: dict[str, dict[str, Any]] = {}
    for line in _lines(home / NAME):
        note_id = str(line.get("note_id"))
        if "began_at" in line:
            begun[note_id] = line
        elif note_id in begun:
            begun[note_id] |= line
    return [_note(fields) for fields in begun.values()]


def runs_of(notes: Sequence[StageNote]) -> list[list[StageNote]]:
    """The notes of each run, the latest run first; the first note of a run is the run itself."""
    runs: dict[str, list[StageNote]] = {}
    for note in notes:
        runs.setdefault(note.run_id, []).append(note)
    return sorted(runs.values(), key=lambda run: run[0].began_at, reverse=True)


def _note(fields: dict[str, Any]) -> StageNote:
    ended = fields.get("ended_at")
    outcome = fields.get("outcome") or (StageOutcome.RUNNING if _is_alive(fields) else StageOutcome.INTERRUPTED)
    return StageNote(
        run_id=fields["run_id"],
        run=fields["run"],
        stage=fields["stage"],
        outcome=StageOutcome(outcome),
        began_at=dt.datetime.fromisoformat(fields["began_at"]),
        ended_at=dt.datetime.fromisoformat(ended) if ended else None,
        counts=fields.get("counts", {}),
        problems=tuple(fields.get("problems", ())),
        problem_count=fields.get("problem_count", 0),
    )


def _told(result: Any) -> dict[str, Any]:  # noqa: ANN401 - any result of `stages`
    """What a result says in whole numbers, and its problems."""
    counts: dict[str, int] = {}
    for name in getattr(result, "__dataclass_fields__", ()):
        value = getattr(result, name)
        if isinstance(value, int):
            counts[name] = int(value)
        elif isinstance(value, dict):
            counts |= {f"{name}.{key}": count for key, count in value.items() if isinstance(count, int)}
    return {"counts": counts, "problems": [str(problem) for problem in getattr(result, "problems", ())]}


def _this_process() -> dict[str, Any]:
    import psutil

    return {"host": socket.gethostname(), "pid": os.getpid(), "pid_began": psutil.Process().create_time()}


def _is_alive(fields: dict[str, Any]) -> bool:
    """Whether the process of a note is still there; of another machine's it is not known, and taken for so long."""
    import psutil

    if fields.get("host") != socket.gethostname():
        return dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(fields["began_at"]) < ELSEWHERE
    try:
        return bool(abs(psutil.Process(fields["pid"]).create_time() - fields["pid_began"]) < 1)
    except (psutil.Error, KeyError, TypeError):
        return False


def _lines(journal: Path) -> Iterator[dict[str, Any]]:
    if not journal.is_file():
        return
    with journal.open("rb") as source:
        source.seek(max(0, journal.stat().st_size - LOOKED_BACK_BYTES))
        for line in source:
            try:
                fields = json.loads(line)
            except ValueError:
                continue
            if isinstance(fields, dict):
                yield fields


def _append(journal: Path, fields: dict[str, Any]) -> None:
    """One line. A disk that is full must not stop a run for the sake of its account, so that is only said."""
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            # a line that was torn before ends here; an empty line is none
            os.write(descriptor, ("\n" + json.dumps(fields, ensure_ascii=False) + "\n").encode())
        finally:
            os.close(descriptor)
    except OSError as fault:
        warn(f"The journal {journal} cannot be written ({fault.strerror}); the run goes on without it.")


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()
