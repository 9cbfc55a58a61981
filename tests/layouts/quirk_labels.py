"""How labels and heads are spoilt: misprinted, misread, numbered otherwise, written downwards, torn or lost."""

from __future__ import annotations

import random

from tests.layouts.model import Layout, Row, Slot, Table, labels_of, values_of
from tests.layouts.quirk_values import row_labels

TRADITIONAL = str.maketrans(
    "开关机构组织业务请数据结转续继办无决处罚许", "開關機構組織業務請數據結轉續繼辦無決處罰許"
)
MISREAD = str.maketrans(
    "己已末未人入土士干千日曰请清处外大太件仵项顶本木", "已己未末入人士土千干曰日清请外处太大仵件顶项木本"
)
"""Characters that look alike and are taken for one another."""
MISPRINTS = "的一是不了在有我他这中"
SHORTEST_MISPRINTED = 6
"""A shorter label is not misprinted here: with one of three characters gone it may be another."""


def misprints(rng: random.Random, layout: Layout) -> None:
    """One character of some labels is another one, or is missing."""
    for slot in row_labels(layout):
        if len(slot.text) >= SHORTEST_MISPRINTED and rng.random() < 0.4:
            at = rng.randrange(2, len(slot.text))
            slot.text = slot.text[:at] + rng.choice((*MISPRINTS, "")) + slot.text[at + 1 :]


def misread_characters(_: random.Random, layout: Layout) -> None:
    """Characters taken for others that look alike."""
    for slot in row_labels(layout):
        slot.text = slot.text.translate(MISREAD)


def traditional_characters(_: random.Random, layout: Layout) -> None:
    """Labels in traditional characters."""
    for slot in row_labels(layout):
        slot.text = slot.text.translate(TRADITIONAL)


def half_width_brackets(_: random.Random, layout: Layout) -> None:
    """(一) for （一）, in headings too."""
    for slot in row_labels(layout):
        slot.text = slot.text.replace("（", "(").replace("）", ")").replace("：", ":")


def other_numbering(rng: random.Random, layout: Layout) -> None:
    """1、 or （1） or 1 for 1."""
    form = rng.choice(("{}、", "（{}）", "{}", "{}．"))
    for slot in row_labels(layout, "requests"):
        if slot.text[:1].isdigit() and slot.text[1:2] == ".":
            slot.text = form.format(slot.text[0]) + slot.text[2:]


def numbering_lost(_: random.Random, layout: Layout) -> None:
    """Labels without their numbers."""
    for slot in row_labels(layout, "requests"):
        if slot.text[:1].isdigit() and slot.text[1:2] == ".":
            slot.text = slot.text[2:]


def vertical_text(_: random.Random, layout: Layout) -> None:
    """三、本年度办理结果 one character a line."""
    for slot in row_labels(layout, "requests"):
        if slot.rowspan > 5:
            slot.text = "\n".join(slot.text)


def split_heads(rng: random.Random, layout: Layout) -> None:
    """Words of the heads broken over lines: 商业 / 企业."""
    for table in layout.tables:
        for row in table.rows[: table.head_count]:
            for slot in row:
                if len(slot.text) >= 4 and rng.random() < 0.7:
                    slot.text = f"{slot.text[:2]}\n{slot.text[2:]}"


def torn_label(rng: random.Random, layout: Layout) -> None:
    """A page break tears a label: one half beside the values, the other alone in a row above or below."""
    for table in layout.of("requests"):
        rows = [row for row in table.value_rows if len(labels_of(row)) == 1 and len(labels_of(row)[0].text) >= 8]
        for row in rng.sample(rows, min(len(rows), rng.randint(1, 2))):
            index = table.rows.index(row)
            label, values = labels_of(row)[0], values_of(row)
            half = rng.randint(3, len(label.text) - 3)
            blanks = [Slot("", slot.colspan) for slot in values]
            first, second = label.text[:half], label.text[half:]
            if rng.random() < 0.5:
                pieces = [[Slot(first, label.colspan), *blanks], [Slot(second, label.colspan), *values]]
            else:
                pieces = [[Slot(first, label.colspan), *values], [Slot(second, label.colspan), *blanks]]
            _widen_above(table, index)
            table.rows[index : index + 1] = pieces


def torn_group(rng: random.Random, layout: Layout) -> None:
    """A page break tears the label of a group: （四）无 / 法提供."""
    for table in layout.of("requests"):
        groups = [
            (index, slot)
            for index, row in enumerate(table.rows)
            for slot in row
            if 1 < slot.rowspan < 10 and slot.text
        ]
        if groups:
            index, slot = rng.choice(groups)
            if index < table.head_count:
                continue
            cut = rng.randint(1, slot.rowspan - 1)
            half = len(slot.text) // 2
            table.rows[index + cut].insert(0, Slot(slot.text[half:], slot.colspan, slot.rowspan - cut))
            slot.text, slot.rowspan = slot.text[:half], cut


def some_labels_lost(rng: random.Random, layout: Layout) -> None:
    """The labels of some rows are not there."""
    rows = [row for table in layout.of("requests") for row in table.value_rows]
    for row in rng.sample(rows, min(len(rows), rng.randint(1, 6))):
        _lose(row)


def all_labels_lost(_: random.Random, layout: Layout) -> None:
    """No row has a label: their order is the only guide."""
    for table in layout.of("requests"):
        for row in table.value_rows:
            _lose(row)


def _lose(row: Row) -> None:
    for slot in labels_of(row):
        slot.text = ""


def _widen_above(table: Table, index: int) -> None:
    """Cells that reach over a row reach one row further, since a row is put in."""
    for above, row in enumerate(table.rows[:index]):
        for slot in row:
            if above + slot.rowspan > index:
                slot.rowspan += 1
