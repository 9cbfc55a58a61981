"""The ruling lines of a picture: ink, skew and the long straight runs that make tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, TypeAlias

from flows.documents.pdf_page import PageContent, Stroke
from flows.documents.pdf_tables import NEAR_POINTS, RuledTable, find_tables

Raster: TypeAlias = Any
"""A numpy array of one byte a pixel; 255 is paper."""

PAGE_POINTS = 595.0
"""The shorter side of a page is taken to be that of A4, so that the tolerances of ruled tables hold for it."""
_LEVEL_SHARE, _UPRIGHT_SHARE = 30, 50
"""A ruling line is at least this part of the shorter side long; strokes of characters are shorter. Upright ones may
be as short as one row is high."""
_GAP_PIXELS = 3
_TABLE_SHARE = 4
"""A table is at least this part of the page's width wide; boxes of strokes of large characters are not."""
_SAME_POINTS = 1.5
_GAP_POINTS = 6.0
"""A worn line goes on after a gap of this; the gap between two tables is that of a line of text."""
_JUT_POINTS = 12.0
"""Less than the column of labels that a table without side walls may have beyond its outermost wall."""
_WALL_POINTS = 9.0
"""No cell is narrower or lower."""
_SKEW_MOST_DEGREES = 8.0
_SKEW_LEAST_DEGREES = 0.05


def page_side(raster: Raster) -> float:
    """Pixels of the shorter side of the page that a picture shows, be it whole or only a strip of it."""
    height, width = raster.shape[:2]
    return float(max(min(height, width), 0.7 * width))


def points_per_pixel(gray: Raster) -> float:
    """How many points one pixel is taken for."""
    return PAGE_POINTS / page_side(gray)


def ink_of(gray: Raster) -> Raster:
    """255 where a pixel is darker than its surroundings: a shadow over the page is no ink."""
    import cv2

    block = max(gray.shape[1] // 30, 15) | 1
    return cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 18)


def straighten(gray: Raster) -> Raster:
    """The picture turned so that its long lines are level; as it is when it has none or is hardly skewed."""
    import cv2
    import numpy as np

    # short level runs keep what may be a line and drop most of the text, which would only cost time
    runs = cv2.morphologyEx(ink_of(gray), cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, (9, 1)))
    least = gray.shape[1] // 8
    found = cv2.HoughLinesP(runs, 1, np.pi / 1800, 150, minLineLength=least, maxLineGap=8)
    if found is None:
        return gray
    across = found.reshape(-1, 4).astype(float)
    dx, dy = across[:, 2] - across[:, 0], across[:, 3] - across[:, 1]
    degrees = np.degrees(np.arctan2(dy, dx))
    level = np.abs(degrees) < _SKEW_MOST_DEGREES
    if not level.any():
        return gray
    skew = float(np.average(degrees[level], weights=np.hypot(dx, dy)[level]))
    if abs(skew) < _SKEW_LEAST_DEGREES:
        return gray
    height, width = gray.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    return cv2.warpAffine(gray, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def ruling_strokes(ink: Raster, scale: float) -> tuple[list[Stroke], Raster]:
    """Long level and upright runs as strokes in points from the lower left, and a mask of their pixels.

    `scale` is points per pixel. Gaps of a few pixels, as noise and a weak print leave them, are closed.
    """
    import cv2

    strokes: list[Stroke] = []
    mask = ink * 0
    for level in (True, False):
        run = max(int(page_side(ink)) // (_LEVEL_SHARE if level else _UPRIGHT_SHARE), 12)
        shape, closing = ((run, 1), (_GAP_PIXELS, 1)) if level else ((1, run), (1, _GAP_PIXELS))
        closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, closing))
        runs = cv2.morphologyEx(closed, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, shape))
        # a line that is still a little skewed is several runs, a row or column of pixels apart
        thick = cv2.dilate(runs, cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3)))
        count, _, boxes, _ = cv2.connectedComponentsWithStats(thick)
        height = ink.shape[0]
        for x, y, across, down, _ in boxes[1:count].tolist():
            if min(across, down) > run:
                continue  # a filled area
            if level:
                strokes.append(Stroke(True, (height - y - down / 2) * scale, x * scale, (x + across) * scale))
            else:
                at = (x + across / 2) * scale
                strokes.append(Stroke(False, at, (height - y - down) * scale, (height - y) * scale))
        mask |= runs
    return strokes, mask


def ruled_tables(page: PageContent) -> list[RuledTable]:
    """The tables of a page, those that are parts of characters left out."""
    walls = dataclasses.replace(page, strokes=_walls(_mended(page.strokes)))
    return [table for table in find_tables(walls) if _TABLE_SHARE * (table.xs[-1] - table.xs[0]) >= page.width]


def _mended(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Strokes of which those that go on in one line after a small gap are one."""
    mended: list[Stroke] = []
    for stroke in sorted(strokes, key=lambda s: (s.level, s.start)):
        for index, before in enumerate(mended):
            if (
                before.level == stroke.level
                and abs(before.at - stroke.at) <= _SAME_POINTS
                and stroke.start - before.end <= _GAP_POINTS
            ):
                mended[index] = dataclasses.replace(before, end=max(before.end, stroke.end))
                break
        else:
            mended.append(stroke)
    return mended


def _walls(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Strokes that meet two others across: a long stroke of a character below a table meets its last line at most.

    What juts out a little beyond the last line that is met is a character's as well, and is cut off.
    """
    walls = list(strokes)
    while True:
        met = {index: [other.at for other in walls if _meet(stroke, other)] for index, stroke in enumerate(walls)}
        trimmed = [_trimmed(walls[index], ats) for index, ats in met.items() if len(ats) >= 2]
        kept = [stroke for stroke in trimmed if stroke.end - stroke.start >= _WALL_POINTS]
        if len(kept) == len(walls):
            return kept
        walls = kept


def _trimmed(stroke: Stroke, met_at: Sequence[float]) -> Stroke:
    first, last = min(met_at), max(met_at)
    return dataclasses.replace(
        stroke,
        start=first if abs(first - stroke.start) <= _JUT_POINTS else stroke.start,
        end=last if abs(last - stroke.end) <= _JUT_POINTS else stroke.end,
    )


def _meet(one: Stroke, other: Stroke) -> bool:
    return (
        one.level != other.level
        and one.start - NEAR_POINTS <= other.at <= one.end + NEAR_POINTS
        and other.start - NEAR_POINTS <= one.at <= other.end + NEAR_POINTS
    )
