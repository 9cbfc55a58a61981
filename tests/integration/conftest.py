"""What several integration tests share: one Prefect server for the command `gongkai`, a portal by script."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.integration.gongkai_process import PASSED_ON, environment
from tests.integration.scripted_portal import ScriptedPortal

PREFECT = [str(Path(sys.executable).parent / "prefect")]
START_SECONDS = 120


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A Prefect server on loopback; gives the environment that points at it.

    Without one, each run of the command starts a server of its own, which takes most of a short run's time.
    """
    home = tmp_path_factory.mktemp("prefect")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # any: the first free ones are those of the sample portals
        port = probe.getsockname()[1]
    variables = {
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*PREFECT, "server", "start", "--port", str(port)],
            env=environment(home, variables),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _is_healthy(variables["PREFECT_API_URL"]):
            assert process.poll() is None, (home / "server.log").read_text()
            assert time.monotonic() < deadline, "the Prefect server did not start"
            time.sleep(0.2)
        yield variables
    finally:
        process.terminate()
        process.wait(timeout=30)


def _is_healthy(api: str) -> bool:
    try:
        return requests.get(f"{api}/health", timeout=2).ok
    except requests.RequestException:
        return False


@pytest.fixture
def beside_a_server(prefect_server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands that a test runs use the common server."""
    monkeypatch.setenv(PASSED_ON, prefect_server["PREFECT_API_URL"])


@pytest.fixture
def portal() -> Iterator[ScriptedPortal]:
    """A portal on loopback that answers as the test tells it."""
    with ScriptedPortal() as running:
        yield running
