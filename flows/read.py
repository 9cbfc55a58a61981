"""Reading: from the archive to staged batches, never from the network."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from prefect import flow, task

from flows.journal import noted
from flows.progress import say, warn
from flows.records import Portal
from flows.settings import Settings
from flows.stages import ReadResult

if TYPE_CHECKING:
    from flows.archive.sightings import ArchivedDocument
    from flows.reports.workers import Workers


class Reading:
    """What the tasks of one reading run share. Not a record: Prefect is to hand it on, not to look inside."""

    def __init__(
        self, settings: Settings, portals: list[Portal], pending: list[ArchivedDocument], workers: Workers
    ) -> None:
        self.settings = settings
        self.workers = workers
        self.portals = {portal.portal_id: portal for portal in portals}
        self.pending = pending


@task(name="read-batch", task_run_name="read-batch-{start}")
def read_batch(start: int, reading: Reading) -> ReadResult:
    """Read the documents of one batch and stage what they hold."""
    from flows.batches import stage
    from flows.documents.limits import Limits
    from flows.reports.archived import read_archived

    settings = reading.settings
    documents = reading.pending[start : start + settings.read_batch_documents]
    limits = Limits.from_settings(settings)
    rows, problems = read_archived(settings.archive, documents, reading.portals, limits, reading.workers)
    _, is_new = stage(settings.staged, rows)
    say(f"  {start + len(documents)} of {len(reading.pending)} documents read")
    return ReadResult(
        documents=len(rows["document"]),
        reports=len(rows["report"]),
        cells=len(rows["cell"]),
        batches_staged=int(is_new),
        read_states=dict(Counter(document.read_state for document in rows["document"])),
        problems=problems,
    )


@flow(name="read", flow_run_name="read")
@noted("read")
def read() -> ReadResult:
    """Read every archived document that this reader version has not read, and stage entries, fetches and portals."""
    from flows.archive.index import ArchiveIndex
    from flows.batches import stage
    from flows.portals.registration import chosen_portals
    from flows.reports.archived import pending_documents, unstaged_sightings
    from flows.reports.workers import Workers

    settings = Settings()
    index = ArchiveIndex.open(settings.archive)
    portals, _ = chosen_portals(settings.registry, None)
    pending = pending_documents(index, settings.staged)
    say(f"read: {len(pending)} documents to read from {settings.archive}")
    with Workers.from_settings(settings) as workers:
        reading = Reading(settings, portals, pending, workers)
        results = [read_batch(start, reading) for start in range(0, len(pending), settings.read_batch_documents)]
    stage(settings.staged, {"portal": portals})
    sightings = unstaged_sightings(index, settings.staged)
    if any(sightings.values()):
        stage(settings.staged, sightings)
    result = _summed(results, index.problems)
    for problem in result.problems:
        warn(problem)
    return result


def _summed(results: list[ReadResult], problems: list[str]) -> ReadResult:
    states: Counter[str] = Counter()
    for result in results:
        states.update(result.read_states)
    return ReadResult(
        documents=sum(result.documents for result in results),
        reports=sum(result.reports for result in results),
        cells=sum(result.cells for result in results),
        batches_staged=sum(result.batches_staged for result in results),
        read_states=dict(sorted(states.items())),
        problems=[*problems, *(problem for result in results for problem in result.problems)],
    )
