"""Made-up documents with the quirks of real ones: what is read is right, and no printed number is lost.

`make corpus` reads thousands of them; these are enough to notice when a quirk is no longer understood.
"""

from __future__ import annotations

import copy
import random
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.layouts.damage import DAMAGES, WAYS, damaged
from tests.layouts.judge import judge
from tests.layouts.model import Layout
from tests.layouts.quirks import BY_NAME, QUIRKS, draw, draw_bent, together
from tests.layouts.render import FORMATS

NOT_ALWAYS_READ = frozenset(
    {
        "zeros_blank",  # a body without any case leaves whole tables blank
        "some_zeros_blank",
        "subtotal_column",  # where only one kind of organization asked, sums do not tell part from sub-total
        "digit_missing",
        "only_totals",
        "some_labels_lost",
        "spans_repeated",
        "torn_label",  # the second reading takes a blank where the first puts the parts together
    }
)
"""Quirks after which some cells are doubtful. They are never wrong, and all others are read exactly."""
ONCE_WRONG = (
    *("1:461", "1:91", "1:15", "1:631", "2:71", "2:399", "2:617", "2:650", "2:1521", "2:2024", "2:2198"),
    *("1:1734", "1:1937", "1:2416", "7:14", "7:104", "7:198", "11:53", "11:221", "23:161"),
    *("1:465", "1:2559", "2:2945", "2:3606", "2:4340", "2:4455", "3:1244", "3:1936", "3:2136", "3:2290"),
)
"""Seeds of the corpus that were once read wrongly: sub-totals without totals, blank rows among rows without labels, a
year beside the report's own, a row too many beside a blank one, two lines of a PDF table run together; and three that
the second reading caught: labels apart from their figures, a table of differences, a label torn beside blanks. Then
noughts moved by a label more, blank rows left out among labels apart, a blank table beside those of other years;
the label of one row given to another in a list of two, 2.其他 torn from the rest of its label, values moved by the
columns of other rows; the other year's figures beside a year of nothing but
blanks, differences without a minus below a blank table, one row told by an order that told no other, noughts beside a
blank total and a sub-total."""


@pytest.mark.parametrize("name", BY_NAME)
def test_a_quirk_alone(name: str) -> None:
    for number, document_format in enumerate(f for f in FORMATS if f in BY_NAME[name].formats):
        sample = draw(f"alone:{number}", document_format, (name,))
        verdict = judge(sample)
        assert (verdict.wrong, verdict.lost) == ((), ()), document_format
        assert verdict.doubtful == () or name in NOT_ALWAYS_READ, document_format


@pytest.mark.parametrize("document_format", FORMATS)
def test_no_quirk_at_all_is_read_exactly(document_format: str) -> None:
    for number in range(4):
        sample = draw(f"plain:{number}", document_format, ())
        verdict = judge(sample)
        assert (verdict.exact, verdict.lost) == (len(sample.truth), ())
        assert verdict.agreed == len(sample.truth)


@pytest.mark.parametrize("seed", [f"1:{number}" for number in range(60)])
def test_quirks_at_random(seed: str) -> None:
    verdict = judge(draw(seed))
    assert (verdict.wrong, verdict.lost) == ((), ())


@pytest.mark.parametrize("seed", ONCE_WRONG)
def test_hard_ones_are_not_wrong(seed: str) -> None:
    verdict = judge(draw(seed))
    assert (verdict.wrong, verdict.lost) == ((), ())


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_by_hand_is_marked(name: str) -> None:
    for number, way in enumerate(WAYS):
        verdict = judge(damaged(f"1:{number % 5}", name, way))
        assert verdict.wrong == (), way


def with_years_exchanged(layout: Layout) -> Layout:
    """The same numbers in the same places, where what was the other year is the report's own."""
    twin = copy.deepcopy(layout)
    table = twin.of("requests")[0]
    _, first, second = table.rows[0]
    first.text, second.text = second.text, first.text
    for row in table.value_rows:
        pairs = zip([slot for slot in row if slot.key], [slot for slot in row if slot.is_foreign], strict=True)
        for own, other in pairs:
            other.key, other.value, other.is_foreign = own.key, Decimal(other.text), False
            own.key, own.value, own.is_foreign = None, None, True
    return twin


@pytest.mark.parametrize("document_format", FORMATS)
@pytest.mark.parametrize("name", ["labels_parted_from_values", "labels_on_lines_above", "one_table_in_many"])
def test_untold_is_what_another_report_would_print_alike(name: str, document_format: str) -> None:
    layout, _, _ = draw_bent("untold", document_format, ("years_side_by_side",))
    twin = with_years_exchanged(layout)
    for one in (layout, twin):
        BY_NAME[name].bend(random.Random(0), one)
    has_lost_heads = name != "one_table_in_many"
    assert layout.truth() != twin.truth()
    assert (FORMATS[document_format](layout) == FORMATS[document_format](twin)) == has_lost_heads
    assert {key[0] for key in layout.untold()} == ({"requests"} if has_lost_heads else set())
    assert layout.untold() <= {key for key in layout.truth() if key[0] == "requests"}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_quirk_alone_leaves_nothing_untold(name: str) -> None:
    assert draw_bent("alone:0", "html", (name,))[0].untold() == frozenset()


def test_an_untold_cell_is_right_only_if_it_is_not_read() -> None:
    verdict = judge(draw("untold", "html", ("years_side_by_side", "labels_on_lines_above")))
    assert (verdict.wrong, verdict.doubtful) == ((), ())
    assert {key[0] for key in verdict.untold} == {"requests"}


@settings(max_examples=50, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    number=st.integers(0, 10**6),
    document_format=st.sampled_from(tuple(FORMATS)),
    names=st.lists(st.sampled_from([quirk.name for quirk in QUIRKS]), max_size=4, unique=True),
)
def test_any_figures_with_any_quirks_in_any_format(number: int, document_format: str, names: list[str]) -> None:
    verdict = judge(draw(f"any:{number}", document_format, together(names, document_format)))
    assert verdict.wrong == ()
