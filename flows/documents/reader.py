"""One function for all formats: bytes in, Document out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flows.documents.detect import READABLE, detect_format
from flows.documents.document import Document, Paragraph, UnreadableDocument, too_much_text
from flows.documents.encoding import decode
from flows.documents.limits import Limits
from flows.records import ReadState

_PAGES = ("html", "text", "markdown")


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
            f"This is a {document_format}, which is not read; {', '.join(READABLE)} are.", ReadState.UNSUPPORTED
        )
    if document_format in _PAGES:
        text = decode(payload, content_type)
        if document_format == "html":
            from flows.documents.html import read_html

            return read_html(text, limits, url=url)
        if len(text) > limits.characters:
            raise too_much_text(limits)
        from flows.documents.text import read_text

        return read_text(text, limits)
    return _reader(document_format)(payload, limits)


def _reader(document_format: str) -> Callable[[bytes, Limits], Document]:  # noqa: PLR0911 - one answer a format
    """The function that reads a format; heavy libraries are loaded with it only."""
    match document_format:
        case "pdf":
            from flows.documents.pdf import read_pdf

            return read_pdf
        case "docx":
            from flows.documents.word import read_word

            return read_word
        case "odt":
            from flows.documents.opendocument import read_opendocument

            return read_opendocument
        case "xlsx":
            from flows.documents.workbook import read_workbook

            return read_workbook
        case "image":
            from flows.documents.picture import read_picture

            return read_picture
        case "zip":
            from flows.documents.package import read_package

            return read_package
        case _:
            from flows.documents.office import read_office

            return partial(read_office, document_format=document_format)
