"""Pages of a PDF that are pictures, or that hold their tables as pictures: rendered and recognised."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from flows.documents.limits import grant_picture_seconds
from flows.documents.pdf_page import PageContent, Stroke, picture_boxes
from flows.documents.picture import PICTURES_MOST, too_many_pictures
from flows.documents.picture_page import picture_page

_DOTS_PER_INCH = 200
_PIXELS_MOST = 12_000_000
"""A page of odd size is rendered with fewer dots an inch, so that it has no more pixels than this."""
_SHARE_OF_PAGE = 0.08
"""A picture of a smaller share of its page is a seal or an emblem, not a table ..."""
_SHARE_OF_WIDTH, _STRIP_POINTS = 0.5, 12.0
"""... unless it is as wide and as high as a row of one: what a page's end has parted from its table."""

_Box = tuple[float, float, float, float]


def with_pictures(pdf: Any, pages: list[PageContent]) -> list[PageContent]:  # noqa: ANN401 - pypdfium2 has no types
    """The pages with what their pictures say added. Raises `UnreadableDocument` for more pictures than are read."""
    seen = 0
    completed = []
    for content in pages:
        for box in _boxes(pdf, content):
            seen += 1
            if seen > PICTURES_MOST:
                raise too_many_pictures(PICTURES_MOST)
            grant_picture_seconds()
            content = _added(content, _recognised(pdf, content, box), box)  # noqa: PLW2901
        completed.append(content)
    return completed


def _boxes(pdf: Any, content: PageContent) -> Iterator[_Box]:  # noqa: ANN401
    """The whole page where it has no characters; otherwise its large pictures that have none upon them."""
    page = pdf[content.number - 1]
    try:
        if not content.glyphs:
            if next(page.get_objects(max_depth=2), None) is not None:
                yield 0.0, 0.0, content.width, content.height
            return
        for left, bottom, right, top in picture_boxes(page):
            box = max(left, 0.0), max(bottom, 0.0), min(right, content.width), min(top, content.height)
            if _is_large(box, content) and not any(_holds(box, glyph.x, glyph.y) for glyph in content.glyphs):
                yield box
    finally:
        page.close()


def _is_large(box: _Box, content: PageContent) -> bool:
    """Whether a picture can be a table or a row of one."""
    width, height = box[2] - box[0], box[3] - box[1]
    if min(width, height) <= 0:
        return False
    is_strip = width >= _SHARE_OF_WIDTH * content.width and height >= _STRIP_POINTS
    return is_strip or width * height >= _SHARE_OF_PAGE * content.width * content.height


def _holds(box: _Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _recognised(pdf: Any, content: PageContent, box: _Box) -> PageContent:  # noqa: ANN401
    """What a part of a page says, in the points of that part as the recogniser takes them."""
    import numpy as np

    area = max(content.width * content.height, 1.0)
    scale = min(_DOTS_PER_INCH / 72, (_PIXELS_MOST / area) ** 0.5)
    crop = box[0], box[1], content.width - box[2], content.height - box[3]
    page = pdf[content.number - 1]
    try:
        bitmap = page.render(scale=scale, crop=crop, grayscale=True)
        gray = np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width, -1)[:, :, 0].copy()
    finally:
        page.close()
    return picture_page(gray, content.number)


def _added(content: PageContent, found: PageContent, box: _Box) -> PageContent:
    """A page with the glyphs and strokes of one of its parts, in its own points."""
    x_share, y_share = (box[2] - box[0]) / found.width, (box[3] - box[1]) / found.height
    glyphs = [
        dataclasses.replace(
            glyph,
            x0=box[0] + glyph.x0 * x_share,
            x1=box[0] + glyph.x1 * x_share,
            y0=box[1] + glyph.y0 * y_share,
            y1=box[1] + glyph.y1 * y_share,
        )
        for glyph in found.glyphs
    ]
    strokes = []
    for stroke in found.strokes:
        own, other = (y_share, x_share) if stroke.level else (x_share, y_share)
        base, start = (box[1], box[0]) if stroke.level else (box[0], box[1])
        strokes.append(
            Stroke(stroke.level, base + stroke.at * own, start + stroke.start * other, start + stroke.end * other)
        )
    return dataclasses.replace(content, glyphs=content.glyphs + glyphs, strokes=content.strokes + strokes)
