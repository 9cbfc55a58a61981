"""The recogniser of printed text: where lines stand in a picture, and what a line says.

Its models are those of the wheel of `rapidocr-onnxruntime` (PP-OCRv4). They are loaded once a process, and run on one
thread: documents are read side by side in processes. Lines are given to it one by one and no wider than they are; in
batches, where all are padded to the widest, it takes ten times as long and several times the memory.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

from flows.documents.picture_lines import Raster

_HEIGHT = 48
"""Pixels that the model's input is high."""
_WIDTH_MOST = 1_600
"""Longer lines are shown narrower: a line of A4 has some thirty characters, each as wide as it is high."""
_DETECTOR_SIDE = 736
"""Shorter side of what the detector looks at. Lines need no more to be found, and its time and memory grow with the
area."""
_LOOK_ALIKES = {
    "0": "oO０ｏ〇",
    "1": "lI|丨１",
    **dict(zip("23456789", "２３４５６７８９", strict=True)),
    ".": "．",
    ",": "，",
    "-": "—–－―─_一",
    "/": "／",
    "+": "＋",
}
"""What figures are made of, and the characters of the model's six thousand that a lone one is taken for."""
_one_at_a_time = threading.Lock()

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What a line says, read as words and, with look-alikes as one, as a figure. Confidences are 0 to 1."""

    text: str
    confidence: float
    """Mean of the characters."""
    least: float
    """That of the least sure character."""
    figure: str | None
    """None where it has a character that no figure has."""
    figure_least: float


@dataclasses.dataclass(frozen=True, slots=True)
class _Alphabet:
    characters: tuple[str, ...]
    """The first one stands for "no character"."""
    folding: Any
    """A matrix from the model's characters to those of figures; its last two columns are "none" and "another"."""


@cache
def _engine() -> Any:  # noqa: ANN401 - has no types
    import cv2
    from rapidocr_onnxruntime import RapidOCR

    cv2.setNumThreads(1)
    return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)


@cache
def _alphabet() -> _Alphabet:
    import numpy as np

    characters = ("", *_engine().text_rec.session.get_character_list(), " ")
    column = {alike: n for n, (own, others) in enumerate(_LOOK_ALIKES.items()) for alike in own + others}
    folding = np.zeros((len(characters), len(_LOOK_ALIKES) + 2), np.float32)
    folding[0, -2] = 1
    for row, character in enumerate(characters[1:], start=1):
        folding[row, column.get(character, -1)] = 1
    return _Alphabet(characters, folding)


def read_lines(lines: Sequence[Raster]) -> list[Reading]:
    """What pictures of one line each say, one byte a pixel."""
    with _one_at_a_time:
        return [_reading(_probabilities(line)) for line in lines]


def find_lines(gray: Raster) -> list[Box]:
    """Boxes around the lines of text of a picture."""
    import cv2

    share = min(_DETECTOR_SIDE / min(gray.shape), 1.0)
    reduced = cv2.resize(gray, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) if share < 1 else gray
    with _one_at_a_time:
        found, _ = _engine().text_det(cv2.cvtColor(reduced, cv2.COLOR_GRAY2BGR))
    boxes = []
    for corners in found if found is not None else ():
        xs, ys = [x / share for x, _ in corners.tolist()], [y / share for _, y in corners.tolist()]
        boxes.append((int(min(xs)), int(min(ys)), round(max(xs)), round(max(ys))))
    return boxes


def _probabilities(line: Raster) -> Any:  # noqa: ANN401
    """For each step along a line the probability of each character."""
    import cv2
    import numpy as np

    height, width = line.shape
    scaled = min(max(round(width * _HEIGHT / height), _HEIGHT), _WIDTH_MOST)
    picture = np.zeros((1, 3, _HEIGHT, scaled), np.float32)
    own = min(max(round(width * _HEIGHT / height), 1), scaled)
    picture[:, :, :, :own] = cv2.resize(line, (own, _HEIGHT)).astype(np.float32) / 127.5 - 1
    return _engine().text_rec.session(picture)[0][0]


def _reading(probabilities: Any) -> Reading:  # noqa: ANN401
    alphabet = _alphabet()
    text, sure = _decoded(probabilities, alphabet.characters, blank=0)
    marks = (*_LOOK_ALIKES, "", "\ufffd")
    figure, sure_of_figure = _decoded(probabilities @ alphabet.folding, marks, blank=len(_LOOK_ALIKES))
    return Reading(
        text,
        sum(sure) / len(sure) if sure else 0.0,
        min(sure, default=0.0),
        None if "\ufffd" in figure or not figure else figure,
        min(sure_of_figure, default=0.0),
    )


def _decoded(probabilities: Any, characters: Sequence[str], blank: int) -> tuple[str, list[float]]:  # noqa: ANN401
    """Text and the confidence of each character: equal steps are one character, which `blank` parts from the next."""
    best, scores = probabilities.argmax(axis=1).tolist(), probabilities.max(axis=1).tolist()
    text, sure = "", []
    for index, steps in itertools.groupby(zip(best, scores, strict=True), key=lambda step: step[0]):
        if index != blank:
            text += characters[index]
            sure.append(max(score for _, score in steps))
    return text, sure
