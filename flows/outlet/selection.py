"""Which marts, and which of their rows, a reader takes away: by name, division and report year."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.errors import InputError
from flows.outlet.catalog import Mart, mart, marts
from flows.outlet.copy import rows, tables

if TYPE_CHECKING:
    import duckdb

BELOW = """
with recursive below as (
    select division_code from marts.dim_division where division_code = $division
    union
    select division.division_code
    from marts.dim_division as division
    inner join below on division.parent_division_code = below.division_code
)
"""
"""The division and all below it."""
PLACES = {
    "division_code": "division_code in (from below)",
    "body_id": "body_id in (select body_id from marts.dim_body where division_code in (from below))",
    "report_id": "report_id in (select report_id from marts.fct_report where division_code in (from below))",
}
"""How the rows of a mart are limited to a division, by the column that it has; the first that fits."""
BY_THEMSELVES = "mart_"
"""Marts that are taken when none is named: those that people read, not the facts they are made of."""


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Rows of one mart in the order of its key."""

    mart: Mart
    query: str
    parameters: dict[str, object]


def selected(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str] = (),
    division_text: str | None = None,
    report_years: Sequence[int] | None = None,
) -> list[Selection]:
    """The marts named, or those for people, limited to a division with all below it and to some years.

    Raises InputError when a mart is not there or cannot be limited so, or the division is not one.
    """
    division = find_division(connection, division_text) if division_text else None
    taken = [mart(name) for name in dict.fromkeys(names)] or [
        one for one in marts() if one.name.startswith(BY_THEMSELVES) and not _misfit(one, division, report_years)
    ]
    published = tables(connection, "marts")
    for one in taken:
        misfit = _misfit(one, division, report_years)
        if misfit:
            raise InputError(f"{one.name} has no {misfit}: leave out --{misfit}, or the mart.")
        if list(published.get(one.name, ())) != list(one.column_names):
            raise InputError(
                f"The published copy has {one.name} not as this version of gongkai describes it: run "
                "`gongkai transform --force`, `gongkai assess` and `gongkai publish`."
            )
    return [_selection(one, division, report_years) for one in taken]


def find_division(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    """Code of the division that a text means, by code or name; raises InputError when it is not one."""
    found = rows(
        connection,
        "select division_code, division_name from marts.dim_division"
        " where division_code = $1 or division_name = $1 order by division_code",
        [text.strip()],
    )
    if len(found) == 1:
        return str(found[0]["division_code"])
    if found:
        codes = ", ".join(row["division_code"] for row in found)
        raise InputError(f'"{text}" is the name of several divisions: {codes}; write one of these codes.')
    raise InputError(f'There is no division "{text}": write its six digits of GB/T 2260 or its full name.')


def _misfit(one: Mart, division: str | None, report_years: Sequence[int] | None) -> str:
    """What a mart would have to be limited by and cannot: division or year."""
    if division and not any(column in one.column_names for column in PLACES):
        return "division"
    return "years" if report_years and "report_year" not in one.column_names else ""


def _selection(one: Mart, division: str | None, report_years: Sequence[int] | None) -> Selection:
    conditions, parameters, head = [], dict[str, object](), ""
    if division:
        head = BELOW
        parameters["division"] = division
        conditions.append(next(condition for column, condition in PLACES.items() if column in one.column_names))
    if report_years:
        parameters["report_years"] = list(report_years)
        conditions.append("list_contains($report_years, report_year)")
    where = f" where {' and '.join(conditions)}" if conditions else ""
    columns = ", ".join(f'"{name}"' for name in one.column_names)
    query = f"{head}select {columns} from marts.{one.name}{where} order by {', '.join(one.key)}"  # noqa: S608 - from the YAML
    return Selection(one, query, parameters)
