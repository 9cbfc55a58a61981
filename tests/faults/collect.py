"""Collects from simulated portals, in a process of its own that may be killed."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flows.archive.index import ArchiveIndex
from flows.archive.writer import ArchiveWriter
from flows.portals.collector import collect_portal
from flows.portals.outcome import PortalOutcome
from flows.portals.pace import Budget
from flows.portals.registration import load_registry
from flows.processes import on_one_core
from flows.records import Portal
from flows.settings import Settings


def main() -> None:
    """Collect once, and print one line of JSON for each portal that was not gone through."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--now", type=dt.datetime.fromisoformat, required=True)
    parser.add_argument("--workers", type=int, default=16)
    asked = parser.parse_args()
    settings = Settings(home=asked.home)
    began = time.monotonic()

    def now() -> dt.datetime:
        return asked.now + dt.timedelta(seconds=time.monotonic() - began)

    portals, problems = load_registry(asked.home / "registry")
    assert not problems, problems
    index = ArchiveIndex.open(settings.archive)
    budget = Budget(settings.host_requests)
    with ArchiveWriter(settings.archive, warc_bytes=settings.warc_bytes, user_agent=settings.user_agent) as writer:

        def one(portal: Portal) -> PortalOutcome:
            with on_one_core():
                return collect_portal(
                    portal,
                    settings=settings,
                    index=index,
                    writer=writer,
                    now=now,
                    allowed_hosts=frozenset(),
                    budget=budget,
                )

        with ThreadPoolExecutor(asked.workers) as threads:
            outcomes = list(threads.map(one, portals))
    for outcome in outcomes:
        if outcome.stopped_reason:
            line = {"portal": outcome.portal_id, "why": outcome.stopped_reason, "is_faulty": outcome.is_faulty}
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
