"""The command `gongkai`. Thin: every verb imports what it needs when it runs, so `--help` is quick."""

from __future__ import annotations

import datetime as dt
import errno
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows import __version__
from flows.cli_archive import archive, ingest
from flows.cli_corrections import corrections
from flows.cli_files import check, parse
from flows.cli_findings import findings
from flows.cli_notify import notify
from flows.cli_operation import backup, doctor, restore, status
from flows.cli_options import FORCE, FORMAT, PORTALS, YEARS
from flows.cli_outlet import compare, show, sql, trace
from flows.cli_portals import portals
from flows.cli_release import export, release
from flows.cli_rules import rules
from flows.cli_stages import (
    assess,
    backfill,
    collect,
    exit_code_of,
    flow_module,
    load,
    print_result,
    publish,
    read,
    reread,
    run_flow,
    transform,
)
from flows.errors import EXIT_INTERNAL, EXIT_OK, EXIT_UNREACHABLE, GongkaiError, InputError
from flows.processes import EXIT_INTERRUPTED, stop_at_interrupt
from flows.progress import keep_log, say, show_progress

if TYPE_CHECKING:
    pass

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


@cli.command()
@PORTALS
@click.option("--years", "report_years", type=YEARS, help="Only reports for these years, as 2019-2024.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Measure deadlines against this day [today, UTC].")
@click.option(
    "--no-collect", "is_without_collecting", is_flag=True, help="Ask no portal; go through what is archived."
)
@click.option("--sample", "is_sample", is_flag=True, help="Start the sample portals on loopback and use them.")
@click.option("--port", default=8471, show_default=True, help="First port of the sample portals.")
@FORCE
@FORMAT
def run(
    portal_ids: tuple[str, ...],
    report_years: list[int] | None,
    as_of: dt.datetime | None,
    is_without_collecting: bool,
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
        result = run_flow(
            flow_module("annual_cycle").annual_cycle,
            portal_ids=list(portal_ids),
            report_years=report_years,
            as_of=as_of.date() if as_of else None,
            is_forced=is_forced,
            is_collecting=not is_without_collecting,
        )
        seconds = time.monotonic() - started
        if output_format == "json":
            print_result(result, output_format)
        else:
            from flows.summary import in_words

            click.echo("\n" + in_words(result, settings, seconds))
        sys.exit(exit_code_of(result.collected) or (EXIT_UNREACHABLE if result.notified.problems else EXIT_OK))


for stage in (collect, read, reread, load, transform, assess, publish, notify, backfill):
    cli.add_command(stage)


cli.add_command(parse)
cli.add_command(check)
cli.add_command(rules)
cli.add_command(findings)
cli.add_command(corrections)


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
cli.add_command(backup)
cli.add_command(restore)


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
