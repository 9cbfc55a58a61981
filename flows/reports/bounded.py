"""One payload read, and what is said of it when its reading did not come to an end by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from flows.documents import Limits, UnreadableDocument, read_document
from flows.documents.limits import PICTURE_SECONDS
from flows.records import ReadState
from flows.reports.reader import Hints, Reading, read_report
from flows.reports.worker import Fate, Outcome


@dataclasses.dataclass(frozen=True, slots=True)
class PayloadReading:
    """What became of one payload, and what it was."""

    document_format: str
    """One of `flows.documents.detect.READABLE` or, when it was not read, unknown."""
    reading: Reading


def read_payload(
    payload: bytes,
    limits: Limits,
    document_id: str,
    hints: Hints,
    content_type: str | None = None,
    url: str | None = None,
) -> PayloadReading:
    """Read a payload as a report. What cannot be read has a state and a reason, not an error."""
    try:
        document = read_document(payload, limits, content_type=content_type, url=url)
    except UnreadableDocument as unreadable:
        return _failed(unreadable.read_state, str(unreadable))
    return PayloadReading(document.document_format, read_report(document, document_id=document_id, hints=hints))


def read_payloads(
    payloads: Sequence[bytes], limits: Limits, document_id: str, hints: Hints, *, has_ornaments: bool = False
) -> PayloadReading:
    """Read several pictures, in their order, as one report; where it `has_ornaments`, those are left out."""
    from flows.documents.picture import read_pictures, read_shown_pictures

    try:
        if sum(map(len, payloads)) > limits.document_bytes:
            raise UnreadableDocument(
                f"Its {len(payloads)} pictures have more than {limits.document_bytes} bytes together; "
                "raise GONGKAI_DOCUMENT_BYTES if that is meant.",
                ReadState.TOO_LARGE,
            )
        document = (read_shown_pictures if has_ornaments else read_pictures)(payloads, limits)
    except UnreadableDocument as unreadable:
        return _failed(unreadable.read_state, str(unreadable))
    return PayloadReading(document.document_format, read_report(document, document_id=document_id, hints=hints))


def reading_of(outcome: Outcome, document_id: str) -> PayloadReading:
    """What was read, or the state and the reason of a reading that did not come to its end."""
    if outcome.fate == Fate.DONE:
        read: PayloadReading = outcome.result
        return read
    if outcome.fate == Fate.TIMED_OUT:
        return _failed(
            ReadState.TIMED_OUT,
            f"Reading it took more than {outcome.detail} ({PICTURE_SECONDS} more for each picture in it) and was "
            "stopped; raise GONGKAI_DOCUMENT_SECONDS if it is worth the time.",
        )
    if outcome.fate == Fate.OUT_OF_MEMORY:
        return _failed(
            ReadState.TOO_LARGE,
            f"Reading it needs more memory than {outcome.detail or 'there is'}; raise GONGKAI_DOCUMENT_MEMORY_BYTES "
            "if it is worth that.",
        )
    what = "crashed" if outcome.fate == Fate.CRASHED else "failed"
    return _failed(
        ReadState.UNREADABLE, f"The reader {what} on it ({outcome.detail}); please report document {document_id}."
    )


def _failed(read_state: ReadState, reason: str) -> PayloadReading:
    return PayloadReading("unknown", Reading.failed(read_state, reason))
