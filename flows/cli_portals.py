"""The verbs of the portals: which are registered, what an address is, how they stand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from flows.cli_options import FORMAT
from flows.errors import EXIT_FINDINGS, EXIT_UNREACHABLE, InputError
from flows.progress import say
from flows.terminal import harmless

if TYPE_CHECKING:
    from flows.portals.probing import Probe
    from flows.portals.registration import RegistryError
    from flows.records import Portal
    from flows.settings import Settings

TITLES_SHOWN = 8


@click.group()
def portals() -> None:
    """The registered portals."""


@portals.command("list")
@click.option("--family", help="Only portals of this family.")
@click.option("--division", "division_code", metavar="CODE", help="Only divisions whose code begins so: 32, 3203.")
@click.option("--reports", "shows_reports", is_flag=True, help="List single reports whose column is not known.")
@FORMAT
def list_portals(family: str | None, division_code: str | None, shows_reports: bool, output_format: str) -> None:
    """List the registered portals.

    \b
    Example: gongkai portals list --division 32 --format json
    """
    from flows.portals.families import FAMILIES
    from flows.portals.known_reports import known_reports
    from flows.portals.registration import load_registry
    from flows.records import as_row

    if family not in (None, *FAMILIES):
        raise InputError(f"No family is called {family}: write one of {', '.join(FAMILIES)}.")
    if division_code is not None and not re.fullmatch(r"\d{1,6}", division_code):
        raise InputError(f"{division_code!r} is no division: write the first digits of its code, such as 32 or 3203.")
    registry = _settings().registry
    found, faults = load_registry(registry)
    begins = division_code or ""
    chosen = [one for one in found if family in (None, one.family) and one.division_code.startswith(begins)]
    if shows_reports:
        reports = [one for one in known_reports(registry) if one.division_code.startswith(begins)]
        lines = [f"{one.division_code or '-':<6} {one.published_by}  {one.report_url}" for one in reports]
        _print([dataclasses.asdict(one) for one in reports], lines, output_format)
    else:
        _print([as_row(portal) for portal in chosen], [_line(portal) for portal in chosen], output_format)
    _tell(faults)


@portals.command()
@click.argument("portal_id", metavar="ID")
@FORMAT
def show(portal_id: str, output_format: str) -> None:
    """Show one portal: its file, what was collected from it, and how it stood when it was last checked.

    \b
    Example: gongkai portals show suqian
    """
    from flows.archive.index import ArchiveIndex
    from flows.portals.checking import last_health
    from flows.portals.registration import chosen_portals, registry_files
    from flows.records import as_row

    settings = _settings()
    portal = chosen_portals(settings.registry, [portal_id])[0][0]
    path = next(path for path in registry_files(settings.registry) if path.stem == portal_id)
    health = last_health(settings.home).get(portal_id)
    entries = [entry for entry in ArchiveIndex.open(settings.archive).entries() if entry.portal_id == portal_id]
    accepted = sum(entry.is_accepted for entry in entries)
    result = as_row(portal) | {
        "file": str(path),
        "reports_listed": accepted,
        "titles_refused": len(entries) - accepted,
        "last_check": dataclasses.asdict(health) if health else None,
    }
    checked = f"{health.checked_at:%Y-%m-%d %H:%M} UTC: {health.describe()}" if health else "never"
    lines = [f"{name:<18} {value}" for name, value in result.items() if value is not None and name != "last_check"]
    _print(result, [*lines, f"{'last_check':<18} {checked}"], output_format)


@portals.command()
@click.argument("url")
@FORMAT
def probe(url: str, output_format: str) -> None:
    """Look at an address: which family it is, which titles would be listed; prints the YAML to register it.

    \b
    Example: gongkai portals probe https://www.example.gov.cn/zwgk/zfxxgknb/
    """
    from flows.portals.probing import as_yaml
    from flows.portals.probing import probe as look

    found = look(url, settings=_checked_settings(), now=_now)
    text = as_yaml(found, _now().date())
    _print(dataclasses.asdict(found) | {"yaml": text}, [*_probe_lines(found), "", text.rstrip()], output_format)
    if not (found.accepted or found.is_report or found.year_folders):
        sys.exit(EXIT_FINDINGS)


@portals.command()
@click.argument("portal_id", metavar="ID")
@click.argument("url")
@click.option(
    "--division", "division_code", required=True, metavar="CODE", help="Six digits of GB/T 2260, or 999000."
)
@click.option("--body", "body_name", help="Whose reports the column lists; without it those of several bodies.")
@click.option("--kind", "body_kind", type=click.Choice(["government", "department"]), default="government")
@click.option("--family", help="Its family, known without looking; without it the address is probed.")
@click.option("--name", help="What to call the portal.")
@click.option("--notes", help="What should be known of it.")
@FORMAT
def add(
    portal_id: str,
    url: str,
    division_code: str,
    body_name: str | None,
    body_kind: str,
    family: str | None,
    name: str | None,
    notes: str | None,
    output_format: str,
) -> None:
    """Register a portal: writes its file into the registry.

    \b
    Example: gongkai portals add lingshan-nb https://www.example.gov.cn/zwgk/zfxxgknb/ \\
        --division 450721 --body 灵山县人民政府
    """
    from flows.portals.registering import NewPortal, add_portal
    from flows.records import as_row

    settings = _checked_settings()
    column_url, seen_on = url, None
    if family is None:
        from flows.portals.probing import probe as look

        found = look(url, settings=settings, now=_now)
        if found.family is None:
            raise InputError(f"No family reads {url}: name one with --family, or register another address.")
        family, column_url, seen_on = found.family, found.column_url, _now().date()
    new = NewPortal(portal_id, column_url, family, division_code, body_name, body_kind, name, notes)
    path, portal = add_portal(settings.registry, new, seen_on)
    _print(
        as_row(portal) | {"file": str(path)},
        [f"{path} is written; `gongkai collect --portal {portal_id}` collects it."],
        output_format,
    )


@portals.command()
@click.argument("portal_ids", nargs=-1, metavar="[ID]...")
@FORMAT
def check(portal_ids: tuple[str, ...], output_format: str) -> None:
    """Ask every portal once, or those named, and tell which have moved, are gone, or list nothing any more.

    Exit code 1 when one is not healthy, 3 when none answered, 4 when another process asks portals.

    \b
    Example: gongkai portals check hainan-nb jilin-nb
    """
    from flows.archive.index import ArchiveIndex
    from flows.archive.writer import ArchiveWriter
    from flows.portals.checking import HealthState, check_portals
    from flows.portals.pace import asking_alone
    from flows.portals.registration import chosen_portals, load_registry

    settings = _checked_settings()
    chosen, faults = chosen_portals(settings.registry, portal_ids)
    every_portal = load_registry(settings.registry)[0]
    say(f"asking {len(chosen)} portals")
    with (
        asking_alone(settings.home),
        ArchiveWriter(settings.archive, warc_bytes=settings.warc_bytes, user_agent=settings.user_agent) as writer,
    ):
        index = ArchiveIndex.open(settings.archive, beside=settings.probes)
        checked = check_portals(chosen, every_portal, settings=settings, index=index, writer=writer, now=_now)
    states = Counter(health.health_state for health in checked)
    lines = [f"{health.portal_id:<28} {health.describe()}" for health in checked]
    summary = ", ".join(f"{count} {state}" for state, count in states.most_common())
    _print(
        [dataclasses.asdict(health) for health in checked],
        [*lines, f"{len(checked)} portals: {summary}."],
        output_format,
    )
    _tell(faults)
    if set(states) <= {HealthState.UNREACHABLE, HealthState.NOT_ASKED}:
        sys.exit(EXIT_UNREACHABLE)
    if not set(states) <= {HealthState.HEALTHY, HealthState.NOT_ASKED}:
        sys.exit(EXIT_FINDINGS)


def _probe_lines(found: Probe) -> list[str]:
    bears = ", ".join(found.families) or "none that is known"
    lines = [f"{found.column_url}", f"bears the marks of: {bears}; read as: {found.family or 'nothing'}"]
    lines += [f"  {name}: {value}" for name, value in found.learned.items()]
    if found.is_report:
        lines.append(
            f"The page is itself a report, of the column {found.says.column_name or 'that it does not name'}."
        )
    for heading, entries in (("accepted", found.accepted), ("refused", found.refused)):
        lines.append(f"{heading} on the first list page: {len(entries)}")
        for entry in entries[:TITLES_SHOWN]:
            lines.append(f"  {entry.listed_on or '-'!s:<10} {entry.title}  [{entry.title_rule}]")
    if found.year_folders:
        lines.append(f"goes on in {len(found.year_folders)} sub-columns, the first {found.year_folders[0]}")
    return [*lines, f"but: {found.problem}"] if found.problem else lines


def _line(portal: Portal) -> str:
    mark = "" if portal.is_verified else "  (not verified)"
    return f"{portal.portal_id:<28} {portal.family:<11} {portal.name}  {portal.column_url}{mark}"


def _print(value: Any, lines: list[str], output_format: str) -> None:  # noqa: ANN401 - plain data
    """Print as asked for; what portals wrote must not steer the terminal."""
    as_json = output_format == "json"
    text = json.dumps(value, ensure_ascii=False, default=str) if as_json else "\n".join(lines)
    click.echo(harmless(text))


def _tell(faults: list[RegistryError]) -> None:
    """What is wrong with files that were left out, which is the command's exit code too."""
    for fault in faults:
        click.echo(f"gongkai: {fault}", err=True)
    if faults:
        sys.exit(InputError.exit_code)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _settings() -> Settings:
    from flows.settings import Settings

    return Settings()


def _checked_settings() -> Settings:
    from flows.settings import check_home

    settings = _settings()
    check_home(settings)
    return settings
