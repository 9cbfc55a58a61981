"""Whose fault a failed balance is. The rule is the dbt macro `verdict`; here DuckDB evaluates it for one file.

It is SQL because the marts need it for every report at once; a second wording in Python could come to differ from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from flows.paths import DBT_PROJECT

MACRO = DBT_PROJECT / "macros" / "verdict.sql"


@dataclasses.dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict goes by: the arguments of the macro."""

    outcome: str
    cell_count: int
    """Cells of the balance."""
    agreed_count: int
    """Those of which both readings take the same."""
    disagreed_count: int
    second_missing_count: int
    """Those without a value when the second reading's is taken wherever the readings disagree."""
    second_sum: Decimal
    """Sum of the terms with these values."""


def verdicts(found: Sequence[Evidence]) -> list[str | None]:
    """The verdict of each: publisher, reader, undecided, or None where nothing failed."""
    import duckdb

    with duckdb.connect() as connection:
        rows = (connection.execute(_query(), dataclasses.asdict(evidence)).fetchone() for evidence in found)
        return [row[0] if row else None for row in rows]


@cache
def _query() -> str:
    import jinja2

    macro = jinja2.Template(MACRO.read_text(encoding="utf-8")).module
    names = [field.name for field in dataclasses.fields(Evidence)]
    expression = macro.verdict(**{name: f"${name}" for name in names})  # type: ignore[attr-defined]
    return f"select {expression}"
