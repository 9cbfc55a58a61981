"""The store of findings: what lapses an acknowledgement and what does not, kills, and writers side by side."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli_findings import findings as verbs
from flows.errors import BusyError, InputError
from flows.quality import finding_store
from flows.quality.finding_states import FindingState
from flows.quality.finding_store import acknowledge, decisions, look, opened, reopen, stored_finding, stored_findings
from flows.quality.sightings import Ending, sighting_of
from tests.unit.mail_samples import finding

NOW = dt.datetime(2026, 4, 1, 8, 30, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
A, B = "a" * 16, "b" * 16


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "findings.sqlite"


def seen(*changes, printed="71"):
    """Sightings: of each finding the fields that are otherwise; `printed` stands in its outcome total."""
    made = []
    for fields in changes or ({},):
        one = finding(**({"finding_id": A} | fields))
        cells = [*one.cells]
        cells[2] = dataclasses.replace(cells[2], printed=printed, value=Decimal(printed))
        made.append(sighting_of(dataclasses.replace(one, cells=tuple(cells))))
    return made


def passed(gone):
    return {one.finding_id: Ending(True, "the check is passed") for one in gone}


def unknown(gone):
    return {one.finding_id: Ending(False, "the cell has no value") for one in gone}


def state(store: Path, finding_id: str = A, today: dt.datetime = NOW) -> FindingState:
    return stored_finding(store, finding_id, today=today.date()).state


def acknowledged(store: Path, finding_id: str = A, **more) -> None:
    acknowledge(store, finding_id, by="Records office", reason="asked for", **({"now": NOW} | more))


def test_new_open_worsened_fixed_and_new_again(store):
    assert look(store, seen(), passed, now=NOW) == finding_store.LookCounts(1, 0, 0, 0)
    assert state(store) == "new"
    look(store, seen({}, {"finding_id": B}), passed, now=NOW + DAY)
    assert (state(store), state(store, B)) == ("open", "new")
    look(store, seen({"difference": Decimal(-3)}, {"finding_id": B, "difference": Decimal(1)}), passed, now=NOW)
    assert (state(store), state(store, B)) == ("worsened", "open")
    look(store, seen({"difference": Decimal(-3), "severity": "warning"}), unknown, now=NOW)
    assert (state(store), state(store, B)) == ("open", "unchecked")
    assert stored_finding(store, B, today=NOW.date()).ended_reason == "the cell has no value"
    look(store, [], passed, now=NOW + 5 * DAY)
    one = stored_finding(store, A, today=NOW.date())
    assert (one.state, one.ended_reason) == ("fixed", "the check is passed")
    assert (one.first_seen_at, one.last_seen_at) == (NOW, NOW)
    look(store, seen(), passed, now=NOW + 6 * DAY)
    one = stored_finding(store, A, today=NOW.date())
    assert (one.state, one.first_seen_at, one.ended_reason) == ("new", NOW, "")


def test_looking_again_at_the_same_changes_only_when_it_was_last_seen(store):
    look(store, seen(), passed, now=NOW)
    for day in range(1, 4):
        assert not any(dataclasses.astuple(look(store, seen(), passed, now=NOW + day * DAY)))
    one = stored_finding(store, A, today=NOW.date())
    assert (one.state, one.first_seen_at, one.last_seen_at) == ("new", NOW, NOW + 3 * DAY)


def test_an_acknowledgement_survives_another_reading_of_the_same_values(store):
    look(store, seen(), passed, now=NOW)
    acknowledged(store)
    look(store, seen({"verdict": "reader", "document_url": "http://127.0.0.1/moved.pdf"}), passed, now=NOW + DAY)
    written_otherwise = dataclasses.replace(finding().cells[2], printed=" 71 ", value=Decimal("71.0000"))
    cells = (*finding().cells[:2], written_otherwise, finding().cells[3])
    look(store, [sighting_of(finding(finding_id=A, cells=cells))], passed, now=NOW + 2 * DAY)
    assert state(store) == "acknowledged"


def test_it_lapses_when_a_value_changes_and_holds_again_for_the_value_it_was_made_on(store):
    look(store, seen(), passed, now=NOW)
    acknowledged(store)
    look(store, seen(printed="72"), passed, now=NOW)
    one = stored_finding(store, A, today=NOW.date())
    assert (one.state, one.lapsed, one.decision.decided_by) == (
        "open",
        "values",
        "Records office",
    )
    look(store, seen(), passed, now=NOW)
    assert state(store) == "acknowledged"


def test_it_holds_to_the_end_of_its_last_day(store):
    look(store, seen(), passed, now=NOW)
    acknowledged(store, until=NOW.date() + DAY)
    assert state(store, today=NOW + DAY) == "acknowledged"
    expired = stored_finding(store, A, today=NOW.date() + 2 * DAY)
    assert (expired.state, expired.lapsed) == ("new", "expired")
    with pytest.raises(InputError, match="has passed"):
        acknowledged(store, until=NOW.date() - DAY)


def test_a_new_version_of_the_rule_opens_again_only_what_it_changes(store):
    both = ({}, {"finding_id": B})
    look(store, seen(*both), passed, now=NOW)
    acknowledged(store)
    acknowledged(store, B)
    version_2 = [dataclasses.replace(one, rule_version=2) for one in seen(*both)]
    look(store, version_2, passed, now=NOW)
    assert (state(store), state(store, B)) == ("acknowledged", "acknowledged")
    coefficient = dataclasses.replace(finding().cells[0], coefficient=2)
    changed = sighting_of(finding(finding_id=B, rule_version=3, cells=(coefficient, *finding().cells[1:])))
    look(store, [version_2[0], changed], passed, now=NOW)
    assert (state(store), state(store, B)) == ("acknowledged", "open")
    assert stored_finding(store, B, today=NOW.date()).lapsed == "rule_version"


def test_what_was_fixed_and_comes_back_with_other_values_is_new(store):
    look(store, seen(), passed, now=NOW)
    acknowledged(store)
    look(store, [], passed, now=NOW)
    with pytest.raises(InputError, match="is fixed, so there is nothing to acknowledge"):
        acknowledged(store)
    look(store, seen(printed="70"), passed, now=NOW)
    assert state(store) == "new"


def test_reopened_and_every_decision_is_kept(store):
    look(store, seen(), passed, now=NOW)
    with pytest.raises(InputError, match="nothing to reopen"):
        reopen(store, A, by="x", reason="-", now=NOW)
    acknowledged(store)
    assert reopen(store, A, by="Head", reason="looked again", now=NOW + DAY).state == "new"
    acknowledged(store, now=NOW + 2 * DAY)
    assert [(one.kind, one.decided_by) for one in decisions(store, A)] == [
        ("acknowledged", "Records office"),
        ("reopened", "Head"),
        ("acknowledged", "Records office"),
    ]
    for statement in ("update decision set reason = ''", "delete from decision"):
        with pytest.raises(InputError, match="a decision is never"), opened(store) as connection:
            connection.execute(statement)
    assert len(decisions(store, A)) == 3


KILLED = """
import os, signal, sys
from pathlib import Path
from flows.quality import finding_store
from tests.unit.test_finding_store import NOW, acknowledged, passed, seen
store, when = Path(sys.argv[1]), sys.argv[2]
whole = finding_store.transaction
import contextlib
@contextlib.contextmanager
def killed(connection):
    with whole(connection):
        yield
        if when == "before":
            connection.execute("pragma cache_spill = 1")
            os.kill(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
finding_store.transaction = killed
if sys.argv[3] == "look":
    finding_store.look(store, seen(printed="99"), passed, now=NOW)
else:
    acknowledged(store)
"""


@pytest.mark.parametrize(
    ("when", "what", "expected", "printed_values"),
    [
        ("before", "decision", "new", "71"),
        ("after", "decision", "acknowledged", "71"),
        ("before", "look", "new", "71"),
        ("after", "look", "open", "99"),
    ],
)
def test_a_kill_leaves_what_was_before_or_what_was_written(store, when, what, expected, printed_values):
    look(store, seen(), passed, now=NOW)
    command = [sys.executable, "-c", KILLED, str(store), when, what]
    done = subprocess.run(command, check=False, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.returncode == -signal.SIGKILL
    one = stored_finding(store, A, today=NOW.date())
    assert one.state == expected
    assert one.sighting.fingerprint == seen(printed=printed_values)[0].fingerprint
    acknowledged(store)
    assert state(store) == "acknowledged"


def test_of_two_that_write_at_once_both_are_kept(store):
    names = [f"{number:016x}" for number in range(40)]
    look(store, seen(*({"finding_id": name} for name in names)), passed, now=NOW)
    faults: list[Exception] = []

    def decide(some: list[str]) -> None:
        try:
            for name in some:
                acknowledged(store, name)
                look(store, seen(*({"finding_id": name} for name in names)), passed, now=NOW + DAY)
        except Exception as fault:
            faults.append(fault)

    writers = [threading.Thread(target=decide, args=[names[start::2]]) for start in (0, 1)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert faults == []
    assert {one.state for one in stored_findings(store, today=NOW.date())} == {"acknowledged"}


def test_a_store_that_is_held_is_busy_and_one_that_is_none_is_one_sentence(store, monkeypatch):
    look(store, seen(), passed, now=NOW)
    monkeypatch.setattr(finding_store, "WAIT_SECONDS", 0.05)
    holder = sqlite3.connect(store, isolation_level=None)
    holder.execute("begin exclusive")
    with pytest.raises(BusyError, match="another process"):
        acknowledged(store)
    holder.close()
    store.write_bytes(b"no store at all" * 100)
    with pytest.raises(InputError, match="bring it back from a backup"):
        stored_findings(store, today=NOW.date())
    store.unlink()
    with opened(store) as connection:
        connection.execute("pragma user_version = 99")
    with pytest.raises(InputError, match="a later gongkai"):
        stored_findings(store, today=NOW.date())


def test_without_a_store_there_is_no_finding_and_none_is_made(store):
    assert stored_findings(store, today=NOW.date()) == []
    with pytest.raises(InputError, match="There is no finding"):
        stored_finding(store, A, today=NOW.date())
    assert not store.exists()


@pytest.fixture
def home(tmp_path, store, monkeypatch):
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path))
    look(store, seen({}, {"finding_id": B, "division_code": "321322", "body_name": "某县\x1b[2J"}), passed, now=NOW)


def run(*arguments: str):
    return CliRunner().invoke(verbs, arguments)


@pytest.mark.usefixtures("home")
def test_the_verbs(store):
    listed = run("list")
    assert listed.exit_code == 0
    assert "2 findings: 2 new." in listed.output
    assert "\x1b" not in listed.output
    assert [
        one["finding_id"] for one in json.loads(run("list", "--format", "json", "--division", "320000").output)
    ] == [B]
    done = run("ack", A, "--by", "Records office", "--reason", "asked for", "--until", "2999-01-01")
    assert (done.exit_code, done.output) == (0, f"{A} is acknowledged until 2999-01-01.\n")
    assert [
        one["finding_id"] for one in json.loads(run("list", "--state", "acknowledged", "--format", "json").output)
    ] == [A]
    shown = run("show", A)
    assert "acknowledged" in shown.output
    assert "by Records office until 2999-01-01: asked for" in shown.output
    assert "70 + 4 = 71 + 1" in shown.output
    assert json.loads(run("show", A, "--format", "json").output)["decisions"][0]["decided_by"] == "Records office"
    assert run("reopen", A, "--by", "Head").output == f"{A} is new.\n"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ack", A, "--reason", "x"], "Missing option '--by'"),
        (["ack", A, "--by", " ", "--reason", "x"], "must be one line"),
        (["ack", A, "--by", "x", "--reason", "a\x1b[2J"], "must be one line"),
        (["ack", A, "--by", "x", "--reason", "y" * 501], "at most 500 characters"),
        (["ack", A, "--by", "x", "--reason", "y", "--until", "soon"], "does not match the format"),
    ],
)
def test_a_decision_without_a_name_or_a_reason_is_refused(store, arguments, sentence):
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert sentence in refused.output
    assert decisions(store, A) == []
