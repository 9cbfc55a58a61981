"""The verbs of the single stages, and of what is made of several: each runs one flow."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli_options import DIVISIONS, FORCE, FORMAT, PORTALS, YEARS
from flows.errors import EXIT_FINDINGS, EXIT_OK, EXIT_UNREACHABLE, InputError

if TYPE_CHECKING:
    from flows.stages import CollectResult


def run_flow(function: Callable[..., Any], **parameters: Any) -> Any:  # noqa: ANN401
    return function(**{name: value for name, value in parameters.items() if value not in (None, (), [])})


def flow_module(name: str) -> Any:  # noqa: ANN401 - a module
    """A flow module, with Prefect pointed at our own folder first."""
    import importlib

    from flows.processes import end_orphans
    from flows.settings import Settings, check_home, prepare_prefect

    check_home(Settings())
    end_orphans(prepare_prefect(Settings()))
    return importlib.import_module(f"flows.{name}")


def print_result(result: Any, output_format: str, sentence: str = "") -> None:  # noqa: ANN401
    from flows.stages import as_dict

    if output_format == "json":
        click.echo(json.dumps(as_dict(result), ensure_ascii=False, default=str))
        return
    if sentence:
        click.echo(sentence)
    for problem in getattr(result, "problems", []):
        click.echo(f"  - {problem}")


def exit_code_of(result: CollectResult) -> int:
    """Exit code of a collecting that came to its end: 3 when every portal that was asked came to nothing."""
    if result.portals_faulty:
        return EXIT_FINDINGS
    if result.registry_faults:
        return InputError.exit_code
    is_fruitless = result.portals > 0 and result.portals_fruitless == result.portals
    return EXIT_UNREACHABLE if is_fruitless else EXIT_OK


@click.command()
@PORTALS
@DIVISIONS
@click.option("--years", "report_years", type=YEARS, help="Only reports for these years, as 2019-2024.")
@click.option("--revisit", "is_revisit", is_flag=True, help="Ask again for what is known, but for the last day's.")
@FORMAT
def collect(
    portal_ids: tuple[str, ...],
    divisions: tuple[str, ...],
    report_years: list[int] | None,
    is_revisit: bool,
    output_format: str,
) -> None:
    """Ask the portals for what is new, and archive every answer.

    Exit code 3 when none gave a list or a report, 4 when another process asks portals.

    \b
    Example: gongkai collect --portal suqian --years 2024
    Example: gongkai collect --division 32 --revisit
    """
    result = run_flow(
        flow_module("collect").collect,
        portal_ids=list(portal_ids),
        report_years=report_years,
        divisions=list(divisions),
        is_revisit=is_revisit,
    )
    print_result(
        result,
        output_format,
        f"{result.portals} portals: {result.reports_listed} reports listed, {result.fetched_new} fetched, "
        f"{result.fetched_changed} changed, {result.vanished} vanished, {result.unchanged} answers unchanged, "
        f"{result.not_due} not due.",
    )
    sys.exit(exit_code_of(result))


@click.command()
@FORMAT
def read(output_format: str) -> None:
    """Read the archive's documents into staged batches, without the network.

    \b
    Example: gongkai read --format json
    """
    result = flow_module("read").read()
    print_result(
        result, output_format, f"{result.documents} documents read, {result.reports} reports, {result.cells} cells."
    )


@click.command()
@click.option(
    "--older-than",
    type=int,
    metavar="VERSION",
    help="Only what was last read by a version of the reader before this one [this reader's].",
)
@FORMAT
def reread(older_than: int | None, output_format: str) -> None:
    """Read documents again that an earlier version of the reader read, and say which figures changed and why.

    Asks no portal. Every changed cell is written into a CSV file: before, after, reader versions, places, why.

    \b
    Example: gongkai reread --older-than 5
    """
    from flows.operation.rereading import in_words

    result = run_flow(flow_module("reread").reread, older_than=older_than)
    print_result(result, output_format, in_words(result))


@click.command()
@FORMAT
def load(output_format: str) -> None:
    """Load staged batches into the warehouse.

    \b
    Example: gongkai load
    """
    result = flow_module("load").load()
    print_result(
        result, output_format, f"{result.batches_loaded} batches loaded, {sum(result.rows_added.values())} rows."
    )


@click.command()
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Measure deadlines against this day [today, UTC].")
@click.option(
    "--known-on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Build what was known at the end of this day (UTC), into a file of its own.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="That file [known_on/gongkai-DAY.duckdb in the data folder].",
)
@click.option(
    "--reader-version", type=int, help="With --known-on: documents as this version of the reader read them."
)
@FORCE
@FORMAT
def transform(
    as_of: dt.datetime | None,
    known_on: dt.datetime | None,
    output: Path | None,
    reader_version: int | None,
    is_forced: bool,
    output_format: str,
) -> None:
    """Build the marts with dbt.

    \b
    Example: gongkai transform --force
    Example: gongkai transform --known-on 2025-03-31
    """
    if known_on is not None:
        if as_of is not None or is_forced:
            raise InputError("--known-on is a day of its own; leave out --as-of and --force.")
        result = run_flow(
            flow_module("transform").transform_known_on,
            known_on=known_on.date(),
            output=output,
            reader_version=reader_version,
        )
        print_result(result, output_format, f"The marts as known on {result.known_on} are in {result.output}.")
        return
    if output is not None or reader_version is not None:
        raise InputError("--output and --reader-version go with --known-on; name the day.")
    result = run_flow(flow_module("transform").transform, as_of=as_of.date() if as_of else None, is_forced=is_forced)
    print_result(result, output_format, "Nothing has changed." if result.is_unchanged else "The marts are built.")


@click.command()
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Measure freshness against this day [today, UTC].")
@FORCE
@FORMAT
def assess(as_of: dt.datetime | None, is_forced: bool, output_format: str) -> None:
    """Assess the marts with Great Expectations; exit code 1 when a fault is our own.

    \b
    Example: gongkai assess --force
    """
    result = run_flow(flow_module("assess").assess, as_of=as_of.date() if as_of else None, is_forced=is_forced)
    print_result(result, output_format, "Nothing has changed." if result.is_unchanged else "The marts are assessed.")
    if result.problems:
        sys.exit(EXIT_FINDINGS)


@click.command()
@FORCE
@FORMAT
def publish(is_forced: bool, output_format: str) -> None:
    """Give readers a new read-only copy of the warehouse.

    \b
    Example: gongkai publish
    """
    result = run_flow(flow_module("publish").publish, is_forced=is_forced)
    print_result(result, output_format, "Nothing has changed." if result.is_unchanged else "A new copy is published.")


@click.command()
@click.option("--years", "report_years", type=YEARS, required=True, help="Years of reports, as 2019-2024.")
@PORTALS
@DIVISIONS
@click.option(
    "--only",
    "wanted",
    type=click.Choice(["missing", "failed", "changed", "all"]),
    default="missing",
    show_default=True,
    help="What is not collected; of that what was asked for in vain; what is collected, asked for again; all.",
)
@click.option("--plan", "is_plan_only", is_flag=True, help="Show what would be done, ask no portal.")
@FORMAT
def backfill(
    report_years: list[int],
    portal_ids: tuple[str, ...],
    divisions: tuple[str, ...],
    wanted: str,
    is_plan_only: bool,
    output_format: str,
) -> None:
    """Collect and load what is missing of past years; stop it and start it again as you like.

    \b
    Example: gongkai backfill --years 2019-2024 --plan
    Example: gongkai backfill --years 2021-2024 --division 32 --only failed
    """
    from flows.backfill_plan import Wanted, plan_backfill
    from flows.settings import Settings

    now = dt.datetime.now(dt.UTC)
    plan = plan_backfill(
        Settings(), report_years, list(portal_ids), now, divisions=list(divisions), wanted=Wanted(wanted)
    )
    if is_plan_only:
        click.echo(plan.as_json() if output_format == "json" else plan.in_words())
        return
    if output_format == "text":
        click.echo(plan.in_words())
    result = run_flow(
        flow_module("backfill").backfill,
        report_years=report_years,
        portal_ids=list(portal_ids),
        divisions=list(divisions),
        wanted=Wanted(wanted),
    )
    print_result(result, output_format, result.in_words())
