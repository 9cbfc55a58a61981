"""Bars as a PNG that mail programs show: drawn at twice the size, dark on white, readable in grey."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from flows.mail.trends import Bar

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

WIDTH = 900
"""Pixels; shown at 600 on a desk and at the width of a telephone, where the letters must still be read."""
ROW, BAR, MARGIN = 56, 34, 24
LABEL_SHARE = 0.28
"""Of the width, for the labels of the bars."""
TEXT_PIXELS = 28
FONTS = (
    *("NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf", "wqy-zenhei.ttc"),
    *("wqy-microhei.ttc", "DroidSansFallbackFull.ttf", "msyh.ttc", "PingFang.ttc"),
)
"""Fonts that have Chinese; the first that is installed."""
INK, GRID = "#1f2328", "#d0d7de"
FAILED = ("#b42318", "#d9a441")
"""Errors, warnings."""
COVERED = ("#2f6f4f", "#c9ced3")
"""Found, not found."""


def drawn(bars: Sequence[Bar], *, parts: tuple[str, str], colours: tuple[str, str]) -> bytes | None:
    """Horizontal bars, each parted in two with both counts behind it; the same input gives the same bytes.

    None where there is nothing to draw, or no font that has the characters: the text of the digest says the same.
    """
    from PIL import Image, ImageDraw

    font = _font()
    words = "".join((*parts, *(bar.label for bar in bars)))
    if not bars or (font is None and not words.isascii()):
        return None
    picture = Image.new("RGB", (WIDTH, MARGIN * 2 + ROW * (len(bars) + 1)), "white")
    canvas = ImageDraw.Draw(picture)
    shown = font or _plain_font()
    _legend(canvas, parts, colours, shown)
    longest = max(1, *(sum(bar.parts) for bar in bars))
    for number, bar in enumerate(bars):
        _bar(canvas, bar, MARGIN + ROW * (number + 1), longest, colours, shown)
    written = io.BytesIO()
    picture.quantize(32).save(written, "PNG", optimize=True)
    return written.getvalue()


def _legend(
    canvas: ImageDraw, parts: tuple[str, str], colours: tuple[str, str], font: FreeTypeFont | ImageFont
) -> None:
    left = float(MARGIN)
    top = MARGIN
    for words, colour in zip(parts, colours, strict=True):
        canvas.rectangle((left, top + 6, left + 24, top + 30), fill=colour)
        canvas.text((left + 34, top), words, fill=INK, font=font)
        left += 34 + canvas.textlength(words, font=font) + 40


def _bar(
    canvas: ImageDraw, bar: Bar, top: int, longest: int, colours: tuple[str, str], font: FreeTypeFont | ImageFont
) -> None:
    begin = MARGIN + WIDTH * LABEL_SHARE
    counts = f"{bar.parts[0]:,} + {bar.parts[1]:,}"
    room = WIDTH - MARGIN * 2 - WIDTH * LABEL_SHARE - WIDTH * 0.2
    canvas.text((MARGIN, top), _fitting(canvas, bar.label, WIDTH * LABEL_SHARE - 16, font), fill=INK, font=font)
    canvas.line((begin, top - 8, begin, top + ROW - 8), fill=GRID, width=2)
    left = begin
    for count, colour in zip(bar.parts, colours, strict=True):
        right = left + room * count / longest
        if count:
            canvas.rectangle((left, top, max(right, left + 2), top + BAR), fill=colour)
        left = right
    canvas.text((left + 14, top), counts, fill=INK, font=font)


def _fitting(canvas: ImageDraw, label: str, width: float, font: FreeTypeFont | ImageFont) -> str:
    if canvas.textlength(label, font=font) <= width:
        return label
    while label and canvas.textlength(label + "…", font=font) > width:
        label = label[:-1]
    return label + "…"


@cache
def _font() -> FreeTypeFont | None:
    from PIL import ImageFont

    for name in FONTS:
        try:
            return ImageFont.truetype(name, TEXT_PIXELS)
        except OSError:
            continue
    return None


def _plain_font() -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(TEXT_PIXELS)
