"""The text of a picture: each cell of a ruled table on its own, everything else by finding its lines.

A cell is read where its ink is, so that a lone `0` cannot be overlooked. What may be a figure is read twice or three
times, from different renderings of its pixels: the first reading is the cell's text, the second one stands beside it.
What no two readings are sure of is `UNREAD`: never a guess, never a blank.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any

from flows.documents.document import UNREAD
from flows.documents.picture_lines import Raster, page_side
from flows.documents.picture_signs import start_of_sign
from flows.documents.recogniser import Box, Reading, find_lines, read_lines

SURE = 0.5
"""Confidence that the least sure character of a figure needs in two readings."""
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
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_DIRT = 0.4
"""Ink smaller than this share of the tallest line of its cell, and apart from it, is dirt."""
_FLAT = 0.4
"""A dash is this flat, in widths."""
_SLANT = 0.25
"""The head of a slash stands this far to the right of its foot, in heights."""
_PITCH_MOST = 1.05
"""No digit is wider, in heights, with what parts it from the next; in a wider number one is missing (`11` as `1`)."""
_SIGNS = "-+"
_POINTS = ".,"


@dataclasses.dataclass(frozen=True, slots=True)
class _Rendering:
    """How the pixels of a line are shown to the recogniser."""

    ink_only: bool
    """Only the ink, on white paper; otherwise the picture as it is, with what stands around the line."""
    margin: float
    """Paper around the ink, in heights of the line."""


_RENDERINGS = (_Rendering(True, 0.1), _Rendering(False, 0.15), _Rendering(False, 0.3))
"""The first two are shown of every figure, the third where they do not agree."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Piece:
    """One line of ink in a cell."""

    box: Box
    is_signed: bool = False
    """Whether a minus stands before it, or what may be one; it is in the box."""


@dataclasses.dataclass(frozen=True, slots=True)
class Word:
    """One line of text and where it stands."""

    text: str
    box: Box
    second_text: str | None = None
    """What the second reading takes a figure for; None for words, which are read once."""


def words_outside(gray: Raster) -> list[Word]:
    """Lines of text of a picture that has no tables (any more), as the detector finds them."""
    boxes = find_lines(gray)
    readings = read_lines([gray[top:bottom, left:right] for left, top, right, bottom in boxes])
    found = zip(readings, boxes, strict=True)
    return [Word(read.text, box) for read, box in found if read.text and read.confidence >= _LEAST_OF_LINES]


def words_of_cells(gray: Raster, ink: Raster, cells: Sequence[Box]) -> list[Word]:
    """Lines of text of the cells. `ink` has no ruling lines any more."""
    pieces = [_signed(gray, box, cell) for cell in cells for box in _pieces(ink, cell)]
    readings: list[list[Reading]] = [[] for _ in pieces]
    for turn in range(len(_RENDERINGS)):
        open_ones = [i for i, found in enumerate(readings) if not _is_settled(found)]
        again = read_lines([_crop(gray, ink, pieces[i].box, _rendering(pieces[i].box, turn)) for i in open_ones])
        for index, reading in zip(open_ones, again, strict=True):
            readings[index].append(reading)
    dash_height = max(int(page_side(gray)) // _DASH_PER_SIDE, 3)
    return [_word(found, ink, piece, dash_height) for found, piece in zip(readings, pieces, strict=True)]


def _rendering(box: Box, turn: int) -> _Rendering:
    """Words are shown as they are first, figures as their ink only."""
    is_wide = box[2] - box[0] > _WORDS_ARE_WIDE * (box[3] - box[1])
    return _RENDERINGS[(turn + is_wide) % len(_RENDERINGS)]


def _is_settled(readings: Sequence[Reading]) -> bool:
    if not readings:
        return False
    if _is_figure(readings):
        texts = [_figure(reading) for reading in readings]
        return len(texts) >= 2 and texts[0] != "" and texts[0] == texts[1]
    return max(reading.confidence for reading in readings) >= _SURE_OF_WORDS


def _is_figure(readings: Sequence[Reading]) -> bool:
    """Whether a text may be a figure, with or without its unit; words may be read once only."""
    text = max(readings, key=lambda reading: reading.confidence).text
    chinese = len(_CHINESE.findall(text))
    return (
        chinese == 0
        or any(reading.figure for reading in readings)
        or (any(c.isdigit() for c in text) and 2 * chinese <= len(text))
    )


def _figure(reading: Reading) -> str:
    """What a reading is sure of; a figure with its unit or remark is read as words. Empty where it is not sure."""
    if reading.figure:
        return _without_dirt(reading.figure) if reading.figure_least >= SURE else ""
    return reading.text if reading.least >= SURE and _CHINESE.search(reading.text) else ""


def _without_dirt(figure: str) -> str:
    """A figure without points before or behind it and dashes behind it; a lone dash stays.

    These are dirt in the margin: a decimal place that was missed would be ink, and the shape of the ink tells then.
    """
    return figure.strip(_POINTS).rstrip(_POINTS + "-") or figure.strip(_POINTS)


def _word(readings: Sequence[Reading], ink: Raster, piece: _Piece, dash_height: int) -> Word:
    """What the readings of one line come to, if the shape of its ink bears it out."""
    box = left, top, right, bottom = piece.box
    best = max(readings, key=lambda reading: reading.confidence)
    if not _is_figure(readings):
        return Word(best.text if best.confidence >= _LEAST_OF_WORDS else UNREAD_WORDS, box)
    if bottom - top <= min(_FLAT * (right - left), dash_height):
        return Word("-", box)  # a lone flat stroke, whatever it was taken for
    if right - left > 2 * _WORDS_ARE_WIDE * (bottom - top) and not any(c.isdigit() for c in best.text):
        return Word(UNREAD_WORDS, box)
    sure = [text for text in map(_figure, readings) if text]
    agreed = next((text for text in sure if sure.count(text) >= 2), None)
    others = [text for text in sure if text != agreed]
    if agreed is not None and piece.is_signed and agreed[0] not in _SIGNS:
        return Word(UNREAD, box)
    if agreed is None or not _bears_out(ink[top:bottom, left:right], agreed):
        guess = agreed or next((_without_dirt(reading.figure) for reading in readings if reading.figure), None)
        return Word(UNREAD, box, guess)
    return Word(agreed, box, others[0] if others else agreed)


def _bears_out(ink: Raster, text: str) -> bool:
    """Whether the shape of the ink can be that of a figure: its slant, its width, its parts."""
    height, width = ink.shape
    if text in {"/", "1", "7"} and (_slant(ink) > _SLANT) != (text == "/"):
        return False
    if not text.isdecimal():
        return True
    parts = _runs(ink.any(axis=0), 2)
    return len(parts) <= len(text) and width <= _PITCH_MOST * height * len(text)


def _slant(ink: Raster) -> float:
    """How far the top of a stroke stands to the right of its foot, in heights; a slash does, a 1 does not."""
    import numpy as np

    third = max(ink.shape[0] // 3, 1)
    head, foot = np.nonzero(ink[:third])[1], np.nonzero(ink[-third:])[1]
    return float(head.mean() - foot.mean()) / ink.shape[0] if len(head) and len(foot) else 0.0


def _signed(gray: Raster, box: Box, cell: Box) -> _Piece:
    """A line of ink with the minus before it."""
    left, top, right, bottom = box
    is_long = right - left > 2 * _WORDS_ARE_WIDE * (bottom - top)
    start = None if is_long else start_of_sign(gray, box, cell)
    return _Piece(box) if start is None else _Piece((start, top, right, bottom), is_signed=True)


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
    """The pixels of one line on paper, as one rendering has them; no higher than wide, with all its contrast."""
    import cv2
    import numpy as np

    left, top, right, bottom = box
    around = max(round(rendering.margin * (bottom - top)), 2)
    y, x = max(top - around, 0), max(left - around, 0)
    paper = gray[y : bottom + around, x : right + around].astype(np.float32)
    darkest, white = float(np.percentile(paper, 1)), float(np.median(paper))
    paper = np.clip((paper - darkest) * 255 / max(white - darkest, 1), 0, 255).astype(np.uint8)
    if rendering.ink_only:
        own = np.zeros(paper.shape, np.uint8)
        own[top - y : bottom - y, left - x : right - x] = ink[top:bottom, left:right]
        paper[cv2.dilate(own, np.ones((3, 3), np.uint8)) == 0] = 255
    sides = max((paper.shape[0] - paper.shape[1]) // 2, 0)
    return cv2.copyMakeBorder(paper, 0, 0, sides, sides, cv2.BORDER_CONSTANT, value=255)
