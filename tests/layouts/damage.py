"""Documents damaged by hand, worse than any that was met: `python -m tests.layouts.damage` (`make damage`).

A quirk is what real documents do; a damage takes away what tells one figure from another, in cells and rows that are
left out, split, run together or moved. No reader can read all of it. What is asked is that nothing is read wrongly
without a mark: of each damage the cells that are exact, doubtful and silently wrong are printed. Two of the ways to
write a document down are those of converters, which write merged cells out into each row and column that they cover.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
from collections.abc import Callable, Iterator, Sequence

from tests.layouts.forms import draw_layout
from tests.layouts.judge import judge
from tests.layouts.model import Layout, Row, Slot, Table, labels_of, placed, values_of
from tests.layouts.quirk_values import zeros_blank
from tests.layouts.quirks import Sample
from tests.layouts.render import docx, html_plain, markdown, text_tabs
from tests.layouts.render_pdf import pdf
from tests.layouts.run import HEAD, Tally

Damage = Callable[[random.Random, Layout], None]
DISCLOSURE, REQUESTS, DISPUTES = "proactive_disclosure", "requests", "disputes"


def written_out(layout: Layout) -> Layout:
    """The layout with each merged cell written into every row and column that it covers."""
    for table in layout.tables:
        grid: dict[tuple[int, int], Slot] = {}
        for number, row in enumerate(placed(table)):
            for column, slot in row:
                for down in range(slot.rowspan):
                    for right in range(slot.colspan):
                        grid[number + down, column + right] = slot
        width = max(column for _, column in grid) + 1
        table.rows = [
            [dataclasses.replace(grid.get((number, column), Slot()), colspan=1, rowspan=1) for column in range(width)]
            for number in range(len(table.rows))
        ]
    return layout


WAYS: dict[str, Callable[[Layout], bytes]] = {
    "html": html_plain,
    "docx": docx,
    "text": text_tabs,
    "markdown": markdown,
    "pdf": pdf,
    "html_written_out": lambda layout: html_plain(written_out(layout)),
    "text_written_out": lambda layout: text_tabs(written_out(layout)),
}
"""Ways to write a document down."""
GRIDS = frozenset({"docx", "pdf"})
"""Ways in which a table has all its cells: one that is left out is a blank at the end of its row."""


def a_cell_left_out(rng: random.Random, layout: Layout) -> None:
    """One row of each table has a cell too few."""
    for table in layout.tables:
        row = rng.choice([row for row in table.value_rows if len(_figures(row)) > 1])
        del row[rng.choice(_figures(row))]


def a_cell_doubled(rng: random.Random, layout: Layout) -> None:
    """One row of each table has a cell twice."""
    for table in layout.tables:
        row = rng.choice(table.value_rows)
        at = rng.choice(_figures(row))
        row.insert(at, Slot(row[at].text, row[at].colspan, is_foreign=True))


def three_cells_merged(rng: random.Random, layout: Layout) -> None:
    """Three cells of a row are one, with the figure of the first, which is no nought: that all three could be."""
    for table in layout.tables:
        rows = [row for row in table.value_rows if any(row[at].value for at in _figures(row)[:-2])]
        if rows:
            row = rng.choice(rows)
            at = rng.choice([at for at in _figures(row)[:-2] if row[at].value])
            row[at : at + 3] = [dataclasses.replace(row[at], colspan=sum(slot.colspan for slot in row[at : at + 3]))]


def numbers_split(rng: random.Random, layout: Layout) -> None:
    """Some numbers stand in two cells, their first digit apart."""
    for row in _rows(layout):
        for at in _figures(row):
            slot = row[at]
            if len(slot.text) >= 2 and rng.random() < 0.2:
                row[at : at + 1] = [
                    dataclasses.replace(slot, text=slot.text[:1]),
                    Slot(slot.text[1:], slot.colspan, is_foreign=True),
                ]
                break


def noughts_blank_and_numbers_split(rng: random.Random, layout: Layout) -> None:
    """No nought is printed, and some numbers stand in two cells."""
    zeros_blank(rng, layout)
    numbers_split(rng, layout)


def numbers_joined(rng: random.Random, layout: Layout) -> None:
    """Two figures of some rows stand in one cell."""
    for row in _rows(layout):
        figures = _figures(row)
        if len(figures) > 2 and rng.random() < 0.2:
            at = rng.choice(figures[:-1])
            first, second = row[at : at + 2]
            row[at : at + 2] = [Slot(f"{first.text} {second.text}", first.colspan, is_foreign=True)]


def lines_broken_in_numbers(_: random.Random, layout: Layout) -> None:
    """A line ends behind the first digit of each number of three digits and more."""
    for slot in layout.slots():
        if len(slot.text) > 2 and slot.text.isdigit():
            slot.text = f"{slot.text[0]}\n{slot.text[1:]}"


def blanks_put_in(rng: random.Random, layout: Layout) -> None:
    """Up to three blank cells at any places of each row."""
    for row in _rows(layout):
        for _ in range(rng.randint(0, 3)):
            row.insert(rng.choice((*_figures(row), len(row))), Slot(is_foreign=True))


def noughts_blank_and_blanks_put_in(rng: random.Random, layout: Layout) -> None:
    """No nought is printed, and blank cells stand at any places."""
    zeros_blank(rng, layout)
    blanks_put_in(rng, layout)


def noughts_blank_and_cells_left_out(rng: random.Random, layout: Layout) -> None:
    """No nought is printed, and one of the blanks is not there in some rows."""
    zeros_blank(rng, layout)
    for table in layout.tables:
        for row in rng.sample(table.value_rows, min(4, len(table.value_rows))):
            blanks = [at for at in _figures(row) if not row[at].text]
            if blanks:
                del row[rng.choice(blanks)]


def rows_left_out(rng: random.Random, layout: Layout) -> None:
    """Two rows of each table but the last are not there."""
    for name in (DISCLOSURE, REQUESTS):
        table = layout.of(name)[0]
        for _ in range(2):
            _leave_out(table, rng.choice(table.value_rows))


def disclosure_without_labels_and_a_row(rng: random.Random, layout: Layout) -> None:
    """Section two has lost its labels, and a row."""
    table = layout.of(DISCLOSURE)[0]
    _lose_labels(table.value_rows)
    _leave_out(table, rng.choice(table.value_rows))


def labels_half_lost_and_rows_left_out(rng: random.Random, layout: Layout) -> None:
    """Four labels in ten are lost, and rows are not there."""
    for name in (DISCLOSURE, REQUESTS):
        _lose_labels([row for row in layout.of(name)[0].value_rows if rng.random() < 0.4])
    rows_left_out(rng, layout)


def labels_moved(rng: random.Random, layout: Layout) -> None:
    """Four labels stand one row too high, the first of them beside the last of their rows."""
    for row, label in _moved(rng, layout.of(REQUESTS)[0]):
        for slot in row:
            slot.is_untold = slot.key is not None
        _innermost(row).text = label


def rows_exchanged(rng: random.Random, layout: Layout) -> None:
    """Two rows of section two stand in each other's place, labels and all."""
    table = layout.of(DISCLOSURE)[0]
    one, other = rng.sample(range(len(table.value_rows)), 2)
    at, to = (next(i for i, row in enumerate(table.rows) if row is table.value_rows[n]) for n in (one, other))
    table.rows[at], table.rows[to] = table.rows[to], table.rows[at]


def a_row_between_without_label(rng: random.Random, layout: Layout) -> None:
    """A row of small numbers without a label, that the format does not have."""
    table = layout.of(REQUESTS)[0]
    row = rng.choice(table.value_rows[1:])
    labels = [slot.colspan for slot in labels_of(row)]
    added = [
        *(Slot("", span) for span in labels[-1:]),
        *(Slot(str(rng.randint(0, 3)), is_foreign=True) for _ in range(7)),
    ]
    at = next(i for i, one in enumerate(table.rows) if one is row)
    for number, above in enumerate(table.rows[:at]):
        for slot in above:
            slot.rowspan += number + slot.rowspan > at
    table.rows.insert(at, added)


def last_year_before_in_disclosure(rng: random.Random, layout: Layout) -> None:
    """Each figure of section two has another before it, and no head says of which year either is."""
    for row in layout.of(DISCLOSURE)[0].value_rows:
        at = len(labels_of(row))
        for slot in values_of(row):
            slot.is_untold = slot.key is not None
        row[at:at] = [Slot(str(rng.randint(0, 99)), slot.colspan, is_foreign=True) for slot in values_of(row)]


def page_numbers_in_rows(rng: random.Random, layout: Layout) -> None:
    """The number of a page stands at the end of a row."""
    for table in layout.tables:
        rng.choice(table.value_rows).append(Slot(str(rng.randint(2, 9)), is_foreign=True))


DAMAGES: dict[str, Damage] = {
    damage.__name__: damage
    for damage in (
        a_cell_left_out,
        a_cell_doubled,
        three_cells_merged,
        numbers_split,
        noughts_blank_and_numbers_split,
        numbers_joined,
        lines_broken_in_numbers,
        blanks_put_in,
        noughts_blank_and_blanks_put_in,
        noughts_blank_and_cells_left_out,
        rows_left_out,
        disclosure_without_labels_and_a_row,
        labels_half_lost_and_rows_left_out,
        labels_moved,
        rows_exchanged,
        a_row_between_without_label,
        last_year_before_in_disclosure,
        page_numbers_in_rows,
    )
}


LEAVE_OUT = frozenset({"a_cell_left_out", "noughts_blank_and_cells_left_out", "numbers_joined"})
"""Damages that leave cells out."""


def damaged(seed: str, name: str, way: str) -> Sample:
    """The document of a seed with one damage, written in one of `WAYS`."""
    layout = draw_layout(random.Random(seed))
    DAMAGES[name](random.Random(f"{seed}/{name}"), layout)
    printed = tuple(slot.text for slot in layout.slots())
    payload = WAYS[way](layout)
    return Sample(seed, way, (name,), payload, layout.truth(), printed, layout.untold())


def _figures(row: Row) -> list[int]:
    return [at for at, slot in enumerate(row) if slot.key]


def _rows(layout: Layout) -> Iterator[Row]:
    for table in layout.tables:
        yield from table.value_rows


def _innermost(row: Row) -> Slot:
    return labels_of(row)[-1]


def _lose_labels(rows: list[Row]) -> None:
    for row in rows:
        for slot in labels_of(row):
            slot.text = ""


def _leave_out(table: Table, row: Row) -> None:
    """Take a row away; cells that reach over it reach one row less, and one that begins in it begins in the next."""
    at = next(i for i, one in enumerate(table.rows) if one is row)
    for number, above in enumerate(table.rows[:at]):
        for slot in above:
            slot.rowspan -= number + slot.rowspan > at
    reaching = [slot for slot in row if slot.rowspan > 1]
    for slot in reaching:
        slot.rowspan -= 1
    if reaching:
        table.rows[at + 1][:0] = reaching
    del table.rows[at]


def _moved(rng: random.Random, table: Table) -> Iterator[tuple[Row, str]]:
    rows = table.value_rows
    start = rng.randrange(3, len(rows) - 6)
    stretch = rows[start : start + 4]
    labels = [_innermost(row).text for row in stretch]
    yield from zip(stretch, [*labels[1:], labels[0]], strict=True)


def run(documents: int, seed: int, names: Sequence[str]) -> Tally:
    """Read `documents` of each damage in each way, and print what became of them. Returns the sums over all."""
    whole = Tally()
    print(HEAD)
    for name in names:
        tally = Tally()
        for way in [way for way in WAYS if not (name in LEAVE_OUT and way in GRIDS)]:
            for number in range(documents):
                sample = dataclasses.replace(damaged(f"{seed}:{number}", name, way), seed=f"{seed}:{number}/{way}")
                verdict = judge(sample)
                tally.add(sample, verdict)
                whole.add(sample, verdict)
        print(tally.line(name), flush=True)
    print(whole.line("all"))
    return whole


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--documents", type=int, default=12, help="of each damage in each way to write it down")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(DAMAGES)}; all if none is named")
    asked = parser.parse_args()
    raise SystemExit(1 if run(asked.documents, asked.seed, asked.names or list(DAMAGES)).wrong else 0)


if __name__ == "__main__":
    main()
