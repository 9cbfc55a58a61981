"""What each stage reports when it ends. Flat, so that Prefect, JSON and the summary print the same numbers."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class CollectResult:
    """What collecting did in this run; `fetch_states` counts requests by what became of them."""

    portals: int = 0
    portals_refused: int = 0
    portals_unreachable: int = 0
    """Portals of which nothing answered."""
    portals_fruitless: int = 0
    """Portals that were to be asked and gave neither a list nor a report: silent, refusing, gone or empty."""
    registry_faults: int = 0
    """Files of the registry that could not be used."""
    portals_faulty: int = 0
    """Portals that an error of our own kept from being gone through; the traceback is in the log folder."""
    list_pages: int = 0
    reports_listed: int = 0
    titles_refused: int = 0
    fetched_new: int = 0
    fetched_changed: int = 0
    unchanged: int = 0
    vanished: int = 0
    """Pages and attachments that had content and now say that they have none."""
    not_due: int = 0
    """Known pages and attachments whose next revisit has not come yet."""
    fetch_states: dict[str, int] = dataclasses.field(default_factory=dict)
    problems: list[str] = dataclasses.field(default_factory=list)
    notices: list[str] = dataclasses.field(default_factory=list)
    """What was published otherwise since, or is there no more, one sentence each."""


@dataclasses.dataclass(frozen=True, slots=True)
class ReadResult:
    """What reading did; `read_states` counts the documents read in this run by what became of them."""

    documents: int = 0
    reports: int = 0
    cells: int = 0
    batches_staged: int = 0
    read_states: dict[str, int] = dataclasses.field(default_factory=dict)
    problems: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class RereadResult:
    """What reading again did, and what this reader has otherwise than the ones before; `reasons` counts cells."""

    documents: int = 0
    """Read again in this run."""
    documents_compared: int = 0
    """That both an earlier reader and this one have looked at, in this run or before."""
    documents_changed: int = 0
    cells_changed: int = 0
    reasons: dict[str, int] = dataclasses.field(default_factory=dict)
    changes: Path | None = None
    """CSV with every changed cell: before, after, versions, why."""
    problems: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class LoadStageResult:
    """What the loader did."""

    batches_loaded: int = 0
    batches_known: int = 0
    rows_added: dict[str, int] = dataclasses.field(default_factory=dict)
    problems: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class StageResult:
    """A stage that either ran or found its inputs unchanged."""

    is_unchanged: bool
    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    problems: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class KnownOnResult:
    """The file in which the marts as known on a past day were built."""

    known_on: dt.date
    output: Path


@dataclasses.dataclass(frozen=True, slots=True)
class NotifyStageResult:
    """Digests written to the outbox and sent, and recipients who got none."""

    findings: int = 0
    written: list[str] = dataclasses.field(default_factory=list)
    sent: int = 0
    nothing_new: int = 0
    """Recipients who know all there is to know."""
    not_yet: int = 0
    """Recipients who are written to again on another day."""
    held: list[str] = dataclasses.field(default_factory=list)
    """Addresses that are not written to, one sentence each."""
    problems: list[str] = dataclasses.field(default_factory=list)


def folder_fingerprint(folder: Path, patterns: Sequence[str]) -> str:
    """Sha-256 over the files below a folder whose names match, with their paths: the version of code or rules."""
    digest = hashlib.sha256()
    paths = {path for pattern in patterns for path in folder.rglob(pattern) if path.is_file()}
    for path in sorted(paths):
        digest.update(f"{path.relative_to(folder)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def as_dict(result: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the results above
    """A result as plain data."""
    return dataclasses.asdict(result)
