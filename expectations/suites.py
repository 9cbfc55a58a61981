"""The expectations as data: `suites/*.yaml` and the balance rules, expanded to one record each.

Every expectation is three pieces of SQL over one mart: its *instances* (a query over `this`, the mart), which of them
are *assessable*, and which of those are *unexpected*. Counts of what was looked at come from the first two, so that
"nothing to look at" is never taken for a pass. Kinds that Great Expectations has itself carry their arguments too.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.errors import InputError
from flows.formats import KnownFault, Rule, known_faults, rules
from flows.records import CellKind, Outcome

SUITES = Path(__file__).parent / "suites"
ALL_ROWS = "select * from this"
ASSESSED = f"outcome in ('{Outcome.PASSED}', '{Outcome.FAILED}')"

Kind = Literal["not_null", "in_set", "between", "unique", "reference", "rows"]
Severity = Literal["error", "warning", "info"]
FaultOwner = Literal["pipeline", "publisher"]

ENUMERATIONS: dict[str, tuple[str, ...]] = {"CellKind": tuple(CellKind), "Outcome": tuple(Outcome)}
"""Value sets that `values_of` may name: those of `flows.records`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation over one mart."""

    expectation_id: str
    suite: str
    kind: Kind
    mart: str
    statement: str
    severity: Severity
    fault_owner: FaultOwner
    rule_id: str | None = None
    columns: tuple[str, ...] = ()
    per: tuple[str, ...] = ()
    """Of unique columns those under which the others take few values: a report, of which each has the same cells."""
    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    instances: str = ALL_ROWS
    """Query over `this` (the mart) that gives one row an instance."""
    assessable: str = "true"
    unexpected: str | None = None
    """Predicate over an instance; None for the kinds that Great Expectations evaluates itself. NULL is unexpected."""
    reason: str | None = None
    """Text expression over an instance that is not assessable: why."""


class _Declared(BaseModel):
    """One entry of a suite's YAML. `columns` gives one expectation a column, except for `unique`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    mart: str = Field(pattern=r"^[a-z_]+$")
    columns: tuple[str, ...] = ()
    per: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    values_of: Literal["CellKind", "Outcome"] | None = None
    minimum: int | None = None
    maximum: int | None = None
    to: str | None = None
    name: str | None = Field(default=None, pattern=r"^[a-z0-9_]+$")
    statement: str | None = None
    instances: str = ALL_ROWS
    assessable: str = "true"
    unexpected: str | None = None
    severity: Severity | None = None
    fault_owner: FaultOwner | None = None


class _Suite(BaseModel):
    """One YAML file; its name is the suite's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    severity: Severity
    fault_owner: FaultOwner
    expectations: tuple[_Declared, ...]


def expectations(*, as_of: dt.date, folder: Path = SUITES) -> tuple[Expectation, ...]:
    """All expectations, ordered by suite and mart; `$as_of` in their SQL becomes a date literal.

    Raises InputError when a suite's YAML cannot be read or two expectations have one name.
    """
    found = [e for path in sorted(folder.glob("*.yaml")) for e in _from_file(path, as_of)]
    found += [_of_rule(rule) for rule in rules() if rule.computed_by != "not_built"]
    found.sort(key=lambda e: (e.suite, e.mart))
    names = [e.expectation_id for e in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"Two expectations in {folder} are called {twice[0]}; give one of them a `name` of its own.")
    return tuple(found)


def _from_file(path: Path, as_of: dt.date) -> Iterator[Expectation]:
    try:
        declared = _Suite.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as fault:
        raise InputError(f"The suite {path} cannot be used: {_first_line(fault)}.") from fault
    for entry in declared.expectations:
        missing = _missing(entry)
        if missing:
            raise InputError(
                f"The suite {path} has an expectation of kind {entry.kind} on {entry.mart} without {missing}."
            )
        for columns in _column_groups(entry):
            yield _expectation(path, declared, entry, columns, as_of)


def _column_groups(entry: _Declared) -> Iterable[tuple[str, ...]]:
    if entry.kind in {"unique", "rows"}:
        return (entry.columns,)
    return ((column,) for column in entry.columns)


def _expectation(
    path: Path, suite: _Suite, entry: _Declared, columns: tuple[str, ...], as_of: dt.date
) -> Expectation:
    def dated(sql: str) -> str:
        try:
            return Template(sql).substitute(as_of=f"date '{as_of.isoformat()}'")
        except (KeyError, ValueError) as fault:
            raise InputError(
                f"The suite {path} has a `$` in {entry.name or entry.kind} on {entry.mart}; only $as_of is known."
            ) from fault

    values = ENUMERATIONS[entry.values_of] if entry.values_of else entry.values
    parts = [path.stem, entry.mart, *columns, entry.name or entry.kind]
    unexpected = entry.unexpected
    if entry.kind == "reference":
        unexpected = (
            f"not exists (select 1 from {entry.to} as named where named.{columns[0]} = instances.{columns[0]})"
        )
    return Expectation(
        expectation_id=".".join(parts),
        suite=path.stem,
        kind=entry.kind,
        mart=entry.mart,
        statement=entry.statement or _statement(entry, columns, values),
        severity=entry.severity or suite.severity,
        fault_owner=entry.fault_owner or suite.fault_owner,
        columns=columns,
        per=entry.per,
        values=values,
        minimum=entry.minimum,
        maximum=entry.maximum,
        instances=dated(entry.instances),
        assessable=f"{columns[0]} is not null"
        if entry.kind in {"in_set", "between", "reference"}
        else entry.assessable,
        unexpected=None if unexpected is None else dated(unexpected),
    )


def _missing(entry: _Declared) -> str | None:
    """Name of what an entry of this kind needs and does not have."""
    needs: dict[str, bool] = {
        "columns": entry.kind != "rows" and not entry.columns,
        "values or values_of": entry.kind == "in_set" and not (entry.values or entry.values_of),
        "minimum or maximum": entry.kind == "between" and entry.minimum is None and entry.maximum is None,
        "to": entry.kind == "reference" and entry.to is None,
        "name": entry.kind == "rows" and entry.name is None,
        "statement": entry.kind == "rows" and entry.statement is None,
        "unexpected": entry.kind == "rows" and entry.unexpected is None,
    }
    return next((name for name, is_missing in needs.items() if is_missing), None)


def _statement(entry: _Declared, columns: tuple[str, ...], values: tuple[str, ...]) -> str:
    column = columns[0]
    bounds = [
        *([] if entry.minimum is None else [f"not below {entry.minimum}"]),
        *([] if entry.maximum is None else [f"not above {entry.maximum}"]),
    ]
    statements = {
        "not_null": f"{column} is never empty.",
        "in_set": f"{column} is one of {', '.join(values)}.",
        "between": f"{column} is {' and '.join(bounds)}.",
        "unique": f"There is one row for each {', '.join(columns)}.",
        "reference": f"Every {column} is found in {entry.to}.",
    }
    return statements[entry.kind]


def _of_rule(rule: Rule) -> Expectation:
    """A rule, over its checks in `fct_check_result`. A failure is the publisher's, never ours.

    Where a share is known to fail in the real world, failures within it are expected: told, but not unexpected.
    """
    faults = [fault for fault in known_faults() if fault.rule_id == rule.rule_id]
    suite = "balances" if rule.computed_by == "terms" else "rules"
    tolerated = "".join(f"; up to {100 * fault.tolerated_share:g} % may fail: {fault.reason}" for fault in faults)
    return Expectation(
        expectation_id=f"{suite}.fct_check_result.{rule.rule_id}",
        suite=suite,
        kind="rows",
        mart="fct_check_result",
        statement=f"{rule.rule_id}: {rule.statement_en} ({rule.statement_zh}){tolerated or '.'}",
        severity=rule.severity,  # type: ignore[arg-type]
        fault_owner="publisher",
        rule_id=rule.rule_id,
        instances=_checks_of(rule, faults),
        assessable=ASSESSED,
        unexpected=f"outcome = '{Outcome.FAILED}'" + (" and failed_share > tolerated_share" if faults else ""),
        reason="reason",
    )


def _checks_of(rule: Rule, faults: Iterable[KnownFault]) -> str:
    """The checks of a rule; with known faults also the share that failed in their year and what is tolerated."""
    cases = " ".join(
        f"when report_year between {fault.first_report_year} and {fault.last_report_year or 9999}"
        f" then {fault.tolerated_share}"
        for fault in faults
    )
    if not cases:
        return f"select * from this where rule_id = '{rule.rule_id}'"
    failed = f"avg(cast(outcome = '{Outcome.FAILED}' as integer)) filter (where {ASSESSED})"
    return (
        f"select *, {failed} over (partition by report_year) as failed_share,"
        f" case {cases} else 0 end as tolerated_share from this where rule_id = '{rule.rule_id}'"
    )


def _first_line(fault: Exception) -> str:
    if isinstance(fault, ValidationError):
        first: Any = fault.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return " ".join(str(fault).split())
