"""How the whole stands: runs, portals, the season, findings, disk and what needs a hand.

Reads the journal, the archive's index, the folders and the published copy, never the live warehouse, and writes
nothing, so it can be asked while a run is at work.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows import __version__
from flows.errors import GongkaiError
from flows.journal import StageNote, read_journal, runs_of
from flows.lake import Lake, Warehouse
from flows.operation.needs import Need, Seen, needs_of
from flows.operation.portal_states import PortalState, paused_hosts, portal_states
from flows.operation.published_state import PublishedState, published_state
from flows.records import Portal
from flows.settings import Settings

RUNS_SHOWN = 5
PLACES = ("archive", "staged", "warehouse", "published", "outbox", "data_docs", "logs")
"""Settings that name what lies in the home folder."""


@dataclasses.dataclass(frozen=True, slots=True)
class Status:
    """How it stands at one moment."""

    at: dt.datetime
    version: str
    home: str
    runs: tuple[tuple[StageNote, ...], ...]
    """The latest first; of each run the note of the whole first, then those of its stages."""
    last_completed: dict[str, dt.datetime]
    """When each stage last came to its end."""
    portals: dict[str, int]
    """Registered portals by state; every state is there."""
    published: PublishedState | None
    disk_bytes: dict[str, int]
    free_bytes: int
    needs: tuple[Need, ...]

    def as_json(self) -> str:
        """The status as one JSON object."""
        plain: dict[str, Any] = dataclasses.asdict(self)
        if plain["published"]:
            plain["published"]["batches"] = len(plain["published"].pop("batch_ids"))
        return json.dumps(plain, ensure_ascii=False, default=str)


def status(settings: Settings, now: dt.datetime) -> Status:
    """Look at everything once. What cannot be looked at is named among the needs, and the rest is told."""
    notes = read_journal(settings.home)
    faults: dict[str, str] = {}
    portals, registry_faults = _registered(settings, faults)
    states, paused = _portals(settings, portals, now, faults)
    published = _published(settings, now, faults)
    runs = runs_of(notes)
    seen = Seen(settings, runs, published, paused, registry_faults, faults, _free_bytes(settings.home))
    counted = Counter(states.values())
    return Status(
        at=now,
        version=__version__,
        home=str(settings.home),
        runs=tuple(tuple(run) for run in runs[:RUNS_SHOWN]),
        last_completed=_last_completed(notes),
        portals={state.value: counted[state] for state in PortalState},
        published=published,
        disk_bytes={place: _bytes_below(_place(settings, place)) for place in PLACES},
        free_bytes=seen.free_bytes,
        needs=needs_of(seen),
    )


def _registered(settings: Settings, faults: dict[str, str]) -> tuple[list[Portal], list[str]]:
    from flows.portals.registration import load_registry

    try:
        portals, problems = load_registry(settings.registry)
    except GongkaiError as fault:
        faults["registry"] = str(fault)
        return [], []
    return portals, [str(problem) for problem in problems]


def _portals(
    settings: Settings, portals: Sequence[Portal], now: dt.datetime, faults: dict[str, str]
) -> tuple[dict[str, PortalState], dict[str, dt.datetime]]:
    from flows.archive.index import ArchiveIndex

    try:
        index = ArchiveIndex.look(settings.archive)
        try:
            paused = paused_hosts(index, portals, settings.pause_after_refusal_seconds, now)
            return portal_states(index, portals, paused), paused
        finally:
            if index is not None:
                index.close()
    except GongkaiError as fault:
        faults["archive"] = str(fault)
        return {}, {}


def _published(settings: Settings, now: dt.datetime, faults: dict[str, str]) -> PublishedState | None:
    try:
        return published_state(settings.published, now.date())
    except GongkaiError as fault:
        faults["published"] = str(fault)
        return None


def _last_completed(notes: Sequence[StageNote]) -> dict[str, dt.datetime]:
    ended = {note.stage: note.ended_at for note in notes if note.outcome == "completed" and note.ended_at}
    return dict(sorted(ended.items()))


def _place(settings: Settings, place: str) -> Path:
    """The folder of a place; of a lake that of its Parquet files."""
    path: Warehouse = getattr(settings, place)
    if isinstance(path, Lake):
        return path.data
    return path.parent if path.suffix == ".duckdb" else path


def _bytes_below(folder: Path) -> int:
    """Bytes of all files below a folder; what is removed meanwhile does not count."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def _free_bytes(home: Path) -> int:
    there = next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())
    return shutil.disk_usage(there).free
