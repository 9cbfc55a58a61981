"""`gongkai findings`: what was found, how it stands, and what people decided of it."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import click

from flows.cli_options import DIVISIONS, FORMAT

if TYPE_CHECKING:
    from flows.quality.finding_states import StoredFinding
    from flows.quality.findings import Finding

STATES = ("new", "open", "worsened", "fixed", "unchecked", "acknowledged")
WORDS_MOST = 500


class Words(click.ParamType[str]):
    """One line of text that says something."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401
        """Refuse what is empty, long, or more than a line."""
        from flows.terminal import harmless

        text = " ".join(str(value).split())
        if not text or len(text) > WORDS_MOST or harmless(text) != text:
            self.fail(f"it must be one line of at most {WORDS_MOST} characters that is not empty.", param, ctx)
        return text


BY = click.option("--by", "by", type=Words(), required=True, metavar="NAME", help="Who decides.")


@click.group()
def findings() -> None:
    """List, show and acknowledge what was found (docs/findings.md)."""


@findings.command("list")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Only these; may be repeated.")
@DIVISIONS
@FORMAT
def list_findings(states: tuple[str, ...], divisions: tuple[str, ...], output_format: str) -> None:
    """One line a finding: name, state, severity, year, rule, body and what was found.

    \b
    Example: gongkai findings list --state new --state worsened
    Example: gongkai findings list --division 3213 --format json
    """
    from flows.quality.finding_store import stored_findings
    from flows.quality.finding_words import as_data, as_json, list_in_words
    from flows.settings import Settings

    within = tuple(re.sub("(00)+$", "", code) for code in divisions) or ("",)
    listed = [
        one
        for one in stored_findings(Settings().finding_store, today=_now().date())
        if (not states or one.state in states) and one.sighting.division_code.startswith(within)
    ]
    click.echo(as_json([as_data(one) for one in listed]) if output_format == "json" else list_in_words(listed))


@findings.command()
@click.argument("finding_id", metavar="ID")
@FORMAT
def show(finding_id: str, output_format: str) -> None:
    """Everything about one finding: cells, values, proposal, addresses, and what was decided of it.

    \b
    Example: gongkai findings show 3480c6bf310d9a21
    """
    import dataclasses

    from flows.quality.finding_store import decisions, stored_finding
    from flows.quality.finding_words import as_data, as_json, in_words
    from flows.settings import Settings

    store = Settings().finding_store
    one = stored_finding(store, finding_id, today=_now().date())
    shown = _as_published(one)
    decided = decisions(store, finding_id)
    if output_format == "text":
        click.echo(in_words(one, shown, decided))
        return
    evidence = dataclasses.asdict(shown) if shown else None
    history = [dataclasses.asdict(decision) for decision in decided]
    click.echo(as_json({**as_data(one), "evidence": evidence, "decisions": history}))


@findings.command()
@click.argument("finding_id", metavar="ID")
@BY
@click.option("--reason", type=Words(), required=True, metavar="TEXT", help="Why it needs nothing more.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which this holds [for good].")
def ack(finding_id: str, by: str, reason: str, until: dt.datetime | None) -> None:
    """Acknowledge a finding as it stands: it is counted and told no more, until its values change.

    \b
    Example: gongkai findings ack 3480c6bf310d9a21 --by "Records office" --reason "correction asked for"
    """
    from flows.quality.finding_store import acknowledge
    from flows.settings import Settings

    day = until.date() if until else None
    one = acknowledge(Settings().finding_store, finding_id, by=by, reason=reason, until=day, now=_now())
    click.echo(f"{finding_id} is {one.state}{f' until {day}' if day else ''}.")


@findings.command()
@click.argument("finding_id", metavar="ID")
@BY
@click.option("--reason", type=Words(), default="-", metavar="TEXT", help="Why.")
def reopen(finding_id: str, by: str, reason: str) -> None:
    """Take an acknowledgement back: the finding is told again.

    \b
    Example: gongkai findings reopen 3480c6bf310d9a21 --by "Records office"
    """
    from flows.quality.finding_store import reopen as open_again
    from flows.settings import Settings

    one = open_again(Settings().finding_store, finding_id, by=by, reason=reason, now=_now())
    click.echo(f"{finding_id} is {one.state}.")


def _as_published(one: StoredFinding) -> Finding | None:
    """What the published copy has of a finding; None where it has it no more."""
    from flows.quality.findings import failed_checks
    from flows.settings import Settings
    from flows.warehouse.connection import reading

    published = Settings().published
    if not published.is_file():
        return None
    with reading(published) as connection:
        of_report = failed_checks(connection, one.sighting.body_id, one.sighting.report_year)
    return next((found for found in of_report if found.finding_id == one.sighting.finding_id), None)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
