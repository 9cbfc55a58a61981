"""How fast collecting is, beside Scrapy on the same simulated hosts, and how near it keeps to the pace of many hosts.

    python -m tests.benchmarks.crawling speed --yardstick PATH/TO/PYTHON-WITH-SCRAPY
    python -m tests.benchmarks.crawling pace --hosts 2000 --reports 29 --pace-seconds 20
    python -m tests.benchmarks.crawling flow --hosts 64 --workers 32

`speed` runs both in turn, each in a process of its own, with pace off, after one round that is not counted: in that,
the byte code of both is made. Ours archives every answer on disk, Scrapy stores nothing. `pace` takes as the least
time that a host can need the pauses between its requests. `flow` is `gongkai collect`, a Prefect task a portal.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.faults.server import FaultServer

ROOT = Path(__file__).resolve().parents[2]
NOW = "2025-04-01T08:00:00+00:00"
MEGABYTE = 1024 * 1024
SAMPLES = 20


@dataclasses.dataclass(frozen=True)
class Measured:
    """One run of a crawler."""

    requests: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    resident_bytes: tuple[int, ...] = ()
    """Memory from time to time."""

    def __str__(self) -> str:
        rates = [self.requests / seconds for seconds in (self.wall_seconds, self.cpu_seconds)]
        return (
            f"{self.requests} requests in {self.wall_seconds:.1f} s: {rates[0]:.0f} a second, "
            f"{rates[1]:.0f} a second of processor; {self.peak_bytes // MEGABYTE} MiB at most"
        )


def measure(server: FaultServer, command: list[str], settings: dict[str, str], every_seconds: float = 0) -> Measured:
    """Run a crawler to its end."""
    before, began = server.requests, time.monotonic()
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        resident: list[int] = []
        while every_seconds and os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            resident.append(_resident_bytes(psutil.Process(process.pid)))
            time.sleep(every_seconds)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    wall, cpu_seconds = time.monotonic() - began, used.ru_utime + used.ru_stime
    return Measured(server.requests - before, wall, cpu_seconds, used.ru_maxrss * 1024, tuple(resident))


def _resident_bytes(process: psutil.Process) -> int:
    """Of a process and those that it has started."""
    found = 0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += one.memory_info().rss
    return found


def ours(server: FaultServer, home: Path, workers: int, pace_seconds: float) -> tuple[list[str], dict[str, str]]:
    """Command and settings of our collector, with an archive of its own."""
    (home / "registry").mkdir(parents=True)
    for portal in server.portals:
        portal.write_registration(home / "registry")
    command = [sys.executable, "-m", "tests.faults.collect", str(home), "--now", NOW, "--workers", str(workers)]
    hosts = json.dumps(sorted(server.hosts))
    return command, {"GONGKAI_PACE_SECONDS": str(pace_seconds), "GONGKAI_PRIVATE_HOSTS": hosts}


def speed(yardstick: str, hosts: int, reports: int, workers: int, rounds: int) -> None:
    """Ours and Scrapy in turn."""
    found: dict[str, list[Measured]] = {"gongkai": [], "Scrapy": []}
    with FaultServer(hosts, reports, 1, are_all_plain=True) as server, tempfile.TemporaryDirectory() as folder:
        columns = Path(folder) / "columns.json"
        columns.write_text(json.dumps([portal.column_url for portal in server.portals]))
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "byte_code")
        theirs = [yardstick, str(Path(__file__).with_name("scrapy_crawl.py")), str(columns), str(workers)]
        for number in range(rounds + 1):
            command, settings = ours(server, Path(folder) / str(number), workers, 0)
            for name, run in (
                ("gongkai", measure(server, command, settings)),
                ("Scrapy", measure(server, theirs, {})),
            ):
                if number:
                    found[name].append(run)
                    print(f"{name}: {run}", flush=True)
    wall, cpu, peak = (
        [statistics.median(getattr(run, field) / run.requests for run in found[name]) for name in found]
        for field in ("wall_seconds", "cpu_seconds", "peak_bytes")
    )
    print(f"gongkai / Scrapy: time a page {wall[0] / wall[1]:.2f}, processor a page {cpu[0] / cpu[1]:.2f}", end="")
    print(f", memory {peak[0] / peak[1]:.2f} (medians of {rounds})")


def pace(hosts: int, reports: int, pace_seconds: float) -> None:
    """All hosts at once, each at its pace."""
    with FaultServer(hosts, reports, 1, are_all_plain=True) as server, tempfile.TemporaryDirectory() as folder:
        command, settings = ours(server, Path(folder) / "data", hosts, pace_seconds)
        per_host = 1 + len(server.portals[0].pages)
        least = (per_host - 1) * pace_seconds
        run = measure(server, command, settings, every_seconds=max(1.0, least / SAMPLES))
        spans = [last - first for first, last in server.first_and_last.values()]
    whole = _whole_seconds(server)
    running = run.resident_bytes[:-2]
    quarters = ", ".join(str(running[len(running) * quarter // 4 - 1] // MEGABYTE) for quarter in (1, 2, 3, 4))
    print(f"{hosts} hosts, {per_host} requests each, {pace_seconds:g} s apart: {run.requests} requests")
    print(f"least time of a host {least:.0f} s; slowest host {max(spans):.0f} s, {max(spans) / least:.2f} of it")
    print(f"from the first request of all to the last {whole:.0f} s, {whole / least:.2f} of it")
    print(f"memory after each quarter of the time: {quarters} MiB; at most {run.peak_bytes // MEGABYTE} MiB")


def _whole_seconds(server: FaultServer) -> float:
    """From the first request of all to the last."""
    return max(last for _, last in server.first_and_last.values()) - min(
        first for first, _ in server.first_and_last.values()
    )


def flow(hosts: int, reports: int, workers: int) -> None:
    """`gongkai collect` with its orchestrator, pace off."""
    with FaultServer(hosts, reports, 1, are_all_plain=True) as server, tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "data"
        _, settings = ours(server, home, workers, 0)
        settings |= {
            "GONGKAI_HOME": str(home),
            "GONGKAI_REGISTRY": str(home / "registry"),
            "GONGKAI_COLLECT_WORKERS": str(workers),
        }
        command = [sys.executable, "-c", "from flows.cli import main; main()", "collect"]
        run = measure(server, command, settings, every_seconds=0.2)
    print(f"{hosts} portals, {workers} at once: {run}")
    print(f"from the first request to the last {_whole_seconds(server):.1f} s", end="")
    print(f"; all its processes together {max(run.resident_bytes) // MEGABYTE} MiB at most")


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("speed", "pace", "flow"))
    parser.add_argument("--yardstick", help="a Python that has Scrapy")
    parser.add_argument("--hosts", type=int)
    parser.add_argument("--reports", type=int)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pace-seconds", type=float, default=20)
    asked = parser.parse_args()
    if asked.what == "speed":
        speed(asked.yardstick, asked.hosts or 50, asked.reports or 30, asked.workers, asked.rounds)
    elif asked.what == "flow":
        flow(asked.hosts or 64, asked.reports or 30, asked.workers)
    else:
        pace(asked.hosts or 2000, asked.reports or 29, asked.pace_seconds)


if __name__ == "__main__":
    main()
