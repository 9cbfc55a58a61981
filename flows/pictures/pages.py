"""Pages as pictures with frames on them: of a PDF, of a picture, of a web page that was printed.

These functions take what a stranger has published, so they are run where a document is read: in a process that is
ended when it exceeds its time or its memory.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flows.documents import UnreadableDocument
from flows.pictures.frames import (
    COLOURS,
    PAGES_MOST,
    Frame,
    draw_frames,
    fitting_scale,
    pages_framed,
    put_together,
)
from flows.records import ReadState

if TYPE_CHECKING:
    from PIL import Image

_PIXELS_MOST = 100_000_000


def framed_pdf(payload: bytes, frames: Sequence[Frame]) -> bytes:
    """PNG of the pages of a PDF that have frames. Raises `UnreadableDocument` if none has or too many have."""
    import pypdfium2 as pdfium

    numbers = pages_framed(frames)
    if not numbers:
        raise UnreadableDocument("None of its cells has a known place on a page, so there is nothing to frame.")
    pdf = pdfium.PdfDocument(payload)
    try:
        pages = []
        for number in numbers:
            page = _rendered(pdf, number)
            draw_frames(page, [frame for frame in frames if frame.box and frame.box.page_number == number])
            pages.append(page)
    finally:
        pdf.close()
    return put_together(pages, frames)


def framed_image(payload: bytes, frames: Sequence[Frame]) -> bytes:
    """PNG of a picture with its frames, of several in one file those that have any.

    A picture that was straightened to be read is drawn as it is, so its frames may stand off by the turn of the page.
    Raises `UnreadableDocument` for a picture that is broken or too large, and if none has a frame.
    """
    from PIL import Image, ImageOps, ImageSequence

    numbers = pages_framed(frames)
    if not numbers:
        raise UnreadableDocument("None of its cells has a known place on it, so there is nothing to frame.")
    pages = []
    try:
        with Image.open(io.BytesIO(payload)) as file:
            for number, picture in enumerate(ImageSequence.Iterator(file), start=1):
                if number > numbers[-1]:
                    break
                if picture.width * picture.height > _PIXELS_MOST:
                    raise UnreadableDocument("The picture is too large to be drawn on.", ReadState.TOO_LARGE)
                if number in numbers:
                    page = _fitting(ImageOps.exif_transpose(picture).convert("RGB"))
                    draw_frames(page, [frame for frame in frames if frame.box and frame.box.page_number == number])
                    pages.append(page)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise UnreadableDocument("The picture is broken or cut off; fetch it again.") from error
    if not pages:
        raise UnreadableDocument("The picture has fewer pages than were read of it; it is broken.")
    return put_together(pages, frames)


def printed_page(payload: bytes, frames: Sequence[Frame]) -> bytes:
    """PNG of a web page that was printed with its frames: the printed pages that show one."""
    import pypdfium2 as pdfium

    pdf = pdfium.PdfDocument(payload)
    try:
        if len(pdf) > PAGES_MOST:
            raise UnreadableDocument(
                f"Printed it has {len(pdf)} pages, more than the {PAGES_MOST} that one picture shows.",
                ReadState.TOO_LARGE,
            )
        pages = [_rendered(pdf, number) for number in range(1, len(pdf) + 1)]
    finally:
        pdf.close()
    framed = [_without_white_end(page) for page in pages if _shows_frame(page)]
    if not framed:
        raise UnreadableDocument("None of its cells is shown when it is printed, so there is nothing to frame.")
    return put_together(framed, frames)


def _fitting(page: Image.Image) -> Image.Image:
    """A picture made smaller if it is much larger than a page is drawn."""
    scale = min(1.0, 2 * fitting_scale(page.width, page.height))
    return page.resize((max(round(page.width * scale), 1), max(round(page.height * scale), 1)))


def _rendered(pdf: Any, number: int) -> Image.Image:  # noqa: ANN401 - pypdfium2 has no types
    page = pdf[number - 1]
    try:
        picture: Image.Image = page.render(scale=fitting_scale(*page.get_size())).to_pil().convert("RGB")
    finally:
        page.close()
    return picture


def _shows_frame(page: Image.Image) -> bool:
    colours = {colour for _, colour in page.getcolors(page.width * page.height) or []}
    return any(colour in colours for colour in COLOURS.values())


def _without_white_end(page: Image.Image) -> Image.Image:
    from PIL import ImageOps

    box = ImageOps.invert(page.convert("L")).getbbox()
    return page.crop((0, 0, page.width, min(box[3] + 20, page.height))) if box else page
