"""Ctrl-C as a terminal sends it (to the whole process group), and what a killed run leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from flows.processes import SERVER_MARK
from tests.integration.gongkai_process import COMMAND, environment, free_ports, gongkai

PATIENCE_SECONDS = 60


def started(home: Path, port: int, words: str) -> subprocess.Popen[str]:
    """The annual cycle on the sample portals, as far as the line of progress that begins with `words`."""
    process = subprocess.Popen(
        [*COMMAND, "run", "--sample", "--port", str(port)],
        env=environment(home),
        cwd=home.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(words):
            return process
    raise AssertionError(f"the run never said {words!r}")


def servers_of(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if SERVER_MARK in " ".join(process.info["cmdline"] or []):
            try:
                if process.environ().get("PREFECT_HOME", "").startswith(str(home)):
                    found.append(process)
            except psutil.Error:
                continue
    return found


def gone(home: Path) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while servers_of(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


@pytest.mark.parametrize("words", ["collecting", "transform: dbt"])
def test_ctrl_c_stops_with_one_sentence(words: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    process = started(home, free_ports(12), words)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert "Traceback" not in errors + output
    assert errors.strip().splitlines()[-1] == "gongkai: Stopped. Run the same command again to go on where it was."
    assert gone(home)


def test_the_next_run_ends_the_server_that_a_killed_one_left(tmp_path: Path) -> None:
    home = tmp_path / "home"
    process = started(home, free_ports(12), "collecting")
    process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr):  # the server that is left holds their other ends
        assert stream is not None
        stream.close()
    left = servers_of(home)
    if not left:
        pytest.skip("Prefect's temporary server ended by itself")
    done = gongkai("load", home=home / "sample")
    assert done.returncode == 0, done.stderr
    assert not any(server.is_running() and server.status() != psutil.STATUS_ZOMBIE for server in left)
