"""What docs/reading.md shows and says of its made-up documents is what the reader makes of them."""

from __future__ import annotations

import re

import pytest

from flows.explanation import as_words, explain
from flows.paths import PROJECT_ROOT
from flows.quality.balances import evaluate
from flows.records import Outcome
from tests.layouts.judge import judge, read_sample
from tests.layouts.pictures import FOLDER, alignment, spoilt, torn

PAGE = (PROJECT_ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
MARGIN = re.compile(r"(?<=margin )[\d.]+")


def test_every_picture_of_the_page_is_there_and_no_other() -> None:
    named = set(re.findall(r"\]\(pictures/([\w.]+)\)", PAGE))
    assert named == {path.name for path in FOLDER.iterdir()}


def test_the_drawn_alignment_is_the_one_that_the_reader_finds() -> None:
    drawn = (FOLDER / "alignment.svg").read_text(encoding="utf-8")
    assert MARGIN.sub("", drawn) == MARGIN.sub("", alignment(read_sample(spoilt()))), "draw it anew: make pictures"


@pytest.mark.parametrize("row_key", ["new_received", "not_processed_duplicate", "not_processed_excessive"])
def test_the_rows_that_are_quoted_are_explained_so(row_key: str) -> None:
    reading = read_sample(spoilt())
    words = as_words(explain(reading, evaluate(reading.cells)), reading)
    (quoted,) = (line.split() for line in PAGE.splitlines() if line.startswith(f"    {row_key} "))
    (said,) = (line.split() for line in words.splitlines() if line.startswith(f"  {row_key} "))
    numbers = [position for position, word in enumerate(quoted) if re.fullmatch(r"\d\.\d\d", word)][1:]
    assert [word for i, word in enumerate(quoted) if i not in numbers] == [
        word for i, word in enumerate(said) if i not in numbers
    ]


def test_the_balances_that_are_said_to_fail_fail() -> None:
    reading = read_sample(spoilt())
    failed = {(r.rule_id, r.instance_key) for r in evaluate(reading.cells) if r.outcome == Outcome.FAILED}
    balances = {("B01", "denied_third_party_rights"), ("B02", "business"), ("A01", "regulations")}
    assert failed == balances | {("A02", "regulations")}  # what A01 sums must be that much at least


def test_every_figure_of_the_torn_page_is_read() -> None:
    verdict = judge(torn())
    assert (verdict.doubtful, verdict.wrong, verdict.lost) == ((), (), ())
