"""Reading: from the archive to staged batches, never from the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from prefect import flow, task

from flows.collect import chosen_portals
from flows.progress import say, warn
from flows.settings import Settings
from flows.stages import ReadResult


@task(name="read-batch", task_run_name="read-batch-{number}")
def read_batch(number: int, documents: Sequence[object]) -> ReadResult:
    """Read some archived documents and stage what they hold as one batch."""
    from flows.batches import stage
    from flows.reports.archived import read_archived

    settings = Settings()
    portals, _ = chosen_portals(settings, None)
    rows = read_archived(settings, {portal.portal_id: portal for portal in portals}, documents)
    _, is_new = stage(settings.staged, rows)
    states = Counter(document.read_state for document in rows["document"])
    return ReadResult(
        documents=len(rows["document"]),
        reports=len(rows["report"]),
        cells=len(rows["cell"]),
        batches_staged=int(is_new),
        read_states=dict(states),
        problems=[
            f"{document.url}: {document.reason}"
            for document in rows["document"]
            if document.read_state in ("unreadable", "unsupported", "too_large")
        ],
    )


@flow(name="read", flow_run_name="read")
def read() -> ReadResult:
    """Read every archived document that this reader version has not read, and stage entries and fetches."""
    from flows.archive.index import ArchiveIndex
    from flows.batches import stage
    from flows.reports.archived import pending_documents, unstaged_sightings

    settings = Settings()
    index = ArchiveIndex.open(settings.archive)
    pending = pending_documents(index, settings.staged)
    say(f"reading {len(pending)} documents from {settings.archive}")
    size = settings.read_batch_documents
    results = [read_batch(number, documents) for number, documents in enumerate(_chunks(pending, size), 1)]
    sightings = unstaged_sightings(index, settings.staged)
    if any(sightings.values()):
        stage(settings.staged, sightings)
    states: Counter[str] = Counter()
    for result in results:
        states.update(result.read_states)
    problems = [problem for result in results for problem in result.problems]
    for problem in problems:
        warn(problem)
    return ReadResult(
        documents=sum(r.documents for r in results),
        reports=sum(r.reports for r in results),
        cells=sum(r.cells for r in results),
        batches_staged=sum(r.batches_staged for r in results),
        read_states=dict(sorted(states.items())),
        problems=problems,
    )


def _chunks(items: list[object], size: int) -> list[list[object]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
