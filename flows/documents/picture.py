"""Pictures (png, jpeg, tiff, bmp, gif, webp): one report of one or several, in their order."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from flows.documents.document import Document, Paragraph, UnreadableDocument
from flows.documents.limits import Limits, grant_picture_seconds
from flows.documents.pdf import blocks_of
from flows.documents.pdf_page import PageContent
from flows.documents.pdf_words import words_of
from flows.documents.picture_lines import Raster
from flows.documents.picture_page import picture_page
from flows.records import ReadState

if TYPE_CHECKING:
    from PIL import Image

PICTURES_MOST = 30
"""Pictures that make one document at most: recognising one takes seconds."""
_PIXELS_MOST = 40_000_000
_SHORTER_SIDE_MOST = 2_500
"""A picture is reduced to this; A4 at 300 dots an inch has 2,480, and more does not help the recogniser."""
_SHORTER_SIDE_LEAST = 200
"""Smaller pictures are icons and rules, not pages."""
_WIDTH_LEAST, _HEIGHT_LEAST = 500, 40
"""What a web page shows beside the pages of a report (icons, QR codes, rules) is smaller; a page cut into strips is
lower than it is wide."""


def read_picture(payload: bytes, limits: Limits) -> Document:
    """Document of one picture, or of the frames of one file."""
    return read_pictures([payload], limits)


def read_shown_pictures(payloads: Sequence[bytes], limits: Limits) -> Document:
    """Document of the pictures that a web page shows, in its order; those too small for a page are left out.

    Raises `UnreadableDocument` as `read_pictures` does, and when there is no picture as large as a page.
    """
    large = [payload for payload in payloads if _may_be_page(payload)]
    if not large:
        raise UnreadableDocument(
            f"None of the {len(payloads)} pictures of the page is as large as the page of a report.",
            ReadState.NOT_A_REPORT,
        )
    return read_pictures(large, limits)


def _may_be_page(payload: bytes) -> bool:
    """Whether a picture is large enough, or broken, which is to be said and not passed over."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(payload)) as picture:
                return picture.width >= _WIDTH_LEAST and picture.height >= _HEIGHT_LEAST
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        return True


def read_pictures(payloads: Sequence[bytes], limits: Limits) -> Document:
    """Document of pictures in their order; a table that goes on over a picture is one grid.

    Cells with ink that could not be read for sure have the text `UNREAD`. Raises `UnreadableDocument` for a broken
    picture, for too many or too large ones, and for those on which there is nothing to read.
    """
    pages: list[PageContent] = []
    for raster in (raster for payload in payloads for raster in _rasters(payload, limits)):
        if len(pages) == PICTURES_MOST:
            raise too_many_pictures(PICTURES_MOST)
        grant_picture_seconds()
        pages.append(picture_page(raster, len(pages) + 1))
    blocks = tuple(blocks_of(pages, limits))
    if not blocks:
        raise UnreadableDocument("The picture holds no text that can be recognised.")
    title = next((block.text for block in blocks if isinstance(block, Paragraph)), "")
    words = tuple(word for page in pages for word in words_of(page))
    return Document("image", title, {}, blocks, words=words)


def _rasters(payload: bytes, limits: Limits) -> Iterator[Raster]:
    """Frames of a picture, upright, one byte a pixel. Sizes are looked at before anything is unpacked."""
    import numpy as np
    from PIL import Image, ImageOps, ImageSequence

    most = min(PICTURES_MOST, limits.document_pages)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes below our own limit
            with Image.open(io.BytesIO(payload)) as picture:
                for number, frame in enumerate(ImageSequence.Iterator(picture), start=1):
                    if number > most:
                        raise too_many_pictures(most)
                    refuse_large(*frame.size)
                    upright = ImageOps.exif_transpose(_on_paper(frame))
                    yield np.asarray(_reduced(upright))
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise UnreadableDocument(f"The picture is broken ({type(error).__name__}); fetch it again.") from error


def refuse_large(width: int, height: int) -> None:
    """Raise `UnreadableDocument` for a picture of more pixels, or fewer, than a page has."""
    if width * height > _PIXELS_MOST:
        raise UnreadableDocument(
            f"The picture has {width} by {height} pixels, more than {_PIXELS_MOST} in all, so it is not read.",
            ReadState.TOO_LARGE,
        )
    if min(width, height) < _SHORTER_SIDE_LEAST and not (width >= _WIDTH_LEAST and height >= _HEIGHT_LEAST):
        raise UnreadableDocument(
            f"The picture has {width} by {height} pixels, too few for a page.", ReadState.NOT_A_REPORT
        )


def too_many_pictures(most: int) -> UnreadableDocument:
    """The refusal of more pictures than one report has."""
    return UnreadableDocument(f"There are more than {most} pictures, so they are not read.", ReadState.TOO_LARGE)


def _on_paper(frame: Image.Image) -> Image.Image:
    """One byte a pixel; what is transparent is paper."""
    from PIL import Image

    if "A" in frame.getbands() or "transparency" in frame.info:
        clear = frame.convert("RGBA")
        paper = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        paper.alpha_composite(clear)
        return paper.convert("L")
    return frame.convert("L")


def _reduced(picture: Image.Image) -> Image.Image:
    """The picture with the shorter side that is enough."""
    from PIL import Image

    share = _SHORTER_SIDE_MOST / min(picture.size)
    if share >= 1:
        return picture
    return picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.LANCZOS)
