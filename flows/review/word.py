"""A review sheet as a Word document (docx): tables with shaded and framed cells, no fields, no links, no macros."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from flows.review.blocks import Block, DrawnCell, Heading, Mark, Paragraph, Picture, Table
from flows.terminal import width

if TYPE_CHECKING:
    from docx.document import Document

FONT = "Microsoft YaHei"
TEXT_POINTS, TABLE_POINTS, GAP_POINTS = 10.5, 8, 6
MARGIN_CENTIMETRES = 1.8
PAGE_CENTIMETRES = (21.0, 29.7)
CHARACTER_CENTIMETRES = 0.17
"""Of a narrow character in a table; a Chinese one takes two."""
NARROWEST, WIDEST = 5, 44
"""Narrow characters that a column is made for."""
FILLS = {Mark.HEAD: "F2F2F2", Mark.CHECKED: "FFF3D6", Mark.SUSPECT: "FDE3E1", Mark.PROPOSED: "E3F3E6"}
FRAMES = {Mark.CHECKED: ("E09600", 12), Mark.SUSPECT: ("C62828", 24)}
"""Colour and width, in eighths of a point."""
EPOCH = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - the library writes it as UTC; a fixed one, so that sheets are alike
SLICE_SHARE = 1.35
"""Height of one piece of a picture by its width: what fits a page."""


def as_docx(blocks: Sequence[Block], *, title: str) -> bytes:
    """The sheet; every text of it is text, whatever it holds."""
    import docx
    from docx.shared import Cm

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = map(Cm, PAGE_CENTIMETRES)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN_CENTIMETRES)
    _style(document, title)
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        _add(document, block, is_before_table=isinstance(after, Table))
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _style(document: Document, title: str) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        style: Any = document.styles[name]
        style.font.name = FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("w:ascii", "w:hAnsi", "w:eastAsia"):
            fonts.set(qn(script), FONT)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
        style.font.color.rgb = RGBColor(0x22, 0x22, 0x22)
    normal: Any = document.styles["Normal"]
    normal.font.size = Pt(TEXT_POINTS)
    normal.paragraph_format.space_after = Pt(3)
    for name, points in (("Title", 18), ("Heading 1", 14), ("Heading 2", 11)):
        heading: Any = document.styles[name]
        heading.font.size = Pt(points)
        heading.paragraph_format.keep_with_next = True
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "gongkai", ""
    properties.created = properties.modified = EPOCH


def _add(document: Document, block: Block, *, is_before_table: bool) -> None:
    if isinstance(block, Heading):
        document.add_heading(block.text, level=block.level - 1)
    elif isinstance(block, Paragraph):
        paragraph = document.add_paragraph()
        if block.lead:
            paragraph.add_run(f"{block.lead} ").bold = True
        paragraph.add_run(block.text)
        paragraph.paragraph_format.keep_with_next = is_before_table
    elif isinstance(block, Table):
        _add_table(document, block)
        _add_gap(document)
    else:
        _add_picture(document, block)


def _add_table(document: Document, block: Table) -> None:
    from docx.shared import Cm, Pt

    widths = [Cm(centimetres) for centimetres in _widths(block)]
    table = document.add_table(rows=len(block.rows), cols=len(widths), style="Table Grid")
    table.autofit = False
    for column, column_width in zip(table.columns, widths, strict=True):
        column.width = column_width
    for row, drawn_row in zip(table.rows, block.rows, strict=True):
        _keep_whole(row)
        for cell, drawn, cell_width in zip(row.cells, drawn_row, widths, strict=True):
            cell.width = cell_width
            _mark(cell, drawn)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            run = paragraph.add_run(drawn.text)
            run.font.size = Pt(TABLE_POINTS)
            run.bold = drawn.mark in {Mark.SUSPECT, Mark.PROPOSED}


def _add_gap(document: Document) -> None:
    """A low line, without which Word would join two tables."""
    from docx.shared import Pt

    gap = document.add_paragraph()
    gap.paragraph_format.space_after = Pt(0)
    gap.paragraph_format.line_spacing = Pt(GAP_POINTS)


def _widths(block: Table) -> list[float]:
    """Centimetres of each column: what its texts need, all of them made narrower where the page is too narrow."""
    columns = zip(*block.rows, strict=True)
    needed = [min(max(NARROWEST, *(width(cell.text) for cell in column)), WIDEST) + 3 for column in columns]
    most = PAGE_CENTIMETRES[0] - 2 * MARGIN_CENTIMETRES
    scale = min(CHARACTER_CENTIMETRES, most / sum(needed))
    return [characters * scale for characters in needed]


def _keep_whole(row: Any) -> None:  # noqa: ANN401 - as python-docx has it
    """A row is not parted over two pages."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _mark(cell: Any, drawn: DrawnCell) -> None:  # noqa: ANN401 - as python-docx has it
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    if drawn.mark in FRAMES:
        colour, size = FRAMES[drawn.mark]
        borders = OxmlElement("w:tcBorders")
        for side in ("top", "left", "bottom", "right"):
            border = OxmlElement(f"w:{side}")
            for name, value in (("val", "single"), ("sz", str(size)), ("space", "0"), ("color", colour)):
                border.set(qn(f"w:{name}"), value)
            borders.append(border)
        properties.append(borders)
    if drawn.mark in FILLS:
        shading = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", FILLS[drawn.mark])):
            shading.set(qn(f"w:{name}"), value)
        properties.append(shading)


def _add_picture(document: Document, block: Picture) -> None:
    from docx.shared import Cm

    page_width = Cm(PAGE_CENTIMETRES[0] - 2 * MARGIN_CENTIMETRES)
    for number, piece in enumerate(_pieces(block.png)):
        picture = document.add_picture(piece, width=page_width)
        picture._inline.docPr.set("descr", block.text if not number else f"{block.text} ({number + 1})")


def _pieces(png: bytes) -> Iterator[io.BytesIO]:
    """A picture of several pages in pieces that fit on one."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        height = round(picture.width * SLICE_SHARE)
        for top in range(0, picture.height, height):
            piece = io.BytesIO()
            picture.crop((0, top, picture.width, min(top + height, picture.height))).save(piece, "PNG")
            piece.seek(0)
            yield piece
