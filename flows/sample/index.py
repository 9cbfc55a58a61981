"""What the sample holds: its reports and their figures, and the columns that list them."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from flows.errors import InputError
from flows.formats import format_cells

FOLDER = Path(__file__).resolve().parent
REPEATED = "sample-trs-990121"
"""Column whose reports the columns of `family_portals` list."""
FIGURE_HEAD = ("table", "row", "column", "value")

CellKey = tuple[str, str, str]
"""table_key, row_key, column_key."""
Figures = Mapping[CellKey, str]
"""Every cell of a generation, as printed; a blank is an empty text."""
Rendering = Literal["html", "html_word", "pdf", "docx"]
Encoding = Literal["utf-8", "gbk"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SampleDivision(_Entry):
    """An administrative division; codes 99xxxx are made up."""

    code: str
    name: str
    level: Literal["province", "city", "county"]


class SampleBody(_Entry):
    """A body that publishes reports."""

    name: str
    kind: Literal["government", "department"]


class PlantedCell(_Entry):
    """The one cell of a report that is wrong on purpose, and the rules that must notice."""

    table: str
    row: str
    column: str
    printed: str
    correct: str
    fails: tuple[str, ...]


class SampleReport(_Entry):
    """One report of the sample."""

    key: str
    body: SampleBody
    division: SampleDivision
    report_year: int
    generation: Literal["2019", "2021"] = "2021"
    title: str
    published_on: dt.date
    portal: str
    rendering: Rendering
    encoding: Encoding = "utf-8"
    blank_mark: str = ""
    source: str | None
    """Where the figures come from; None when body and figures are made up."""
    planted: PlantedCell | None = None


class OtherEntry(_Entry):
    """A row of a column that is no report."""

    title: str
    published_on: dt.date
    page: Literal["explainer", "picture", "website_sheet"]


class SamplePortal(_Entry):
    """One column of one platform."""

    portal_id: str
    name: str
    platform: str
    """Host on which it lies."""
    family: str
    dialect: str | None = None
    """Which of the ways known of its family it takes; None the usual one."""
    column: str
    """Path of the column on its host."""
    division: SampleDivision
    body: SampleBody | None
    """None: the column lists reports of several bodies."""
    rows_per_page: int
    notes: str | None
    others: tuple[OtherEntry, ...]
    repeats: tuple[str, ...] = ()
    """Columns whose reports it lists in place of its own."""


@cache
def sample_reports() -> tuple[SampleReport, ...]:
    """All reports of the sample. Raises pydantic's ValidationError when index.yaml is not what it should be."""
    return TypeAdapter(tuple[SampleReport, ...]).validate_python(_yaml("index.yaml"))


@cache
def sample_portals() -> tuple[SamplePortal, ...]:
    """All columns of the sample, in the order of their file."""
    return TypeAdapter(tuple[SamplePortal, ...]).validate_python(_yaml("portals.yaml"))


@cache
def family_portals() -> tuple[SamplePortal, ...]:
    """One column for every family and each way in which it is known to differ, all with the reports of one county."""
    like = next(portal for portal in sample_portals() if portal.portal_id == REPEATED)
    common = like.model_dump() | {
        "platform": "families",
        "rows_per_page": 3,
        "notes": None,
        "repeats": (REPEATED,),
        "others": [OtherEntry(title="示例县政府信息公开指南", published_on=dt.date(2021, 3, 1), page="explainer")],
    }
    named = ({**entry, "name": f"{entry['portal_id']}（样例）"} for entry in _yaml("family_portals.yaml"))
    return tuple(SamplePortal.model_validate(common | entry) for entry in named)


def sample_report(key: str) -> SampleReport:
    """The report of that key. Raises InputError when there is none."""
    for report in sample_reports():
        if report.key == key:
            return report
    raise InputError(f"the sample has no report {key!r}; flows/sample/index.yaml lists those it has")


def read_figures(report: SampleReport) -> dict[CellKey, str]:
    """Figures of a report as printed, in the order of its generation.

    Raises InputError when the file does not name every cell of the generation exactly once, in printed order.
    """
    path = FOLDER / "figures" / f"{report.key}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        head, *rows = csv.reader(lines)
    keys = [(row[0], row[1], row[2]) for row in rows]
    expected = [(cell.table_key, cell.row_key, cell.column_key) for cell in format_cells(report.generation)]
    if tuple(head) != FIGURE_HEAD or keys != expected:
        raise InputError(
            f"{path.name} must list the cells of generation {report.generation} in printed order, one a line"
        )
    return {key: row[3] for key, row in zip(keys, rows, strict=True)}


def _yaml(name: str) -> Any:  # noqa: ANN401 - checked by the caller
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
