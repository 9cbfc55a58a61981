"""One function for all formats: bytes in, Document out."""

from __future__ import annotations

from flows.documents.detect import READABLE, detect_format
from flows.documents.document import Document, Paragraph, UnreadableDocument, too_much_text
from flows.documents.encoding import decode
from flows.documents.limits import Limits
from flows.records import ReadState


def read_document(
    payload: bytes, limits: Limits, *, content_type: str | None = None, url: str | None = None
) -> Document:
    """Document of a payload of any readable format.

    `content_type` is the header of the answer, a hint only; `url` makes links absolute. Raises
    `UnreadableDocument`, whose `read_state` is unreadable, unsupported or too_large.
    """
    if len(payload) > limits.document_bytes:
        raise UnreadableDocument(
            f"The file has {len(payload)} bytes, more than the limit of {limits.document_bytes}; "
            "raise GONGKAI_DOCUMENT_BYTES if that is meant.",
            ReadState.TOO_LARGE,
        )
    document = _read(payload, limits, content_type, url)
    if sum(len(block.text) for block in document.blocks if isinstance(block, Paragraph)) > limits.characters:
        raise too_much_text(limits)
    return document


def _read(payload: bytes, limits: Limits, content_type: str | None, url: str | None) -> Document:
    document_format = detect_format(payload, content_type)
    if document_format not in READABLE:
        raise UnreadableDocument(
            f"This is a {document_format}, which is not read; html, pdf, docx, text and markdown are.",
            ReadState.UNSUPPORTED,
        )
    if document_format == "pdf":
        from flows.documents.pdf import read_pdf

        return read_pdf(payload, limits)
    if document_format == "docx":
        from flows.documents.word import read_word

        return read_word(payload, limits)
    text = decode(payload, content_type)
    if document_format == "html":
        from flows.documents.html import read_html

        return read_html(text, limits, url=url)
    if len(text) > limits.characters:
        raise too_much_text(limits)
    from flows.documents.text import read_text

    return read_text(text, limits)
