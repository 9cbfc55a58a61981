"""The verbs that show the published copy: `gongkai show`, `compare`, `sql` and `trace`."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import click

from flows.cli_options import FORMAT, YEARS
from flows.errors import EXIT_FINDINGS, GongkaiError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb


@click.command()
@click.argument("body")
@click.argument("year", required=False, type=int)
@FORMAT
def show(body: str, year: int | None, output_format: str) -> None:
    """Show one report: its figures as printed, its checks, its metrics with n, its versions.

    BODY is a body_id, a name, or a part of one that no other body has. Without YEAR it is the latest.

    \b
    Example: gongkai show 宿迁市人民政府 2024
    """
    from flows.outlet.copy import opened
    from flows.outlet.page import as_text, page
    from flows.outlet.plain import as_json

    with opened(_published()) as connection:
        shown = page(connection, body, year)
    click.echo(as_json(shown) if output_format == "json" else as_text(shown), nl=output_format == "json")


@click.command()
@click.argument("bodies", nargs=-1, required=True)
@click.option("--metric", "-m", required=True, help="Key of the metric, its Chinese or English name, or a part.")
@click.option("--years", "report_years", type=YEARS, help="Only these years, as 2019-2024.")
@FORMAT
def compare(bodies: tuple[str, ...], metric: str, report_years: list[int] | None, output_format: str) -> None:
    """Compare one metric of several bodies and years, and say what must not be held against what.

    Values of different scopes, formats of tables, levels or kinds of body are marked, not left out.

    \b
    Example: gongkai compare 宿迁市人民政府 淮安市人民政府 --metric 公开率 --years 2023-2024
    """
    from flows.outlet import comparison
    from flows.outlet.copy import opened
    from flows.outlet.plain import as_json

    with opened(_published()) as connection:
        found = comparison.compare(connection, bodies, metric, report_years)
    click.echo(as_json(found) if output_format == "json" else comparison.as_text(found), nl=output_format == "json")


@click.command()
@click.argument("query", required=False)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How rows are printed.",
)
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="Rows that a table shows.")
def sql(query: str | None, output_format: str, limit: int) -> None:
    """Query the published copy, which cannot be written to; no query reaches another file or the network.

    Without QUERY: DuckDB's own shell in its safe mode where `duckdb` is installed, else lines are read from
    standard input up to each `;`.

    \b
    Example: gongkai sql "select body_name, disclosure_rate_strict from marts.mart_body_year" --format csv
    """
    from flows.outlet.copy import opened
    from flows.outlet.queries import statements

    published = _published()
    is_at_terminal = sys.stdin.isatty()
    shell = shutil.which("duckdb")
    if query is None and is_at_terminal and shell:
        with opened(published):
            pass  # says what is wrong with the copy, in better words than the shell would
        sys.exit(subprocess.run([shell, "-readonly", "-safe", str(published)], check=False).returncode)
    with opened(published) as connection:
        if query is not None:
            _answer(connection, query, output_format, limit)
            return
        if is_at_terminal:
            click.echo(
                "End a query with `;`, and with Ctrl-D when you are done. `show all tables;` lists the tables."
            )
        for statement in statements(_lines(is_at_terminal)):
            try:
                _answer(connection, statement, output_format, limit)
            except GongkaiError as fault:
                if not is_at_terminal:
                    raise
                click.echo(str(fault), err=True)


@click.command()
@click.argument("body")
@click.argument("year", type=int)
@click.argument("cell")
@FORMAT
def trace(body: str, year: int, cell: str, output_format: str) -> None:
    """Walk a number back to the archive: metric, figures, cells, report, document, archived answer, address.

    CELL is a cell (table,row,column), or a figure or metric: a column of marts.mart_body_year, or a metric's name.
    The archived answers are read and their sha-256 is held against the mart's; exit code 1 when that fails.

    \b
    Example: gongkai trace 宿迁市人民政府 2024 requests,new_received,total
    """
    from flows.outlet.copy import opened
    from flows.outlet.plain import as_json
    from flows.outlet.trace import trace as walk
    from flows.outlet.trace_words import as_text
    from flows.settings import Settings

    settings = Settings()
    with opened(settings.published) as connection:
        found = walk(connection, body, year, cell, archive=settings.archive, max_bytes=settings.answer_bytes)
    as_data = output_format == "json"
    as_dict = {**dataclasses.asdict(found), "faults": found.faults}
    click.echo(as_json(as_dict) if as_data else as_text(found), nl=as_data)
    if found.faults:
        sys.exit(EXIT_FINDINGS)


def _answer(connection: duckdb.DuckDBPyConnection, query: str, output_format: str, limit: int) -> None:
    from flows.outlet.queries import ask, printed

    answer = ask(connection, query)
    for piece in printed(answer, output_format, limit) if answer else ():
        click.echo(piece, nl=False)


def _lines(is_at_terminal: bool) -> Iterator[str]:
    while True:
        if is_at_terminal:
            click.echo("gongkai> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            return
        yield line


def _published() -> Path:
    from flows.settings import Settings

    return Settings().published
