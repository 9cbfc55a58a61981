"""Reading again: what earlier versions of the reader read, without the network, and what is otherwise now."""

from __future__ import annotations

import dataclasses

from prefect import flow, task

from flows.journal import noted
from flows.progress import say, warn
from flows.read import Reading, read_batch
from flows.settings import Settings
from flows.stages import RereadResult


@task(name="compare-readings")
def compare_readings(older_than: int) -> RereadResult:
    """Hold this reader's readings against the earlier ones, and write each changed cell into a file."""
    from flows.operation.rereading import compared, write_csv
    from flows.reports import READER_VERSION
    from flows.unfinished import folder_beside

    settings = Settings()
    target = settings.home / "rereadings" / f"before-{older_than}-with-{READER_VERSION}.csv"
    with folder_beside(target) as scratch, compared(settings.staged, older_than, scratch) as changes:
        write_csv(changes, target)
        reasons = changes.reasons
        return RereadResult(
            documents_compared=changes.documents_compared,
            documents_changed=changes.documents_changed,
            cells_changed=sum(reasons.values()),
            reasons=reasons,
            changes=target,
        )


@flow(name="reread", flow_run_name="reread")
@noted("reread")
def reread(older_than: int | None = None) -> RereadResult:
    """Read archived documents again that were last read by an earlier version of the reader, and say what changed.

    Stopped at any point, the next run goes on with what is left, and compares all of it.

    Args:
        older_than: read again what was last read by a version before this one; before this reader's own when empty.

    Raises:
        InputError: the version is not one up to this reader's, or a staged batch is damaged.
    """
    from flows.archive.index import ArchiveIndex
    from flows.operation.rereading import checked_version, outdated_documents
    from flows.portals.registration import chosen_portals
    from flows.reports.workers import Workers

    settings = Settings()
    version = checked_version(older_than)
    index = ArchiveIndex.open(settings.archive)
    portals, _ = chosen_portals(settings.registry, None)
    outdated = outdated_documents(index, settings.staged, version)
    say(f"reread: {len(outdated)} documents to read again from {settings.archive}")
    with Workers.from_settings(settings) as workers:
        reading = Reading(settings, portals, outdated, workers)
        results = [read_batch(start, reading) for start in range(0, len(outdated), settings.read_batch_documents)]
    problems = [*index.problems, *(problem for result in results for problem in result.problems)]
    for problem in problems:
        warn(problem)
    found = compare_readings(version)
    say(f"reread: {found.cells_changed} cells of {found.documents_changed} documents are read otherwise")
    return dataclasses.replace(found, documents=sum(result.documents for result in results), problems=problems)
