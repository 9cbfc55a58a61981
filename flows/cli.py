"""The command `gongkai`. Thin: every verb imports what it needs when it runs, so `--help` is quick."""

from __future__ import annotations

import datetime as dt
import errno
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows import __version__
from flows.cli_archive import archive, ingest
from flows.cli_files import check, parse
from flows.cli_operation import doctor, status
from flows.cli_options import FORCE, FORMAT, PORTALS, YEARS
from flows.cli_outlet import compare, show, sql, trace
from flows.cli_portals import portals
from flows.cli_release import export, release
from flows.cli_rules import rules
from flows.errors import EXIT_FINDINGS, EXIT_INTERNAL, EXIT_OK, EXIT_UNREACHABLE, GongkaiError, InputError
from flows.processes import EXIT_INTERRUPTED, stop_at_interrupt
from flows.progress import keep_log, say, show_progress

if TYPE_CHECKING:
    from flows.settings import Settings
    from flows.stages import CollectResult

ABOUT_FILES = {
    errno.EACCES,
    errno.EPERM,
    errno.ENOENT,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
}
"""Faults of files and disks, which the person at the terminal can mend."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gongkai")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Data folder [GONGKAI_HOME; data].")
@click.option(
    "--registry", type=click.Path(path_type=Path, file_okay=False), help="Folder of portals [GONGKAI_REGISTRY]."
)
@click.option("--quiet", is_flag=True, help="Warnings only on standard error.")
@click.option("--log-json", is_flag=True, help="Progress as JSON lines on standard error.")
def cli(home: Path | None, registry: Path | None, quiet: bool, log_json: bool) -> None:
    """gongkai collects, reads, checks and compares annual reports on open government information.

    Settings are environment variables GONGKAI_* or lines of .env (docs/settings.md).

    \b
    Exit codes: 0 done, 1 done and faults found, 2 bad input, 3 something did not answer,
    4 something is in use by another process, 70 an error of gongkai's own.
    """
    from flows.settings import Settings, override

    show_progress(is_quiet=quiet, as_json=log_json)
    if home is not None:
        override(home=home)
    if registry is not None:
        override(registry=registry)
    keep_log(Settings().logs / "gongkai.log")


def main() -> None:
    """Entry point: every error becomes one sentence and an exit code."""
    stop_at_interrupt()
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        _stop("Stopped.", EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except GongkaiError as error:
        _stop(str(error), error.exit_code)
    except Exception as error:  # the last resort: the person gets a sentence, the log the traceback
        _stop(*_unexpected(error))


def _stop(sentence: str, exit_code: int) -> None:
    click.echo(f"gongkai: {sentence}", err=True)
    sys.exit(exit_code)


def _unexpected(error: Exception) -> tuple[str, int]:
    import traceback

    from pydantic import ValidationError

    if isinstance(error, ValidationError) and error.title == "Settings":
        faults = "; ".join(f"GONGKAI_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        return f"A setting is not as it should be: {faults} (see docs/settings.md).", InputError.exit_code
    if isinstance(error, OSError) and error.errno in ABOUT_FILES:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}.", InputError.exit_code
    try:
        from flows.settings import Settings

        log = Settings().logs / f"error-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(traceback.format_exc(), encoding="utf-8")
        where = f"the details are in {log}"
    except Exception:  # not even the log could be written: say what is known
        where = "the details could not be written to the log folder"
    return f"An error of gongkai's own ({type(error).__name__}: {error}); {where}.", EXIT_INTERNAL


def _run_flow(function: Callable[..., Any], **parameters: Any) -> Any:  # noqa: ANN401
    return function(**{name: value for name, value in parameters.items() if value not in (None, (), [])})


def _flows(name: str) -> Any:  # noqa: ANN401 - a module
    """A flow module, with Prefect pointed at our own folder first."""
    import importlib

    from flows.processes import end_orphans
    from flows.settings import Settings, check_home, prepare_prefect

    check_home(Settings())
    end_orphans(prepare_prefect(Settings()))
    return importlib.import_module(f"flows.{name}")


def _print_result(result: Any, output_format: str, sentence: str = "") -> None:  # noqa: ANN401
    from flows.stages import as_dict

    if output_format == "json":
        click.echo(json.dumps(as_dict(result), ensure_ascii=False, default=str))
        return
    if sentence:
        click.echo(sentence)
    for problem in getattr(result, "problems", []):
        click.echo(f"  - {problem}")


def _collected(result: CollectResult) -> int:
    """Exit code of a collecting that came to its end: 3 when every portal that was asked came to nothing."""
    if result.portals_faulty:
        return EXIT_FINDINGS
    if result.registry_faults:
        return InputError.exit_code
    return EXIT_UNREACHABLE if result.portals_fruitless == result.portals else EXIT_OK


@cli.command()
@PORTALS
@click.option("--years", "report_years", type=YEARS, help="Only reports for these years, as 2019-2024.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Measure deadlines against this day [today, UTC].")
@click.option("--sample", "is_sample", is_flag=True, help="Start the sample portals on loopback and use them.")
@click.option("--port", default=8471, show_default=True, help="First port of the sample portals.")
@FORCE
@FORMAT
def run(
    portal_ids: tuple[str, ...],
    report_years: list[int] | None,
    as_of: dt.datetime | None,
    is_sample: bool,
    port: int,
    is_forced: bool,
    output_format: str,
) -> None:
    """Run the annual cycle: collect, read, load, transform, assess, publish, notify.

    \b
    Example: gongkai run --portal suqian --years 2023-2024
    """
    import contextlib

    from flows.settings import Settings

    with contextlib.ExitStack() as stack:
        if is_sample:
            from flows.sample.demo import sample_settings

            stack.enter_context(sample_settings(port))
        settings = Settings()
        started = time.monotonic()
        result = _run_flow(
            _flows("annual_cycle").annual_cycle,
            portal_ids=list(portal_ids),
            report_years=report_years,
            as_of=as_of.date() if as_of else None,
            is_forced=is_forced,
        )
        seconds = time.monotonic() - started
        if output_format == "json":
            _print_result(result, output_format)
        else:
            from flows.summary import in_words

            click.echo("\n" + in_words(result, settings, seconds))
        sys.exit(_collected(result.collected) or (EXIT_UNREACHABLE if result.notified.problems else EXIT_OK))


@cli.command()
@PORTALS
@click.option("--years", "report_years", type=YEARS, help="Only reports for these years, as 2019-2024.")
@FORMAT
def collect(portal_ids: tuple[str, ...], report_years: list[int] | None, output_format: str) -> None:
    """Ask the portals for what is new, and archive every answer.

    Exit code 3 when none gave a list or a report, 4 when another process asks portals.

    \b
    Example: gongkai collect --portal suqian --years 2024
    """
    result = _run_flow(_flows("collect").collect, portal_ids=list(portal_ids), report_years=report_years)
    _print_result(
        result,
        output_format,
        f"{result.portals} portals: {result.reports_listed} reports listed, {result.fetched_new} fetched, "
        f"{result.fetched_changed} changed, {result.vanished} vanished, {result.unchanged} answers unchanged, "
        f"{result.not_due} not due.",
    )
    sys.exit(_collected(result))


@cli.command()
@FORMAT
def read(output_format: str) -> None:
    """Read the archive's documents into staged batches, without the network.

    \b
    Example: gongkai read --format json
    """
    result = _flows("read").read()
    _print_result(
        result, output_format, f"{result.documents} documents read, {result.reports} reports, {result.cells} cells."
    )


@cli.command()
@FORMAT
def load(output_format: str) -> None:
    """Load staged batches into the warehouse.

    \b
    Example: gongkai load
    """
    result = _flows("load").load()
    _print_result(
        result, output_format, f"{result.batches_loaded} batches loaded, {sum(result.rows_added.values())} rows."
    )


@cli.command()
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
        result = _run_flow(
            _flows("transform").transform_known_on,
            known_on=known_on.date(),
            output=output,
            reader_version=reader_version,
        )
        _print_result(result, output_format, f"The marts as known on {result.known_on} are in {result.output}.")
        return
    if output is not None or reader_version is not None:
        raise InputError("--output and --reader-version go with --known-on; name the day.")
    result = _run_flow(_flows("transform").transform, as_of=as_of.date() if as_of else None, is_forced=is_forced)
    _print_result(result, output_format, "Nothing has changed." if result.is_unchanged else "The marts are built.")


@cli.command()
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Measure freshness against this day [today, UTC].")
@FORCE
@FORMAT
def assess(as_of: dt.datetime | None, is_forced: bool, output_format: str) -> None:
    """Assess the marts with Great Expectations; exit code 1 when a fault is our own.

    \b
    Example: gongkai assess --force
    """
    result = _run_flow(_flows("assess").assess, as_of=as_of.date() if as_of else None, is_forced=is_forced)
    _print_result(result, output_format, "Nothing has changed." if result.is_unchanged else "The marts are assessed.")
    if result.problems:
        sys.exit(EXIT_FINDINGS)


@cli.command()
@FORCE
@FORMAT
def publish(is_forced: bool, output_format: str) -> None:
    """Give readers a new read-only copy of the warehouse.

    \b
    Example: gongkai publish
    """
    result = _run_flow(_flows("publish").publish, is_forced=is_forced)
    _print_result(
        result, output_format, "Nothing has changed." if result.is_unchanged else "A new copy is published."
    )


@cli.command()
@FORMAT
def notify(output_format: str) -> None:
    """Write the digest of findings to the outbox and send it when a mail server is set.

    \b
    Example: GONGKAI_SMTP_HOST=mail.example.org gongkai notify
    """
    result = _flows("notify").notify()
    _print_result(result, output_format, "\n".join([f"{result.findings} findings.", *result.written]))
    if result.problems:
        sys.exit(EXIT_UNREACHABLE)


@cli.command()
@click.option("--years", "report_years", type=YEARS, required=True, help="Years of reports, as 2019-2024.")
@PORTALS
@click.option("--plan", "is_plan_only", is_flag=True, help="Show what would be done, ask no portal.")
@FORMAT
def backfill(report_years: list[int], portal_ids: tuple[str, ...], is_plan_only: bool, output_format: str) -> None:
    """Collect and load what is missing of past years; stop it and start it again as you like.

    \b
    Example: gongkai backfill --years 2019-2024 --plan
    """
    from flows.backfill_plan import plan_backfill
    from flows.settings import Settings

    plan = plan_backfill(Settings(), report_years, list(portal_ids), dt.datetime.now(dt.UTC))
    if is_plan_only:
        click.echo(plan.as_json() if output_format == "json" else plan.in_words())
        return
    if output_format == "text":
        click.echo(plan.in_words())
    result = _run_flow(_flows("backfill").backfill, report_years=report_years, portal_ids=list(portal_ids))
    _print_result(result, output_format, result.in_words())


cli.add_command(parse)
cli.add_command(check)
cli.add_command(rules)


cli.add_command(portals)


cli.add_command(ingest)
cli.add_command(archive)


cli.add_command(show)
cli.add_command(compare)
cli.add_command(sql)
cli.add_command(trace)
cli.add_command(export)
cli.add_command(release)


cli.add_command(status)
cli.add_command(doctor)


@cli.group()
def sample() -> None:
    """The sample portals."""


@sample.command("serve")
@click.option("--port", default=8471, show_default=True, help="First port.")
@click.option("--families", "is_by_family", is_flag=True, help="One portal for each family instead of the demo's.")
def sample_serve(port: int, is_by_family: bool) -> None:
    """Serve the sample portals on loopback until Ctrl-C.

    \b
    Example: gongkai sample serve --port 8471
    """
    from flows.sample.index import family_portals
    from flows.sample.server import serve

    say("serving the sample portals; Ctrl-C ends")
    serve(port, family_portals() if is_by_family else None)


def _settings() -> Settings:
    from flows.settings import Settings

    return Settings()
