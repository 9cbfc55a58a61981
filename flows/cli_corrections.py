"""`gongkai corrections`: decisions to believe the second reading where the first one erred."""

from __future__ import annotations

import dataclasses
import datetime as dt

import click

from flows.cli_options import FORMAT
from flows.errors import InputError

BY = click.option("--by", "decided_by", required=True, help="Who decides.")
REASON = click.option("--reason", required=True, help="What was seen in the document.")


@click.group()
def corrections() -> None:
    """Decide that the second reading of a cell is right, where the first one is the reader's error."""


@corrections.command("list")
@FORMAT
def list_corrections(output_format: str) -> None:
    """The cells that may be corrected, and what was decided so far.

    \b
    Example: gongkai corrections list
    """
    from flows.outlet.copy import opened
    from flows.outlet.plain import as_json
    from flows.quality.corrections import proposed_by_second_reading, standing
    from flows.settings import Settings
    from flows.terminal import harmless

    settings = Settings()
    with opened(settings.published) as connection:
        proposed = proposed_by_second_reading(connection)
    decided = [dataclasses.asdict(one) for one in standing(settings.home)]
    if output_format == "json":
        click.echo(as_json({"proposed": proposed, "decided": decided}), nl=False)
        return
    for row in proposed:
        cell = f"{row['table_key']},{row['row_key']},{row['column_key']}"
        click.echo(
            harmless(
                f"proposed  {row['body_id']} {row['report_year']} {cell}: read {row['printed'] or 'nothing'}, "
                f"second reading {row['proposed_value']:f}".replace(".000000", "")
            )
        )
    for one in decided:
        cell = f"{one['table_key']},{one['row_key']},{one['column_key']}"
        state = "withdrawn" if one["is_withdrawn"] else "corrected"
        click.echo(
            harmless(
                f"{state} {one['report_id']} {cell}: {one['raw_text']!r} to {one['value'].normalize():f} by "
                f"{one['decided_by']} on {one['decided_at']:%Y-%m-%d}: {one['reason']}"
            )
        )
    if not proposed and not decided:
        click.echo("No cell is proposed for correction, and none was corrected.")


@corrections.command("apply")
@click.argument("body")
@click.argument("year", type=int)
@click.argument("cell", metavar="TABLE,ROW,COLUMN")
@BY
@REASON
def apply_correction(body: str, year: int, cell: str, decided_by: str, reason: str) -> None:
    """Have the value that the second reading takes stand in the place of the first one's.

    From the next load and transform on. Only where the balances propose it and the second reading takes it: what a
    body published is never changed.

    \b
    Example: gongkai corrections apply 宿迁市人民政府 2024 requests,granted,total --by desk --reason "page 3 has 43"
    """
    from flows.outlet.bodies import find_body
    from flows.outlet.copy import opened
    from flows.quality.corrections import apply
    from flows.settings import Settings

    settings = Settings()
    with opened(settings.published) as connection:
        decision = apply(
            connection,
            settings.home,
            find_body(connection, body).body_id,
            year,
            _key(cell),
            decided_by=decided_by,
            reason=reason,
            now=dt.datetime.now(dt.UTC),
        )
    click.echo(f"{cell} is {decision.value.normalize():f} from the next `gongkai load` and `gongkai transform` on.")


@corrections.command("withdraw")
@click.argument("report_id", metavar="REPORT")
@click.argument("cell", metavar="TABLE,ROW,COLUMN")
@BY
@REASON
def withdraw_correction(report_id: str, cell: str, decided_by: str, reason: str) -> None:
    """Take a correction back; `gongkai corrections list` names reports and cells.

    \b
    Example: gongkai corrections withdraw 0a1b... requests,granted,total --by desk --reason "a smudge after all"
    """
    from flows.quality.corrections import withdraw
    from flows.settings import Settings

    home, now = Settings().home, dt.datetime.now(dt.UTC)
    withdraw(home, report_id, _key(cell), decided_by=decided_by, reason=reason, now=now)
    click.echo(f"{cell} is what was read, from the next `gongkai load` and `gongkai transform` on.")


def _key(cell: str) -> tuple[str, str, str]:
    parts = tuple(part.strip() for part in cell.replace("/", ",").split(","))
    if len(parts) != 3:
        raise InputError(f"{cell!r} is no cell: write table,row,column, such as requests,granted,total.")
    return (parts[0], parts[1], parts[2])
