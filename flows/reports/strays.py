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
from flows.reports.rows import Row

REASON = "a number among the labels of the table"
_UNITS = "件条项个次起份宗例人户部篇万亿元%"
_NUMBERING = re.compile(rf"^\W*[0-9]{{1,2}}(?:[^\w{_UNITS}]+|(?=[^\W\d])(?![{_UNITS}])|$)")
_COUNTING = re.compile(
    r"[0-9]{4}(?:[-~—至][0-9]{4})?年(?:[0-9]{1,2}月(?:[0-9]{1,2}日)?)?|第\(?[0-9]{1,3}\)?[条款项页列行]|共[0-9]{1,4}页"
)
_DIGITS = re.compile(r"[0-9]+")
_ANY_DIGIT = re.compile(r"[0-9０-９]")


def strays(row: Row) -> list[GridCell]:
    """Label cells of a row that hold a number which says something of the body."""
    if not _ANY_DIGIT.search("".join([cell.text for cell in row.label_cells])):
        return []
    texts = ["".join(narrow(cell.text).split()) for cell in row.label_cells]
    alike = Counter(_DIGITS.sub("", text) for text in texts)
    return [
        cell
        for cell, text in zip(row.label_cells, texts, strict=True)
        if alike[_DIGITS.sub("", text)] == 1 and _DIGITS.search(_COUNTING.sub("", _NUMBERING.sub("", text)))
    ]
