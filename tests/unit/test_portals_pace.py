"""When a host may be asked: turns, budgets, hours of quiet, and what a host asks for itself."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.errors import BusyError, InputError
from flows.portals.pace import Budget, asking_alone, postpone, quiet_until, turn
from flows.portals.responses import retry_after_seconds
from flows.settings import Settings

DATE = "Tue, 01 Apr 2025 08:00:00 GMT"


def test_one_request_is_in_flight_a_host_and_others_do_not_wait() -> None:
    in_flight: list[str] = []
    most: dict[str, int] = {"a": 0, "b": 0}
    both = threading.Event()

    def ask(host: str) -> None:
        with turn(f"{host}.one-in-flight", 0):
            in_flight.append(host)
            most[host] = max(most[host], in_flight.count(host))
            if set(in_flight) == {"a", "b"}:
                both.set()
            both.wait(5)
            in_flight.remove(host)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(ask, "aaabbb"))
    assert most == {"a": 1, "b": 1}
    assert both.is_set()


def test_turns_keep_their_distance_and_a_host_can_ask_for_more() -> None:
    begun: list[float] = []
    for seconds in (0.06, 0):
        with turn("paced", seconds):
            begun.append(time.monotonic())
    postpone("paced", 0.2)
    with turn("paced", 0):
        begun.append(time.monotonic())
    assert begun[1] - begun[0] >= 0.06 * 2 / 3
    assert begun[2] - begun[1] >= 0.2


def test_a_budget_is_each_hosts_own() -> None:
    budget = Budget(2)
    assert [budget.spend(host) for host in ("a", "a", "b", "a", "b", "b")] == [True, True, True, False, True, False]


@pytest.mark.parametrize(
    ("utc", "hours", "until"),
    [
        ("00:00", "08:00-18:00", "18:00"),
        ("09:59", "08:00-18:00", "18:00"),
        ("10:00", "08:00-18:00", None),
        ("23:59", "08:00-18:00", None),
        ("14:00", "22:00-06:00", "06:00"),
        ("21:59", "22:00-06:00", "06:00"),
        ("22:00", "22:00-06:00", None),
        ("12:00", "", None),
    ],
)
def test_hours_of_quiet_are_in_the_portals_time(utc: str, hours: str, until: str | None) -> None:
    now = dt.datetime.fromisoformat(f"2025-04-01T{utc}:00+00:00")
    found = quiet_until(now, hours)
    assert (f"{found:%H:%M}" if found else None) == until
    assert found is None or now < found < now + dt.timedelta(days=1)


@pytest.mark.parametrize("wrong", ["8-18", "08:00", "25:00-06:00", "08:00-18:60", "08:00 - 18:00", "08:00-08:00"])
def test_hours_that_are_none_are_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None, quiet_hours=wrong)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        ("120", DATE, 120),
        (" 0 ", None, 0),
        ("Tue, 01 Apr 2025 09:00:00 GMT", DATE, 3600),
        ("Tue, 01 Apr 1980 09:00:00 GMT", "Tue, 01 Apr 1980 08:59:00 GMT", 60),
        ("Tue, 01 Apr 2025 07:00:00 GMT", DATE, 0),
        ("99999999999999999999", None, 30 * 24 * 3600),
        ("Tue, 01 Apr 2025 09:00:00 GMT", None, None),
        ("soon", DATE, None),
        ("-5", DATE, None),
        ("٣", DATE, None),
        (None, DATE, None),
    ],
)
def test_what_a_host_asks_for_is_counted_by_its_own_clock(
    retry_after: str | None, date: str | None, seconds: int | None
) -> None:
    assert retry_after_seconds(retry_after, date) == seconds


def test_one_process_asks_at_a_time(tmp_path: Path) -> None:
    with asking_alone(tmp_path / "home"):
        with (
            pytest.raises(BusyError, match=rf"process {os.getpid()}\) asks portals"),
            asking_alone(tmp_path / "home"),
        ):
            pass
        with asking_alone(tmp_path / "another"):
            pass
    with asking_alone(tmp_path / "home"):
        pass
    (tmp_path / "file").write_text("where the folder should be")
    with pytest.raises(InputError, match="cannot be written"), asking_alone(tmp_path / "file"):
        pass


def test_a_process_that_is_killed_lets_others_ask(tmp_path: Path) -> None:
    hold = (
        "import pathlib, sys, time\n"
        "from flows.portals.pace import asking_alone\n"
        "with asking_alone(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        with pytest.raises(BusyError, match=f"process {process.pid}"), asking_alone(tmp_path):
            pass
        process.kill()
    with asking_alone(tmp_path):
        pass
