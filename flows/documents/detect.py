"""What a payload is, told by its bytes: never by a file's name, and by a declared type only between texts."""

from __future__ import annotations

import io
import re
import zipfile

from flows.documents.document import UnreadableDocument

READABLE = ("html", "pdf", "docx", "text", "markdown")

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc, wps or xls (an old binary Office file)"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "png picture"),
    (b"\xff\xd8\xff", "jpeg picture"),
    (b"GIF8", "gif picture"),
    (b"BM", "bmp picture"),
    (b"II*\x00", "tiff picture"),
    (b"MM\x00*", "tiff picture"),
    (b"Rar!", "rar archive"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (b"\x1f\x8b", "gzip archive"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"%!PS", "PostScript"),
)
_HTML = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body|meta|title|table|div|p|span|script|ucap\w+)\b", re.I)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|\|?\s*:?-{3,}:?\s*\|)", re.M)
_LOOK_BYTES = 4096


def detect_format(payload: bytes, content_type: str | None = None) -> str:  # noqa: PLR0911 - one answer a kind
    """One of `READABLE`, or a few words that name what it is instead.

    `text` covers markdown as well: only the decoded text can tell them apart (`is_markdown`).
    Raises `UnreadableDocument` for an empty payload and for a broken package.
    """
    head = payload[:_LOOK_BYTES]
    stripped = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not payload.strip():
        raise UnreadableDocument("The file is empty; fetch it again or look at its page.")
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _package(payload)
    for magic, name in _MAGIC:
        if stripped.startswith(magic) and not (magic == b"BM" and b"\x00" not in head):
            return name
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "html" if _HTML.search(head.replace(b"\x00", b"")) else "text"
    if _HTML.search(head) or (content_type and "html" in content_type.lower() and b"<" in head):
        return "html"
    if b"\x00" in head:
        return "binary file of an unknown kind"
    return "text"


def is_markdown(text: str) -> bool:
    """Whether a text has headings with # or tables of pipes."""
    return _MARKDOWN.search(text) is not None


def _package(payload: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableDocument(f"The package is broken or cut off ({error}); fetch it again.") from error
    if "word/document.xml" in names:
        return "docx"
    for name, kind in (("xl/workbook.xml", "xlsx"), ("OFD.xml", "ofd"), ("ppt/presentation.xml", "pptx")):
        if name in names:
            return kind
    return "zip archive"
