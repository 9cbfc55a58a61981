"""Figures and a short text become a document: HTML, HTML pasted from a word processor, PDF or docx."""

from __future__ import annotations

import datetime as dt

from flows.sample.index import Figures, Rendering, SampleReport
from flows.sample.rendering.composition import compose
from flows.sample.rendering.html import plain_html, word_html
from flows.sample.rendering.pdf import pdf
from flows.sample.rendering.word import docx

CONTENT_TYPES: dict[Rendering, str] = {
    "html": "text/html",
    "html_word": "text/html",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def render(report: SampleReport, figures: Figures, rendering: Rendering) -> bytes:
    """Bytes of a report in one rendering: a UTF-8 fragment for HTML, a whole file for PDF and docx.

    Deterministic: the same report and figures give the same bytes.
    """
    composition = compose(report, figures)
    if rendering == "pdf":
        return pdf(composition)
    if rendering == "docx":
        return docx(composition, dt.datetime.combine(report.published_on, dt.time(1), dt.UTC))
    return (plain_html if rendering == "html" else word_html)(composition).encode()
