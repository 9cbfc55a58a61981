"""Frames, legend and the putting together of pages: what a picture is made of."""

from __future__ import annotations

import dataclasses
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from flows.documents import Box, UnreadableDocument
from flows.records import ReadState

if TYPE_CHECKING:
    from PIL import Image

Colour = tuple[int, int, int]


class Mark(StrEnum):
    """What a frame says of its cell, the graver the later."""

    LOCATED = "located"
    DOUBTFUL = "doubtful or left over"
    FAILING = "in a balance that fails"


COLOURS: dict[Mark, Colour] = {
    Mark.LOCATED: (31, 111, 178),
    Mark.DOUBTFUL: (240, 162, 2),
    Mark.FAILING: (214, 39, 40),
}
"""Blue, amber and red, which also the colour-blind can tell apart."""
PAGE_WIDTH_PIXELS = 1100
PAGE_HEIGHT_PIXELS = 4 * PAGE_WIDTH_PIXELS
"""A page that is higher than this at the usual width is drawn smaller."""
PAGES_MOST = 40
FRAME_PIXELS = 3
_LEGEND_PIXELS = 40
_FONT_PIXELS = 17
_GAP_PIXELS = 8
_WHITE, _BLACK, _GREY = (255, 255, 255), (32, 32, 32), (150, 150, 150)


@dataclasses.dataclass(frozen=True, slots=True)
class Frame:
    """One cell to be framed; `box` is None in a document without pages."""

    place: str
    mark: Mark
    box: Box | None = None


def pages_framed(frames: Iterable[Frame]) -> list[int]:
    """Numbers of the pages that have a frame, in order. Raises `UnreadableDocument` if they are too many."""
    numbers = sorted({frame.box.page_number for frame in frames if frame.box})
    if len(numbers) > PAGES_MOST:
        raise UnreadableDocument(
            f"The cells stand on {len(numbers)} pages, more than the {PAGES_MOST} that one picture shows.",
            ReadState.TOO_LARGE,
        )
    return numbers


def fitting_scale(width: float, height: float) -> float:
    """Pixels for each unit of a page of the given size."""
    return min(PAGE_WIDTH_PIXELS / max(width, 1.0), PAGE_HEIGHT_PIXELS / max(height, 1.0))


def draw_frames(page: Image.Image, frames: Iterable[Frame]) -> None:
    """Draw the frames of one page on its picture, the gravest last."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(page)
    for frame in sorted(frames, key=lambda frame: list(Mark).index(frame.mark)):
        if frame.box is None:
            continue
        left, right = sorted((frame.box.left * page.width, frame.box.right * page.width))
        top, bottom = sorted((frame.box.top * page.height, frame.box.bottom * page.height))
        draw.rectangle(
            (round(left), round(top), round(right), round(bottom)), outline=COLOURS[frame.mark], width=FRAME_PIXELS
        )


def put_together(pages: Sequence[Image.Image], frames: Sequence[Frame]) -> bytes:
    """One PNG: the legend with the number of cells of each kind, and the pages below one another."""
    from PIL import Image

    width = max(page.width for page in pages)
    height = _LEGEND_PIXELS + sum(page.height + _GAP_PIXELS for page in pages)
    whole = Image.new("RGB", (width, height), _GREY)
    whole.paste(_legend(width, frames), (0, 0))
    top = _LEGEND_PIXELS
    for page in pages:
        whole.paste(page, ((width - page.width) // 2, top))
        top += page.height + _GAP_PIXELS
    written = io.BytesIO()
    whole.save(written, "PNG", optimize=True)
    return written.getvalue()


def _legend(width: int, frames: Iterable[Frame]) -> Image.Image:
    from PIL import Image, ImageDraw, ImageFont

    strip = Image.new("RGB", (width, _LEGEND_PIXELS), _WHITE)
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(_FONT_PIXELS)
    counts = Counter(frame.mark for frame in frames)
    x = 12.0
    for mark in Mark:
        draw.rectangle((x, 11, x + 26, 29), outline=COLOURS[mark], width=FRAME_PIXELS)
        words = f"{counts[mark]} {mark.value}"
        draw.text((x + 34, 10), words, fill=_BLACK, font=font)
        x += 34 + draw.textlength(words, font=font) + 36
    return strip
