"""Which of the reports that a portal ever listed are asked for, in which order, and when again.

All of it is read off the archive and not off the list of one run, so neither a list that is gone or broken nor a kill
keeps a report from its revisits.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from flows.portals.question import VANISHED
from flows.records import REFUSALS

if TYPE_CHECKING:
    from flows.archive.index import ArchiveIndex
    from flows.archive.rows import IndexRow
    from flows.archive.sightings import KnownEntry
    from flows.portals.detail import Attachment
    from flows.settings import Settings

NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
OLD_AFTER = dt.timedelta(days=182)
"""A report first seen longer ago than this seldom changes any more."""


def known_reports_of(index: ArchiveIndex, portal_id: str) -> list[KnownEntry]:
    """The reports that the lists of a portal ever showed."""
    return [one for one in index.known_entries(portal_id) if one.listed.is_accepted]


def in_turn(index: ArchiveIndex, portal_id: str, refused_before: dt.datetime | None = None) -> list[KnownEntry]:
    """Known reports that may be due: never asked first, then asked longest ago, and what was refused at the end.

    A refused file stands for its report, as its host is left alone after it: were the report the first again, nothing
    behind it would ever be asked for. A report that left the list and has said since that it is gone is settled.

    Args:
        index: what is known.
        portal_id: whose reports.
        refused_before: leave out those that were refused at that time or since.
    """
    found: list[tuple[bool, dt.datetime, KnownEntry]] = []
    files_asked = index.files_asked(portal_id)
    for one in known_reports_of(index, portal_id):
        last = index.latest(portal_id, one.listed.entry_url)
        answers = [(last.fetch_state, last.fetched_at)] if last else []
        is_refused, asked_at = _turn([*answers, *files_asked.get(one.listed.entry_url, [])])
        is_left_out = is_refused and refused_before is not None and asked_at >= refused_before
        if not is_left_out and not _is_settled(one, last):
            found.append((is_refused, asked_at, one))
    return [one for _, _, one in sorted(found, key=lambda each: each[:2])]


def files_in_turn(index: ArchiveIndex, portal_id: str, files: list[Attachment]) -> list[Attachment]:
    """The files of a page: never asked first, in their order, then asked longest ago, what was refused at the end."""

    def turn(file: Attachment) -> tuple[bool, dt.datetime]:
        last = index.latest(portal_id, file.url)
        return _turn([(last.fetch_state, last.fetched_at)] if last else [])

    return sorted(files, key=turn)


def _turn(answers: list[tuple[str | None, dt.datetime]]) -> tuple[bool, dt.datetime]:
    """Whether any was a refusal, and when the last of those was; else when the last of all was."""
    refused = [asked_at for state, asked_at in answers if state in REFUSALS]
    return bool(refused), max(refused or [asked_at for _, asked_at in answers], default=NEVER)


def refused_at(index: ArchiveIndex, portal_id: str, key: str) -> dt.datetime | None:
    """When a request was refused, if it was so the last time."""
    last = index.latest(portal_id, key)
    return last.fetched_at if last is not None and last.fetch_state in REFUSALS else None


def fresh_since(
    index: ArchiveIndex, settings: Settings, now: dt.datetime, url: str, left_at: dt.datetime | None
) -> dt.datetime:
    """A known report that was asked for after this is not due; one that left the list is due once after that."""
    first = index.first_content_at(url)
    is_old = first is not None and now - first > OLD_AFTER
    since = now - dt.timedelta(days=settings.revisit_old_days if is_old else settings.revisit_days)
    return max(since, left_at) if left_at else since


def _is_settled(one: KnownEntry, last: IndexRow | None) -> bool:
    if last is None or one.left_at is None:
        return False
    return last.fetch_state in VANISHED and last.fetched_at >= one.left_at
