"""`gongkai notify`: the digests, what came back of them, and who is written to."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys
from pathlib import Path

import click

from flows.cli_options import FORMAT
from flows.cli_stages import flow_module, print_result
from flows.errors import EXIT_UNREACHABLE, InputError


@click.group(invoke_without_command=True)
@FORMAT
@click.pass_context
def notify(context: click.Context, output_format: str) -> None:
    """Tell each recipient what is new to them: into the outbox, and by mail when a server is set.

    \b
    Example: GONGKAI_SMTP_HOST=mail.example.org gongkai notify
    """
    if context.invoked_subcommand is not None:
        return
    result = flow_module("notify").notify()
    print_result(result, output_format, "\n".join([f"{result.findings} findings.", *result.written]))
    if result.problems:
        sys.exit(EXIT_UNREACHABLE)


@notify.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@FORMAT
def bounces(paths: tuple[Path, ...], output_format: str) -> None:
    """Read delivery status notifications (RFC 3464): mails that came back, as files or folders of files.

    \b
    Example: gongkai notify bounces ~/Maildir/new
    """
    from flows.mail.bounces import take_bounces
    from flows.settings import Settings

    result = take_bounces(Settings().finding_store, paths, now=dt.datetime.now(dt.UTC))
    if output_format == "json":
        click.echo(json.dumps(dataclasses.asdict(result), ensure_ascii=False))
        return
    click.echo(f"{len(result.bounced)} digests bounced, {len(result.other)} other mails.")
    for sentence in (*result.bounced, *result.other):
        click.echo(f"  - {sentence}")


@notify.command("list")
@FORMAT
def list_digests(output_format: str) -> None:
    """List the digests so far, how far each came, and the addresses that are not written to.

    \b
    Example: gongkai notify list
    """
    from flows.mail.deliveries import all_deliveries, deliveries, holds
    from flows.quality.finding_words import as_json
    from flows.settings import Settings
    from flows.terminal import harmless, table

    with deliveries(Settings().finding_store) as connection:
        digests, held = all_deliveries(connection), holds(connection)
    if output_format == "json":
        listed = [dataclasses.asdict(one) for one in digests]
        click.echo(as_json({"digests": listed, "held": [dataclasses.asdict(one) for one in held.values()]}))
        return
    lines = [[f"{one.made_at:%Y-%m-%d %H:%M}", one.recipient, one.state.value, one.reply] for one in digests]
    lines += [[f"{one.held_at:%Y-%m-%d %H:%M}", one.recipient, "not written to", one.reason] for one in held.values()]
    click.echo(harmless("\n".join([*table(lines), f"{len(digests)} digests, {len(held)} addresses not written to."])))


@notify.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def resume(addresses: tuple[str, ...]) -> None:
    """Write to addresses again that a server refused or that bounced.

    \b
    Example: gongkai notify resume city@example.org
    """
    from flows.mail.deliveries import deliveries
    from flows.mail.deliveries import resume as write_again
    from flows.settings import Settings

    with deliveries(Settings().finding_store) as connection:
        found = write_again(connection, addresses)
    unknown = [address for address in addresses if address.lower() not in found]
    if unknown:
        raise InputError(f"{', '.join(unknown)}: written to anyway; `gongkai notify list` names those that are not.")
    click.echo(f"{len(found)} addresses are written to again, from the next `gongkai notify` on.")
