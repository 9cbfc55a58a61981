"""The minus before a figure of a picture: so short that it passes for dirt, and so thin that it is hardly ink.

A minus that is overlooked leaves a figure that looks right and is wrong, so it is looked for in the gray picture.
"""

from __future__ import annotations

from flows.documents.picture_lines import Raster
from flows.documents.recogniser import Box

_REACH = 0.75
"""A minus begins at most this far, in heights of its figure, left of the figure's ink."""
_LEAST_HEIGHT = 8
"""Pixels. Lower ink is no digit that could be read."""
_STROKE_WIDE, _STROKE_HIGH = 0.2, 0.1
"""A part of a minus, in heights, that is dark from end to end: no minus is smaller."""
_HIGHEST, _LOWEST = 0.25, 0.8
"""A minus stands between these, in heights from the top of its figure."""
_SHARE = 0.3
"""A trace of this share of its figure's darkness is a minus: thin strokes are printed more weakly than digits."""


def start_of_sign(gray: Raster, box: Box, cell: Box) -> int | None:
    """First column of the trace of a minus left of a figure's ink; None where the paper there is clean.

    What is dark above or below as well is a wall or another character.
    """
    import cv2
    import numpy as np

    left, top, right, bottom = box
    height = bottom - top
    wide, high = max(round(_STROKE_WIDE * height), 3), max(round(_STROKE_HIGH * height), 2)
    begin = max(left - round(_REACH * height), cell[0], 0)
    if height < _LEAST_HEIGHT or left - begin < wide:
        return None
    offset = min(top, high)
    around = gray[top - offset : bottom + high, begin:right].astype(np.float32)
    darkness = np.clip(np.median(around) - around, 0, None)
    own = darkness[offset : offset + height, left - begin :]
    before = cv2.blur(darkness[:, : left - begin], (1, high), borderType=cv2.BORDER_REPLICATE)
    # a speck is darker than a minus, but not as wide
    through = cv2.erode(before, np.ones((1, wide), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    is_trace = through >= _SHARE * np.percentile(own, 90)
    first, last = offset + round(_HIGHEST * height), offset + round(_LOWEST * height)
    is_stroke = is_trace[first:last].any(axis=0)
    is_stroke &= ~is_trace[: offset + high].any(axis=0) & ~is_trace[offset + height - high :].any(axis=0)
    columns = is_stroke.nonzero()[0]
    return max(begin + int(columns[0]) - wide // 2, begin) if len(columns) else None
