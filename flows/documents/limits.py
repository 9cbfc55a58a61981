"""How much of a document is taken on before it is refused."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.settings import Settings

MEGABYTE = 1024 * 1024


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
