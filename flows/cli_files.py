"""The verbs that take one file and need no archive and no warehouse: `gongkai parse` and `gongkai check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from flows.cli_options import FORMAT
from flows.errors import EXIT_FINDINGS
from flows.progress import say

if TYPE_CHECKING:
    from flows.quality.balances import CheckResult
    from flows.reports.reader import Reading
    from flows.settings import Settings

EXPLAIN = click.option(
    "--explain", "is_explained", is_flag=True, help="Show how each row was aligned and which balances prove it."
)
PICTURE = click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT.png",
    help="Draw the pages with the tables, one below the other in one PNG, each cell framed: blue where it was "
    "located, amber where it is doubtful or left over, red where a balance of its fails. For PDF, pictures and, "
    "through Chromium, web pages (their article, without scripts, pictures and style sheets).",
)


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format", "output_format", type=click.Choice(["csv", "json", "text"]), default="text", show_default=True
)
@EXPLAIN
@PICTURE
def parse(files: tuple[Path, ...], output_format: str, is_explained: bool, picture: Path | None) -> None:
    """Read one report and print its figures. Several FILEs are pictures that make one report, in their order.

    CSV is `table,row,column,value`, one line a cell of the format, blank cells with an empty value. JSON adds
    the raw text, kind, place, confidence and second reading of each cell, whose report it is, its sections
    and leftovers, and the numbers that its sentences state. A report on the statistics sheet of 2014 to 2018
    is said to be not yet read, which is no error.

    \b
    Example: gongkai parse report.html --format csv > figures.csv
    Example: gongkai parse page-1.png page-2.png page-3.png
    """
    from flows.drawing import refuse_undrawable
    from flows.explanation import as_words, explain
    from flows.quality.balances import evaluate
    from flows.settings import Settings
    from flows.single_file import as_csv, as_json, as_text, in_a_sentence, read_file, read_pictures

    file = files[0]
    settings = Settings()
    if is_explained and output_format == "csv":
        raise click.UsageError("--explain is for people and for JSON; give --format text or --format json with it.")
    if picture and len(files) > 1:
        raise click.UsageError("--picture draws one file; give one FILE, or leave it out.")
    if picture:
        refuse_undrawable(file, picture, settings)
    reading = read_file(file, settings) if len(files) == 1 else read_pictures(files, settings)
    results = evaluate(reading.cells) if is_explained or picture else []
    explained = explain(reading, results) if is_explained else None
    if picture:
        _draw(file, picture, reading, results, settings)
    if output_format == "json":
        click.echo(as_json(reading, explained), nl=False)
    elif output_format == "csv":
        click.echo(as_csv(reading), nl=False)
        if reading.report is None:
            click.echo(in_a_sentence(reading), err=True)
    else:
        click.echo(as_text(reading) + (f"\n{as_words(explained, reading)}" if explained else ""), nl=False)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--last-year", type=click.Path(path_type=Path), help="The same body's report for the year before.")
@click.option(
    "--warehouse", "is_warehouse_asked", is_flag=True, help="Take that report from the published copy instead."
)
@click.option("--body", metavar="NAME|ID", help="Whose report it is, for --warehouse where the report does not say.")
@click.option(
    "--children",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of this year's reports of the bodies below: an aggregate is held against their sums.",
)
@click.option("--children-complete", "is_complete", is_flag=True, help="They are all that there are.")
@click.option(
    "--sheet",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT.docx|OUT.html",
    help="Write a numbered review sheet: each finding with its cells, what to write instead, what to do.",
)
@click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the sheet."
)
@EXPLAIN
@PICTURE
@FORMAT
def check(
    file: Path,
    last_year: Path | None,
    is_warehouse_asked: bool,
    body: str | None,
    children: Path | None,
    is_complete: bool,
    sheet: Path | None,
    language: Literal["zh", "en"],
    is_explained: bool,
    picture: Path | None,
    output_format: str,
) -> None:
    """Check one report, or the draft of one, offline; exit code 1 when a balance or a rule of severity error fails.

    For each balance that fails it says whether two readings of the report find the publisher or the reader at fault.
    Docx, html, xlsx, pdf, odt, text, pictures; doc and wps where LibreOffice is installed (docs/checking-a-draft.md).

    \b
    Example: gongkai check report-2024.docx --last-year report-2023.html
    Example: gongkai check draft.docx --warehouse --children reports-2024 --sheet review.docx
    """
    from flows.checked_file import Context, check_file, checks_as_json, checks_as_text, has_failed
    from flows.drawing import refuse_undrawable
    from flows.explanation import as_words, explain
    from flows.review_sheet import refuse_unwritable, write_sheet
    from flows.settings import Settings
    from flows.terminal import harmless

    _refuse_contradictions(last_year, is_warehouse_asked, body, children, is_complete)
    settings = Settings()
    if picture:
        refuse_undrawable(file, picture, settings)
    if sheet:
        refuse_unwritable(sheet, (file, last_year))
    checked = check_file(file, Context(last_year, is_warehouse_asked, body, children, is_complete), settings)
    explained = explain(checked.reading, checked.results) if is_explained else None
    if picture:
        _draw(file, picture, checked.reading, checked.results, settings)
    if sheet:
        write_sheet(sheet, file, checked, settings, last_year=last_year, language=language)
        say(f"{sheet} is the review sheet")
    click.echo(checks_as_json(checked, explained) if output_format == "json" else harmless(checks_as_text(checked)))
    if explained and output_format == "text":
        click.echo("\n" + as_words(explained, checked.reading), nl=False)
    if has_failed(checked):
        sys.exit(EXIT_FINDINGS)


def _refuse_contradictions(
    last_year: Path | None, is_warehouse_asked: bool, body: str | None, children: Path | None, is_complete: bool
) -> None:
    if last_year and is_warehouse_asked:
        raise click.UsageError("Last year's report is either a file or the published copy's; leave one option out.")
    if body and not is_warehouse_asked:
        raise click.UsageError(
            "--body says whose report to look for in the published copy; give --warehouse with it."
        )
    if is_complete and not children:
        raise click.UsageError("--children-complete speaks of the folder of --children; give that with it.")


def _draw(file: Path, picture: Path, reading: Reading, results: Sequence[CheckResult], settings: Settings) -> None:
    from flows.drawing import picture_of

    picture.write_bytes(picture_of(file, reading, results, settings))
    say(f"{picture} shows where its cells stand")
