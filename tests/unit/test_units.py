"""The systemd units in `deploy/`: least privilege, commands that there are, settings that are known."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from pathlib import Path

import pytest

from flows.cli import cli
from flows.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SERVICES = sorted(DEPLOY.glob("*.service"))
TIMERS = sorted(DEPLOY.glob("*.timer"))
Unit = dict[str, dict[str, list[str]]]
NEEDED = {
    "User": "gongkai",
    "Group": "gongkai",
    "UMask": "0027",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectClock": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "ProtectProc": "invisible",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
    "EnvironmentFile": "/etc/gongkai/gongkai.env",
}
WRITABLE = {
    "gongkai-backup": {"/var/lib/gongkai", "/var/backups/gongkai"},
    "gongkai-status": {"/var/lib/gongkai", "/var/lib/node_exporter"},
}
"""Beside the data folder, which is all that the others may write to."""
OFFLINE = {"gongkai-backup", "gongkai-status"}
GONGKAI = "/opt/gongkai/.venv/bin/gongkai"


def parsed(text: str) -> Unit:
    """Sections of a unit, each key with all of its values in order, as keys may stand several times."""
    unit: Unit = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith(("#", ";")):
            continue
        if head := re.fullmatch(r"\[(\w+)\]", line):
            section = head[1]
            continue
        key, equals, value = line.partition("=")
        assert section and equals and key == key.strip(), f"no line of a unit: {line!r}"
        unit[section][key].append(value)
    return unit


def unit(path: Path) -> Unit:
    return parsed(path.read_text(encoding="utf-8"))


def verbs(command: str) -> list[list[str]]:
    """The calls of `gongkai` in a command line, each with its arguments up to the next sign of the shell."""
    words = shlex.split(command)
    if words[:2] == ["/bin/sh", "-c"]:
        words = shlex.split(words[2])
    calls = [words[index + 1 :] for index, word in enumerate(words) if word == GONGKAI]
    return [re.split(r"\s(?:>|&&|\|)", " ".join(call))[0].split() for call in calls]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_has_no_more_rights_than_it_needs(path: Path) -> None:
    service = unit(path)["Service"]
    for key, value in NEEDED.items():
        assert service[key] == [value], key
    assert service["SystemCallFilter"] == ["@system-service", "~@privileged"]
    (writable,) = service["ReadWritePaths"]
    assert set(writable.split()) == WRITABLE.get(path.stem, {"/var/lib/gongkai"})
    (families,) = service["RestrictAddressFamilies"]
    wanted = {"AF_UNIX"} if path.stem in OFFLINE else {"AF_UNIX", "AF_INET", "AF_INET6"}
    assert set(families.split()) == wanted
    assert not any("PASSWORD" in value for values in service.values() for value in values)


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_runs_a_command_that_there_is(path: Path) -> None:
    (command,) = unit(path)["Service"]["ExecStart"]
    assert command.startswith(("/opt/gongkai/.venv/bin/", "/bin/sh -c "))
    for call in verbs(command):
        options = {name for option in cli.params for name in option.opts}
        while call[0].startswith("--"):
            assert call.pop(0) in options
        verb = cli.commands[call.pop(0)]
        known = {name for option in verb.params for name in option.opts}
        assert {word for word in call if word.startswith("--")} <= known


def test_the_verbs_are_seen() -> None:
    assert verbs(f"{GONGKAI} --log-json run") == [["--log-json", "run"]]
    assert verbs(f"/bin/sh -c '{GONGKAI} status --format openmetrics > /x && mv /x /y'") == [
        ["status", "--format", "openmetrics"]
    ]


@pytest.mark.parametrize("path", TIMERS, ids=lambda path: path.stem)
def test_a_timer_starts_a_service_and_catches_up(path: Path) -> None:
    timer = unit(path)
    assert path.with_suffix(".service") in SERVICES
    assert timer["Timer"]["OnCalendar"] and timer["Timer"]["Persistent"] == ["true"]
    assert timer["Install"]["WantedBy"] == ["timers.target"]
    assert unit(path.with_suffix(".service"))["Service"]["Type"] == ["oneshot"]


def test_the_timer_keeps_the_season() -> None:
    calendar = unit(DEPLOY / "gongkai-run.timer")["Timer"]["OnCalendar"]
    assert [line.split()[0] for line in calendar] == ["*-01..03-*", "*-04..12-01"]


def test_workers_take_the_queues_of_the_deployments() -> None:
    import yaml

    (command,) = unit(DEPLOY / "gongkai-worker@.service")["Service"]["ExecStart"]
    assert "--pool gongkai" in command and "--work-queue %i" in command
    described = unit(DEPLOY / "gongkai-worker@.service")["Unit"]["Description"][0]
    written = yaml.safe_load((DEPLOY.parent / "prefect.yaml").read_text(encoding="utf-8"))
    queues = {deployment["work_pool"]["work_queue_name"] for deployment in written["deployments"]}
    assert all(queue in described for queue in queues)


def test_the_example_names_settings_that_there_are() -> None:
    text = (DEPLOY / "gongkai.env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?GONGKAI_(\w+)=", text, re.MULTILINE)) - {"CHECKOUT"}
    assert named and {name.lower() for name in named} <= set(Settings.model_fields)


def test_a_line_that_is_none_is_seen() -> None:
    with pytest.raises(AssertionError, match="no line of a unit"):
        parsed("[Service]\nProtectSystem\n")
