"""Queries of a reader's own on the locked copy, printed as a table, CSV or JSON, row after row."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.outlet.plain import as_json
from flows.terminal import harmless, table

if TYPE_CHECKING:
    import duckdb

ROWS_AT_ONCE = 10_000
NUMBERS = ("INT", "DECIMAL", "DOUBLE", "FLOAT")
"""Types whose columns stand to the right contain one of these words."""
CELL_WIDTH = 80
"""Characters of a value that a table shows."""


@dataclasses.dataclass(slots=True)
class Answer:
    """What a query gave: the names and types of its columns, and its rows as they are asked for."""

    names: list[str]
    types: list[str]
    rows: Iterator[tuple[Any, ...]]


def ask(connection: duckdb.DuckDBPyConnection, query: str) -> Answer | None:
    """Run a query; of several the last one answers. None when it has nothing to show.

    Raises InputError with DuckDB's own words when it cannot be run, or tries to write or to reach beyond the copy.
    """
    import duckdb

    try:
        result = connection.execute(query)
    except duckdb.Error as fault:
        raise _refused(fault) from fault
    if not result.description:
        return None
    names, types = zip(*((name, str(kind)) for name, kind, *_ in result.description), strict=True)
    return Answer(list(names), list(types), _fetched(result))


def printed(answer: Answer, output_format: str, limit: int) -> Iterator[str]:
    """Pieces of text that together show an answer; a table shows `limit` rows and says when there are more."""
    if output_format == "csv":
        yield from _as_csv(answer)
    elif output_format == "json":
        yield from _as_json(answer)
    else:
        yield _as_table(answer, limit)


def statements(lines: Iterable[str]) -> Iterator[str]:
    """The statements that lines make up: each ends with a line that ends with `;`, the last one with the lines."""
    kept: list[str] = []
    for line in lines:
        kept.append(line)
        if line.rstrip().endswith(";"):
            yield "".join(kept)
            kept = []
    if "".join(kept).strip():
        yield "".join(kept)


def _fetched(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    import duckdb

    try:
        while some := result.fetchmany(ROWS_AT_ONCE):
            yield from some
    except duckdb.Error as fault:  # most of a query runs while its rows are fetched
        raise _refused(fault) from fault


def _refused(fault: Exception) -> InputError:
    return InputError(f"The query was not run: {str(fault).rstrip()}")


def _as_csv(answer: Answer) -> Iterator[str]:
    """One line a row; NULL is an empty field, text is quoted where it must be, lists and structs are JSON."""
    yield _csv_lines([tuple(answer.names)])
    while some := list(islice(answer.rows, ROWS_AT_ONCE)):
        yield _csv_lines([tuple(map(_field, row)) for row in some])


def _csv_lines(rows: Iterable[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _field(value: Any) -> Any:  # noqa: ANN401 - any value of DuckDB
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return as_json(value) if isinstance(value, list | dict) else value


def _as_json(answer: Answer) -> Iterator[str]:
    """One array of objects, an object a line."""
    start = "[\n"
    for row in answer.rows:
        yield start + as_json(dict(zip(answer.names, row, strict=True)))
        start = ",\n"
    yield "[]\n" if start == "[\n" else "\n]\n"


def _as_table(answer: Answer, limit: int) -> str:
    shown = list(islice(answer.rows, limit))
    is_more = next(answer.rows, None) is not None
    body = [[_short(value) for value in row] for row in shown]
    right = frozenset(n for n, kind in enumerate(answer.types) if any(word in kind for word in NUMBERS))
    lines = table([answer.names, *body], right=right)
    counted = f"{len(shown)} rows" if len(shown) != 1 else "1 row"
    more = "the first of more: --limit shows more of them, --format csv all" if is_more else ""
    return harmless("\n".join([*lines, f"({counted}{', ' + more if more else ''})"]) + "\n")


def _short(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    text = " ".join(str(_field(value)).split())
    return text if len(text) <= CELL_WIDTH else text[: CELL_WIDTH - 1] + "…"
