"""The doctor: each check with what is well, what is not there and what is wrong; nothing is changed or sent."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from flows.cli_operation import doctor as verb
from flows.errors import EXIT_FINDINGS, EXIT_OK
from flows.journal import noted
from flows.operation import data_checks, installation_checks
from flows.operation.check import Check, CheckState, missing, ok, wrong
from flows.operation.doctor import as_json, examine, in_words, is_fit
from flows.records import FetchState
from flows.settings import Settings
from flows.warehouse.connection import writing
from flows.warehouse.layout import LAYOUT
from tests.operated_home import NOW, answered, archive, published_copy, register

RECIPIENTS = "- address: city@example.org\n  everything: yes\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GONGKAI_REGISTRY", str(tmp_path / "registry"))
    monkeypatch.chdir(tmp_path)
    register(Settings(), "one")
    return Settings()


def told(check: Check) -> tuple[str, str]:
    return check.state.value, check.found


def test_each_is_well_on_this_machine() -> None:
    for check in (
        installation_checks.check_python(),
        installation_checks.check_packages(),
        installation_checks.check_models(),
    ):
        assert check.state is CheckState.OK, check


def test_another_python_is_wrong() -> None:
    check = installation_checks.check_python((3, 13))
    assert check.state is CheckState.WRONG and "Python 3.11" in check.remedy


def test_packages_are_held_against_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    assert installation_checks.check_packages(lock).state is CheckState.MISSING
    click, duckdb = (installation_checks.importlib.metadata.version(name) for name in ("click", "duckdb"))
    lock.write_text(f"click=={click} \\\n    --hash=sha256:0\nduckdb[all]=={duckdb} ; python_version < '4'\n")
    assert told(installation_checks.check_packages(lock)) == ("ok", "2, all as in requirements.lock")
    lock.write_text(f"click=={click}\nno-such-package==1.0\n")
    assert told(installation_checks.check_packages(lock)) == ("missing", "1 not installed: no-such-package")
    lock.write_text("click==0.0.1\nno-such-package==1.0\n")
    assert told(installation_checks.check_packages(lock)) == (
        "wrong",
        f"1 of another version: click {click} (the lock says 0.0.1)",
    )


def test_programs_that_are_not_there_are_missing_and_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    checks = [installation_checks.check_libreoffice(), installation_checks.check_chromium()]
    assert {check.state for check in checks} == {CheckState.MISSING}
    assert all("apt install" in check.remedy for check in checks)
    assert is_fit(checks)


def test_a_program_that_does_not_start_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    check = installation_checks.check_libreoffice()
    assert check.state is CheckState.WRONG and "no display" in check.found


def test_folders_open_to_anyone_are_wrong(settings: Settings) -> None:
    assert data_checks.check_folders(settings).state is CheckState.MISSING
    settings.archive.mkdir(parents=True)
    assert data_checks.check_folders(settings).state is CheckState.OK
    settings.archive.chmod(0o777)
    check = data_checks.check_folders(settings)
    assert check.state is CheckState.WRONG and str(settings.archive) in check.found


def test_folders_that_cannot_be_written_are_wrong(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.archive.mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: path != settings.archive)
    check = data_checks.check_folders(settings)
    assert check.state is CheckState.WRONG and "chown" in check.remedy


def test_a_password_in_an_open_file_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("x")
    env_file.chmod(0o644)
    assert data_checks.check_secrets(Settings(), env_file).state is CheckState.OK
    monkeypatch.setenv("GONGKAI_SMTP_PASSWORD", "long-secret")
    check = data_checks.check_secrets(Settings(), env_file)
    assert check.state is CheckState.WRONG and "long-secret" not in check.found + check.remedy
    env_file.chmod(0o600)
    assert data_checks.check_secrets(Settings(), env_file).state is CheckState.OK


def test_a_full_disk_is_wrong(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_checks.check_disk(settings).state is CheckState.OK
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))  # type: ignore[attr-defined]
    assert data_checks.check_disk(settings).state is CheckState.WRONG


def test_a_clock_before_the_last_run_is_wrong(settings: Settings) -> None:
    @noted("read")
    def read() -> None:
        return None

    read()
    now = dt.datetime.now(dt.UTC)
    assert data_checks.check_clock(settings, now).state is CheckState.OK
    check = data_checks.check_clock(settings, now - dt.timedelta(days=400))
    assert check.state is CheckState.WRONG and "time service" in check.remedy


def test_the_registry_is_read(settings: Settings, tmp_path: Path) -> None:
    assert told(data_checks.check_registry(settings))[0] == "ok"
    (settings.registry / "odd.yaml").write_text("family: none")
    assert "1 files left out" in data_checks.check_registry(settings).found
    assert data_checks.check_registry(Settings(registry=tmp_path / "no")).state is CheckState.MISSING
    (tmp_path / "empty").mkdir()
    assert data_checks.check_registry(Settings(registry=tmp_path / "empty")).state is CheckState.MISSING


@pytest.fixture
def server() -> Iterator[tuple[int, list[Any]]]:
    """A mail server on loopback, and what it was given."""
    given: list[Any] = []

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            given.append(envelope)
            return "250 OK"

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    yield port, given
    controller.stop()


def test_the_mail_server_is_asked_and_nothing_is_sent(server: tuple[int, list[Any]], tmp_path: Path) -> None:
    port, given = server
    recipients = tmp_path / "recipients.yaml"
    recipients.write_text(RECIPIENTS)
    set_ = Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", recipients=recipients)
    assert told(data_checks.check_mail(set_)) == ("ok", f"127.0.0.1:{port}, 1 recipients")
    assert given == []
    nobody = data_checks.check_mail(set_.model_copy(update={"recipients": None}))
    assert nobody.state is CheckState.MISSING and "GONGKAI_RECIPIENTS" in nobody.remedy
    tls = data_checks.check_mail(set_.model_copy(update={"smtp_security": "starttls"}))
    assert tls.state is CheckState.WRONG
    recipients.write_text("nobody")
    assert data_checks.check_mail(set_).state is CheckState.WRONG


def test_a_mail_server_that_does_not_answer_is_wrong(tmp_path: Path) -> None:
    recipients = tmp_path / "recipients.yaml"
    recipients.write_text(RECIPIENTS)
    set_ = Settings(smtp_host="127.0.0.1", smtp_port=1, recipients=recipients)
    check = data_checks.check_mail(set_)
    assert check.state is CheckState.WRONG and "cannot be reached" in check.found
    assert told(data_checks.check_mail(Settings()))[0] == "ok"


def test_the_archive_is_looked_at(settings: Settings) -> None:
    assert data_checks.check_archive(settings).state is CheckState.MISSING
    archive(settings, [answered("one", FetchState.CONTENT, NOW), answered("one", FetchState.GONE, NOW)])
    assert told(data_checks.check_archive(settings)) == ("ok", "1 WARC files")
    (warc,) = settings.archive.glob("*.warc.gz")
    whole = warc.read_bytes()
    second = whole.index(b"\x1f\x8b\x08", 10)
    warc.write_bytes(whole[:second] + b"spoilt" + whole[second:])
    archive(settings, [])
    assert "damaged places" in data_checks.check_archive(settings).found
    with sqlite3.connect(settings.archive / "index" / "rows.sqlite") as rows:
        rows.execute("PRAGMA user_version = 1")
    check = data_checks.check_archive(settings)
    assert "of another version of gongkai" in check.found and is_fit([check])


def test_warehouse_and_copy_of_this_version_damaged_and_of_a_later_one(settings: Settings) -> None:
    checks = (data_checks.check_warehouse, data_checks.check_published)
    assert [check(settings).state for check in checks] == [CheckState.MISSING] * 2
    published_copy(settings)
    assert told(data_checks.check_warehouse(settings)) == ("ok", f"layout {LAYOUT}")
    assert data_checks.check_published(settings).state is CheckState.WRONG  # it has no marts.fct_report
    with writing(settings.warehouse) as connection:
        connection.execute("insert into raw.layout values (?, '9.9.9')", [LAYOUT + 1])
    later = data_checks.check_warehouse(settings)
    assert later.state is CheckState.WRONG and "gongkai 9.9.9" in later.found
    settings.warehouse.write_bytes(b"no database" * 1000)
    assert data_checks.check_warehouse(settings).state is CheckState.WRONG


def test_lines_data_and_fitness() -> None:
    checks = [ok("a", "well"), missing("b", "absent", "install it", is_needed=False)]
    assert is_fit(checks)
    assert in_words(checks) == "  ok       a  well\n  missing  b  absent - install it"
    checks.append(wrong("c", "odd", "mend it"))
    assert not is_fit(checks)
    plain = json.loads(as_json(checks))
    assert plain["is_fit"] is False
    assert plain["checks"][2] == {
        "name": "c",
        "state": "wrong",
        "found": "odd",
        "remedy": "mend it",
        "is_needed": True,
    }


def test_the_verb_ends_with_1_where_something_needed_is_not_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation_checks, "_program", lambda name, *_: ok(name, "quick"))
    whole = CliRunner().invoke(verb, ["--format", "json"])
    assert whole.exit_code == EXIT_OK, whole.output
    names = [check["name"] for check in json.loads(whole.output)["checks"]]
    assert names == [check.name for check in examine(settings, NOW)]
    (settings.registry / "odd.yaml").write_text("family: none")
    faulty = CliRunner().invoke(verb, [])
    assert faulty.exit_code == EXIT_FINDINGS
    assert "wrong    registry" in faulty.output
    assert not settings.home.exists()
