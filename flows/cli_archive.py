"""The verbs of the archive, and bringing into it by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli_options import FORMAT
from flows.errors import EXIT_FINDINGS
from flows.terminal import harmless, harmless_json

if TYPE_CHECKING:
    from flows.archive.rows import IndexRow
    from flows.archive.sightings import EntryState

PORTAL = click.option("--portal", "portal_id", metavar="ID", help="Only this portal.")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--url", required=True, help="Where the page was published.")
@click.option("--body", "body_name", required=True, help="Whose report it is.")
@click.option("--division", "division_code", required=True, metavar="CODE", help="Six digits of GB/T 2260.")
@click.option("--portal", "portal_id", metavar="ID", help="The registered portal that lists it.")
@FORMAT
def ingest(
    files: tuple[Path, ...],
    url: str,
    body_name: str,
    division_code: str,
    portal_id: str | None,
    output_format: str,
) -> None:
    """Bring in by hand what was saved from a portal that refuses machines: the page first, then its files.

    \b
    Example: gongkai ingest report.html --url https://www.example.gov.cn/nb/2024.html \\
        --body 示例市人民政府 --division 990100
    """
    from flows.by_hand import ingest as bring_in
    from flows.settings import Settings

    now = dt.datetime.now
    rows, known = bring_in(
        files,
        url,
        body_name,
        division_code,
        portal_id=portal_id,
        settings=Settings(),
        now=lambda: now(dt.UTC),
    )
    if output_format == "json":
        click.echo(_json({"archived": [row.url for row in rows], "known": [str(path) for path in known]}))
        return
    for row in rows:
        click.echo(f"{row.url}: archived in {row.warc_file}; `gongkai read` reads it.")
    for path in known:
        click.echo(f"{path}: the archive has it already.")


@click.group()
def archive() -> None:
    """What was collected: WARC files and their index."""


@archive.command()
@FORMAT
def verify(output_format: str) -> None:
    """Recompute every digest of the archive; exit code 1 when a record is not what it was.

    \b
    Example: gongkai archive verify
    """
    from flows.archive.members import warc_files
    from flows.archive.reader import verify as verified
    from flows.settings import Settings

    folder = Settings().archive
    files = warc_files(folder)
    problems = verified(folder)
    if output_format == "json":
        click.echo(_json({"warc_files": len(files), "problems": problems}))
    else:
        for problem in problems:
            click.echo(harmless(problem))
        click.echo(f"{len(files)} WARC files in {folder}, {len(problems)} problems.")
    if problems:
        sys.exit(EXIT_FINDINGS)


@archive.command()
@click.argument("url")
@click.option("--output", type=click.Path(path_type=Path), help="Write the latest content to this file.")
@FORMAT
def show(url: str, output: Path | None, output_format: str) -> None:
    """Show what the archive has of an address: its versions, its files, and where they lie.

    \b
    Example: gongkai archive show https://www.example.gov.cn/nb/2024.html --output page.html
    """
    from flows.archive.index import ArchiveIndex
    from flows.archive.reader import read_payload
    from flows.errors import InputError
    from flows.settings import Settings

    settings = Settings()
    url = _known_as(url)
    index = ArchiveIndex.open(settings.archive)
    answers = index.answers(url)
    if not answers:
        raise InputError(
            f"The archive {settings.archive} has nothing from {url}: write the address as it was listed."
        )
    if output is not None:
        content = index.latest_content(url)
        if content is None:
            raise InputError(f"{url} never had content: there is nothing to write.")
        payload = read_payload(settings.archive, content.warc_file, content.warc_offset, settings.answer_bytes)
        output.write_bytes(payload)
    if output_format == "json":
        click.echo(_json([dataclasses.asdict(row) for row in answers]))
        return
    for row in answers:
        click.echo(harmless(_answer_line(row)))


@archive.command()
@PORTAL
@FORMAT
def entries(portal_id: str | None, output_format: str) -> None:
    """List what became of every entry that a portal listed, and when it was first seen, last seen and last changed.

    \b
    Example: gongkai archive entries --portal suqian
    """
    from flows.archive.index import ArchiveIndex
    from flows.by_hand import BY_HAND
    from flows.errors import InputError
    from flows.settings import Settings

    settings = Settings()
    found = ArchiveIndex.open(settings.archive).entry_states(portal_id)
    if portal_id == BY_HAND:
        raise InputError(
            "What was brought in by hand stands on no list: `gongkai archive show URL` shows what became of it."
        )
    if portal_id is not None and not found:
        raise InputError(
            f"The archive {settings.archive} has no entry of a portal {portal_id}: collect it first "
            f"(gongkai collect --portal {portal_id}); `gongkai portals list` shows the names there are."
        )
    if output_format == "json":
        click.echo(_json([dataclasses.asdict(entry) for entry in found]))
        return
    for entry in found:
        click.echo(harmless(_entry_line(entry)))


@archive.command()
@click.argument("url")
@FORMAT
def diff(url: str, output_format: str) -> None:
    """Show what a report that was published again says otherwise, cell by cell.

    \b
    Example: gongkai archive diff https://www.example.gov.cn/nb/2024.html
    """
    from flows.revisions import in_words, revisions
    from flows.settings import Settings

    url = _known_as(url)
    found = revisions(url, Settings())
    as_json = output_format == "json"
    click.echo(_json([dataclasses.asdict(one) for one in found]) if as_json else harmless(in_words(url, found)))


@archive.command()
@click.argument("target", type=click.Path(path_type=Path))
@PORTAL
@click.option("--url", help="Only this address and the files of its page.")
def export(target: Path, portal_id: str | None, url: str | None) -> None:
    """Copy records into one WARC file (its name ends in .warc.gz), to hand them on.

    \b
    Example: gongkai archive export suqian.warc.gz --portal suqian
    """
    from flows.archive.export import export as copy
    from flows.settings import Settings

    url = _known_as(url) if url is not None else None

    def is_wanted(row: IndexRow) -> bool:
        is_of_portal = portal_id is None or row.portal_id == portal_id
        return is_of_portal and (url is None or url in (row.url, row.entry_url))

    count = copy(Settings().archive, target, is_wanted)
    click.echo(f"{count} exchanges and listings copied to {target}.")


def _known_as(url: str) -> str:
    """An address as a person writes it, as the archive knows it: what stands behind `#` only where it is ours."""
    from flows.archive.exchange import is_name_of_ours
    from flows.errors import InputError
    from flows.portals.addresses import AddressError, canonical

    address, mark, behind = url.partition("#")
    try:
        return canonical(address) + (f"{mark}{behind}" if is_name_of_ours(url) else "")
    except AddressError as fault:
        raise InputError(f"{fault}; write the address as a browser shows it.") from fault


def _answer_line(row: IndexRow) -> str:
    state = f"{row.fetch_state}{f' ({row.reason})' if row.reason else ''}"
    what = f" {row.payload_bytes} bytes sha256:{row.payload_sha256[:12]}" if row.payload_sha256 else ""
    at = f"{row.fetched_at:%Y-%m-%d %H:%M:%S}"
    names = [name for name in (row.link_name, row.file_name) if name]
    called = f" ({', '.join(dict.fromkeys(names))})" if names else ""
    where = f"{row.record_type or 'no answer'} in {row.warc_file} at {row.warc_offset}"
    return f"{at}  {row.url}{called}  {state}{what}  {where}"


def _entry_line(entry: EntryState) -> str:
    reason = f" ({entry.reason})" if entry.reason else ""
    listed = "" if entry.is_listed else ", listed no more"
    days = f"first {entry.first_seen_at:%Y-%m-%d}, last {entry.last_seen_at:%Y-%m-%d}"
    changed = f"changed {entry.last_changed_at:%Y-%m-%d}"
    return (
        f"{entry.portal_id}  {entry.title}  {entry.entry_state}{reason}{listed}  {days}, {changed}  {entry.entry_url}"
    )


def _json(value: Any) -> str:  # noqa: ANN401 - plain data
    return harmless_json(json.dumps(value, ensure_ascii=False, default=str))
