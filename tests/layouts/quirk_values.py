"""What stands in the cells: blanks, marks, units, remarks and other ways to write a number.

Each function bends a fresh layout. The truth follows: a blank stays blank, a dressed number keeps its value.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

from tests.layouts.model import Layout, Slot, labels_of

FULL_WIDTH = str.maketrans("0123456789.-+", "０１２３４５６７８９．－＋")
OUTCOMES_BETWEEN = (2, -2)
"""Rows of the requests table between the two rows of what came in and the total with what is carried out."""
ROWS_WITH_TOTALS = ("requests", "disputes")


def _some(rng: random.Random, slots: Iterator[Slot] | list[Slot], most: int = 12) -> list[Slot]:
    plain = [slot for slot in slots if slot.is_plain]
    return rng.sample(plain, min(len(plain), rng.randint(1, most)))


def zeros_blank(_: random.Random, layout: Layout) -> None:
    """No zero is printed."""
    _zeros_as(layout, "")


def zeros_as_marks(rng: random.Random, layout: Layout) -> None:
    """Zeros are printed as a mark for "nothing to state"."""
    _zeros_as(layout, rng.choice(("/", "-", "—", "无", "\\", "不适用")))


def _zeros_as(layout: Layout, mark: str) -> None:
    for slot in layout.slots():
        if slot.is_plain and slot.value == 0:
            slot.empty(mark)


def some_zeros_blank(rng: random.Random, layout: Layout) -> None:
    """Some of the zeros are left out."""
    for slot in layout.slots():
        if slot.is_plain and slot.value == 0 and rng.random() < 0.3:
            slot.empty()


def only_totals(_: random.Random, layout: Layout) -> None:
    """Only 总计 is filled in."""
    for slot in layout.slots("requests"):
        if slot.key and slot.key[2] != "total":
            slot.empty()


def outcome_totals_blank(_: random.Random, layout: Layout) -> None:
    """总计 is blank on every outcome row."""
    rows = list(dict.fromkeys(slot.key[1] for slot in layout.slots("requests") if slot.key))
    first, last = OUTCOMES_BETWEEN
    outcomes = set(rows[first:last])
    for slot in layout.slots("requests"):
        if slot.key and slot.key[1] in outcomes and slot.key[2] == "total":
            slot.empty()


def thousands_separators(_: random.Random, layout: Layout) -> None:
    """1,234 for 1234."""
    for slot in layout.slots():
        if slot.is_plain and slot.value is not None and abs(slot.value) >= 1000:
            slot.text = f"{slot.value:,}"


def full_width_digits(rng: random.Random, layout: Layout) -> None:
    """１２ for 12, in one table."""
    for slot in layout.slots(rng.choice(layout.tables).name):
        slot.text = slot.text.translate(FULL_WIDTH)


def remarks(rng: random.Random, layout: Layout) -> None:
    """A remark behind the number in the same cell."""
    for slot in _some(rng, layout.slots("proactive_disclosure"), 3):
        slot.text += rng.choice(("（其中修订16件）", "（含联合发文3件）", "(与上年相同)", "①", "*"))


def units(rng: random.Random, layout: Layout) -> None:
    """The unit stands behind the number."""
    for slot in _some(rng, layout.slots("proactive_disclosure"), 6):
        assert slot.key is not None and slot.value is not None
        if slot.key[1:] == ("fees", "amount_10k_cny"):
            if rng.random() < 0.5:
                slot.text += "万元"
            else:
                slot.text += "元"
                slot.value *= Decimal("0.0001")  # the format's unit is 万元
            if -int(slot.value.normalize().as_tuple().exponent) > 6:  # more places than are kept
                slot.text, slot.value = "0", Decimal(0)
        elif slot.key[1:] == ("procurement", "amount"):
            slot.text += rng.choice(("元", "万元"))
        elif slot.key[2] != "change":
            slot.text += rng.choice(("件", "项"))


def words_for_signs(rng: random.Random, layout: Layout) -> None:
    """减4 for -4, and +19 or 增19 for 19."""
    for slot in layout.slots("proactive_disclosure"):
        if slot.key and slot.key[2] == "change" and slot.is_plain and slot.value:
            up, down = rng.choice((("+", "-"), ("增", "减"), ("增加", "减少"), ("↑", "↓")))
            slot.text = f"{up if slot.value > 0 else down}{abs(slot.value)}"


def spaces_in_cells(rng: random.Random, layout: Layout) -> None:
    """Blanks before and behind numbers, ideographic ones too."""
    for slot in _some(rng, layout.slots(), 60):
        slot.text = rng.choice((" {}", "{} ", "\u3000{}", "\u00a0{}\u00a0")).format(slot.text)


def digit_missing(rng: random.Random, layout: Layout) -> None:
    """The publisher's own mistake: a row does not add up. It is taken as printed."""
    for slot in _some(rng, layout.slots("requests"), 2):
        assert slot.value is not None
        slot.value += rng.randint(1, 9)
        slot.text = str(slot.value)


def row_labels(layout: Layout, name: str | None = None) -> Iterator[Slot]:
    """Labels of rows and groups, and the heads."""
    for table in layout.tables:
        if name in (None, table.name):
            for row in table.rows:
                yield from (slot for slot in labels_of(row) if slot.text)
