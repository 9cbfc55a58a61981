"""Pictures and scans: no figure on them is taken for another, and ink is never taken for a blank."""

from __future__ import annotations

import io
from collections import Counter
from functools import cache
from itertools import chain

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from flows.documents import Document, Grid, Limits, Paragraph, UnreadableDocument, read_document
from flows.documents.document import UNREAD
from flows.records import CellKind, ReadState
from flows.reports.bounded import read_payload, read_payloads, reading_of
from flows.reports.reader import Hints, Reading, read_report
from flows.reports.workers import Workers
from flows.sample.index import read_figures, sample_report
from flows.sample.rendering import render
from tests.unit.test_documents_packages import zip_bytes

KEY = "yangben-xian-2022"
DOTS_PER_INCH = 150


@cache
def pages() -> tuple[Image.Image, ...]:
    """The sample report as pictures, as a scanner at 150 dots an inch sees a print of it."""
    import pypdfium2 as pdfium

    report = sample_report(KEY)
    pdf = pdfium.PdfDocument(render(report, read_figures(report), "pdf"))
    seen = tuple(page.render(scale=DOTS_PER_INCH / 72).to_pil().convert("L") for page in pdf)
    pdf.close()
    dark = float((np.asarray(seen[0]) < 128).mean())
    if dark < 0.01:  # the PDF names a font that its reader brings; without one only the lines are drawn
        pytest.skip("no font with Chinese characters is installed (Debian: fonts-noto-cjk)")
    return seen


def file_bytes(picture: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **more)
    return target.getvalue()


def scanned(picture: Image.Image) -> Image.Image:
    """A little askew, blurred, grey and noisy, always alike."""
    turned = picture.rotate(0.8, Image.Resampling.BICUBIC, fillcolor=255)
    noise = np.random.default_rng(5).normal(0, 8, (turned.height, turned.width))
    return Image.fromarray(np.clip(np.asarray(turned) * 0.92 + noise, 0, 255).astype(np.uint8))


def document(payload: bytes, limits: Limits | None = None) -> Document:
    return read_document(payload, limits or Limits())


def compared(reading: Reading) -> Counter[str]:
    """How many cells are as printed, doubtful, or silently wrong."""
    figures = read_figures(sample_report(KEY))
    counts: Counter[str] = Counter()
    for cell in reading.cells:
        expected = figures[cell.table_key, cell.row_key, cell.column_key]
        if cell.cell_kind in {CellKind.TEXT, CellKind.ABSENT}:
            counts["doubtful"] += 1
        else:
            counts["exact" if cell.printed == expected else "wrong"] += 1
    return counts


def test_pictures_in_an_archive_make_one_report() -> None:
    members = {f"第{n}页.png": file_bytes(page) for n, page in enumerate(pages(), start=1)}
    read = document(zip_bytes(members, "gb18030"))
    reading = read_report(read, document_id="x", hints=Hints())
    counts = compared(reading)
    assert read.document_format == "image" and reading.report is not None
    assert (reading.report.body_name, reading.report.report_year) == ("样本县人民政府", 2022)
    assert counts["wrong"] == 0 and counts["exact"] >= 0.95 * len(reading.cells), counts


def test_a_scanned_pdf_is_read_and_none_of_its_figures_is_silently_wrong() -> None:
    first, *others = (scanned(page) for page in pages())
    payload = file_bytes(first, "PDF", save_all=True, append_images=others, resolution=DOTS_PER_INCH)
    with Workers(1, seconds=600, memory_bytes=1024 * 1024 * 1024) as workers:  # within the default bound of memory
        (outcome,) = workers.run(read_payload, [(payload, Limits(), "x", Hints())])
    read = reading_of(outcome, "x")
    reading = read.reading
    counts = compared(reading)
    assert read.document_format == "pdf", reading.reason
    assert counts["wrong"] == 0 and counts["exact"] >= 0.85 * len(reading.cells), counts


def table_picture(texts: list[list[str]]) -> Image.Image:
    """A ruled table of digits and marks; Pillow's own font has no Chinese characters."""
    font = ImageFont.load_default(24)
    picture = Image.new("L", (1200, 60 * len(texts) + 200), 255)
    draw = ImageDraw.Draw(picture)
    width = 1000 // len(texts[0])
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            x, y = 100 + column * width, 100 + row * 60
            draw.rectangle((x, y, x + width, y + 60), outline=0, width=2)
            draw.text((x + width // 2, y + 30), text, 0, font, "mm")
    return picture


def grid_texts(read: Document) -> list[list[str]]:
    (grid,) = (block for block in read.blocks if isinstance(block, Grid))
    return [[cell.text for cell in row] for row in grid.rows]


TEXTS = [["12", "0", "345"], ["", "0", "6789"], ["10", "", "88"]]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "GIF"])
def test_a_ruled_table_of_any_kind_of_picture(kind: str) -> None:
    assert grid_texts(document(file_bytes(table_picture(TEXTS), kind))) == TEXTS


def test_a_pdf_of_one_enlarged_picture_has_its_figures_or_doubts_them() -> None:
    read = document(file_bytes(table_picture(TEXTS), "PDF", resolution=72))
    for found, expected in zip(chain(*grid_texts(read)), chain(*TEXTS), strict=True):
        assert found == expected or (expected and found == UNREAD)


@pytest.mark.parametrize("rows", [3, 1])
def test_a_picture_of_a_table_or_of_one_row_between_the_lines_of_a_pdf(rows: int) -> None:
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    table = table_picture(TEXTS[:rows])
    if rows == 1:  # what the end of a page parts from its table is lower than any seal
        table = table.crop((90, 90, 1110, 170))
    target = io.BytesIO()
    canvas = Canvas(target, (595, 842))
    canvas.drawString(60, 780, "above")
    canvas.drawImage(ImageReader(table), 60, 400, 480, 480 * table.height / table.width)
    canvas.drawString(60, 300, "below")
    canvas.save()
    read = document(target.getvalue())
    assert grid_texts(read) == TEXTS[:rows]
    assert [block.text for block in read.blocks if isinstance(block, Paragraph)] == [
        "above",
        "below",
    ]


def test_ink_that_cannot_be_read_is_neither_blank_nor_a_figure() -> None:
    picture = table_picture([["12", "", "3"], ["4", "5", "6"]])
    draw = ImageDraw.Draw(picture)
    for offset in range(0, 40, 4):  # a scribble in the blank cell
        draw.line((560 + offset, 118, 620 - offset, 142), 0, 2)
    first, second = grid_texts(document(file_bytes(picture)))
    assert (first[0], first[2], second) == ("12", "3", ["4", "5", "6"])
    assert first[1] and not first[1].isdigit()
    from flows.reports.figures import holds_number, looks_like_figure, read_figure

    assert read_figure(UNREAD, "count", "件").kind == CellKind.TEXT
    assert looks_like_figure(UNREAD) and holds_number(UNREAD)


def test_pictures_of_a_web_page_without_those_too_small_for_a_page() -> None:
    from flows.documents.picture import read_shown_pictures

    strip = table_picture(TEXTS[:1]).crop((60, 60, 1140, 210))  # a page may be cut into strips
    icon = Image.new("L", (300, 300), 0)
    shown = [file_bytes(picture) for picture in (icon, table_picture(TEXTS[1:]), icon, strip)]
    read = read_shown_pictures(shown, Limits())
    grids = [block for block in read.blocks if isinstance(block, Grid)]
    assert [[cell.text for cell in row] for grid in grids for row in grid.rows] == [*TEXTS[1:], TEXTS[0]]
    assert {cell.place.split(",")[0] for cell in grids[0].rows[0]} == {"page 1"}
    with pytest.raises(UnreadableDocument, match="None of the 2") as none:
        read_shown_pictures([file_bytes(icon)] * 2, Limits())
    assert none.value.read_state == ReadState.NOT_A_REPORT
    with pytest.raises(UnreadableDocument, match="broken"):
        read_shown_pictures([shown[1], b"\x89PNG\r\n\x1a\n"], Limits())


def test_pictures_of_more_bytes_than_a_document_may_have() -> None:
    read = read_payloads([b"x" * 60, b"y" * 60], Limits(document_bytes=100), "x", Hints())
    assert (read.reading.read_state, read.reading.report) == (ReadState.TOO_LARGE, None)
    assert "GONGKAI_DOCUMENT_BYTES" in (read.reading.reason or "")


def refused(payload: bytes, limits: Limits | None = None) -> UnreadableDocument:
    with pytest.raises(UnreadableDocument) as caught:
        document(payload, limits)
    assert str(caught.value).endswith(".")
    return caught.value


def test_pictures_that_are_refused() -> None:
    whole = file_bytes(table_picture(TEXTS))
    assert refused(whole[: len(whole) // 2]).read_state == ReadState.UNREADABLE
    assert refused(file_bytes(Image.new("1", (9000, 9000)))).read_state == ReadState.TOO_LARGE
    assert "too few" in str(refused(file_bytes(Image.new("L", (16, 16), 255))))
    assert "no text" in str(refused(file_bytes(Image.new("L", (400, 400), 255))))
    frames = [Image.new("1", (300, 300), 1)] * 3
    many = file_bytes(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    assert refused(many, Limits(document_pages=2)).read_state == ReadState.TOO_LARGE


def word_of(ink, *readings: tuple[str, float], is_signed: bool = False):
    from flows.documents.picture_text import _Piece, _word
    from flows.documents.recogniser import Reading

    height, width = ink.shape
    piece = _Piece((0, 0, width, height), is_signed)
    return _word([Reading(f, sure, sure, f, sure) for f, sure in readings], ink, piece, 3)


def stroke(width: int, lean: int):
    """Ink of one stroke, 20 pixels high, whose head stands `lean` pixels to the right of its foot."""
    import numpy as np

    ink = np.zeros((20, width), np.uint8)
    for row in range(20):
        at = (19 - row) * lean // 19
        ink[row, at : at + 4] = 255
    return ink


def test_a_figure_counts_when_two_readings_are_sure_of_it() -> None:
    ink = stroke(30, 0)
    ink[:, 20:24] = 255
    both = word_of(ink, ("23", 0.9), ("23", 0.8))
    assert (both.text, both.second_text) == ("23", "23")
    third = word_of(ink, ("23", 0.9), ("28", 0.3), ("23", 0.8))
    assert (third.text, third.second_text) == ("23", "23")
    other = word_of(ink, ("23", 0.9), ("28", 0.8), ("23", 0.8))
    assert (other.text, other.second_text) == ("23", "28")
    unsure = word_of(ink, ("23", 0.9), ("28", 0.8), ("29", 0.8))
    assert (unsure.text, unsure.second_text) == (UNREAD, "23")


LEANS = [("1", 0, True), ("1", 10, False), ("/", 10, True), ("/", 0, False), ("7", 3, True), ("7", 10, False)]


@pytest.mark.parametrize(("text", "lean", "is_believed"), LEANS)
def test_a_lone_stroke_leans_as_what_it_is_taken_for(text: str, lean: int, is_believed: bool) -> None:
    word = word_of(stroke(14, lean), (text, 0.9), (text, 0.9))
    assert word.text == (text if is_believed else UNREAD)


def test_a_number_is_not_wider_than_its_digits() -> None:
    two = stroke(30, 0)
    two[:, 22:26] = 255
    assert word_of(two, ("1", 0.99), ("1", 0.99)).text == UNREAD
    assert word_of(two, ("11", 0.99), ("11", 0.99)).text == "11"


def digit(*, minus: int = 0, width: int = 5, row: int = 17, column: int = 14):
    """Paper with a digit of columns 20 to 27 and rows 10 to 24, and a minus that much darker than the paper."""
    gray = np.full((36, 60), 230, np.uint8)
    gray[10:25, 20:28] = 90
    gray[12:23, 22:26] = 230
    gray[row : row + 2, column : column + width] -= np.uint8(minus)
    return gray


def sign_start(gray, cell=(0, 0, 60, 36)) -> int | None:
    from flows.documents.picture_signs import start_of_sign

    return start_of_sign(gray, (20, 10, 28, 25), cell)


def test_a_minus_is_seen_be_it_short_and_weakly_printed() -> None:
    assert sign_start(digit(minus=140)) == 14
    assert sign_start(digit(minus=60, width=4)) == 14
    assert sign_start(digit(minus=140, width=3, column=16)) == 16  # a pixel before its digit


def test_what_is_no_minus() -> None:
    assert sign_start(digit()) is None
    assert sign_start(digit(minus=230, width=1)) is None  # a speck, though it is black
    assert sign_start(digit(minus=20)) is None  # paper is not even
    assert sign_start(digit(minus=140, row=6)) is None and sign_start(digit(minus=140, row=24)) is None
    wall = digit()
    wall[:, 14:19] = 90
    assert sign_start(wall) is None
    assert sign_start(digit(minus=140), cell=(18, 0, 60, 36)) is None  # in the cell before


def test_a_figure_whose_minus_the_readings_miss_is_not_read() -> None:
    ink = stroke(14, 0)
    assert word_of(ink, ("2", 0.99), ("2", 0.99), is_signed=True).text == UNREAD
    assert word_of(ink, ("-2", 0.99), ("2", 0.99), ("-2", 0.99), is_signed=True).text == "-2"


def test_a_minus_that_would_pass_for_dirt_belongs_to_its_figure() -> None:
    page = Image.new("L", (1200, 1240), 255)
    page.paste(table_picture([["2", "2", "35"], ["4", "0", "7"]]))
    ImageDraw.Draw(page).rectangle((254, 130, 256, 131), 60)  # three pixels wide, before the first figure
    first, second = grid_texts(document(file_bytes(page)))
    assert first[0] in ("-2", UNREAD) and (first[1:], second) == (["2", "35"], ["4", "0", "7"])


def test_a_point_with_nothing_behind_it_is_dirt() -> None:
    one = stroke(12, 0)
    assert word_of(one, ("6.", 0.99), ("6", 0.99)).text == "6"
    assert word_of(one, ("6-", 0.99), (".6", 0.99)).text == "6"
    assert word_of(one, ("-", 0.99), ("-", 0.99)).text == "-"
    two = stroke(24, 0)
    two[:, 18:22] = 255  # a digit more than was read
    assert word_of(two, ("6.", 0.99), ("6.", 0.99)).text == UNREAD
