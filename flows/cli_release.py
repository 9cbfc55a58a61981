"""The verbs that write what others take away: `gongkai export` and `gongkai release`."""

from __future__ import annotations

import contextlib
import datetime as dt
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


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Build the marts for this day [that of the copy].")
@click.option(
    "--known-on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Build them with what was known at the end of this day (UTC).",
)
@click.option("--since", type=click.Path(path_type=Path), help="Release to compare with [the newest beside FOLDER].")
@click.option("--first", "is_first", is_flag=True, help="Compare with no earlier release.")
@click.option("--force", "is_forced", is_flag=True, help="Replace the release that is in FOLDER.")
@FORMAT
def release(
    folder: Path,
    as_of: dt.datetime | None,
    known_on: dt.datetime | None,
    since: Path | None,
    is_first: bool,
    is_forced: bool,
    output_format: str,
) -> None:
    """Write the published copy as others take it: DuckDB, Parquet and CSV, codebook, checksums, what changed.

    The same archive and code give the same bytes. With --as-of another day than the copy's, or --known-on, the marts
    are built anew from its raw rows, beside it.

    \b
    Example: gongkai release releases/2026-11 --as-of 2026-11-01
    """
    from flows import __version__
    from flows.outlet.plain import as_json
    from flows.outlet.rebuild import rebuilt
    from flows.outlet.release import check_target, newest_beside, write_release
    from flows.settings import Settings
    from flows.unfinished import folder_beside
    from flows.warehouse.raw import built_for

    if since and is_first:
        raise click.UsageError("--since names the release to compare with, --first says there is none: give one.")
    if known_on and known_on.date() >= dt.datetime.now(dt.UTC).date():
        raise click.UsageError(
            f"The day {known_on.date()} is not over (UTC), so what was known on it may still grow."
        )
    settings = Settings()
    built = built_for(settings.published)
    past = known_on.date().isoformat() if known_on else None
    day = as_of.date().isoformat() if as_of else past or built
    check_target(folder, is_forced=is_forced)
    with contextlib.ExitStack() as stack:
        source = settings.published
        if past or day != built:
            beside = stack.enter_context(folder_beside(folder))
            source = rebuilt(settings, beside, {"as_of": str(day)} | ({"known_on": past} if past else {}))
        made = write_release(
            source,
            folder,
            version=__version__,
            as_of=day,
            known_on=past,
            since=None if is_first else since or newest_beside(folder),
            is_forced=is_forced,
        )
    if output_format == "json":
        click.echo(as_json(made))
        return
    compared = f"compared with {made.since}" if made.since else "compared with none before it"
    megabytes = sum(made.files.values()) / 1_000_000
    click.echo(f"{folder}: {len(made.rows)} tables in {len(made.files)} files, {megabytes:,.1f} MB, {compared}.")
