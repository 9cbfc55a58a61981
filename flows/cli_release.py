"""The verbs that write what others take away: `gongkai export`."""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli_options import FORMAT, YEARS


@click.command()
@click.option(
    "--xlsx", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The workbook."
)
@click.option("--mart", "names", multiple=True, metavar="NAME", help="Only this mart; may be repeated [all mart_*].")
@click.option("--division", metavar="CODE", help="Only this division and all below it, by code or name.")
@click.option("--years", "--year", "report_years", type=YEARS, help="Only reports for these years, as 2019-2024.")
@click.option("--force", "is_forced", is_flag=True, help="Replace the file when it is there.")
@FORMAT
def export(
    target: Path,
    names: tuple[str, ...],
    division: str | None,
    report_years: list[int] | None,
    is_forced: bool,
    output_format: str,
) -> None:
    """Write marts as an Excel workbook: typed cells, frozen heads with filters, every column described.

    \b
    Example: gongkai export --xlsx suqian.xlsx --division 宿迁市 --years 2023-2024
    """
    from flows.outlet.copy import opened
    from flows.outlet.plain import as_json
    from flows.outlet.selection import selected
    from flows.outlet.workbook import write_workbook
    from flows.settings import Settings

    with opened(Settings().published) as connection:
        selections = selected(connection, names, division, report_years)
        sizes = write_workbook(connection, target, selections, is_forced=is_forced)
    if output_format == "json":
        click.echo(as_json({"file": str(target), "rows": sizes}))
        return
    click.echo(f"{target}: " + ", ".join(f"{name} {size:,} rows" for name, size in sizes.items()) + ".")
