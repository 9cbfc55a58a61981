"""How the registered portals stand, from what the archive's index knows of them. Asks no portal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from flows.portals.addresses import host_of
from flows.records import REFUSALS, FetchState, Portal

if TYPE_CHECKING:
    from flows.archive.index import ArchiveIndex


class PortalState(StrEnum):
    """What came of asking a portal for its list."""

    LISTED = "listed"
    """Its list was gone through to its end."""
    PARTLY_LISTED = "partly_listed"
    """It answers, but its list was never gone through to its end."""
    NO_LIST = "no_list"
    """What it last answered is no list: gone, a shell, something else."""
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """Its host last refused us, and may be asked again."""
    PAUSED = "paused"
    """Its host refused us, and is left alone for now."""
    NEVER_ASKED = "never_asked"


ANSWERED = frozenset({FetchState.CONTENT, FetchState.NOT_MODIFIED})
NO_ANSWER = frozenset({FetchState.UNREACHABLE, FetchState.TLS_FAILED})


def portal_states(
    index: ArchiveIndex | None, portals: Sequence[Portal], paused: Mapping[str, dt.datetime]
) -> dict[str, PortalState]:
    """State of each portal by its name; `paused` are the hosts of `paused_hosts`."""
    return {portal.portal_id: _state(index, portal, paused) for portal in portals}


def paused_hosts(
    index: ArchiveIndex | None, portals: Sequence[Portal], pause_seconds: int, now: dt.datetime
) -> dict[str, dt.datetime]:
    """Hosts of registered columns that are left alone, and until when."""
    if index is None:
        return {}
    found = {
        host: index.refused_until(host, pause_seconds, now)
        for host in sorted({host_of(p.column_url) for p in portals})
    }
    return {host: until for host, until in found.items() if until is not None}


def _state(index: ArchiveIndex | None, portal: Portal, paused: Mapping[str, dt.datetime]) -> PortalState:
    if host_of(portal.column_url) in paused:
        return PortalState.PAUSED
    row = index.latest_list_answer(portal.portal_id) if index else None
    if index is None or row is None:
        return PortalState.NEVER_ASKED
    if row.fetch_state in REFUSALS:
        return PortalState.REFUSED
    if row.fetch_state in NO_ANSWER:
        return PortalState.UNREACHABLE
    if row.fetch_state not in ANSWERED:
        return PortalState.NO_LIST
    is_whole = index.is_listed_whole(portal.portal_id, portal.column_url)
    return PortalState.LISTED if is_whole else PortalState.PARTLY_LISTED
