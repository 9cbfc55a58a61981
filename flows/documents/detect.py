"""What a payload is, told by its bytes: never by a file's name, and by a declared type only between texts."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from flows.documents.document import UnreadableDocument

READABLE = ("html", "pdf", "docx", "odt", "xlsx", "text", "markdown", "image", "zip", "doc", "rtf")
"""`doc` is any old binary Office file, of Word or of WPS; the office program that converts it tells them apart."""
_IMAGE = "image"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", _IMAGE),
    (b"\xff\xd8\xff", _IMAGE),
    (b"GIF8", _IMAGE),
    (b"BM", _IMAGE),
    (b"II*\x00", _IMAGE),
    (b"MM\x00*", _IMAGE),
    (b"Rar!", "rar archive"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (b"\x1f\x8b", "gzip archive"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"%!PS", "PostScript"),
)
_HTML = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body|meta|title|table|div|p|span|script|ucap\w+)\b", re.I)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|\|?\s*:?-{3,}:?\s*\|)", re.M)
_LOOK_BYTES = 4096
_PARTS = (
    ("word/document.xml", "docx"),
    ("xl/workbook.xml", "xlsx"),
    ("OFD.xml", "ofd"),
    ("ppt/presentation.xml", "pptx"),
)
_MIMETYPES = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}


def detect_format(payload: bytes, content_type: str | None = None) -> str:  # noqa: PLR0911 - one answer a kind
    """One of `READABLE`, or a few words that name what it is instead; a picture is an `image` of whatever kind.

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
    mimetype = b""
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as package:
            names = set(package.namelist())
            if "mimetype" in names:
                with package.open("mimetype") as part:
                    mimetype = part.read(100)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise UnreadableDocument(f"The package is broken or cut off ({error}); fetch it again.") from error
    for name, kind in _PARTS:
        if name in names:
            return kind
    return _MIMETYPES.get(mimetype.strip(), "zip")
