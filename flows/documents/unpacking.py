"""What is looked at before a package (docx, xlsx, odt, zip) is unpacked."""

from __future__ import annotations

import io
import zipfile

from flows.documents.document import UnreadableDocument
from flows.documents.limits import Limits
from flows.records import ReadState

_UNPACKED_TIMES = 4
"""A package may hold this many times `document_bytes` once unpacked."""
_RATIO_MOST = 200
"""Honest XML shrinks to a tenth or so; one part that shrank two-hundredfold and is large is a bomb."""
_RATIO_FROM_BYTES = 8 * 1024 * 1024
_PARTS_MOST = 3_000


def refuse_bombs(payload: bytes, limits: Limits) -> None:
    """Raise `UnreadableDocument` for a package of too many parts or bytes, and for an encrypted one."""
    most = _UNPACKED_TIMES * limits.document_bytes
    with zipfile.ZipFile(io.BytesIO(payload)) as package:
        parts = package.infolist()
    total = sum(part.file_size for part in parts)
    swollen = any(
        part.file_size > _RATIO_FROM_BYTES and part.file_size > _RATIO_MOST * max(part.compress_size, 1)
        for part in parts
    )
    if len(parts) > _PARTS_MOST or total > most or swollen:
        raise UnreadableDocument(
            f"The package would unpack to {total} bytes in {len(parts)} parts, which is not read (a zip bomb).",
            ReadState.TOO_LARGE,
        )
    if any(part.flag_bits & 0x1 for part in parts):
        raise UnreadableDocument("The package is encrypted; ask its publisher for one that opens.")
