"""What needs a person's hand: each kind found at most once, with how many and what to do."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from flows.batches import staged_batches
from flows.errors import GongkaiError
from flows.journal import StageNote, StageOutcome
from flows.operation.published_state import PublishedState
from flows.settings import HOME_BYTES_FREE, MEGABYTE, Settings

EXAMPLES = 3


class NeedKind(StrEnum):
    """What may need a hand."""

    STAGE_FAILED = "stage_failed"
    RUN_INTERRUPTED = "run_interrupted"
    NOT_READABLE = "not_readable"
    """Registry, index or published copy cannot be looked at."""
    REGISTRY_FAULT = "registry_fault"
    OWN_FAULT = "own_fault"
    BATCH_REFUSED = "batch_refused"
    BATCH_DAMAGED = "batch_damaged"
    BATCH_NOT_PUBLISHED = "batch_not_published"
    COPY_OUTDATED = "copy_outdated"
    WARC_DAMAGED = "warc_damaged"
    WARC_TORN = "warc_torn"
    HOST_PAUSED = "host_paused"
    DIGEST_NOT_SENT = "digest_not_sent"
    DISK_LOW = "disk_low"


@dataclasses.dataclass(frozen=True, slots=True)
class Need:
    """One kind of thing that needs a hand."""

    kind: NeedKind
    count: int
    sentence: str
    """What it is and where; and what to do."""


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """What the needs are read off."""

    settings: Settings
    runs: Sequence[Sequence[StageNote]]
    """The latest first."""
    published: PublishedState | None
    paused: Mapping[str, dt.datetime]
    registry_faults: Sequence[str]
    faults: Mapping[str, str]
    """Why registry, archive or published copy cannot be looked at."""
    free_bytes: int

    @property
    def is_running(self) -> bool:
        """Whether any run is at work."""
        return any(run[0].outcome is StageOutcome.RUNNING for run in self.runs)

    def last(self, *stages: str) -> StageNote | None:
        """The latest note of one of these stages that is not at work now."""
        notes = [note for run in self.runs for note in run if note.stage in stages and note.ended_at is not None]
        return max(notes, key=lambda note: note.began_at, default=None)


def needs_of(seen: Seen) -> tuple[Need, ...]:
    """Everything that needs a hand, in the order of `NeedKind`."""
    found = []
    for kind in NeedKind:
        things, remedy = FINDERS[kind](seen)
        if things:
            found.append(Need(kind, len(things), f"{_some(things)}. {remedy[0].upper()}{remedy[1:]}."))
    return tuple(found)


Found = tuple[list[str], str]
"""The things, each in few words, and what to do about them."""


def _stage_failed(seen: Seen) -> Found:
    latest = next((run for run in seen.runs if run[0].outcome is not StageOutcome.RUNNING), ())
    failed = [note for note in latest if note.outcome is StageOutcome.FAILED]
    innermost = failed[-1:]
    return (
        [
            f"{note.stage} failed at {_minute(note.began_at)} ({'; '.join(note.problems) or 'no reason'})"
            for note in innermost
        ],
        "mend what it names, then run the same again; it goes on where it was",
    )


def _run_interrupted(seen: Seen) -> Found:
    latest = next(iter(seen.runs), ())
    cut = [note for note in latest[:1] if note.outcome is StageOutcome.INTERRUPTED]
    return [f"{note.run} begun at {_minute(note.began_at)} was ended from outside" for note in cut], (
        "run the same again; it goes on where it was"
    )


def _not_readable(seen: Seen) -> Found:
    return [fault.rstrip(".") for fault in seen.faults.values()], "until then this status is not whole"


def _registry_fault(seen: Seen) -> Found:
    return [fault.rstrip(".") for fault in seen.registry_faults], "these portals are not collected until it is mended"


def _own_fault(seen: Seen) -> Found:
    note = seen.last("assess")
    return (list(note.problems) if note else []), "nothing is published until `gongkai assess` passes"


def _batch_refused(seen: Seen) -> Found:
    note = seen.last("load")
    return (list(note.problems) if note else []), "`gongkai load` tries again"


def _batch_damaged(seen: Seen) -> Found:
    found = sorted(path.name for path in seen.settings.staged.glob(".damaged-*"))
    return found, f"They were set aside in {seen.settings.staged} and are read again; look at them, then delete them"


def _batch_not_published(seen: Seen) -> Found:
    if seen.is_running or seen.published is None:
        return [], ""
    left = [
        batch.batch_id
        for batch in staged_batches(seen.settings.staged)
        # results of an assessment alone are no reason to publish
        if batch.batch_id not in seen.published.batch_ids and list(batch.tables) != ["expectation_result"]
    ]
    return (
        left,
        "they are staged and not in the published copy; `gongkai run`, or load, transform, assess and publish",
    )


def _copy_outdated(seen: Seen) -> Found:
    built, put = seen.last("transform"), seen.last("publish")
    is_newer = built is not None and not built.counts.get("is_unchanged") and not _ended_after(put, built)
    outdated = is_newer and built is not None and built.outcome is StageOutcome.COMPLETED and not seen.is_running
    return (
        [f"marts built at {_minute(built.began_at)} are not in the published copy"] if built and outdated else [],
        "run `gongkai assess`, then `gongkai publish`",
    )


def _warc_damaged(seen: Seen) -> Found:
    if not (seen.settings.archive / "index").is_dir():
        return [], ""
    from flows.archive.indexing import lasting_damage

    return [text.rstrip(".") for text in lasting_damage(seen.settings.archive)], "`gongkai archive verify` tells more"


def _warc_torn(seen: Seen) -> Found:
    found = sorted(path.name for path in seen.settings.archive.glob("*.torn"))
    return (
        found,
        f"torn last records of killed runs, kept in {seen.settings.archive}; look at them, then delete them",
    )


def _host_paused(seen: Seen) -> Found:
    return (
        [f"{host} until {_minute(until)}" for host, until in seen.paused.items()],
        "they refused us and are left alone; look at them with a browser, bring in what matters by `gongkai ingest`",
    )


def _digest_not_sent(seen: Seen) -> Found:
    from flows.mail.deliveries import DigestState, all_deliveries, deliveries, holds

    settings = seen.settings
    if not (settings.smtp_host and settings.recipients and settings.finding_store.is_file()):
        return [], ""
    try:
        with deliveries(settings.finding_store) as connection:
            digests, held = all_deliveries(connection), holds(connection)
    except GongkaiError as fault:
        return [str(fault)], "until then nobody is told anything"
    waiting = (DigestState.READY, DigestState.DOUBTFUL)
    unsent = [
        f"{one.eml} ({one.state}{', ' if one.reply else ''}{one.reply})" for one in digests if one.state in waiting
    ]
    refused = [f"{one.recipient} ({one.reason})" for one in held.values()]
    return sorted(unsent) + refused, "see `gongkai notify list`; `gongkai doctor`, then `gongkai notify`"


def _disk_low(seen: Seen) -> Found:
    needed = HOME_BYTES_FREE + seen.settings.copy_bytes
    is_low = seen.free_bytes < needed
    words = f"{seen.free_bytes // MEGABYTE} MiB free on the disk of {seen.settings.home}"
    return [words] if is_low else [], f"publishing needs {needed // MEGABYTE} MiB; make room"


FINDERS: Mapping[NeedKind, Callable[[Seen], Found]] = {
    NeedKind.STAGE_FAILED: _stage_failed,
    NeedKind.RUN_INTERRUPTED: _run_interrupted,
    NeedKind.NOT_READABLE: _not_readable,
    NeedKind.REGISTRY_FAULT: _registry_fault,
    NeedKind.OWN_FAULT: _own_fault,
    NeedKind.BATCH_REFUSED: _batch_refused,
    NeedKind.BATCH_DAMAGED: _batch_damaged,
    NeedKind.BATCH_NOT_PUBLISHED: _batch_not_published,
    NeedKind.COPY_OUTDATED: _copy_outdated,
    NeedKind.WARC_DAMAGED: _warc_damaged,
    NeedKind.WARC_TORN: _warc_torn,
    NeedKind.HOST_PAUSED: _host_paused,
    NeedKind.DIGEST_NOT_SENT: _digest_not_sent,
    NeedKind.DISK_LOW: _disk_low,
}


def _some(things: Sequence[str]) -> str:
    more = len(things) - EXAMPLES
    return "; ".join(things[:EXAMPLES]) + (f"; and {more} more" if more > 0 else "")


def _minute(time: dt.datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _ended_after(one: StageNote | None, other: StageNote) -> bool:
    return bool(one and one.ended_at and other.ended_at and one.ended_at >= other.ended_at)
