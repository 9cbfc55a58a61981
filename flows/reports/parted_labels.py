"""Labels that stand apart from their values: a list of labels, and behind it as many rows of nothing but values.

Each row of values is given the label that has its place in the list. The list may have labels that are lost, which
are blank cells; heads and page numbers that stand among the labels are none of them. Where there are not as many rows
as labels nothing is given: then nothing says which is whose.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Sequence

from flows.reports.labels import best, normalise
from flows.reports.rows import Row, is_common
from flows.reports.table_reading import LABEL_SURE

_LIST_LEAST = 3
"""So many labels are a list; one is that of the row below it, and of two rows one may have lost its own."""
_CELLS_MOST = 3
"""Blank cells beside a label at most; with more it is a row of blanks."""
_SPARE_MOST = 3
"""Lines at most that stand among the labels of one list and are none."""
_PAGE = re.compile(r"\W*第?\s*\d{1,3}\s*页?\W*")


def with_parted_labels(
    rows: Sequence[Row], labels: tuple[str, ...], others: tuple[str, ...], count: int
) -> list[Row]:
    """Rows with the labels that stand apart from them; the lines of a list are gone where its rows got them.

    `labels` are those of rows in printed order, `others` those of columns and of groups of rows, `count` is how many
    values a row has.
    """
    kept: list[Row] = []
    lines: list[Row] = []
    bare_rows = Counter(row.grid_place for row in rows if _is_bare(row, count))
    index = 0
    while index < len(rows):
        if _is_of_list(rows[index]):
            lines.append(rows[index])
            index += 1
            continue
        bare = list(
            itertools.takewhile(lambda row: _is_bare(row, count) and bare_rows[row.grid_place] > 1, rows[index:])
        )
        own = _list_of(lines, len(bare), labels, others)
        if own:
            kept += [line for line in lines if not any(line is one for one in own)]
            kept += [_labelled(row, line) for row, line in zip(bare, own, strict=True)]
        else:
            kept += [*lines, *(bare or rows[index : index + 1])]
        lines = []
        index += len(bare) or 1
    return [*kept, *lines]


def _is_of_list(row: Row) -> bool:
    """Whether a row is a label without values, the blank cell of one that is lost, or the number of a page."""
    if any(cell.text for cell in row.values):
        return len(row.values) == 1 and not row.labels and _PAGE.fullmatch(row.values[0].text) is not None
    return len(set(row.labels)) <= 1 and len(row.values) <= _CELLS_MOST


def _is_bare(row: Row, count: int) -> bool:
    return not row.labels and len(row.values) >= count


def _list_of(
    lines: Sequence[Row], count: int, labels: tuple[str, ...], others: tuple[str, ...]
) -> tuple[Row, ...] | None:
    """Of some lines the `count` that are a list of labels; None if that is not clear."""
    may_be_labels = [line for line in lines if not _is_other(line, others)]
    spare = len(may_be_labels) - count
    if count < _LIST_LEAST or not 0 <= spare <= _SPARE_MOST:
        return None
    # heads with the words of a row's label, and the blank cells beside heads
    unclear = [i for i, line in enumerate(may_be_labels) if not line.label or _is_plain(line.label, others)]
    lists: dict[tuple[str, ...], tuple[Row, ...]] = {}
    for left_out in itertools.combinations(unclear, spare):
        kept = tuple(line for i, line in enumerate(may_be_labels) if i not in left_out)
        if _are_labels(kept, labels):
            lists[tuple(line.label for line in kept)] = kept
    return lists.popitem()[1] if len(lists) == 1 else None


def _is_other(line: Row, others: tuple[str, ...]) -> bool:
    """Whether a line is surely no label: the number of a page, or a head or group unlike any row's label."""
    text = line.label or "".join(cell.text for cell in line.values)
    return _PAGE.fullmatch(text) is not None or (normalise(text) in others and not is_common(text))


def _is_plain(text: str, others: tuple[str, ...]) -> bool:
    """Whether a text is a head without any number before it."""
    plain = normalise(text)
    return plain in others and text.strip()[:1] == plain[:1]


def _are_labels(lines: Sequence[Row], labels: tuple[str, ...]) -> bool:
    """Whether some lines are labels of rows, or all lost: most are surely, and those follow one another in order."""
    stated = [line.label for line in lines if line.label]
    told = [(is_common(label), *best(label, labels)) for label in stated]
    sure = [(common, position) for common, position, alike in told if alike >= LABEL_SURE]
    at = [position for common, position in sure if not common]
    return 2 * len(sure) >= len(stated) and all(a < b for a, b in itertools.pairwise(at))


def _labelled(row: Row, line: Row) -> Row:
    group = line.group or row.group
    return dataclasses.replace(row, labels=line.labels, label_cells=line.label_cells, group=group, values_told=True)
