"""Single reports whose addresses are known though the column that lists them is not: places to look for a column."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

from flows.errors import InputError

FILE_NAME = "known_reports.csv"


@dataclasses.dataclass(frozen=True, slots=True)
class KnownReport:
    """One line of the file; what is not known is empty."""

    report_url: str
    division_code: str
    published_by: str
    """The body, or the place whose government it is."""
    report_year: str
    family: str
    dated: str
    """Date of publication, or on which the address was seen; a year or a month where no more is known."""


def known_reports(registry: Path) -> list[KnownReport]:
    """The known reports of a registry; none when it has no such file.

    Raises:
        InputError: the file is no CSV in UTF-8, or does not have the columns that it should have.
    """
    path = registry / FILE_NAME
    if not path.is_file():
        return []
    try:
        return _read(path)
    except (UnicodeDecodeError, csv.Error) as fault:
        raise InputError(f"{path}: no CSV in UTF-8 ({fault}); save it as one.") from fault
    except OSError as fault:
        raise InputError(f"{path}: cannot be read ({fault.strerror}): make it readable.") from fault


def _read(path: Path) -> list[KnownReport]:
    head = [field.name for field in dataclasses.fields(KnownReport)]
    found = []
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        if next(rows, None) != head:
            raise InputError(f"{path}: the first line must be {','.join(head)}; correct it.")
        for row in rows:
            if len(row) != len(head):
                raise InputError(
                    f"{path}, line {rows.line_num}: {len(row)} fields instead of {len(head)}; correct the line."
                )
            found.append(KnownReport(*row))
    return found
