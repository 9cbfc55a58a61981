"""Corrections of our own reading, each an explicit decision: `<home>/corrections.jsonl`.

What a body published is never changed. But where the reader took a cell wrongly, the second reading of the same
document takes the value with which the balances hold (`error_owner` reader in `fct_cell_proposal`), and a person has
looked at the document, that value may stand in the place of the read one. The decision is one line, only ever added,
beside the archive, so that a warehouse that is built anew has it too; a later line withdraws it. It is staged and
loaded like any other record, and `stg_raw__cell` is the only place that applies it.

A decision holds for the cell as it was read then: when a later version of the reader takes another text, it lapses.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.records import Correction

if TYPE_CHECKING:
    import duckdb

NAME = "corrections.jsonl"
WORDS_MOST = 1000
"""Characters of a name or a reason."""
_PROPOSED = """
    select distinct
        proposals.report_id, proposals.proposed_value, proposals.error_owner, cells.raw_text, cells.printed,
        cells.read_value, cells.second_value
    from marts.fct_cell_proposal as proposals
    inner join marts.fct_cell as cells using (report_id, table_key, row_key, column_key)
    where proposals.body_id = $1 and proposals.report_year = $2 and proposals.cell_report_year = $2
        and (proposals.table_key, proposals.row_key, proposals.column_key) = ($3, $4, $5)
        and proposals.proposed_value is not null
"""
CellKey = tuple[str, str, str]


def read_decisions(home: Path) -> list[Correction]:
    """Every decision, oldest first.

    Raises InputError naming the line when one is none: what people decided is not passed over.
    """
    path = home / NAME
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [_from_line(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def standing(home: Path) -> list[Correction]:
    """The last decision on each cell, those that withdraw one among them, by report and cell."""
    last = {(one.report_id, one.table_key, one.row_key, one.column_key): one for one in read_decisions(home)}
    return [last[key] for key in sorted(last)]


def apply(
    connection: duckdb.DuckDBPyConnection,
    home: Path,
    body_id: str,
    report_year: int,
    cell: CellKey,
    *,
    decided_by: str,
    reason: str,
    now: dt.datetime,
) -> Correction:
    """Decide that the proposed value stands in the place of what the reader took; `connection` is to the marts.

    Raises InputError where no error of the reader is proposed for the cell: what the document says stands.
    """
    found = connection.execute(_PROPOSED, [body_id, report_year, *cell]).fetchall()
    named = f"{'/'.join(cell)} of {body_id} for {report_year}"
    if not found:
        raise InputError(
            f"No value is proposed for {named}; `gongkai corrections list` names the cells that have one."
        )
    owners = {row[2] for row in found}
    if owners != {"reader"}:
        raise InputError(
            f"What is proposed for {named} is not the reader's error, as the second reading does not take it: what a "
            "body published is not changed. Acknowledge the finding instead."
        )
    if len({row[1] for row in found}) > 1:
        raise InputError(f"Several values are proposed for {named}; look at the document and its other cells first.")
    report_id, value, _, raw_text, _, read_value, _ = found[0]
    decision = Correction(
        *(report_id, *cell, raw_text),
        read_value=read_value,
        value=value,
        decided_by=_words(decided_by, "name"),
        reason=_words(reason, "reason"),
        decided_at=now,
        is_withdrawn=False,
    )
    _append(home, decision)
    return decision


def withdraw(
    home: Path, report_id: str, cell: CellKey, *, decided_by: str, reason: str, now: dt.datetime
) -> Correction:
    """Take a decision back. Raises InputError when none stands for the cell."""
    for one in standing(home):
        if (one.report_id, one.table_key, one.row_key, one.column_key) == (report_id, *cell) and not one.is_withdrawn:
            decision = dataclasses.replace(
                one,
                decided_by=_words(decided_by, "name"),
                reason=_words(reason, "reason"),
                decided_at=now,
                is_withdrawn=True,
            )
            _append(home, decision)
            return decision
    raise InputError(f"No correction of {'/'.join(cell)} stands; `gongkai corrections list` names those that do.")


def proposed_by_second_reading(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The cells for which the reader's error is proposed, by body and year."""
    result = connection.execute(
        """
        select distinct body_id, report_year, table_key, row_key, column_key, printed, proposed_value, second_value
        from marts.fct_cell_proposal
        where error_owner = 'reader' and report_year = cell_report_year and proposed_value is not null
        order by all
        """
    )
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def as_line(decision: Correction) -> str:
    """One line of the journal, without its end."""
    fields = dataclasses.asdict(decision)
    fields |= {name: None if fields[name] is None else f"{fields[name]:f}" for name in ("read_value", "value")}
    return json.dumps(fields | {"decided_at": decision.decided_at.isoformat()}, ensure_ascii=False)


def _append(home: Path, decision: Correction) -> None:
    """On the disk when it returns; a line that was torn before is ended first."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / NAME
    is_torn = path.is_file() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(descriptor, (("\n" if is_torn else "") + as_line(decision) + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _from_line(path: Path, number: int, line: str) -> Correction:
    try:
        fields: Mapping[str, Any] = json.loads(line)
        read_value = fields["read_value"]
        return Correction(
            **{
                **fields,
                "read_value": None if read_value is None else Decimal(read_value),
                "value": Decimal(fields["value"]),
                "decided_at": dt.datetime.fromisoformat(fields["decided_at"]),
            }
        )
    except (ValueError, ArithmeticError, TypeError, KeyError) as fault:
        raise InputError(
            f"Line {number} of {path} is no decision ({fault}); mend or delete the line, as nothing is guessed here."
        ) from fault


def _words(text: str, what: str) -> str:
    words = " ".join(text.split())
    if not words or len(words) > WORDS_MOST:
        raise InputError(f"The {what} must have between 1 and {WORDS_MOST} characters.")
    return words
