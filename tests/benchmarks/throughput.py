"""How much one core reads, with how much memory, and what a second one adds: `python -m tests.benchmarks.throughput`.

Made-up documents, each different from the others, are read in the processes that read documents in earnest. Seconds
of CPU are those of the reading process, so that they say the same beside other work; wall times do not.
"""

from __future__ import annotations

import os
import resource
import time
from typing import Any

from flows.reports.workers import Workers
from flows.sample.index import read_figures, sample_report, sample_reports
from flows.sample.rendering import render
from tests.benchmarks.reading_job import read_all
from tests.layouts.quirks import draw

DOCUMENTS = 30
MEMORY_BYTES = 1024**3
FORMATS = ("html", "docx", "pdf", "text")


def payloads(kind: str) -> list[bytes]:
    """Documents of one kind: reports of the sample pasted from Word, or drawn from the generator."""
    if kind == "html_word":
        reports = [report.key for report in sample_reports()]
        keys = (reports[number % len(reports)] for number in range(DOCUMENTS))
        return [render(sample_report(key), read_figures(sample_report(key)), "html_word") for key in keys]
    return [draw(f"bench:{number}", kind).payload for number in range(DOCUMENTS)]


def timed(workers: Workers, jobs: list[Any]) -> tuple[float, list[Any]]:
    began = time.perf_counter()
    outcomes = workers.run(read_all, jobs)
    return time.perf_counter() - began, [outcome.result for outcome in outcomes]


def main() -> None:
    """Measure and print."""
    print(f"{'documents':12}{'bytes each':>12}{'a CPU second':>14}{'peak memory':>13}")
    every: list[bytes] = []
    for kind in ("html_word", *FORMATS):
        documents = payloads(kind)
        every += documents
        with Workers(1, seconds=600, memory_bytes=MEMORY_BYTES) as workers:
            workers.run(read_all, [(documents[:3],)])  # imports, and labels seen for the first time
            _, [(seconds, peak)] = timed(workers, [(documents,)])
        size = sum(map(len, documents)) // len(documents)
        print(f"{kind:12}{size:12}{len(documents) / seconds:14.1f}{peak / 1024**2:10.0f} MB")
    batches = [(every[start::10],) for start in range(10)]
    walls = {}
    for count in (1, 2):
        with Workers(count, seconds=600, memory_bytes=MEMORY_BYTES) as workers:
            workers.run(read_all, [(every[:5],)] * count)
            walls[count], results = timed(workers, batches)
        cpu = sum(seconds for seconds, _ in results)
        print(f"{len(every)} documents in {count} process(es): {walls[count]:.2f} s, {cpu:.2f} s of CPU")
    load = os.getloadavg()[0]
    print(f"speed-up of the second process: {walls[1] / walls[2]:.2f} (load of the machine {load:.1f})")
    began, spent = time.perf_counter(), _children_seconds()
    with Workers(1, seconds=60, memory_bytes=MEMORY_BYTES) as workers:
        workers.run(len, [("",)])
        wall = time.perf_counter() - began
    print(f"start of a process: {_children_seconds() - spent:.2f} s of CPU, {wall:.2f} s")


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
