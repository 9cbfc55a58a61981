"""The walk back: from a value of a mart to figures, cells, versions, documents, archived answers and addresses."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.archive.exchange import ArchiveError, sha256
from flows.archive.reader import read_answer
from flows.errors import InputError
from flows.outlet.bodies import Body, find_body
from flows.outlet.copy import rows
from flows.outlet.metrics import YEAR_BEFORE, Metric, all_metrics, find_metric
from flows.outlet.page import in_printed_order

if TYPE_CHECKING:
    import duckdb


@dataclasses.dataclass(frozen=True, slots=True)
class Term:
    """One cell of a figure, with the sign that it is taken with."""

    coefficient: int
    cell: dict[str, Any]
    """Its row of `marts.fct_cell`, with its labels."""


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One figure of `marts.mart_body_year` and the cells that it is the sum of."""

    figure_key: str
    report_year: int
    value: Decimal | None
    """As the mart has it."""
    terms: list[Term]
    is_the_sum: bool | None
    """Whether its cells sum to it; None where a cell has no value, and the figure none either."""


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """The version of a report that cells were read from, and what the archive says of its document."""

    report: dict[str, Any]
    """Its row of `marts.fct_report`."""
    answered_by: str | None
    """Address in the archived record."""
    payload_bytes: int | None
    fault: str | None
    """Why the archive does not prove it; None when the payload was read and has the sha-256 of the mart."""


@dataclasses.dataclass(frozen=True, slots=True)
class Trace:
    """One value, and what it stands on, step by step."""

    body: Body
    report_year: int
    asked: str
    metric: Metric | None
    value: Any
    """The value asked for: of the metric, of the figure, or of the cell."""
    figures: list[Figure]
    cell: dict[str, Any] | None
    """The cell itself, when a cell was asked for."""
    goes_into: list[str]
    """Figures and metrics that a cell goes into, columns of `marts.mart_body_year`."""
    sources: list[Source]

    @property
    def faults(self) -> list[str]:
        """What of the way back does not hold, one sentence each."""
        odd = [
            f"{figure.figure_key} of {figure.report_year} is {figure.value}, which is not the sum of its cells."
            for figure in self.figures
            if figure.is_the_sum is False
        ]
        return odd + [source.fault for source in self.sources if source.fault]


def trace(
    connection: duckdb.DuckDBPyConnection,
    body_text: str,
    report_year: int,
    asked: str,
    *,
    archive: Path,
    max_bytes: int,
) -> Trace:
    """Walk a metric, a figure or a cell (`table,row,column`) of a body's current report back to the archive.

    Every document's archived payload is read and its sha-256 held against that of the mart.
    Raises InputError when the body or what was asked for is not one, or there is no report for the year.
    """
    body = find_body(connection, body_text)
    found = rows(
        connection,
        "select * from marts.mart_body_year where body_id = ? and report_year = ?",
        [body.body_id, report_year],
    )
    if not found:
        raise InputError(
            f"{body.in_words} has no report for {report_year}; `gongkai show` says which years there are."
        )
    walk = _Walk(connection, body.body_id, report_year, found[0])
    key = tuple(part.strip() for part in asked.replace("/", ",").split(","))
    metric = cell = None
    figures: list[Figure] = []
    goes_into: list[str] = []
    if len(key) == 3:
        cell = walk.cell(key)
        value = cell["value"]
        goes_into = walk.goes_into(key)
    elif asked in walk.figure_keys():
        figures = [walk.figure(asked)]
        value = figures[0].value
    else:
        metric = _metric(connection, asked, walk)
        value = walk.body_year.get(metric.metric_key)
        figures = [walk.figure(name) for name in metric.figure_keys]
    cells = [cell] if cell else [term.cell for figure in figures for term in figure.terms]
    report_ids = list(dict.fromkeys(one["report_id"] for one in cells))
    sources = [_source(report, archive, max_bytes) for report in walk.reports(report_ids)]
    return Trace(body, report_year, asked, metric, value, figures, cell, goes_into, sources)


class _Walk:
    """The rows that one body and year stand on, asked for once."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, body_id: str, report_year: int, body_year: dict[str, Any]
    ) -> None:
        self._connection = connection
        self._body_id = body_id
        self._report_year = report_year
        self.body_year = body_year
        self._terms = rows(connection, "select * from seeds.figure_cells")
        self._cells: dict[int, dict[tuple[str, ...], dict[str, Any]]] = {}

    def figure_keys(self) -> list[str]:
        """Names of all figures."""
        return list(dict.fromkeys(term["figure_key"] for term in self._terms))

    def cell(self, key: tuple[str, ...]) -> dict[str, Any]:
        """One cell of the report; raises InputError with the keys there are when it has none of that name."""
        cells = self._of_year(self._report_year)
        if key in cells:
            return cells[key]
        table_key, row_key, _ = key
        tables = list(dict.fromkeys(name for name, _, _ in cells))
        rows_of = list(dict.fromkeys(row for name, row, _ in cells if name == table_key))
        columns_of = [column for name, row, column in cells if (name, row) == (table_key, row_key)]
        what, there = (
            ("table", tables)
            if table_key not in tables
            else (f"row of {table_key}", rows_of)
            if row_key not in rows_of
            else (f"column of {table_key},{row_key}", columns_of)
        )
        wrong = key[0] if what == "table" else key[1] if what.startswith("row") else key[2]
        raise InputError(f"There is no {what} {wrong}; there are {', '.join(there)}.")

    def figure(self, figure_key: str) -> Figure:
        """A figure with its cells, in the report of the year before when its name says so."""
        is_before = figure_key.endswith(YEAR_BEFORE)
        year = self._report_year - is_before
        cells = self._of_year(year)
        value = self.body_year.get(figure_key)
        terms = [
            Term(int(term["coefficient"]), cells[key])
            for term in self._terms
            if term["figure_key"] == figure_key.removesuffix(YEAR_BEFORE)
            and (key := (term["table_key"], term["row_key"], term["column_key"])) in cells
        ]
        values = [term.cell["value"] for term in terms]
        total = (
            sum((term.coefficient * term.cell["value"] for term in terms), Decimal(0)) if all_there(values) else None
        )
        is_the_sum = None if value is None and total is None else value is not None and total == value
        # a figure of other scope, of another format or that is not whole is left NULL although its cells have values
        return Figure(figure_key, year, value, terms, None if value is None else is_the_sum)

    def goes_into(self, key: tuple[str, ...]) -> list[str]:
        """Figures that a cell is a term of, and metrics that those figures are in."""
        figures = [
            term["figure_key"]
            for term in self._terms
            if (term["table_key"], term["row_key"], term["column_key"]) == key
        ]
        metrics = [
            metric.metric_key for metric in all_metrics(self._connection) if set(figures) & set(metric.figure_keys)
        ]
        return list(dict.fromkeys([*figures, *metrics]))

    def reports(self, report_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The versions of reports, in that order."""
        return rows(
            self._connection,
            "select * from marts.fct_report where list_contains($1, report_id) order by list_position($1, report_id)",
            [list(report_ids)],
        )

    def _of_year(self, year: int) -> dict[tuple[str, ...], dict[str, Any]]:
        if year not in self._cells:
            found = rows(
                self._connection,
                "select cell.* from marts.fct_cell as cell inner join marts.fct_report as report using (report_id)"
                " where report.is_current and report.body_id = ? and report.report_year = ?",
                [self._body_id, year],
            )
            self._cells[year] = {
                (cell["table_key"], cell["row_key"], cell["column_key"]): cell for cell in in_printed_order(found)
            }
        return self._cells[year]


def all_there(values: Sequence[Any]) -> bool:
    """Whether there are values and none is missing."""
    return bool(values) and all(value is not None for value in values)


def _metric(connection: duckdb.DuckDBPyConnection, asked: str, walk: _Walk) -> Metric:
    try:
        return find_metric(connection, asked)
    except InputError as fault:
        raise InputError(
            f"{fault} A figure is named as its column ({', '.join(walk.figure_keys()[:3])}, ...), a cell by table, "
            "row and column (requests,new_received,total)."
        ) from fault


def _source(report: dict[str, Any], archive: Path, max_bytes: int) -> Source:
    try:
        answer = read_answer(archive, report["warc_file"], report["warc_offset"], max_bytes)
    except ArchiveError as fault:
        return Source(report, None, None, str(fault))
    size = len(answer.payload)
    if sha256(answer.payload) != report["payload_sha256"]:
        place = f"{archive / report['warc_file']} at byte {report['warc_offset']}"
        sentence = f"{place} holds another document than the marts were made from: they are of another archive."
        return Source(report, answer.url, size, sentence)
    return Source(report, answer.url, size, None)
