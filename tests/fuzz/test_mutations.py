"""Any bytes in, a Document or an UnreadableDocument out, and every Document gives a Reading."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.documents import Document, Limits, Paragraph, UnreadableDocument, read_document
from flows.records import CellKind, ReadState
from flows.reports.bounded import read_payload
from flows.reports.reader import Hints
from tests.fuzz.hostile import HOSTILE, WORDS, mutated, sample

RENDERINGS = ("html", "html_word", "pdf", "docx", "text", "markdown")
LIMITS = Limits(document_bytes=20_000_000, document_cells=20_000)
SEEDS = st.integers(min_value=0, max_value=2**63)


@cache
def honest(rendering: str) -> bytes:
    if rendering not in {"text", "markdown"}:
        return sample(rendering)
    lines = []
    for block in read_document(sample("html"), LIMITS).blocks:
        if isinstance(block, Paragraph):
            lines.append(block.text)
            continue
        rows = ["\t".join(cell.text for cell in row) for row in block.rows]
        if rendering == "markdown":
            rows = [f"| {row.replace(chr(9), ' | ')} |" for row in rows]
            rows.insert(1, "|---|")
        lines += rows
    return "\n".join(lines).encode()


def look_at(payload: bytes, content_type: str | None = None) -> None:
    """Read a payload, and see that what came out is whole."""
    try:
        document = read_document(payload, LIMITS, content_type=content_type, url="http://a.example/b/c.html")
    except UnreadableDocument as refused:
        assert str(refused) and refused.read_state != ReadState.READ
        return
    assert isinstance(document, Document)
    reading = read_payload(payload, LIMITS, "d" * 32, Hints(), content_type, "http://a.example/b/c.html").reading
    assert (reading.report is None) == (reading.read_state != ReadState.READ)
    assert reading.reason or reading.report
    for cell in reading.cells:
        assert (cell.value is not None) == (cell.cell_kind in {CellKind.NUMBER, CellKind.ZERO})
    for text in [document.title, *document.metadata.values(), *(getattr(b, "text", "") for b in document.blocks)]:
        text.encode()  # a lone surrogate would stop the batch it is staged in


@pytest.mark.parametrize("name", ["a font whose map names half surrogates", "properties of half surrogates"])
def test_what_is_no_character_does_not_get_out_of_a_pdf(name: str) -> None:
    document = read_document(HOSTILE[name](), LIMITS)
    assert "".join(getattr(block, "text", "") for block in document.blocks) in {"\ufffd3\ufffd3", "2024"}
    assert document.metadata in ({}, {"author": "somebody"})
    look_at(HOSTILE[name]())


@pytest.mark.parametrize("rendering", RENDERINGS)
@given(seed=SEEDS)
def test_a_spoilt_report(rendering: str, seed: int) -> None:
    look_at(mutated(honest(rendering), random.Random(seed)))


@given(parts=st.lists(st.sampled_from(WORDS) | st.binary(max_size=20), max_size=60))
def test_any_bytes(parts: list[bytes]) -> None:
    look_at(b"".join(parts))


@given(
    parts=st.lists(
        st.sampled_from(WORDS) | st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass"))
    )
)
def test_any_page(parts: list[bytes]) -> None:
    look_at(b"<html><body>" + b"".join(parts), "text/html; charset=utf-8")


@given(
    data=st.binary(max_size=400),
    charset=st.sampled_from(["utf-7", "hex", "idna", "utf-16", "punycode", "unicode_escape", "big5", "undefined"]),
)
def test_any_declared_encoding(data: bytes, charset: str) -> None:
    look_at(b"<html><meta charset=" + charset.encode() + b"><p>" + data, f"text/html; charset={charset}")
