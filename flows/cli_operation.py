"""The verbs of operating: how it stands, what the machine lacks, copies and their return, reading again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys
from pathlib import Path

import click

from flows.cli_options import FORMAT
from flows.errors import EXIT_FINDINGS


@click.command()
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "openmetrics"]),
    default="text",
    show_default=True,
    help="How the result is printed.",
)
def status(output_format: str) -> None:
    """Show how it stands: runs, portals, this season beside the last, findings, disk, what needs a hand.

    Reads nothing that a run at work holds, and writes nothing.

    \b
    Example: gongkai status
    Example: gongkai status --format openmetrics > /var/lib/node_exporter/gongkai.prom
    """
    from flows.operation.openmetrics import as_openmetrics
    from flows.operation.status import status as look
    from flows.operation.status_words import in_words
    from flows.settings import Settings

    found = look(Settings(), dt.datetime.now(dt.UTC))
    if output_format == "openmetrics":
        click.echo(as_openmetrics(found), nl=False)
    else:
        click.echo(found.as_json() if output_format == "json" else in_words(found))


@click.command()
@FORMAT
def doctor(output_format: str) -> None:
    """Check installation, fonts, programs, mail, folders, disk, clock, registry and warehouse; sends no mail.

    Exit code 1 when something that is needed is missing or wrong.

    \b
    Example: gongkai doctor
    Example: gongkai doctor --format json
    """
    from flows.operation.doctor import as_json, examine, in_words, is_fit
    from flows.settings import Settings

    checks = list(examine(Settings(), dt.datetime.now(dt.UTC)))
    click.echo(as_json(checks) if output_format == "json" else in_words(checks))
    if not is_fit(checks):
        sys.exit(EXIT_FINDINGS)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--with-warehouse", "has_warehouse", is_flag=True, help="The published copy too, to build nothing again."
)
@click.option("--without-staged", is_flag=True, help="Leave out staged batches: all is read again then.")
@FORMAT
def backup(target: Path, has_warehouse: bool, without_staged: bool, output_format: str) -> None:
    """Copy archive, staged batches, outbox, registry, recipients, findings and journal into a file or folder.

    TARGET is a file that ends in .tar, or a folder: there each backup is a folder of its own, and what has not
    changed takes no room. May be done while a run is at work.

    \b
    Example: gongkai backup /mnt/backups
    Example: gongkai backup gongkai.tar --with-warehouse
    """
    from flows.operation.backup import back_up
    from flows.settings import Settings

    place, manifest = back_up(
        Settings(),
        target,
        now=dt.datetime.now(dt.UTC),
        has_staged=not without_staged,
        has_warehouse=has_warehouse,
    )
    counts = {"files": len(manifest.files), "size_bytes": manifest.size_bytes, "parts": manifest.parts}
    if output_format == "json":
        click.echo(json.dumps({"backup": str(place), **counts}, ensure_ascii=False))
        return
    click.echo(f"{place}: {len(manifest.files)} files, {manifest.size_bytes:,} bytes ({', '.join(manifest.parts)}).")


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--replace", "is_replacing", is_flag=True, help="Move data that is there aside.")
@click.option("--check", "is_check_only", is_flag=True, help="Hold every file against its digest, restore nothing.")
@FORMAT
def restore(source: Path, is_replacing: bool, is_check_only: bool, output_format: str) -> None:
    """Bring a backup back: SOURCE is a backup, or a folder of backups, of which the latest is taken.

    Every file is held against its digest before anything is put in its place, and nothing is written over.

    \b
    Example: gongkai --home /srv/gongkai restore /mnt/backups
    Example: gongkai restore gongkai.tar --check
    """
    from flows.operation import restore as bringing_back
    from flows.settings import Settings

    as_data = output_format == "json"
    if is_check_only:
        place, manifest = bringing_back.check(source)
        counts = {"backup": str(place), "files": len(manifest.files), "size_bytes": manifest.size_bytes}
        click.echo(json.dumps(counts) if as_data else f"{place}: {len(manifest.files)} files, each is what it was.")
        return
    settings = Settings()
    done = bringing_back.restore(source, settings, now=dt.datetime.now(dt.UTC), is_replacing=is_replacing)
    if as_data:
        click.echo(json.dumps(dataclasses.asdict(done), ensure_ascii=False, default=str))
        return
    click.echo(f"{done.backup} of {done.made_at:%Y-%m-%d %H:%M} UTC: {done.files} files are back in {settings.home}.")
    for path in done.moved_aside:
        click.echo(f"  what was there is now {path}")
    if "registry" in done.parts:
        click.echo(f"  its registry is {settings.home / 'registry'}: set GONGKAI_REGISTRY when yours is another")
    built = "`gongkai status`" if done.has_warehouse else "`gongkai run --no-collect`"
    click.echo(f"  next: {built}")
