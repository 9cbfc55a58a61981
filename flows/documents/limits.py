"""How much of a document is taken on before it is refused."""

from __future__ import annotations

import dataclasses
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.settings import Settings

MEGABYTE = 1024 * 1024
PICTURE_SECONDS = 10
"""Time that a document has for each picture that is recognised, beside its own; one takes two to four."""


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one document; the defaults are those of the settings."""

    document_bytes: int = 60 * MEGABYTE
    """Bytes of the payload; a package may hold four times as many once unpacked."""
    document_pages: int = 400
    document_cells: int = 200_000
    document_paragraphs: int = 100_000
    characters: int = 5_000_000
    """Text of one document; the longest real report has some tens of thousands."""
    nesting: int = 2_000
    """Elements inside one another. Pages pasted from Word nest some hundreds; parsing time grows with the square."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Limits:
        """Limits as the operator has set them."""
        return cls(settings.document_bytes, settings.document_pages, settings.document_cells)


def grant_picture_seconds() -> None:
    """Lengthen the time that this process has left for its document by that of one picture.

    Only a process whose time is bounded by a timer (`flows.reports.worker`) is changed by it.
    """
    seconds_left, _ = signal.getitimer(signal.ITIMER_REAL)
    if seconds_left > 0:
        signal.setitimer(signal.ITIMER_REAL, seconds_left + PICTURE_SECONDS)
