"""The journal of runs: what is written beside the work, and what is read off it after kills and torn lines."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.journal import (
    ELSEWHERE,
    NAME,
    PROBLEM_CHARACTERS,
    PROBLEMS_KEPT,
    StageOutcome,
    noted,
    read_journal,
    runs_of,
)
from flows.stages import LoadStageResult, StageResult


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@noted("load")
def load(problems: list[str]) -> LoadStageResult:
    return LoadStageResult(batches_loaded=2, rows_added={"report": 3}, problems=problems)


@noted("publish")
def publish() -> StageResult:
    raise ValueError("the disk is full")


@noted("annual-cycle")
def annual_cycle() -> None:
    load([])
    publish()


def test_a_stage_tells_its_counts_and_problems_and_gives_its_result(home: Path) -> None:
    assert load(["one batch was refused"]).batches_loaded == 2
    (note,) = read_journal(home)
    assert (note.run, note.stage, note.outcome) == ("load", "load", StageOutcome.COMPLETED)
    assert note.counts == {"batches_loaded": 2, "batches_known": 0, "rows_added.report": 3}
    assert note.problems == ("one batch was refused",)
    assert note.ended_at is not None and note.ended_at >= note.began_at
    assert note.began_at.utcoffset() == dt.timedelta(0)


def test_stages_belong_to_the_run_that_began_them_and_a_failure_is_told_and_raised(home: Path) -> None:
    with pytest.raises(ValueError, match="the disk is full"):
        annual_cycle()
    load([])
    later, first = runs_of(read_journal(home))
    assert [(note.stage, note.outcome.value) for note in first] == [
        ("annual-cycle", "failed"),
        ("load", "completed"),
        ("publish", "failed"),
    ]
    assert {note.run for note in first} == {"annual-cycle"}
    assert first[0].problems == first[2].problems == ("the disk is full",)
    assert [note.run for note in later] == ["load"]


def test_many_long_problems_are_counted_and_cut(home: Path) -> None:
    load(["x" * 1000] * 50)
    (note,) = read_journal(home)
    assert note.problem_count == 50
    assert [len(problem) for problem in note.problems] == [PROBLEM_CHARACTERS] * PROBLEMS_KEPT


def test_a_killed_stage_is_interrupted_and_a_torn_line_costs_itself_only(home: Path) -> None:
    program = (
        "import os; from flows.journal import noted\n@noted('read')\ndef read(): os.kill(os.getpid(), 9)\nread()"
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -9
    with (home / NAME).open("ab") as journal:
        journal.write(b'{"note_id": "torn", "began_')
    load([])
    assert [(note.stage, note.outcome) for note in read_journal(home)] == [
        ("read", StageOutcome.INTERRUPTED),
        ("load", StageOutcome.COMPLETED),
    ]


def test_what_runs_now_is_running_and_another_machine_is_taken_at_its_word_for_two_days(home: Path) -> None:
    seen: list[StageOutcome] = []

    @noted("read")
    def read() -> None:
        seen.extend(note.outcome for note in read_journal(home))

    read()
    assert seen == [StageOutcome.RUNNING]
    began = json.loads((home / NAME).read_text().splitlines()[1])
    elsewhere = began | {"note_id": "other", "host": "elsewhere.example.org", "pid": 1}
    (home / NAME).write_text(json.dumps(elsewhere))
    assert [note.outcome for note in read_journal(home)] == [StageOutcome.RUNNING]
    long_ago = dt.datetime.now(dt.UTC) - ELSEWHERE - dt.timedelta(minutes=1)
    (home / NAME).write_text(json.dumps(elsewhere | {"began_at": long_ago.isoformat()}))
    assert [note.outcome for note in read_journal(home)] == [StageOutcome.INTERRUPTED]


def test_a_journal_that_cannot_be_written_stops_nothing_and_is_said(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.progress import show_progress

    show_progress()
    (home / NAME).mkdir(parents=True)
    assert load([]).batches_loaded == 2
    assert "cannot be written" in capsys.readouterr().err


def test_no_journal_is_no_run(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "nowhere") == []
