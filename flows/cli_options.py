"""Options that several verbs of `gongkai` share."""

from __future__ import annotations

import re
from typing import Any

import click

FORMAT = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is printed.",
)
FORCE = click.option("--force", "is_forced", is_flag=True, help="Do the work although nothing has changed.")
PORTALS = click.option(
    "--portal", "portal_ids", multiple=True, metavar="ID", help="Only this portal; may be repeated."
)

DIVISIONS = click.option(
    "--division",
    "divisions",
    multiple=True,
    metavar="CODE",
    help="Only portals in or below this division, as 32, 3213 or 321300; may be repeated.",
)


class ReportYears(click.ParamType[list[int]]):
    """`2024`, `2019-2024` or `2019,2021-2023`."""

    name = "years"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:  # noqa: ANN401
        """Turn the text into a sorted list of years."""
        if isinstance(value, list):
            return value
        years: set[int] = set()
        for part in str(value).split(","):
            match = re.fullmatch(r"\s*(\d{4})(?:\s*-\s*(\d{4}))?\s*", part)
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
            if first > last or first < 2008 or last > 2100:
                self.fail(
                    f"{part!r} is not a year or a span of years from 2008 on; write 2024 or 2019-2024.", param, ctx
                )
            years.update(range(first, last + 1))
        return sorted(years)


YEARS = ReportYears()
