"""Probing an address that is not registered: which family it is, what it would list, and the YAML to register it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from flows.errors import InputError, UnreachableError
from flows.formats import divisions
from flows.portals.addresses import AddressError, canonical, host_of, is_governmental
from flows.portals.families import FAMILIES, recognised
from flows.portals.families.anchors import year_folders
from flows.portals.families.links import LinksListing
from flows.portals.metadata import PageMetadata, metadata
from flows.portals.pace import asking_alone
from flows.portals.visits import FirstPage, Refusal, visiting

if TYPE_CHECKING:
    from flows.archive.rows import ListedEntry
    from flows.portals.pages import Page
    from flows.settings import Settings

FAMILIES_TRIED = 3
PROBE_ID = "probe"
"""Under which name the archive of probes keeps what was answered."""


@dataclasses.dataclass(frozen=True, slots=True)
class Probe:
    """What an address turned out to be."""

    url: str
    column_url: str
    """Where it led to; the address to register."""
    families: tuple[str, ...]
    """Whose marks the page bears."""
    family: str | None
    """The one that reads most reports; None when none reads any."""
    learned: Mapping[str, str]
    """What the family found out about how list pages are asked for."""
    accepted: tuple[ListedEntry, ...]
    """Of the first list page."""
    refused: tuple[ListedEntry, ...]
    year_folders: tuple[str, ...]
    is_report: bool
    """True when the page is itself a report."""
    says: PageMetadata
    problem: str | None
    """Why less was seen than there may be."""


def probe(url: str, *, settings: Settings, now: Callable[[], dt.datetime]) -> Probe:
    """Look at an address once. What it answers is kept in an archive apart from that of the registered portals.

    Raises:
        InputError: it is no address of a public body.
        UnreachableError: it did not answer with a page, or its host refused us lately.
        BusyError: another process asks portals.
    """
    from flows.archive.index import ArchiveIndex
    from flows.archive.writer import ArchiveWriter

    address = _checked(url, settings)
    apart = settings.model_copy(update={"home": settings.probes.parent})
    index = ArchiveIndex.open(settings.probes, beside=settings.archive)
    with (
        asking_alone(settings.home),
        ArchiveWriter(settings.probes, warc_bytes=apart.warc_bytes, user_agent=apart.user_agent) as writer,
        visiting(PROBE_ID, address, settings=apart, index=index, writer=writer, now=now) as visit,
    ):
        column = visit.column(address)
        if isinstance(column, Refusal):
            raise UnreachableError(f"{address} cannot be probed: {column.reason}.")
        inner = visit.inner(column)
        families = tuple(recognised(inner.page))
        tried = families[:FAMILIES_TRIED] or (LinksListing.family,)
        found = [(family, visit.first_page(family, address, inner)) for family in tried]
        return _told(address, column.page, inner.page, families, found)


def as_yaml(found: Probe, today: dt.date) -> str:
    """The registry file to paste, with `?` where a person must say what is so."""
    code = found.says.division_code
    division = next((one for one in divisions() if one.division_code == code), None)
    name, level = (division.division_name, division.level) if division else ("?", "?")
    site = found.says.site_name or "?"
    return (
        f"name: {json.dumps(f'{site}政府信息公开年报', ensure_ascii=False)}\n"
        f"family: {found.family or '?'}\n"
        f"column_url: {found.column_url}\n"
        f'division: {{code: "{code or "?"}", name: "{name}", level: "{level}"}}\n'
        'body: {name: "?", kind: government}   # or, for a column of several bodies: body: null, aggregate: true\n'
        "verified: no\n"
        f"seen: {today}\n"
    )


def _checked(url: str, settings: Settings) -> str:
    try:
        address = canonical(url if "://" in url else f"https://{url}")
    except AddressError as fault:
        raise InputError(f"{fault}: write the column's address as a browser shows it.") from fault
    host = host_of(address)
    if not is_governmental(host) and host not in settings.private_hosts:
        raise InputError(f"{host} is not under gov.cn: copies on other domains are altered, find the original.")
    return address


def _told(
    address: str, column: Page, inner: Page, families: tuple[str, ...], found: list[tuple[str, FirstPage]]
) -> Probe:
    family, best = max(found, key=lambda one: (len(one[1].accepted), one[1].leads_on))
    is_listed = bool(best.accepted) or best.leads_on
    folders = year_folders(inner, FAMILIES[family].article)
    return Probe(
        url=address,
        column_url=canonical(column.url),
        families=families,
        family=family if is_listed else next(iter(families), None),
        learned=dict(best.listing.learned()),
        accepted=tuple(best.accepted),
        refused=tuple(entry for entry in best.entries if not entry.is_accepted),
        year_folders=tuple(folders),
        is_report=inner.has_report_tables,
        says=metadata(inner),
        problem=best.stopped,
    )
