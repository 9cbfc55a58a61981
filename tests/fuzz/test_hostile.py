"""Every hostile document comes to its end within the default bounds, in one clear state."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flows.documents import Limits
from flows.records import ReadState
from flows.reports.bounded import read_payload, reading_of
from flows.reports.reader import Hints
from flows.reports.workers import Workers
from tests.fuzz.hostile import HOSTILE, MEGABYTE

REFUSED_BY_SIZE = {
    "spans of 65534 in many cells", "a million cells", "cells up to the limit, each row reaching down",
    "a hundred thousand div", "a hundred thousand font left open", "unclosed comment and script", "a title of 20 MB",
    "100 MB of one line", "50 MB of one line", "50 MB of one line of tabs", "50 MB of new lines", "50 MB of headings",
    "pipes and rules", "a part that shrank a thousandfold", "a hundred thousand w:p in one another",
    "a million cells of Word", "five thousand pages", "a million characters on a page", "a million ruling lines",
    "sixty thousand characters on a staircase", "digits of a number", "tables in tables", "a million links",
    "two hundred thousand articles", "rows of dashes and commas",
}  # fmt: skip
UNREADABLE = {
    "billion laughs", "quadratic entities", "a part that lies about its size", "a page tree that is a loop",
    "a count of two thousand million", "arrays within arrays", "forms that draw forms, 10^12 times",
    "400 times one empty page", "a form that draws itself",
    "a font without a map", "coordinates that are no numbers", "a stream that swells a thousandfold",
    "one path of a million segments",
}  # fmt: skip
"""Forms that draw forms make PDFium give up when memory runs out, which looks like any other crash."""
UNSUPPORTED = {"NUL bytes between all characters"}
READ = {"a package in a package"}


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(1, seconds=30, memory_bytes=1024 * MEGABYTE) as started:
        yield started


def expected(name: str) -> ReadState:
    for names, state in (
        (REFUSED_BY_SIZE, ReadState.TOO_LARGE),
        (UNREADABLE, ReadState.UNREADABLE),
        (UNSUPPORTED, ReadState.UNSUPPORTED),
        (READ, ReadState.READ),
    ):
        if name in names:
            return state
    return ReadState.NOT_A_REPORT


def test_every_name_is_one_of_a_document() -> None:
    assert set(HOSTILE) >= (REFUSED_BY_SIZE | UNREADABLE | UNSUPPORTED | READ)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_ends_in_one_state(workers: Workers, name: str) -> None:
    (outcome,) = workers.run(read_payload, [(HOSTILE[name](), Limits(), "d" * 32, Hints())])
    reading = reading_of(outcome, "d" * 32).reading
    assert reading.read_state == expected(name), reading.reason
    assert reading.reason or reading.report
