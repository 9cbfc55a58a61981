"""Aligning found rows with the rows of a format: by label, group, order and count of values, never by look-up.

Needleman-Wunsch over two sequences. A pair is worth what its label, its group and its values say for it; leaving a
row out costs a little. Every pair gets its margin: how much worse the best alignment without it is. Where the margin
is nothing, the document does not say which row it is, and nobody may guess.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import lru_cache

from flows.reports.labels import best, similarity


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """One row of a format."""

    key: str
    labels: tuple[str, ...]
    """Its printed label in each generation."""
    group: str
    value_count: int
    least_count: int = 0
    """Values that it has in the generation with fewest; 0 where all have as many."""


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """One row of a document, as far as alignment looks at it."""

    labels: tuple[str, ...]
    """What may be its label, the likeliest first: its own, and with what stands on the torn line above."""
    group: str
    value_count: int
    """Values that are not blank."""
    place_count: int
    """Values, blanks included."""


@dataclasses.dataclass(frozen=True, slots=True)
class Match:
    """A found row and the row of the format that it is."""

    found_index: int
    wanted_index: int
    label_score: float
    """0 to 1; 0 when the row has no label."""
    score: float
    """What the pair is worth: label, group and count of values together."""
    margin: float
    """How much worse the best alignment without this pair is."""
    rival_index: int | None
    """The wanted row that the found one is in that alignment; None when it is none."""


@dataclasses.dataclass(frozen=True, slots=True)
class Alignment:
    """The best alignment and what it is worth."""

    matches: tuple[Match, ...]
    worth: float


LEAVE_WANTED = -0.3
"""Worth of a row of the format that the document does not have."""
LEAVE_FOUND = -0.8
"""Worth of a found row with values that is no row of the format; without values it is nothing."""
UNLABELLED = 0.45
"""What a missing label counts: no evidence either way."""
LABEL_WEIGHT = 3.0
GROUP_WORTH = 0.25
IMPOSSIBLE = -1e9
_LABEL_LEAST = 0.5
"""A label that is less like the row's is another row's, or that of a row which the format does not have."""
_LABEL_SURE = 0.95
_LABEL_APART = 0.2
_LABEL_LEAST_BLANK = 0.75
"""A row without any value is a row of the format only if its label says so."""
_REMEMBERED_LABELS = 4_000
"""Most reports have the same rows; an alignment is remembered if its labels have no more characters than this."""
_BLANK_WORTH = 0.5
"""A row of blanks without a label keeps the place of one row in the order, if there is room for it."""


def align(
    found: Sequence[Found], wanted: Sequence[Wanted], decoys: tuple[str, ...] = (), *, groups_bind: bool = False
) -> Alignment:
    """The best order-preserving alignment of found rows with wanted ones.

    `decoys` are labels (of groups, of sub-totals) that a row of the format is not: a found label that is more like a
    decoy than like the row counts less for it. Where `groups_bind` a row without a label is none of another group's.
    """
    rows = tuple(found)
    is_usual = sum(len(label) for row in rows for label in (*row.labels, row.group)) <= _REMEMBERED_LABELS
    return (_aligned if is_usual else _aligned.__wrapped__)(rows, tuple(wanted), decoys, groups_bind)


@lru_cache(maxsize=256)
def _aligned(
    found: tuple[Found, ...], wanted: tuple[Wanted, ...], decoys: tuple[str, ...], groups_bind: bool
) -> Alignment:
    pairs = _claimed([_telling([_worth(row, target, decoys, groups_bind) for target in wanted]) for row in found])
    leave = [LEAVE_FOUND if row.value_count else 0.0 for row in found]
    worths = [[worth for worth, _ in row] for row in pairs]
    forward = _best_prefixes(worths, leave, len(wanted))
    backward = _best_prefixes([row[::-1] for row in reversed(worths)], leave[::-1], len(wanted))
    total = forward[len(found)][len(wanted)]
    matches = []
    i, j = len(found), len(wanted)
    while i and j:
        if _same(forward[i][j], forward[i - 1][j - 1] + pairs[i - 1][j - 1][0]):
            i, j = i - 1, j - 1
            without, rival = _best_without(j, worths[i], leave[i], forward[i], backward[len(found) - i - 1])
            matches.append(Match(i, j, pairs[i][j][1], worths[i][j], total - without, rival))
        elif _same(forward[i][j], forward[i - 1][j] + leave[i - 1]):
            i -= 1
        else:
            j -= 1
    return Alignment(tuple(reversed(matches)), total)


def _telling(pairs: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The pairs of one found row; if its label is surely that of one row, it is no other row's."""
    surest = max((score for _, score in pairs), default=0.0)
    if surest < _LABEL_SURE:
        return pairs
    return [(worth if score > surest - _LABEL_APART else IMPOSSIBLE, score) for worth, score in pairs]


def _claimed(pairs: list[list[tuple[float, float]]]) -> list[list[tuple[float, float]]]:
    """The pairs of all found rows; what surely has the label of a row of the format keeps it from those less like it.

    A row of blanks, too, keeps its row of the format from one that the format does not have.
    """
    surest = [
        max((score for worth, score in column if worth > IMPOSSIBLE), default=0.0)
        for column in zip(*pairs, strict=True)
    ]
    return [
        [
            (IMPOSSIBLE if most >= _LABEL_SURE and 0 < score < most - _LABEL_APART else worth, score)
            for (worth, score), most in zip(row, surest, strict=True)
        ]
        for row in pairs
    ]


def _worth(row: Found, target: Wanted, decoys: tuple[str, ...], groups_bind: bool) -> tuple[float, float]:
    """Worth of a pair, and the likeness of its labels."""
    labels = [label for label in row.labels if label]
    score = 0.0
    for label in labels:
        alike = max([similarity(label, wanted_label) for wanted_label in target.labels])
        if alike > score:  # a decoy only takes from what the label is worth
            decoy = best(label, decoys)[1] if alike < 1 else 0.0
            score = max(score, alike - max(0.0, decoy - alike))
    if not row.value_count and not labels:
        return (_BLANK_WORTH if row.place_count == target.value_count else IMPOSSIBLE), score
    if not row.value_count:
        is_row = (
            labels and score >= _LABEL_LEAST_BLANK and row.place_count >= (target.least_count or target.value_count)
        )
        return (score, score) if is_row else (IMPOSSIBLE, score)
    if labels and score < _LABEL_LEAST:
        return IMPOSSIBLE, score
    worth = LABEL_WEIGHT * ((score if labels else UNLABELLED) - 0.35)
    if row.place_count == target.value_count:
        worth += 1.0
    elif row.value_count == target.value_count:
        worth += 0.9
    elif row.value_count < target.value_count <= row.place_count:
        worth += 0.6
    else:
        worth += 0.1 if labels and score >= _LABEL_LEAST_BLANK else -1.0
    if row.group and target.group:
        is_same = similarity(row.group, target.group) > 0.9
        if groups_bind and not labels and not is_same:
            return IMPOSSIBLE, score
        worth += GROUP_WORTH * (1 if is_same else -0.5)
    return worth, score


def _best_prefixes(worths: Sequence[Sequence[float]], leave: Sequence[float], columns: int) -> list[list[float]]:
    """Best worth of aligning the first i found rows with the first j wanted ones."""
    above = [0.0]
    for _ in range(columns):
        above.append(above[-1] + LEAVE_WANTED)
    table = [above]
    for pairs, left_out in zip(worths, leave, strict=True):
        most = above[0] + left_out
        row = [most]
        for worth, diagonal, upper in zip(pairs, above, above[1:], strict=False):
            most += LEAVE_WANTED
            most = max(most, diagonal + worth)
            most = max(most, upper + left_out)
            row.append(most)
        table.append(row)
        above = row
    return table


def _best_without(
    column: int, worths: Sequence[float], left_out: float, before: Sequence[float], after: Sequence[float]
) -> tuple[float, int | None]:
    """Best worth of an alignment in which a found row is another wanted row or none, and which one it is there.

    `before` and `after` are the best worths of the rows above it, and of those below with the columns from the last.
    """
    best = max([a + left_out + b for a, b in zip(before, reversed(after), strict=True)])
    others = [a + worth + b for a, worth, b in zip(before, worths, after[-2::-1], strict=False)]
    others[column] = IMPOSSIBLE
    other = max(others)
    return (other, others.index(other)) if other > best else (best, None)


def _same(a: float, b: float) -> bool:
    return abs(a - b) < 1e-9
