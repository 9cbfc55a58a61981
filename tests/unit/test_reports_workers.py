"""Reading in processes of its own: bounds that hold, neighbours that survive, results that are the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.checked_file import Context, check_file
from flows.documents import Limits
from flows.documents.limits import grant_picture_seconds
from flows.errors import InputError, PipelineError
from flows.records import ReadState
from flows.reports.bounded import read_payload, reading_of
from flows.reports.reader import Hints
from flows.reports.worker import Fate, Outcome, attempt
from flows.reports.workers import Workers
from flows.sample.index import read_figures, sample_report
from flows.sample.rendering import render
from flows.settings import PROJECT_ROOT, Settings
from flows.single_file import read_file
from tests.unit import worker_jobs as jobs

MEMORY_BYTES = 512 * 1024 * 1024


@pytest.fixture()
def workers() -> Iterator[Workers]:
    with Workers(2, seconds=30, memory_bytes=MEMORY_BYTES) as started:
        yield started


@pytest.fixture()
def hasty() -> Iterator[Workers]:
    with Workers(2, seconds=0.5, memory_bytes=MEMORY_BYTES) as started:
        yield started


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_outcomes_stand_in_the_order_of_the_jobs(workers: Workers) -> None:
    seconds = [0.2, 0, 0.1, 0, 0]
    outcomes = workers.run(jobs.slept, [(wait, f"job {number}") for number, wait in enumerate(seconds)])
    assert [outcome.result for outcome in outcomes] == [f"job {number}" for number in range(5)]


def test_processes_live_from_job_to_job_and_end_with_the_pool(workers: Workers) -> None:
    first = {outcome.result for outcome in workers.run(jobs.process_id, [(n,) for n in range(20)])}
    second = {outcome.result for outcome in workers.run(jobs.process_id, [(n,) for n in range(20)])}
    assert len(first | second) <= 2 and os.getpid() not in first
    workers.close()
    assert not any(is_running(process_id) for process_id in first | second)


@pytest.mark.parametrize("endless", [jobs.busy_for_ever, jobs.stuck_in_c])
def test_what_takes_too_long_is_ended_and_its_neighbours_are_read(hasty: Workers, endless) -> None:
    (before, stopped, after) = (
        hasty.run(jobs.slept, [(0, "before")])[0],
        hasty.run(endless, [()])[0],
        hasty.run(jobs.slept, [(0, "after")])[0],
    )
    assert (before.result, after.result) == ("before", "after")
    assert stopped == Outcome(Fate.TIMED_OUT, detail="0.5 seconds")


def test_what_a_process_has_started_ends_with_it(hasty: Workers, tmp_path: Path) -> None:
    (outcome,) = hasty.run(jobs.started_and_stuck, [(tmp_path / "child",)])
    assert outcome.fate == Fate.TIMED_OUT
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(child)


def test_each_picture_has_time_of_its_own(hasty: Workers) -> None:
    (outcome,) = hasty.run(jobs.slept_over_pictures, [(0.3, 3)])
    assert outcome == Outcome(Fate.DONE, 3)
    grant_picture_seconds()
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0  # a process whose time is not bounded stays so


def test_libraries_that_find_no_memory_are_understood() -> None:
    for words in ("std::bad_alloc", "(-4:Insufficient memory)", "libcv.so: failed to map segment from shared object"):
        assert attempt(jobs.raised_with, (words,)).fate == Fate.OUT_OF_MEMORY
    assert attempt(jobs.raised_with, ("no such thing",)).fate == Fate.RAISED


def test_what_needs_too_much_memory_is_ended(workers: Workers) -> None:
    outcomes = workers.run(jobs.swallowed, [(1,), (2000,), (2,)])
    assert [outcome.fate for outcome in outcomes] == [Fate.DONE, Fate.OUT_OF_MEMORY, Fate.DONE]
    assert outcomes[1].detail == "512 MB"


def test_a_job_too_large_for_the_process_is_out_of_memory(workers: Workers) -> None:
    limits = Limits(document_bytes=1 << 40)
    (outcome,) = workers.run(read_payload, [(bytes(500 * 1024 * 1024), limits, "x", Hints())])
    assert outcome.fate == Fate.OUT_OF_MEMORY


def test_a_crash_is_one_documents_own(workers: Workers) -> None:
    assert workers.run(jobs.segfault, [(), ()]) == [Outcome(Fate.CRASHED, detail="SIGSEGV")] * 2
    assert workers.run(jobs.slept, [(0, "after")])[0].result == "after"


def test_a_process_that_read_something_before_is_not_believed(tmp_path: Path) -> None:
    with Workers(1, seconds=30, memory_bytes=MEMORY_BYTES) as alone:
        alone.run(jobs.slept, [(0, "something")])
        (outcome,) = alone.run(jobs.crash_unless_fresh, [(tmp_path / "mark",)])
    assert outcome == Outcome(Fate.DONE, "read")


def test_what_is_raised_has_a_name_and_a_trace(workers: Workers) -> None:
    for (outcome,) in (workers.run(jobs.raised, [()]), [attempt(jobs.raised, ())]):
        assert (outcome.fate, outcome.detail) == (Fate.RAISED, "ValueError: no such thing")
        assert "worker_jobs.py" in outcome.trace


def test_a_result_that_cannot_be_sent_is_a_failure_not_a_hang(workers: Workers) -> None:
    (outcome,) = workers.run(jobs.unpicklable, [()])
    assert outcome == Outcome(Fate.CRASHED, detail="exit code 1")


def test_no_process_starts_without_memory() -> None:
    with Workers(1, seconds=30, memory_bytes=1024 * 1024) as starved, pytest.raises(PipelineError, match="1048576"):
        starved.run(jobs.process_id, [(0,)])


def test_an_interrupted_run_ends_its_processes_at_once(tmp_path: Path) -> None:
    script = (
        "import signal\n"
        "from flows.reports.workers import Workers\n"
        "from tests.unit import worker_jobs as jobs\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background is started without\n"
        "with Workers(2, seconds=600, memory_bytes=1 << 30) as workers:\n"
        "    ids = {outcome.result for outcome in workers.run(jobs.process_id, [(0,), (1,)])}\n"
        "    print(*ids, flush=True)\n"
        "    workers.run(jobs.stuck_in_c, [(), ()])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdout is not None
        process_ids = [int(word) for word in process.stdout.readline().split()]
        assert process_ids
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        assert process.wait(timeout=20) != 0
    assert not any(is_running(process_id) for process_id in process_ids)


# the reader in such a process


@pytest.mark.parametrize("rendering", ["html", "html_word", "pdf", "docx"])
def test_a_reading_is_the_same_as_in_this_process(workers: Workers, rendering) -> None:
    report = sample_report("huaian-2024")
    payload = render(report, read_figures(report), rendering)
    job = (payload, Limits(), "d" * 32, Hints())
    here = attempt(read_payload, job)
    assert here.result.reading.read_state == ReadState.READ
    assert workers.run(read_payload, [job] * 3) == [here] * 3


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        (Outcome(Fate.TIMED_OUT, detail="30 seconds"), ReadState.TIMED_OUT, "more than 30 seconds"),
        (Outcome(Fate.OUT_OF_MEMORY, detail="1024 MB"), ReadState.TOO_LARGE, "more memory than 1024 MB"),
        (Outcome(Fate.CRASHED, detail="SIGSEGV"), ReadState.UNREADABLE, "crashed on it (SIGSEGV)"),
        (Outcome(Fate.RAISED, detail="ValueError: x"), ReadState.UNREADABLE, "failed on it (ValueError: x)"),
    ],
)
def test_every_end_has_a_state_and_a_sentence(outcome: Outcome, state: ReadState, words: str) -> None:
    read = reading_of(outcome, "d" * 32)
    assert (read.document_format, read.reading.read_state) == ("unknown", state)
    assert words in (read.reading.reason or "")


def test_one_file_is_read_within_the_same_bounds(tmp_path: Path) -> None:
    report = sample_report("huaian-2024")
    good, huge = tmp_path / "good.html", tmp_path / "huge.txt"
    good.write_bytes(render(report, read_figures(report), "html"))
    huge.write_text("甲\t" * 2_400_000, encoding="utf-8")
    settings = Settings(document_memory_bytes=256 * 1024 * 1024, document_cells=10**9)
    assert read_file(good, settings).read_state == ReadState.READ
    with pytest.raises(InputError, match="more memory than 256 MB"):
        check_file(huge, Context(last_year=good), settings)
