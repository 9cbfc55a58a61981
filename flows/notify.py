"""Notifying: how the findings stand is taken down, and each recipient is told what is new to them."""

from __future__ import annotations

import datetime as dt
from functools import partial

from prefect import flow, task

from flows.errors import InputError
from flows.journal import noted
from flows.progress import say, warn
from flows.settings import Settings
from flows.stages import NotifyStageResult


@task(name="send-digests")
def send(now: dt.datetime) -> NotifyStageResult:
    """Take down what the published copy holds now, and tell each recipient what is new to them."""
    from flows.mail.sender import send_digests
    from flows.quality.finding_store import look
    from flows.quality.findings import findings, summary_counts
    from flows.quality.sightings import endings, sightings

    settings = Settings()
    published = settings.published
    found = findings(published)
    look(settings.finding_store, sightings(published, found), partial(endings, published), now=now)
    result = send_digests(settings, found, summary_counts(published), now=now)
    return NotifyStageResult(
        findings=len(found),
        written=[str(path) for path in result.written],
        sent=len(result.sent),
        nothing_new=len(result.nothing_new),
        not_yet=len(result.not_yet),
        held=result.held,
        problems=result.failed,
    )


@flow(name="notify", flow_run_name="notify")
@noted("notify")
def notify() -> NotifyStageResult:
    """Look at what is published, tell each recipient what is new to them, and send what is on its way.

    Raises:
        InputError: nothing has been published yet, or the recipients' file is not as it should be.
        BusyError: another process sends digests, or writes to the store of findings for long.
    """
    settings = Settings()
    if not settings.published.exists():
        raise InputError(
            f"Nothing is published at {settings.published}: run `gongkai run` or `gongkai publish` first."
        )
    result = send(dt.datetime.now(dt.UTC))
    for sentence in (*result.held, *result.problems):
        warn(sentence)
    if settings.smtp_host and settings.recipients is None:
        warn("notify: a mail server is set but nobody to write to: name a file in GONGKAI_RECIPIENTS (docs/mail.md).")
    where = "no mail server is set, see the outbox" if not settings.smtp_host else f"{result.sent} sent"
    say(f"notify: {result.findings} findings, digests written: {len(result.written)}; {where}")
    return result
