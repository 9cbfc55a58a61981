"""The registry of rules as people read it: docs/rules.md, and what `gongkai rules` prints.

`python -m flows.quality.rule_page docs/rules.md` writes the page anew.
"""

from __future__ import annotations

import csv
import dataclasses
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from flows.errors import InputError
from flows.formats import KnownFault, Rule, known_faults, rules
from flows.terminal import table

PROOF = Path(__file__).parent / "proof.csv"
"""What the mutation bench counted last (`make mutations`): rule, fault, seeded, found."""
CLEAN = "none"
"""Name of the fault of reports that have none: what is found there is a false alarm."""
COMPUTED = {
    "terms": "sum of terms (`dbt_project/seeds/rule_terms.csv`)",
    "conditions": "condition (`dbt_project/macros/rule_conditions.sql`)",
    "not_built": "not built",
}

HEAD = """# Rules

What reports are held against. This page is made from the data by `make rules`; a test holds it equal.

| what | where |
|---|---|
| every rule: version, kind, severity, statements, formula, source, what to do | `dbt_project/seeds/rules.csv` |
| sums of terms that must be zero, or zero at least | `dbt_project/seeds/rule_terms.csv` |
| conditions on what is known of one report | `dbt_project/macros/rule_conditions.sql` |
| what needs more than that | one dbt model each, named below |
| shares that are known to fail in the real world | `dbt_project/seeds/known_faults.csv` |
| what came of each | `marts.fct_check_result`, one row a report, rule and instance; `gongkai check` for one file |

A check has one of four outcomes: *passed*, *failed*, *not assessable* (the reason says what is missing or not
known) and *error* (it could not run). A value that is missing is never taken as 0 and never a pass. Where a rule
says nothing of a report (B06 of one with requests) there is no row. Rules of severity *info* are kept and never
mailed. Of X01, X02, B08, B09 and A05 what cannot be assessed stands in `mart_division_check` and `mart_peer_check`
only.

`gongkai rules list` and `gongkai rules show ID` print the same; a rule whose meaning changes gets a new version.
"""


def find_rule(rule_id: str) -> Rule:
    """The rule of that name, in whatever case. Raises InputError when there is none."""
    found = {rule.rule_id: rule for rule in rules()}.get(rule_id.strip().upper())
    if found is None:
        raise InputError(f"There is no rule {rule_id!r}; `gongkai rules list` names them all.")
    return found


def as_data(rule: Rule) -> dict[str, Any]:
    """A rule as JSON has it: the registry's columns, its conditions, known faults and proof."""
    return {
        **dataclasses.asdict(rule),
        "conditions": _conditions().get(rule.rule_id, []),
        "known_faults": [dataclasses.asdict(fault) for fault in _faults(rule)],
        "proof": [row for row in proof() if row["rule_id"] == rule.rule_id],
    }


def list_in_words(listed: Sequence[Rule]) -> str:
    """One line a rule, for a terminal."""
    rows = [("rule", "severity", "kind", "statement"), *((r.rule_id, r.severity, _kind(r), _of(r)) for r in listed)]
    return "\n".join(table(rows)) + "\n"


def rule_in_words(rule: Rule) -> str:
    """All that is known of a rule, for a terminal."""
    lines = [f"{rule.rule_id}  {rule.statement_zh}", f"     {rule.statement_en}", ""]
    lines += [f"  {name:<12} {text}" for name, text in _facts(rule) if text]
    return "\n".join(lines) + "\n"


@cache
def proof() -> tuple[Mapping[str, str], ...]:
    """Rows of the last mutation bench."""
    if not PROOF.is_file():
        return ()
    with PROOF.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD, "## List\n", "\n".join(_list_table()), "\n## Rule by rule\n"]
    parts += [_section(rule) for rule in rules()]
    parts += ["## Proof\n", _proof_text()]
    return "\n".join(parts).rstrip() + "\n"


def _list_table() -> list[str]:
    lines = ["| rule | severity | kind | 规则 | rule in English |", "|---|---|---|---|---|"]
    return (
        lines
        + [
            f"| {r.rule_id}{'*' if r.computed_by == 'not_built' else ''} | {r.severity} | {_kind(r)} |"
            f" {r.statement_zh} | {r.statement_en} |"
            for r in rules()
        ]
        + (["", "\\* not built yet; the reason stands below."] if any(r.not_built_reason for r in rules()) else [])
    )


def _section(rule: Rule) -> str:
    lines = [f"### {rule.rule_id} {rule.statement_zh}", "", f"{rule.statement_en}.", ""]
    lines += [f"- {name}: {text}" for name, text in _facts(rule) if text]
    return "\n".join(lines) + "\n"


def _facts(rule: Rule) -> list[tuple[str, str]]:
    conditions = _conditions().get(rule.rule_id, [])
    watched = "; ".join(dict.fromkeys(f"{c['applies']} => {c['holds']}" for c in conditions[:1]))
    faults = "; ".join(_fault_in_words(fault) for fault in _faults(rule))
    return [
        ("version", f"{rule.rule_version}, {rule.severity}, {_kind(rule)}"),
        ("computed", COMPUTED.get(rule.computed_by, f"model `{rule.computed_by}`")),
        ("not built", rule.not_built_reason),
        ("formula", rule.formula),
        ("condition", f"`{watched}`" if watched else ""),
        ("looks at", rule.cells),
        ("source", rule.source),
        ("处理建议", rule.advice_zh),
        ("what to do", rule.advice_en),
        ("known faults", faults),
    ]


def _fault_in_words(fault: KnownFault) -> str:
    until = fault.last_report_year or "now"
    return (
        f"{fault.first_report_year} to {until} up to {100 * fault.tolerated_share:g} % ({fault.reason} {fault.note})"
    )


def _faults(rule: Rule) -> list[KnownFault]:
    return [fault for fault in known_faults() if fault.rule_id == rule.rule_id]


def _kind(rule: Rule) -> str:
    return rule.rule_kind.replace("_", "-")


def _of(rule: Rule) -> str:
    return f"{rule.statement_zh}{' (not built)' if rule.computed_by == 'not_built' else ''}"


@cache
def _conditions() -> dict[str, list[dict[str, Any]]]:
    from flows.quality.models import macro

    names = ("instance_key", "needs", "applies", "holds", "evidence")
    found: dict[str, list[dict[str, Any]]] = {}
    for rule_id, *condition in macro("rule_conditions"):
        found.setdefault(rule_id, []).append(dict(zip(names, condition, strict=True)))
    return found


def _proof_text() -> str:
    rows = proof()
    if not rows:
        return "`make mutations` has not been run.\n"
    clean = {row["rule_id"]: row for row in rows if row["fault"] == CLEAN}
    seeded = [row for row in rows if row["fault"] != CLEAN]
    lines = [
        "`make mutations` seeds typed faults into clean reports, builds the marts of all of them at once and",
        "counts, for each rule, how many of the reports with a fault it found and how many clean ones it blamed.",
        "Real figures are those of the sample's reports that bodies published; all others are made up: bodies",
        "without any request, small ones, large cities.",
        "",
        "False alarms on clean reports:",
        "",
        "| rule | severity | checks | failed | share |",
        "|---|---|---|---|---|",
        *(
            f"| {rule.rule_id} | {rule.severity} | {row['seeded']} | {row['found']} | {_share(row)} |"
            for rule in rules()
            if (row := clean.get(rule.rule_id))
        ),
        "",
        "Found, of the reports that a fault was seeded into and that the rule speaks of:",
        "",
        "| fault | rule | seeded | found | recall |",
        "|---|---|---|---|---|",
        *(f"| {_words(r['fault'])} | {r['rule_id']} | {r['seeded']} | {r['found']} | {_share(r)} |" for r in seeded),
        "",
        f"No fault is seeded for {_not_seeded(seeded)}: they need tables of 2019 or a complete roster, which the",
        "made reports do not have; given and expected rows of their models prove them.",
    ]
    return "\n".join(lines) + "\n"


def _not_seeded(seeded: Iterable[Mapping[str, str]]) -> str:
    with_fault = {row["rule_id"] for row in seeded}
    return ", ".join(rule.rule_id for rule in rules() if rule.rule_id not in with_fault)


def _words(fault: str) -> str:
    return fault.replace("_", " ")


def _share(row: Mapping[str, str]) -> str:
    count = int(row["seeded"])
    return f"{100 * int(row['found']) / count:.1f} %" if count else ""


def main(arguments: Iterable[str]) -> None:
    """Write the page to the file that is named."""
    (target,) = arguments
    Path(target).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
