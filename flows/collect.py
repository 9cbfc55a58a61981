"""Collecting: from the registry to the archive, one task a portal."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from prefect import flow, task
from prefect.artifacts import create_table_artifact

from flows.archive.index import ArchiveIndex
from flows.archive.writer import ArchiveWriter
from flows.journal import noted
from flows.portals.addresses import host_of
from flows.portals.collector import collect_portal
from flows.portals.outcome import PortalOutcome
from flows.portals.pace import Budget, asking_alone
from flows.portals.registration import chosen_portals, legacy_tls_hosts, load_registry, registered_hosts
from flows.processes import allow_open_files, on_one_core
from flows.progress import say, warn
from flows.records import FetchState, Portal
from flows.settings import Settings, revisiting
from flows.stages import CollectResult

FILES_AT_LEAST, FILES_PER_PORTAL = 1024, 4
"""Open at once: what the orchestrator has, and the connections of a portal to its hosts."""


class Collecting:
    """What the tasks of one collecting run share. Not a record: Prefect is to hand it on, not to look inside."""

    def __init__(
        self,
        settings: Settings,
        portals: list[Portal],
        index: ArchiveIndex,
        writer: ArchiveWriter,
        report_years: frozenset[int] | None,
        registered: list[Portal],
    ) -> None:
        self.settings = settings
        self.portals = {portal.portal_id: portal for portal in portals}
        self.index = index
        self.writer = writer
        self.report_years = report_years
        # an entry of one portal may lie on the host of any other, also when only some are asked
        self.allowed_hosts = registered_hosts(registered)
        self.legacy_hosts = legacy_tls_hosts(registered)
        self.budget = Budget(settings.host_requests)


@task(name="collect-portal", task_run_name="collect-{portal_id}")
def collect_one(portal_id: str, collecting: Collecting) -> PortalOutcome:
    """Ask one portal for what is new on it."""
    with on_one_core():
        outcome = collect_portal(
            collecting.portals[portal_id],
            settings=collecting.settings,
            index=collecting.index,
            writer=collecting.writer,
            now=lambda: dt.datetime.now(dt.UTC),
            allowed_hosts=collecting.allowed_hosts,
            legacy_hosts=collecting.legacy_hosts,
            budget=collecting.budget,
            report_years=collecting.report_years,
        )
    say(f"  {portal_id}: {outcome.describe()}")
    for notice in outcome.notices:
        say(f"    {notice}")
    return outcome


@flow(name="collect", flow_run_name="collect")
@noted("collect")
def collect(
    portal_ids: list[str] | None = None,
    report_years: list[int] | None = None,
    divisions: list[str] | None = None,
    is_revisit: bool = False,
) -> CollectResult:
    """Collect all registered portals, or those named, into the archive.

    Args:
        portal_ids: names of registered portals; all of them when empty.
        report_years: years of reports to fetch; all that are listed when empty.
        divisions: only portals in or below these (codes of GB/T 2260, shortened or whole: 32, 3213).
        is_revisit: ask again for every known report that was not asked for within a day, whenever it is due.

    Raises:
        InputError: a named portal is not registered, or the registry holds no portal at all.
        BusyError: another process asks portals.
    """
    settings = revisiting(Settings()) if is_revisit else Settings()
    portals, faults = chosen_portals(settings.registry, portal_ids, divisions)
    for fault in faults:
        warn(str(fault))
    allow_open_files(FILES_AT_LEAST + FILES_PER_PORTAL * settings.collect_workers)
    if not settings.contact and any(not _is_private(portal, settings) for portal in portals):
        warn("GONGKAI_CONTACT is empty: set it, so that the owner of a portal can ask who is asking.")
    say(f"collecting {len(portals)} portals into {settings.archive}")
    with asking_alone(settings.home):
        index = ArchiveIndex.open(settings.archive, beside=settings.probes)
        outcomes = _asked(settings, portals, index, frozenset(report_years) if report_years else None)
    result = _summed(outcomes, list(map(str, faults)), index.problems)
    create_table_artifact(
        key="collected-portals",
        table=[{"portal_id": portal_id, "outcome": outcome.describe()} for portal_id, outcome in outcomes.items()],
        description="What each portal gave in this run",
    )
    return result


def _asked(
    settings: Settings, portals: list[Portal], index: ArchiveIndex, report_years: frozenset[int] | None
) -> dict[str, PortalOutcome]:
    """What each portal came to, by its name, in the order given."""
    registered, _ = load_registry(settings.registry)
    with ArchiveWriter(settings.archive, warc_bytes=settings.warc_bytes, user_agent=settings.user_agent) as writer:
        collecting = Collecting(settings, portals, index, writer, report_years, registered)
        futures = {portal.portal_id: collect_one.submit(portal.portal_id, collecting) for portal in portals}
        return {portal_id: future.result() for portal_id, future in futures.items()}


def _summed(outcomes: dict[str, PortalOutcome], faults: list[str], damages: list[str]) -> CollectResult:
    states: Counter[str] = Counter()
    for outcome in outcomes.values():
        states.update(outcome.fetch_states)
    stopped = [f"{name}: {o.stopped_reason}" for name, o in outcomes.items() if o.stopped_reason]
    return CollectResult(
        portals=len(outcomes),
        portals_unreachable=sum(_is_unreachable(o) for o in outcomes.values()),
        portals_fruitless=sum(o.is_fruitless for o in outcomes.values()),
        registry_faults=len(faults),
        portals_faulty=sum(o.is_faulty for o in outcomes.values()),
        portals_refused=sum(o.is_refused for o in outcomes.values()),
        list_pages=sum(o.list_pages for o in outcomes.values()),
        reports_listed=sum(o.accepted for o in outcomes.values()),
        titles_refused=sum(o.refused for o in outcomes.values()),
        fetched_new=sum(o.fetched_new for o in outcomes.values()),
        fetched_changed=sum(o.changed for o in outcomes.values()),
        unchanged=sum(o.unchanged for o in outcomes.values()),
        vanished=sum(o.vanished for o in outcomes.values()),
        not_due=sum(o.not_due for o in outcomes.values()),
        fetch_states=dict(sorted(states.items())),
        problems=[*faults, *damages, *stopped],
        notices=[notice for outcome in outcomes.values() for notice in outcome.notices],
    )


def _is_private(portal: Portal, settings: Settings) -> bool:
    return host_of(portal.column_url) in settings.private_hosts


def _is_unreachable(outcome: PortalOutcome) -> bool:
    states = outcome.fetch_states.keys()
    return not outcome.list_pages and bool(states) and states <= {FetchState.UNREACHABLE, FetchState.TLS_FAILED}
