"""The recogniser of printed text: where lines stand in a picture, and what a line says.

Its models are those of the wheel of `rapidocr-onnxruntime` (PP-OCRv4). They are loaded once a process, and run on one
thread: documents are read side by side in processes. Lines are given to it one by one and no wider than they are;
in batches, where all are padded to the widest, it takes ten times as long and six times the memory.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

from flows.documents.picture_lines import Raster

_HEIGHT = 48
"""Pixels that the model's input is high."""
_WIDTH_LEAST = 320
"""Shorter lines have grey beside them, as in the pictures that the model has learnt from."""
_WIDTH_MOST = 1_600
"""Longer lines are shown narrower: a line of A4 has some thirty characters, each as wide as it is high."""
_DETECTOR_SIDE = 736
"""Shorter side of what the detector looks at. Lines need no more to be found, and its time and memory grow with the
area."""
_one_at_a_time = threading.Lock()

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""
Reading = tuple[str, float]
"""Text and confidence."""


@cache
def _engine() -> Any:  # noqa: ANN401 - has no types
    import cv2
    from rapidocr_onnxruntime import RapidOCR

    cv2.setNumThreads(1)
    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)
    engine.text_rec.rec_batch_num = 1
    engine.text_rec.rec_image_shape = [3, _HEIGHT, _WIDTH_LEAST]
    return engine


def read_lines(lines: Sequence[Raster]) -> list[Reading]:
    """Text and confidence of pictures of one line each, one byte a pixel."""
    if not lines:
        return []
    with _one_at_a_time:
        found, _ = _engine().text_rec([_three_channels(_fitted(line)) for line in lines])
    return [(text, float(score)) for text, score, *_ in found]


def find_lines(gray: Raster) -> list[Box]:
    """Boxes around the lines of text of a picture."""
    import cv2

    share = min(_DETECTOR_SIDE / min(gray.shape), 1.0)
    reduced = cv2.resize(gray, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) if share < 1 else gray
    with _one_at_a_time:
        found, _ = _engine().text_det(_three_channels(reduced))
    boxes = []
    for corners in found if found is not None else ():
        xs, ys = [x / share for x, _ in corners.tolist()], [y / share for _, y in corners.tolist()]
        boxes.append((int(min(xs)), int(min(ys)), round(max(xs)), round(max(ys))))
    return boxes


def _fitted(line: Raster) -> Raster:
    import cv2

    height, width = line.shape
    most = max(int(_WIDTH_MOST * height / _HEIGHT), 1)
    return line if width <= most else cv2.resize(line, (most, height), interpolation=cv2.INTER_AREA)


def _three_channels(gray: Raster) -> Raster:
    import cv2

    return cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
