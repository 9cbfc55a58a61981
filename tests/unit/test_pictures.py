"""`--picture`: frames stand where the cells do, in the colour of what is known of them; a page's copy is harmless."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from flows.documents import Box, Grid, GridCell, Limits, UnreadableDocument, read_document
from flows.documents.html import elements_by_place
from flows.drawing import frames_of, picture_of, refuse_undrawable
from flows.errors import InputError
from flows.pictures.chromium import printed
from flows.pictures.frames import COLOURS, PAGES_MOST, Frame, Mark
from flows.pictures.page_copy import framed_copy
from flows.pictures.pages import framed_image, framed_pdf
from flows.quality.balances import evaluate
from flows.settings import Settings
from flows.single_file import read_file
from tests.layouts.quirks import draw
from tests.unit.reports_builder import Td, html_page, made_up_figures, page_of, read, three_tables
from tests.unit.test_documents_pdf import pdf, table

LEGEND = 40
FIGURES = made_up_figures("2021")
BLUE, AMBER, RED = COLOURS[Mark.LOCATED], COLOURS[Mark.DOUBTFUL], COLOURS[Mark.FAILING]


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def cells_of(payload: bytes) -> dict[str, GridCell]:
    grids = [block for block in read_document(payload, Limits()).blocks if isinstance(block, Grid)]
    return {cell.place: cell for grid in grids for row in grid.rows for cell in row}


@pytest.mark.parametrize(("rotation", "corner"), [(0, (0, 0)), (0, (40, 100)), (180, (0, 0))])
def test_a_cell_of_a_pdf_knows_its_box(rotation: int, corner: tuple[int, int]) -> None:
    def page(canvas: Canvas) -> None:
        if corner != (0, 0):
            canvas.setCropBox((*corner, 595, 842))
        table(canvas, 700, [["head", "1"], ["tail", "2"]])

    place = "page 1, table 1, row 2, cell 1" if rotation else "page 1, table 1, row 1, cell 2"
    box = cells_of(pdf(page, rotation=rotation))[place].box
    assert box is not None
    left, top = (120 - corner[0]) / (595 - corner[0]), (842 - 700) / (842 - corner[1])
    right, bottom = (180 - corner[0]) / (595 - corner[0]), (842 - 670) / (842 - corner[1])
    expected = (left, top, right, bottom) if not rotation else (1 - right, 1 - bottom, 1 - left, 1 - top)
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx(expected, abs=0.002)


def test_frames_stand_where_the_cells_are_in_their_colours() -> None:
    payload = pdf(lambda canvas: None, lambda canvas: table(canvas, 700, [["head", "1"], ["tail", "2"]]))
    cells = cells_of(payload)
    frames = [
        Frame("one", Mark.LOCATED, cells["page 2, table 1, row 1, cell 2"].box),
        Frame("two", Mark.FAILING, cells["page 2, table 1, row 2, cell 2"].box),
        Frame("three", Mark.DOUBTFUL, Box(2, 0.5, 0.5, 0.6, 0.6)),
    ]
    picture = opened(framed_pdf(payload, frames))
    scale = 1100 / 595
    assert picture.width == 1100
    assert picture.height == LEGEND + round(842 * scale) + 8, "one page: the other one has no frame"
    middle = round(150 * scale)
    assert picture.getpixel((middle, LEGEND + round((842 - 700) * scale) + 1)) == BLUE
    assert picture.getpixel((middle, LEGEND + round((842 - 640) * scale) - 1)) == RED
    assert picture.getpixel((551, LEGEND + round(0.55 * 842 * scale))) == AMBER
    assert picture.getpixel((middle, LEGEND + round((842 - 720) * scale))) == (255, 255, 255)


def test_the_legend_counts_the_cells() -> None:
    box = Box(1, 0.1, 0.1, 0.2, 0.2)
    few, many = (
        opened(framed_pdf(pdf(lambda canvas: None), [Frame(str(n), Mark.LOCATED, box) for n in range(count)]))
        for count in (1, 2)
    )
    assert few.crop((0, LEGEND, 1100, few.height)).tobytes() == many.crop((0, LEGEND, 1100, many.height)).tobytes()
    assert few.crop((0, 0, 1100, LEGEND)).tobytes() != many.crop((0, 0, 1100, LEGEND)).tobytes()
    assert few.getpixel((13, 12)) == BLUE


def test_a_picture_is_drawn_on_itself() -> None:
    written = io.BytesIO()
    Image.new("RGB", (600, 800), "white").save(written, "PNG")
    frame = Frame("cell", Mark.FAILING, Box(1, 0.25, 0.5, 0.5, 0.75))
    picture = opened(framed_image(written.getvalue(), [frame]))
    assert picture.size == (600, 800 + LEGEND + 8)
    assert picture.getpixel((151, LEGEND + 500)) == RED
    assert picture.getpixel((225, LEGEND + 500)) == (255, 255, 255)
    several = io.BytesIO()
    blank = Image.new("RGB", (600, 800), "white")
    blank.save(several, "TIFF", save_all=True, append_images=[blank, blank])
    frames = [Frame(str(number), Mark.LOCATED, Box(number, 0.25, 0.5, 0.5, 0.75)) for number in (1, 3)]
    assert opened(framed_image(several.getvalue(), frames)).size == (600, 2 * (800 + 8) + LEGEND)
    with pytest.raises(UnreadableDocument, match="broken"):
        framed_image(written.getvalue()[:60], [frame])


def test_cells_of_a_failed_balance_are_red_and_lost_labels_amber() -> None:
    tables = three_tables("2021", dict(FIGURES) | {("requests", "granted", "total"): "9999"})
    for row in tables[1]:
        row[:] = [Td("", c.colspan, c.rowspan) if c.text == "2.重复申请" else c for c in row]
    tables[1].append([Td("无关的一行", 3), Td("77"), *(Td("") for _ in range(6))])
    reading = read(page_of(tables))
    marks = {frame.place: frame.mark for frame in frames_of(reading, evaluate(reading.cells))}
    place = {(c.row_key, c.column_key): c.place for c in reading.cells if c.table_key == "requests"}
    assert marks[place["granted", "total"]] == marks[place["granted", "business"]] == Mark.FAILING
    assert marks[place["outcome_total", "total"]] == Mark.FAILING
    assert marks[place["not_processed_duplicate", "business"]] == Mark.DOUBTFUL
    assert marks[place["carried_in", "business"]] == Mark.LOCATED
    assert marks["table 2, row 29, cell 2"] == Mark.DOUBTFUL


def test_the_frames_of_a_made_up_pdf_are_on_its_pages(tmp_path: Path) -> None:
    sample = draw("plain:1", "pdf", ())
    path = tmp_path / "report.pdf"
    path.write_bytes(sample.payload)
    reading = read_file(path, Settings())
    assert {cell.place for cell in reading.cells} == set(reading.boxes)
    picture = opened(picture_of(path, reading, evaluate(reading.cells), Settings()))
    counts = {colour: count for count, colour in picture.getcolors(picture.width * picture.height) or []}
    assert counts[BLUE] > 20_000 and RED in counts, "red stands in the legend"


@pytest.mark.parametrize("number", range(6))
def test_the_elements_of_a_page_are_those_that_were_read(number: int) -> None:
    text = draw(f"copy:{number}", "html").payload.decode("utf-8", "replace")
    blocks = read_document(text.encode(), Limits()).blocks
    _, elements = elements_by_place(text, Limits())
    cells = [cell for grid in blocks if isinstance(grid, Grid) for row in grid.rows for cell in row]
    assert cells
    for cell in cells:
        own = "".join(elements[cell.place].text_lexbor().split())
        assert set("".join(cell.text.split())) <= set(own) | set("[]")


HOSTILE = """
<script>fetch('http://evil.test/1')</script><link rel=stylesheet href='http://evil.test/2'>
<style>@import 'http://evil.test/3'; td{background:url(http://evil.test/4)}</style>
<img src='http://evil.test/5' onerror='alert(6)'><iframe src='http://evil.test/7'></iframe>
<svg><image href='http://evil.test/8'/><script>9</script></svg><object data='http://evil.test/10'></object>
<p style='background:url(http://evil.test/11);text-align:center' onclick='alert(12)'>shown</p>
<p style='background-color:\\75rl(http://evil.test/13)'>x</p><table background='http://evil.test/14'></table>
<a href='http://evil.test/15' ping='http://evil.test/16'>link</a><video poster='http://evil.test/17'></video>
<form action='http://evil.test/18'><input type=image src='http://evil.test/19'></form><base href='http://evil.test/'>
<meta http-equiv=refresh content='0;url=http://evil.test/20'><noscript><img src=http://evil.test/21></noscript>
<math><mtext><style><img src=http://evil.test/22></style></mtext></math><p style='height:999999px;position:fixed'></p>
"""


def test_the_copy_of_a_hostile_page_names_no_address_and_holds_no_script() -> None:
    copy = framed_copy(
        page_of(three_tables("2021", FIGURES), before=HOSTILE, after=HOSTILE),
        Limits(),
        [Frame("table 2, row 6, cell 3", Mark.LOCATED)],
    )
    assert "evil" not in copy and "alert" not in copy and "<script" not in copy and "url(" not in copy
    assert "999999" not in copy and "fixed" not in copy
    assert 'style="text-align: center"' in copy and "shown" in copy
    assert copy.count('data-gongkai-frame="located"') == 1
    assert "default-src 'none'" in copy


def test_a_figure_in_a_line_of_text_frames_its_line() -> None:
    page = html_page(["<p>规章 1 0 3</p>", "<p>x</p>", "<p>x</p>"])
    copy = framed_copy(page, Limits(), [Frame("paragraph 4, figure 2", Mark.DOUBTFUL)])
    assert '<p data-gongkai-frame="doubtful">' in copy


@pytest.mark.parametrize(
    ("name", "payload", "words"),
    [
        ("report.txt", "政府信息公开".encode(), "has no page to draw"),
        ("report.docx", draw("plain:0", "docx", ()).payload, "docx file, which has no page to draw"),
    ],
)
def test_what_has_no_page_is_refused_in_a_sentence(tmp_path: Path, name: str, payload: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(payload)
    with pytest.raises(InputError, match=words):
        refuse_undrawable(tmp_path / name, tmp_path / "out.png", Settings())
    with pytest.raises(InputError, match=r"out\.png"):
        refuse_undrawable(tmp_path / name, tmp_path / "out.jpg", Settings())


def test_too_many_pages_are_refused() -> None:
    frames = [Frame(str(n), Mark.LOCATED, Box(n, 0, 0, 1, 1)) for n in range(1, PAGES_MOST + 2)]
    with pytest.raises(UnreadableDocument, match="pages"):
        framed_pdf(b"", frames)
    with pytest.raises(UnreadableDocument, match="nothing to frame"):
        framed_pdf(b"", [Frame("line 3", Mark.LOCATED)])


def test_without_chromium_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match="apt install chromium"):
        printed("<p>x</p>")
