"""Which row a label is, told by pairs of neighbouring characters that no other row's label has."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache

from flows.formats import format_cells

GENERATIONS = ("2021", "2019")
_ENOUGH = 0.5
"""Share of a label's own pairs that a text must have to be taken for it."""
_FEW = 2
_MORE = 4
"""A label with fewer telling pairs than _FEW must be there as a whole, with _MORE pairs beside it at most."""
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_LONGEST_LABEL = 80
_LABELS_APART = 20
"""Pairs of characters of one table's own that are those of several of its labels."""
Row = tuple[str, str]
"""Table and row."""


def _pairs(text: str) -> set[str]:
    """Neighbouring Chinese characters, two by two, with nothing but blanks between them."""
    return {a + b for run in _HAN.findall("".join(text.split())) for a, b in itertools.pairwise(run)}


@cache
def _labels() -> dict[Row, tuple[frozenset[str], ...]]:
    """Pairs of characters of the label that a row has in each generation."""
    labels: dict[Row, tuple[frozenset[str], ...]] = {}
    for generation in GENERATIONS:
        for cell in format_cells(generation):
            row, pairs = (cell.table_key, cell.row_key), frozenset(_pairs(cell.row_label.split("/")[-1]))
            if pairs not in labels.get(row, ()):
                labels[row] = (*labels.get(row, ()), pairs)
    return labels


@cache
def _telling_pairs() -> dict[str, Row]:
    """Pairs of characters that the label of one row alone has, and the row."""
    rows_with: dict[str, set[Row]] = {}
    for row, labels in _labels().items():
        for pair in frozenset.union(*labels):
            rows_with.setdefault(pair, set()).add(row)
    return {pair: next(iter(rows)) for pair, rows in rows_with.items() if len(rows) == 1}


def _is_label_of(row: Row, pairs: set[str], *, is_nearest: bool) -> bool:
    """Whether a text has enough of a label's own pairs; a label with too few must be there, whole and next."""
    for label in _labels()[row]:
        own = {pair for pair in label if pair in _telling_pairs()}
        if len(own) < _FEW:
            if is_nearest and label <= pairs and len(pairs) <= len(label) + _MORE:
                return True
        elif len(own & pairs) >= _ENOUGH * len(own):
            return True
    return False


def row_of(labels: Sequence[str]) -> Row | None:
    """Table and row that a label is, given as it may read, the likeliest first; None where that tells none."""
    return _row_of(tuple([text[: _LONGEST_LABEL + 1] for text in labels]))


@lru_cache(maxsize=4096)
def _row_of(labels: tuple[str, ...]) -> Row | None:
    telling = _telling_pairs()
    for text in labels:
        is_nearest = text == labels[0]
        if len(text) > _LONGEST_LABEL:
            return None
        pairs = _pairs(text)
        votes = Counter(telling[pair] for pair in pairs & telling.keys())
        ranked = [
            (row, count) for row, count in votes.most_common() if _is_label_of(row, pairs, is_nearest=is_nearest)
        ]
        if ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1]):
            return ranked[0][0]
    return None


def table_of_labels(text: str) -> str | None:
    """The table whose labels a text has several of: labels that stand apart from their figures."""
    telling = _telling_pairs()
    votes = Counter(telling[pair][0] for pair in _pairs(text) & telling.keys())
    return next((table_key for table_key, count in votes.most_common() if count >= _LABELS_APART), None)
