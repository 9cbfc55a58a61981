"""The status as one screen for a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flows.journal import StageNote
from flows.operation.published_state import PublishedState
from flows.operation.status import Status
from flows.settings import MEGABYTE
from flows.terminal import harmless, table

COUNTS_SHOWN = {
    "collect": ("portals", "reports_listed", "fetched_new", "fetched_changed", "unchanged", "vanished"),
    "read": ("documents", "reports", "cells"),
    "reread": ("documents", "cells_changed"),
    "load": ("batches_loaded", "batches_known"),
    "assess": ("passed", "failed", "not_assessable", "error"),
    "notify": ("findings", "sent", "nothing_new"),
    "backfill": ("portals_asked", "fetched_new", "reports_read", "portal_years_left"),
}
"""Counts of each stage that fit on the screen; JSON has all."""


def in_words(status: Status) -> str:
    """The status for a terminal of 100 columns."""
    lines = [f"gongkai {status.version}, {_minute(status.at)}, data folder {status.home}", ""]
    lines += ["Runs", *(_runs(status.runs) or ["  none yet"]), ""]
    lines += ["Portals", f"  {_counted(status.portals)}", ""]
    lines += ["Published copy", *_published(status.published), ""]
    places = ", ".join(f"{place} {_size(size)}" for place, size in status.disk_bytes.items() if size)
    lines += ["Disk", f"  {places or 'nothing kept yet'}; {_size(status.free_bytes)} free", ""]
    lines += ["Needs a hand", *(f"  - {need.sentence}" for need in status.needs)]
    lines += [] if status.needs else ["  nothing"]
    return harmless("\n".join(lines))


def _runs(runs: Sequence[Sequence[StageNote]]) -> list[str]:
    lines: list[tuple[str, ...]] = []
    for number, run in enumerate(runs):
        lines.append((_minute(run[0].began_at), run[0].run, run[0].outcome, _took(run[0]), _told(run[0])))
        stages = run[1:] if number == 0 else ()  # of the runs before the last the outcome is enough
        lines += [("", f"  {note.stage}", note.outcome, _took(note), _told(note)) for note in stages]
    return table(lines)


def _took(note: StageNote) -> str:
    return str(dt.timedelta(seconds=round((note.ended_at - note.began_at).total_seconds()))) if note.ended_at else ""


def _told(note: StageNote) -> str:
    if note.counts.get("is_unchanged"):
        return "nothing had changed"
    shown = {name: note.counts[name] for name in COUNTS_SHOWN.get(note.stage, ()) if note.counts.get(name)}
    if note.problem_count:
        shown["problem" if note.problem_count == 1 else "problems"] = note.problem_count
    return _counted(shown) if shown else ""


def _counted(counts: dict[str, int]) -> str:
    told = [f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count]
    return ", ".join(told) or "none"


def _published(published: PublishedState | None) -> list[str]:
    if published is None:
        return ["  cannot be looked at, see below"]
    lines = [
        (
            f"reports on {season.report_year} by {season.by_day}",
            f"{season.published:,} of {season.expected:,} expected ({season.inferred:,} of them inferred)",
            f"{season.undated:,} undated, {season.unread:,} not read",
        )
        for season in published.season
    ]
    findings = [f"{one.findings:,} {one.severity} ({one.verdict})" for one in published.findings]
    assessed = _minute(published.assessed_at) if published.assessed_at else "never"
    return [*table(lines), f"  findings open: {', '.join(findings) or 'none'}; assessed {assessed}"]


def _minute(time: dt.datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _size(size: int) -> str:
    return f"{size / MEGABYTE / 1024:,.1f} GiB" if size >= 1024 * MEGABYTE else f"{size / MEGABYTE:,.1f} MiB"
