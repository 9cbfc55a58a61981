"""The text of a picture: each cell of a ruled table on its own, everything else by finding its lines.

A cell is read where its ink is, so that a lone `0` cannot be overlooked. What looks like a figure is read twice, from
two renderings of the same pixels; where the two disagree, or either is unsure, the cell is `UNREAD`: never a guess,
never a blank.
"""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from flows.documents.document import UNREAD
from flows.documents.picture_lines import Raster

SURE = 0.75
"""Confidence that a figure needs in both readings."""
SURE_OF_WORDS = 0.5
_CROP_HEIGHT = 48
"""Height in pixels of what the model sees."""
_SPECK_PER_SIDE = 400
"""Ink smaller than this part of the page's shorter side is dirt."""
_LOOK_ALIKE = re.compile(r"[^\d/\\\-+.,，.()（）%—–―~*\u3400-\u9fff]")
"""Characters that no figure has: `O`, `l` and their like stand for digits that were not recognised."""
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_FLAT = 0.4
_SLANT = 0.25
_MARGIN_SHARES = (0.3, 0.55)
"""White margin around the ink in the first and the second reading, in heights of the ink."""
_model = threading.Lock()
"""The recogniser is used by one thread at a time: it takes all cores itself."""

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


@dataclasses.dataclass(frozen=True, slots=True)
class Word:
    """One line of text and where it stands."""

    text: str
    box: Box


@cache
def _engine() -> Any:  # noqa: ANN401 - has no types
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR(print_verbose=False)


def words_outside(gray: Raster) -> list[Word]:
    """Lines of text of a picture that has no tables (any more), as the detector finds them."""
    with _model:
        found, _ = _engine()(_three_channels(gray), use_cls=False)
    words = []
    for corners, text, _ in found or ():
        xs, ys = [int(x) for x, _ in corners], [int(y) for _, y in corners]
        words.append(Word(text, (min(xs), min(ys), max(xs), max(ys))))
    return words


def words_of_cells(gray: Raster, ink: Raster, cells: Sequence[Box]) -> list[Word]:
    """Lines of text of the cells. `ink` has no ruling lines any more."""
    pieces = [piece for cell in cells for piece in _pieces(ink, cell)]
    first = _recognise([_crop(gray, ink, piece, 0) for piece in pieces])
    texts = [_accepted(text, score) for text, score in first]
    numeric = [i for i, (text, _) in enumerate(first) if not _CHINESE.search(text)]
    second = _recognise([_crop(gray, ink, pieces[i], 1) for i in numeric])
    for index, reading in zip(numeric, second, strict=True):
        texts[index] = _figure(first[index], reading, ink, pieces[index])
    return [Word(text, piece) for text, piece in zip(texts, pieces, strict=True)]


def _accepted(text: str, score: float) -> str:
    return text if text and score >= SURE_OF_WORDS else UNREAD


def _figure(first: tuple[str, float], second: tuple[str, float], ink: Raster, box: Box) -> str:
    """What two readings of one figure agree on, and the shape of its ink bears out."""
    text = first[0].strip()
    left, top, right, bottom = box
    if bottom - top <= _FLAT * (right - left) and not any(c.isdigit() for c in text):
        return "-"  # a lone flat stroke, whatever it was taken for
    if text != second[0].strip() or min(first[1], second[1]) < SURE or _LOOK_ALIKE.search(text) or not text:
        return UNREAD
    slanted = len(text) == 1 and _slant(ink[top:bottom, left:right]) > _SLANT
    if slanted != (text == "/") and (text in {"/", "1"}):
        return UNREAD
    return text


def _slant(ink: Raster) -> float:
    """How far the top of a stroke stands to the right of its foot, in heights; a slash does, a 1 does not."""
    import numpy as np

    third = max(ink.shape[0] // 3, 1)
    head, foot = np.nonzero(ink[:third])[1], np.nonzero(ink[-third:])[1]
    return float(head.mean() - foot.mean()) / ink.shape[0] if len(head) and len(foot) else 0.0


def _pieces(ink: Raster, cell: Box) -> Iterator[Box]:
    """Boxes around the lines of ink in a cell; a wide gap parts a line, for a wall may be missing there."""
    left, top, right, bottom = cell
    inside = ink[top:bottom, left:right]
    if not inside.size:
        return
    inside = _without_specks(inside, max(min(ink.shape) // _SPECK_PER_SIDE, 2))
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

    count, labels, boxes, _ = cv2.connectedComponentsWithStats(ink)
    kept = [label for label in range(1, count) if max(boxes[label][2], boxes[label][3]) > least]
    import numpy as np

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


def _crop(gray: Raster, ink: Raster, box: Box, reading: int) -> Raster:
    """The pixels of one line on a white margin: as they are for the first reading, enlarged for the second."""
    import cv2
    import numpy as np

    left, top, right, bottom = box
    paper = np.full_like(gray[top:bottom, left:right], 255)
    near = cv2.dilate(ink[top:bottom, left:right], np.ones((3, 3), np.uint8)) > 0
    paper[near] = gray[top:bottom, left:right][near]
    if reading:
        paper = cv2.resize(paper, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    height, width = paper.shape
    margin = max(int(_MARGIN_SHARES[reading] * height), 2)
    # a flat or narrow line gets as much paper as a line of text would have around it
    least = max(right - left, 10) * (3 if reading else 1) // 2 if height * 3 < width else 0
    sides = max(margin, (height + 2 * margin - width) // 2)
    high = max(margin, min(least, 4 * margin))
    return _three_channels(cv2.copyMakeBorder(paper, high, high, sides, sides, cv2.BORDER_CONSTANT, value=255))


def _three_channels(gray: Raster) -> Raster:
    import cv2

    return cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)


def _recognise(crops: Sequence[Raster]) -> list[tuple[str, float]]:
    if not crops:
        return []
    with _model:
        found, _ = _engine().text_rec(list(crops))
    return [(text, float(score)) for text, score, *_ in found]
