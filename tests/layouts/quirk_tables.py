"""How tables are bent: rows and columns too many, spans that disagree, tables cut up, years side by side."""

from __future__ import annotations

import copy
import random
from decimal import Decimal

from tests.layouts.figures import SIZES, made_up
from tests.layouts.forms import form_of
from tests.layouts.model import Layout, Slot, Table, labels_of, placed, values_of, width_of
from tests.layouts.quirk_labels import _widen_above


def page_numbers(rng: random.Random, layout: Layout) -> None:
    """A page number stands in the table, in a row of its own."""
    for table in layout.tables:
        if rng.random() < 0.7 and len(table.rows) > table.head_count + 1:
            index = rng.randrange(table.head_count + 1, len(table.rows))
            _widen_above(table, index)
            text = rng.choice(("— {} —", "{}", "- {} -", "第{}页")).format(rng.randint(2, 9))
            table.rows.insert(index, [Slot(text, rng.choice((1, width_of(table))))])


def repeated_heads(rng: random.Random, layout: Layout) -> None:
    """The heads again after a page break."""
    for table in layout.of("requests"):
        table.rows = _without_rowspans(table)
        heads = table.rows[: table.head_count]
        index = rng.randrange(table.head_count + 1, len(table.rows))
        table.rows[index:index] = copy.deepcopy(heads)


def extra_row(rng: random.Random, layout: Layout) -> None:
    """A row that the format does not have."""
    disclosure = layout.of("proactive_disclosure")[0]
    after = next(
        i for i, row in enumerate(disclosure.rows) if any(s.key and s.key[1].startswith("norm") for s in row)
    )
    counts = [
        Slot(str(rng.randint(0, 300)), slot.colspan, is_foreign=True) for slot in values_of(disclosure.rows[after])
    ]
    disclosure.rows.insert(
        after + 1, [Slot("其他主动公开文件", labels_of(disclosure.rows[after])[0].colspan), *counts]
    )
    if rng.random() < 0.5:
        requests = layout.of("requests")[0]
        label = rng.choice(("其中：网上申请", "其中：当面申请", "其中：信函申请"))
        row = [Slot(label, 3), *(Slot(str(rng.randint(0, 20)), is_foreign=True) for _ in range(7))]
        requests.rows.insert(requests.head_count + 1, row)


def subtotal_column(_: random.Random, layout: Layout) -> None:
    """A column 小计 for all organizations."""
    table = layout.of("requests")[0]
    table.rows[0][-1].colspan += 1
    table.rows[1][1].colspan += 1
    table.rows[2].append(Slot("小计"))
    for row in table.value_rows:
        parts = values_of(row)[1:6]
        total = sum((slot.value or Decimal(0) for slot in parts), Decimal(0))
        is_stated = any(slot.text for slot in parts)
        row.insert(len(row) - 1, Slot(str(total) if is_stated else ""))


def empty_cells(rng: random.Random, layout: Layout) -> None:
    """An empty cell more in every row of the requests table: leading, trailing or in between."""
    table = layout.of("requests")[0]
    at = rng.choice((0, 3, 7))
    for row in table.value_rows:
        row.insert(len(labels_of(row)) + at, Slot(is_foreign=True))


def ragged_empty_cells(rng: random.Random, layout: Layout) -> None:
    """Empty cells at the end of some rows."""
    for table in layout.tables:
        for row in table.rows:
            row += [Slot() for _ in range(rng.choice((0, 0, 1, 2)))]


def span_trap_disclosure(_: random.Random, layout: Layout) -> None:
    """Heads 1+1+2+1, values 1+2+1+1."""
    table = layout.of("proactive_disclosure")[0]
    for row in table.rows:
        if len(row) == 1:
            row[0].colspan = 5
        elif len(row) == 4:
            row[1 if any(slot.key for slot in row) else 2].colspan = 2
        elif len(row) == 2:
            row[1].colspan = 4
        else:
            row[-1].colspan += 1


def span_trap_requests(rng: random.Random, layout: Layout) -> None:
    """A head spans two columns, and the values below it do not, but others do."""
    table = layout.of("requests")[0]
    table.rows[0][-1].colspan += 1
    table.rows[1][1].colspan += 1
    rng.choice(table.rows[2]).colspan = 2
    at = rng.randrange(6)
    for row in table.value_rows:
        values_of(row)[at].colspan = 2


def one_table_in_many(rng: random.Random, layout: Layout) -> None:
    """The requests table cut into many."""
    table = layout.of("requests")[0]
    rows = _without_rowspans(table)
    pieces: list[str | Table] = []
    start = 0
    while start < len(rows):
        end = max(start + rng.randint(1, 4), table.head_count)
        pieces.append(Table("requests", rows[start:end]))
        start = end
    layout.replace(table, pieces)


def labels_parted_from_values(_: random.Random, layout: Layout) -> None:
    """A table of labels, and behind it one of nothing but numbers. The heads are gone."""
    table = layout.of("requests")[0]
    table.lose_heads()
    rows = _without_rowspans(table)[table.head_count :]
    labels = [[labels_of(row)[-1]] for row in rows]
    layout.replace(table, [Table("requests", labels), Table("requests", [values_of(row) for row in rows])])


def groups_interleaved(_: random.Random, layout: Layout) -> None:
    """Labels of two groups one behind the other, and then their rows of numbers one behind the other."""
    table = layout.of("requests")[0]
    rows = _without_rowspans(table)
    pieces: list[str | Table] = [Table("requests", rows[: table.head_count + 2])]
    for start in range(table.head_count + 2, len(rows), 8):
        group = rows[start : start + 8]
        pieces.append(Table("requests", [[labels_of(row)[-1]] for row in group]))
        pieces.append(Table("requests", [values_of(row) for row in group]))
    layout.replace(table, pieces)


def labels_on_lines_above(_: random.Random, layout: Layout) -> None:
    """Each row of numbers is a table of its own, its label the line above. The heads are gone."""
    table = layout.of("requests")[0]
    table.lose_heads()
    pieces: list[str | Table] = []
    for row in table.value_rows:
        pieces += [slot.text for slot in labels_of(row) if slot.text]
        pieces.append(Table("requests", [values_of(row)]))
    layout.replace(table, pieces)


def years_side_by_side(rng: random.Random, layout: Layout) -> None:
    """The requests of two years side by side."""
    table = layout.of("requests")[0]
    other = form_of(_generation(table), made_up(rng, _generation(table), SIZES["usual"]))["requests"]
    other_first = rng.random() < 0.5
    years = (
        (layout.report_year - 1, layout.report_year) if other_first else (layout.report_year, layout.report_year - 1)
    )
    table.needs_heads = True
    table.rows[0] = [table.rows[0][0], *(Slot(f"{year}年", 7) for year in years)]
    table.rows[1] += copy.deepcopy(table.rows[1])
    table.rows[2] += copy.deepcopy(table.rows[2])
    for row, another in zip(table.value_rows, other.value_rows, strict=True):
        foreign = [Slot(slot.text, is_foreign=True) for slot in values_of(another)]
        at = len(labels_of(row)) if other_first else len(row)
        row[at:at] = foreign


def derived_tables(rng: random.Random, layout: Layout) -> None:
    """Behind each table of the report one of differences to the year before, with the same labels."""
    for table in layout.tables:
        derived = Table("derived", [[Slot(s.text, s.colspan, s.rowspan) for s in row] for row in table.rows])
        for row, own in zip(derived.rows, table.rows, strict=True):
            for slot, source in zip(row, own, strict=True):
                if source.key:
                    slot.text = str(rng.randint(-40, 40))
        layout.replace(table, [table, "与上年相比增减情况", derived])


def heads_of_2019_first_block(_: random.Random, layout: Layout) -> None:
    """Heads of 2019 over the first block of a form of 2021."""
    table = layout.of("proactive_disclosure")[0]
    if _generation(table) != "2021":
        return
    names = dict(
        zip(("issued", "repealed", "in_force"), ("newly_made", "newly_disclosed", "total_disclosed"), strict=True)
    )
    for slot, text in zip(table.rows[1][1:], ("本年新制作数量", "本年新公开数量", "对外公开总数量"), strict=True):
        slot.text = text
    for slot in layout.slots("proactive_disclosure"):
        if slot.key and slot.key[2] in names:
            slot.key = (*slot.key[:2], names[slot.key[2]])


def single_other_row(rng: random.Random, layout: Layout) -> None:
    """The requests table of 2019, with its single （六）其他处理, in a report on the form of 2021."""
    table = layout.of("requests")[0]
    if _generation(table) == "2021":
        form = form_of("2019", made_up(rng, "2019", SIZES[rng.choice(tuple(SIZES))]))
        layout.replace(table, [form["requests"]])


def table_of_particulars(_: random.Random, layout: Layout) -> None:
    """A table with index number, publisher and date before everything."""
    rows = [
        [Slot("索引号"), Slot("01234567-8/2024-00012"), Slot("分类"), Slot("年报")],
        [Slot("发布机构"), Slot("办公室"), Slot("发文日期"), Slot(f"{layout.report_year + 1}-01-15")],
        [Slot("文号"), Slot("无"), Slot("有效性"), Slot("有效")],
    ]
    layout.before.append(Table("particulars", rows))


def _generation(table: Table) -> str:
    rows = {slot.key[1] for row in table.value_rows for slot in row if slot.key}
    columns = {slot.key[2] for row in table.value_rows for slot in row if slot.key}
    return "2019" if rows & {"other", "procurement"} or columns & {"newly_made"} else "2021"


def _without_rowspans(table: Table) -> list[list[Slot]]:
    """Rows that stand alone: a cell that reaches down leaves empty ones below it."""
    rows: list[list[Slot]] = []
    reaching: dict[int, tuple[int, int]] = {}  # column -> rows left, colspan
    for row in placed(table):
        own = dict(row)
        below = {column: Slot("", span) for column, (left, span) in reaching.items() if left > 0}
        reaching = {column: (left - 1, span) for column, (left, span) in reaching.items() if left > 1}
        reaching |= {column: (slot.rowspan - 1, slot.colspan) for column, slot in row if slot.rowspan > 1}
        for slot in own.values():
            slot.rowspan = 1
        rows.append([slot for _, slot in sorted({**below, **own}.items())])
    return rows
