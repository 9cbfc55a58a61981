"""A layout as a scan: its pages printed, worn, and taken up again as pictures of 150 dots an inch.

The pages come as a PDF of pictures, as photographs in an archive, or as a PDF with text whose tables are pictures.
"""

from __future__ import annotations

import dataclasses
import io
import random
import zipfile
from collections.abc import Callable
from typing import Any

from tests.layouts.model import Layout
from tests.layouts.render_pdf import FONT, pdf

DOTS_PER_INCH = 150
FIGURE_FONTS = (FONT, "Times-Roman", "Helvetica", "Courier")
CELL_POINTS = (8.0, 9.0)
PICTURE_POINTS = 700
"""More than any table is wide or high."""
EDGE_POINTS = 18
"""Paper around a table that is a picture."""
FRAME_POINTS = 6
"""What ReportLab leaves free around what it sets."""


@dataclasses.dataclass(frozen=True)
class Wear:
    """What printing and scanning do to a page."""

    degrees: float
    """Skew, clockwise."""
    blur_pixels: float
    contrast: float
    noise: float
    """Standard deviation, of 255."""
    specks: float
    """Share of the pixels that are black or white whatever they should be."""
    shade: float
    """How much darker the far end of the page is; photographs only."""
    jpeg_quality: int


def draw_wear(rng: random.Random, *, photographed: bool) -> Wear:
    """The wear of an ordinary office scanner, or of a telephone held over the page."""
    return Wear(
        degrees=rng.uniform(-1.5, 1.5),
        blur_pixels=rng.uniform(0.3, 0.8),
        contrast=rng.uniform(0.75, 1.0),
        noise=rng.uniform(3, 12),
        specks=rng.choice((0.0, 0.0002, 0.0005)),
        shade=rng.uniform(0.1, 0.35) if photographed else 0.0,
        jpeg_quality=rng.choice((60, 75, 90)),
    )


def worn(page: Any, wear: Wear, seed: int) -> bytes:
    """A page (one byte a pixel) as the JPEG file that a scanner makes of it. The same seed gives the same bytes."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(seed)
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -wear.degrees, 1.0)
    page = cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    page = cv2.GaussianBlur(page, (0, 0), wear.blur_pixels).astype(float)
    page = 255 - (255 - page) * wear.contrast
    page *= 1 - wear.shade * np.linspace(0, 1, width)[None, :]
    page = page - 12 + rng.normal(0, wear.noise, page.shape)
    page = np.clip(page, 0, 255).astype(np.uint8)
    specks = rng.random(page.shape)
    page[specks < wear.specks / 2] = 0
    page[specks > 1 - wear.specks / 2] = 255
    done, encoded = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, wear.jpeg_quality])
    assert done
    return encoded.tobytes()


def pages_of(payload: bytes) -> list[Any]:
    """The pages of a PDF as they are printed, one byte a pixel."""
    import numpy as np
    import pypdfium2 as pdfium

    with pdfium.PdfDocument(payload) as document:
        pictures = [page.render(scale=DOTS_PER_INCH / 72, grayscale=True).to_pil() for page in document]
    return [np.asarray(picture.convert("L")) for picture in pictures]


def _scanned(layout: Layout, rng: random.Random, *, photographed: bool = False) -> list[bytes]:
    printed = pdf(layout, figure_font=rng.choice(FIGURE_FONTS), cell_points=rng.choice(CELL_POINTS))
    wear = draw_wear(rng, photographed=photographed)
    pages = []
    for page in pages_of(printed):
        wear = dataclasses.replace(wear, degrees=rng.uniform(-1.5, 1.5))  # each sheet lies otherwise
        pages.append(worn(page, wear, rng.getrandbits(32)))
    return pages


def scanned_pdf(layout: Layout, rng: random.Random) -> bytes:
    """A PDF of one picture a page, as office scanners make them."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    sink = io.BytesIO()
    canvas = Canvas(sink, A4, invariant=1)
    for page in _scanned(layout, rng):
        canvas.drawImage(ImageReader(io.BytesIO(page)), 0, 0, *A4)
        canvas.showPage()
    canvas.save()
    return sink.getvalue()


def photographs(layout: Layout, rng: random.Random) -> bytes:
    """An archive of one JPEG file a page."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for number, page in enumerate(_scanned(layout, rng, photographed=True), start=1):
            archive.writestr(zipfile.ZipInfo(f"第{number}页.jpg"), page)
    return sink.getvalue()


def pdf_of_table_pictures(layout: Layout, rng: random.Random) -> bytes:
    """A PDF whose sentences are text and whose tables are pictures of worn print."""
    from reportlab.platypus import Image, SimpleDocTemplate

    wear = draw_wear(rng, photographed=False)

    def as_picture(table: Any) -> Any:
        width, height = table.wrap(PICTURE_POINTS, PICTURE_POINTS)
        size = (width + 2 * EDGE_POINTS, height + 2 * EDGE_POINTS)
        sink = io.BytesIO()
        free = EDGE_POINTS - FRAME_POINTS
        margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), free)
        SimpleDocTemplate(sink, pagesize=size, **margins, invariant=1).build([table])
        (page,) = pages_of(sink.getvalue())
        share = width / size[0]  # as wide as the table would be
        return Image(io.BytesIO(worn(page, wear, rng.getrandbits(32))), size[0] * share, size[1] * share)

    font, points = rng.choice(FIGURE_FONTS), rng.choice(CELL_POINTS)
    return pdf(layout, figure_font=font, cell_points=points, table_as=as_picture)


SCANS: dict[str, Callable[[Layout, random.Random], bytes]] = {
    "scan": scanned_pdf,
    "photographs": photographs,
    "pdf_pictures": pdf_of_table_pictures,
}
