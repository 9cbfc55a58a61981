"""The verbs of operating: how it stands, what the machine lacks, copies and their return, reading again."""

from __future__ import annotations

import datetime as dt
import sys

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
