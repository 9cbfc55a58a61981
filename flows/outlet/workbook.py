"""Marts as an Excel workbook: numbers as numbers, dates as dates, text as text whatever it begins with."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.outlet.plain import as_json
from flows.progress import say
from flows.unfinished import folder_beside

if TYPE_CHECKING:
    import duckdb
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from flows.outlet.selection import Selection

SHEET_ROWS = 1_048_576
"""Rows of a sheet, its head among them."""
CELL_CHARACTERS = 32_767
EXACT_DIGITS = 15
"""Excel keeps so many digits of a number; one with more is written as text."""
ROWS_AT_ONCE = 5_000
COLUMN_WIDTH, WIDEST_COLUMN = 10, 60
EPOCH = dt.date(1900, 3, 1)
"""Excel takes 1900 for a leap year, so earlier days are written as text."""
CODEBOOK = "codebook"
CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
"""Stated in every workbook, so that the same marts give the same bytes."""


def write_workbook(
    connection: duckdb.DuckDBPyConnection, target: Path, selections: Sequence[Selection], *, is_forced: bool = False
) -> dict[str, int]:
    """Write one sheet a mart and one that describes every column; returns the rows of each mart.

    The head is frozen and filters the rows. Times are UTC. Lists and structs are JSON. A text that Excel cannot hold
    is cut and ends in `…`. The file is written beside its place and renamed.

    Raises InputError when the file is there and may not be replaced, or a mart has more rows than a sheet.
    """
    if target.suffix.lower() != ".xlsx":
        raise InputError(f"{target}: an Excel workbook's name ends in .xlsx; write {target.stem}.xlsx.")
    if target.exists() and not is_forced:
        raise InputError(f"{target} is there already: name another file, or add --force to replace it.")
    sizes = {one.mart.name: _row_count(connection, one) for one in selections}
    for name, size in sizes.items():
        if size >= SHEET_ROWS:
            raise InputError(
                f"{name} has {size:,} rows here and a sheet of Excel holds {SHEET_ROWS - 1:,} below its head: take "
                "fewer with --division or --years, or use `gongkai release` or `gongkai sql --format csv`."
            )
    with folder_beside(target) as folder:
        unfinished = folder / target.name
        _write(connection, unfinished, selections, folder)
        unfinished.replace(target)
    return sizes


def _row_count(connection: duckdb.DuckDBPyConnection, one: Selection) -> int:
    (size,) = connection.execute(f"select count(*) from ({one.query})", one.parameters).fetchone() or (0,)  # noqa: S608
    return int(size)


def _write(
    connection: duckdb.DuckDBPyConnection, target: Path, selections: Sequence[Selection], scratch: Path
) -> None:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "tmpdir": str(scratch),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(target), options) as workbook:
        workbook.set_properties({"title": "gongkai", "created": CREATED})
        formats = cell_formats(workbook)
        for one in selections:
            say(f"export: {one.mart.name}")
            sheet = workbook.add_worksheet(one.mart.name[:31])
            result = connection.execute(one.query, one.parameters)
            kinds = [str(column[1]) for column in result.description]
            write_head(
                sheet, one.mart.column_names, [_width(name, kind) for name, kind in _with(one, kinds)], formats
            )
            row_number = 0
            while some := result.fetchmany(ROWS_AT_ONCE):
                for row in some:
                    row_number += 1
                    for column_number, value in enumerate(row):
                        write_cell(sheet, row_number, column_number, value, formats)
            sheet.autofilter(0, 0, row_number, len(kinds) - 1)
        _codebook(workbook, selections, formats)


def write_cell(sheet: Worksheet, row: int, column: int, value: Any, formats: dict[str, Format]) -> None:  # noqa: ANN401
    """Write a value by its own type; never as a formula, a link, or a number that it is not."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | Decimal | float) and _is_exact(value):
        sheet.write_number(row, column, int(value) if value == int(value) else value)
    elif isinstance(value, dt.datetime):
        sheet.write_datetime(row, column, value.astimezone(dt.UTC).replace(tzinfo=None), formats["time"])
    elif isinstance(value, dt.date) and value >= EPOCH:
        sheet.write_datetime(row, column, value, formats["date"])
    else:
        sheet.write_string(row, column, _text(value))


def _is_exact(value: int | Decimal | float) -> bool:
    """Whether Excel keeps all of a number; a double it keeps as near as it shows doubles."""
    if isinstance(value, float):
        return math.isfinite(value)
    exact = Decimal(value)
    return exact.is_finite() and len(exact.normalize().as_tuple().digits) <= EXACT_DIGITS


def _text(value: Any) -> str:  # noqa: ANN401
    text = as_json(value) if isinstance(value, list | dict) else str(value)
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"


def cell_formats(workbook: Workbook) -> dict[str, Format]:
    """The formats that `write_cell` and `write_head` use."""
    return {
        "head": workbook.add_format({"bold": True, "bottom": 1}),
        "date": workbook.add_format({"num_format": "yyyy-mm-dd"}),
        "time": workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "wrapped": workbook.add_format({"text_wrap": True, "valign": "top"}),
    }


def write_head(sheet: Worksheet, names: Sequence[str], widths: Sequence[int], formats: dict[str, Format]) -> None:
    """Write the head, which stays in sight; widths are in characters."""
    sheet.freeze_panes(1, 0)
    for number, (name, width) in enumerate(zip(names, widths, strict=True)):
        sheet.set_column(number, number, width)
        sheet.write_string(0, number, name, formats["head"])


def _with(one: Selection, kinds: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(one.mart.column_names, kinds, strict=True))


def _width(name: str, kind: str) -> int:
    texts: Callable[[str], bool] = kind.upper().startswith
    least = 22 if texts("VARCHAR") or texts("STRING") or texts("TIMESTAMP") else COLUMN_WIDTH
    return min(max(least, len(name) + 3), WIDEST_COLUMN)


def _codebook(workbook: Workbook, selections: Sequence[Selection], formats: dict[str, Format]) -> None:
    """The last sheet: what each mart has a row for, and what each column holds."""
    sheet = workbook.add_worksheet(CODEBOOK)
    write_head(sheet, ("mart", "column", "type", "description"), (26, 36, 16, 100), formats)
    lines = [
        line
        for one in selections
        for line in (
            (one.mart.name, "", "", one.mart.description),
            *((one.mart.name, column.name, column.data_type, column.description) for column in one.mart.columns),
        )
    ]
    for number, line in enumerate(lines, 1):
        for column, text in enumerate(line):
            sheet.write_string(number, column, text, formats["wrapped"])
    sheet.autofilter(0, 0, len(lines), 3)
