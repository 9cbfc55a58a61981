"""Numbers among the labels of a table: in a note below it, or behind a label that has swallowed its value.

They are no figures of the format, but a reader of the page sees them, so they are left over with their place. Numbers
that only count or date what they stand in are none of these: `7.`, `第20条`, `2023年`, `数据1` beside `数据2`, the
number of a page.
"""

from __future__ import annotations

import re
from collections import Counter

from flows.documents import GridCell
from flows.reports.figures import narrow
from flows.reports.remembered import remembered
from flows.reports.rows import Row

REASON = "a number among the labels of the table"
_UNITS = "件条项个次起份宗例人户部篇万亿元%"
_NUMBERING = re.compile(rf"^\W*[0-9]{{1,2}}(?:[^\w{_UNITS}]+|(?=[^\W\d])(?![{_UNITS}])|$)")
_COUNTING = re.compile(
    r"[0-9]{4}(?:[-~—至][0-9]{4})?年(?:[0-9]{1,2}月(?:[0-9]{1,2}日)?)?|第\(?[0-9]{1,3}\)?[条款项页列行]|共[0-9]{1,4}页"
)
_DIGITS = re.compile(r"[0-9]+")


def strays(row: Row) -> list[GridCell]:
    """Label cells of a row that hold a number which says something of the body."""
    at = _at(tuple([cell.text for cell in row.label_cells]))
    return [row.label_cells[index] for index in at]


@remembered(4096)
def _at(labels: tuple[str, ...]) -> tuple[int, ...]:
    """Places of such labels among those of a row; most reports have the same."""
    texts = ["".join(narrow(label).split()) for label in labels]
    alike = Counter(_DIGITS.sub("", text) for text in texts)
    return tuple(
        index
        for index, text in enumerate(texts)
        if alike[_DIGITS.sub("", text)] == 1 and _DIGITS.search(_COUNTING.sub("", _NUMBERING.sub("", text)))
    )
