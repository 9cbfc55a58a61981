"""The runbook has an answer for everything that the status and the doctor can name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.cli import cli
from flows.operation.needs import NeedKind

DOCS = Path(__file__).resolve().parents[2] / "docs"
RUNBOOK = (DOCS / "runbook.md").read_text(encoding="utf-8")
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", NeedKind)
def test_each_kind_of_need_has_an_entry(kind: NeedKind) -> None:
    assert f"`{kind}`" in RUNBOOK


def test_each_line_of_the_doctor_has_an_entry() -> None:
    from flows.operation import data_checks, installation_checks

    names = {
        name.removeprefix("check_")
        for module in (data_checks, installation_checks)
        for name in vars(module)
        if name.startswith("check_")
    }
    assert len(names) == 16
    assert [name for name in sorted(names) if f"`{name}`" not in RUNBOOK] == []


@pytest.mark.parametrize("text", [RUNBOOK, OPERATING], ids=["runbook", "operating"])
def test_every_verb_that_is_named_is_there(text: str) -> None:
    named = set(re.findall(r"`gongkai (?:--\S+ \S+ )?([a-z]+)", text))
    assert named and named <= set(cli.commands)


@pytest.mark.parametrize("name", sorted(name for name, verb in cli.commands.items() if not hasattr(verb, "commands")))
def test_every_verb_has_help_with_an_example(name: str) -> None:
    from click.testing import CliRunner

    said = CliRunner().invoke(cli, [name, "--help"]).output
    assert f"Example: gongkai {name}" in said or "Example: GONGKAI_" in said or "Example: gongkai --home" in said
