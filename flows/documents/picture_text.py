"""The text of a picture: each cell of a ruled table on its own, everything else by finding its lines.

A cell is read where its ink is, so that a lone `0` cannot be overlooked. What may be a figure is read two or three
times, from different renderings of its pixels; where no two of them agree and are sure, or one is sure of another
figure, the cell is `UNREAD`: never a guess, never a blank.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any

from flows.documents.document import UNREAD
from flows.documents.picture_lines import Raster, page_side
from flows.documents.recogniser import Box, Reading, find_lines, read_lines

SURE = 0.75
"""Confidence that a figure needs in two readings."""
_SURE_OF_WORDS = 0.9
"""Words of less are read again, and the surest reading counts: labels are compared by likeness later on."""
_LEAST_OF_WORDS = 0.4
_LEAST_OF_LINES = 0.5
UNREAD_WORDS = "〓"
"""The printers' mark for missing characters, for a line that is too long for a figure and could not be read."""
_WORDS_ARE_WIDE = 4
"""A line wider than this, in heights, is words rather than a figure."""
_DASH_PER_SIDE = 130
_SPECK_PER_SIDE = 300
"""Ink smaller than this part of the page's shorter side is dirt."""
_LOOK_ALIKE = re.compile(r"[^\d/\\\-+.,，.()（）%—–―~*\u3400-\u9fff]")
"""Characters that no figure has: `O`, `l` and their like stand for digits that were not recognised."""
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_DIRT = 0.4
"""Ink smaller than this share of the tallest line of its cell, and apart from it, is dirt."""
_FLAT = 0.4
"""A dash is this flat, in widths."""
_SLANT = 0.25
"""The head of a slash stands this far to the right of its foot, in heights."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Rendering:
    """How the pixels of a line are shown to the recogniser."""

    ink_only: bool
    """Only the ink, on white paper; otherwise the picture as it is, with what stands around the line."""
    margin: float
    """Paper around the ink, in heights of the line."""


_RENDERINGS = (_Rendering(True, 0.2), _Rendering(False, 0.25), _Rendering(True, 0.4))
"""Two of them must agree on a figure; the third is asked only where the first two do not."""


@dataclasses.dataclass(frozen=True, slots=True)
class Word:
    """One line of text and where it stands."""

    text: str
    box: Box


def words_outside(gray: Raster) -> list[Word]:
    """Lines of text of a picture that has no tables (any more), as the detector finds them."""
    boxes = find_lines(gray)
    readings = read_lines([gray[top:bottom, left:right] for left, top, right, bottom in boxes])
    return [
        Word(text, box)
        for (text, score), box in zip(readings, boxes, strict=True)
        if text and score >= _LEAST_OF_LINES
    ]


def words_of_cells(gray: Raster, ink: Raster, cells: Sequence[Box]) -> list[Word]:
    """Lines of text of the cells. `ink` has no ruling lines any more."""
    pieces = [piece for cell in cells for piece in _pieces(ink, cell)]
    readings: list[list[Reading]] = [[] for _ in pieces]
    for turn in range(len(_RENDERINGS)):
        open_ones = [i for i, found in enumerate(readings) if not _is_settled(found)]
        again = read_lines([_crop(gray, ink, pieces[i], _rendering(pieces[i], turn)) for i in open_ones])
        for index, reading in zip(open_ones, again, strict=True):
            readings[index].append(reading)
    least = max(int(page_side(gray)) // _DASH_PER_SIDE, 3)
    return [Word(_settled(found, ink, piece, least), piece) for found, piece in zip(readings, pieces, strict=True)]


def _rendering(box: Box, turn: int) -> _Rendering:
    """Words are shown as they are first, figures as their ink only."""
    is_wide = box[2] - box[0] > _WORDS_ARE_WIDE * (box[3] - box[1])
    return _RENDERINGS[(turn + is_wide) % len(_RENDERINGS)]


def _is_settled(readings: Sequence[Reading]) -> bool:
    if not readings:
        return False
    if _is_figure(readings):
        return _agreed(readings) is not None
    return max(score for _, score in readings) >= _SURE_OF_WORDS


def _is_figure(readings: Sequence[Reading]) -> bool:
    """Whether a text may be a figure, with or without its unit; words may be read once only."""
    text = max(readings, key=lambda reading: reading[1])[0]
    chinese = len(_CHINESE.findall(text))
    return chinese == 0 or (any(c.isdigit() for c in text) and 2 * chinese <= len(text))


def _agreed(readings: Sequence[Reading]) -> str | None:
    """The text that two readings are sure of and none is sure to be another."""
    sure = [text for text, score in readings if score >= SURE]
    return sure[0] if len(sure) >= 2 and len(set(sure)) == 1 else None


def _settled(readings: Sequence[Reading], ink: Raster, box: Box, dash_height: int) -> str:
    """What the readings of one line agree on, and the shape of its ink bears out."""
    left, top, right, bottom = box
    best, score = max(readings, key=lambda reading: reading[1])
    if not _is_figure(readings):
        return best if score >= _LEAST_OF_WORDS else UNREAD_WORDS
    if bottom - top <= min(_FLAT * (right - left), dash_height):
        return "-"  # a lone flat stroke, whatever it was taken for
    if right - left > 2 * _WORDS_ARE_WIDE * (bottom - top) and not any(c.isdigit() for c in best):
        return UNREAD_WORDS
    text = _agreed(readings) or ""
    if not text or _LOOK_ALIKE.search(text):
        return UNREAD
    slanted = _slant(ink[top:bottom, left:right]) > _SLANT
    return UNREAD if text in {"/", "1", "7"} and slanted != (text == "/") else text


def _slant(ink: Raster) -> float:
    """How far the top of a stroke stands to the right of its foot, in heights; a slash does, a 1 does not."""
    import numpy as np

    third = max(ink.shape[0] // 3, 1)
    head, foot = np.nonzero(ink[:third])[1], np.nonzero(ink[-third:])[1]
    return float(head.mean() - foot.mean()) / ink.shape[0] if len(head) and len(foot) else 0.0


def _pieces(ink: Raster, cell: Box) -> list[Box]:
    """Boxes around the lines of ink in a cell; dirt beside them is left out."""
    found = list(_lines_of(ink, cell))
    tallest = max((bottom - top for _, top, _, bottom in found), default=0)
    return [box for box in found if max(box[2] - box[0], box[3] - box[1]) > _DIRT * tallest]


def _lines_of(ink: Raster, cell: Box) -> Iterator[Box]:
    """Boxes around the lines of ink in a cell; a wide gap parts a line, for a wall may be missing there."""
    left, top, right, bottom = cell
    inside = ink[top:bottom, left:right]
    if not inside.size:
        return
    inside = _without_specks(inside, max(int(page_side(ink)) // _SPECK_PER_SIDE, 2))
    lines = _runs(inside.any(axis=1), 1)
    if not lines:
        return
    tallest = max(end - start for start, end in lines)
    joined: list[tuple[int, int]] = []
    for start, end in lines:
        # the strokes of one character (三, 二) stand apart as lines do, but together are no taller than a line
        if joined and end - joined[-1][0] <= 1.1 * tallest and start - joined[-1][1] <= 0.4 * tallest:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    for start, end in joined:
        for begin, stop in _runs(inside[start:end].any(axis=0), max(int(1.2 * (end - start)), 12)):
            rows = inside[start:end, begin:stop].any(axis=1).nonzero()[0]
            yield left + begin, top + start + int(rows[0]), left + stop, top + start + int(rows[-1]) + 1


def _without_specks(ink: Raster, least: int) -> Raster:
    import cv2
    import numpy as np

    count, labels, boxes, _ = cv2.connectedComponentsWithStats(ink)
    kept = [label for label in range(1, count) if max(boxes[label][2], boxes[label][3]) > least]
    return np.isin(labels, kept)


def _runs(filled: Any, gap: int) -> list[tuple[int, int]]:  # noqa: ANN401
    """Start and end of the runs of True, those closer than `gap` as one."""
    runs: list[tuple[int, int]] = []
    for index in filled.nonzero()[0].tolist():
        if runs and index - runs[-1][1] < gap:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    return runs


def _crop(gray: Raster, ink: Raster, box: Box, rendering: _Rendering) -> Raster:
    """The pixels of one line on paper, as one rendering has them."""
    import cv2
    import numpy as np

    left, top, right, bottom = box
    around = max(round(rendering.margin * (bottom - top)), 2)
    if rendering.ink_only:
        paper = np.full_like(gray[top:bottom, left:right], 255)
        near = cv2.dilate(ink[top:bottom, left:right], np.ones((3, 3), np.uint8)) > 0
        paper[near] = gray[top:bottom, left:right][near]
        paper = cv2.copyMakeBorder(paper, around, around, around, around, cv2.BORDER_CONSTANT, value=255)
    else:
        paper = gray[max(top - around, 0) : bottom + around, max(left - around, 0) : right + around]
    height, width = paper.shape
    white = float(np.median(paper)) if not rendering.ink_only else 255
    sides = max((height - width) // 2, 0)  # the recogniser wants no picture that is higher than wide
    return cv2.copyMakeBorder(paper, 0, 0, sides, sides, cv2.BORDER_CONSTANT, value=white)
