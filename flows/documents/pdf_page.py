"""What PDFium says of one page: characters with boxes and ruling lines, upright, in points from the lower left."""

from __future__ import annotations

import ctypes
import dataclasses
import itertools
import operator
from collections.abc import Iterator, Sequence
from typing import Any

from flows.documents.document import Box, UnreadableDocument
from flows.records import ReadState

_GLYPHS_MOST = 60_000
_STROKES_MOST = 4_000
_PICTURES_MOST = 2_000
"""Beyond these a page is a drawing or an attack, and it is refused."""
_FORMS_DEEP = 4
"""Forms within forms are looked into down to this depth."""
_THIN = 3.0
"""A filled rectangle thinner than this is a ruling line."""


@dataclasses.dataclass(slots=True, eq=False)
class Glyph:
    """One character and its box."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    is_spaced: bool = False
    """Whether a space is printed before it."""
    second_text: str | None = None
    """Of a line of a picture: what the second reading takes it for."""
    x: float = dataclasses.field(init=False)
    """Middle of the box."""
    y: float = dataclasses.field(init=False)
    size: float = dataclasses.field(init=False)
    """Height of the box."""

    def __post_init__(self) -> None:
        # asked for many times a glyph, and there are thousands
        self.x = (self.x0 + self.x1) / 2
        self.y = (self.y0 + self.y1) / 2
        self.size = max(self.y1 - self.y0, 1.0)


_X = operator.attrgetter("x")
_Y = operator.attrgetter("y")


@dataclasses.dataclass(frozen=True, slots=True)
class Stroke:
    """One ruling line, level or upright; `at` is its own coordinate, `start` and `end` the other axis."""

    level: bool
    at: float
    start: float
    end: float


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """Characters that stand side by side."""

    glyphs: tuple[Glyph, ...]
    text: str

    @property
    def x0(self) -> float:
        """Left end."""
        return self.glyphs[0].x0

    @property
    def x1(self) -> float:
        """Right end."""
        return self.glyphs[-1].x1

    @property
    def y(self) -> float:
        """Middle of the first character."""
        return self.glyphs[0].y

    @property
    def size(self) -> float:
        """Height of the tallest character."""
        return max(glyph.size for glyph in self.glyphs)


@dataclasses.dataclass(slots=True)
class PageContent:
    """One page as it is seen, turned upright."""

    number: int
    width: float
    height: float
    glyphs: list[Glyph]
    strokes: list[Stroke]

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """A rectangle in points as shares of the page."""
        width, height = max(self.width, 1.0), max(self.height, 1.0)
        return Box(self.number, x0 / width, 1 - y1 / height, x1 / width, 1 - y0 / height)

    def word_boxes(self, line: Line) -> tuple[Box, ...]:
        """Boxes of the words of a line, as its spaces part them."""
        words: list[list[Glyph]] = [[]]
        glyphs = iter(line.glyphs)
        left = 0  # characters of the last glyph that are still to come; in a picture one is a whole line
        for character in line.text:
            if not left and character != " ":
                words[-1].append(next(glyphs))
                left = len(words[-1][-1].text)
            elif character == " ":
                words.append(words[-1][-1:] if left else [])
            left = max(left - 1, 0)
        return tuple(
            self.box(
                min(g.x0 for g in word), min(g.y0 for g in word), max(g.x1 for g in word), max(g.y1 for g in word)
            )
            for word in words
            if word
        )

    @staticmethod
    def lines(glyphs: Sequence[Glyph]) -> list[Line]:
        """Lines from top to bottom; a gap wider than a third of the height becomes a space.

        So does a printed space between two digits, however narrow; elsewhere such spaces only spread the letters.
        """
        if len(glyphs) == 1:  # most cells
            return [Line((glyphs[0],), glyphs[0].text)]
        rows: list[list[Glyph]] = []
        by_height = sorted(glyphs, key=_X)
        by_height.sort(key=_Y, reverse=True)  # keeps the order of those of one height
        for glyph in by_height:
            row = rows[-1] if rows else None
            if row and row[0].y - glyph.y < 0.5 * min(row[0].size, glyph.size):
                row.append(glyph)
            else:
                rows.append([glyph])
        lines = []
        for row in rows:
            row.sort(key=_X)
            text = row[0].text
            for before, after in itertools.pairwise(row):
                gap = after.x0 - before.x1
                parts = after.is_spaced and before.text.isdigit() and after.text.isdigit()  # two numbers, not one
                if parts or (gap > 0 and gap > 0.33 * min(before.size, after.size)):
                    text += " "
                text += after.text
            lines.append(Line(tuple(row), text))
        return lines


def page_contents(pdf: Any) -> Iterator[PageContent]:  # noqa: ANN401 - pypdfium2 has no types
    """Each page of an open pypdfium2 document."""
    for number in range(1, len(pdf) + 1):
        page = pdf[number - 1]
        try:
            yield _page_content(page, number)
        finally:
            page.close()


def _page_content(page: Any, number: int) -> PageContent:  # noqa: ANN401
    turn = _turn_of(page)
    return PageContent(number, turn.width, turn.height, _glyphs(page, turn), _strokes(page, turn))


def _turn_of(page: Any) -> _Turn:  # noqa: ANN401
    width, height = page.get_size()
    left, bottom, *_ = page.get_bbox()
    return _Turn(page.get_rotation() % 360, width, height, left, bottom)


@dataclasses.dataclass(frozen=True, slots=True)
class _Turn:
    """Maps page coordinates to what is seen when the page is turned clockwise by `degrees`."""

    degrees: int
    width: float
    """Width and height as seen."""
    height: float
    left: float
    """Corner of the page in its own coordinates; 0, 0 but for a page that was cropped."""
    bottom: float

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        x, y = x - self.left, y - self.bottom
        if self.degrees == 90:
            return y, self.height - x
        if self.degrees == 180:
            return self.width - x, self.height - y
        if self.degrees == 270:
            return self.width - y, x
        return x, y


def _glyphs(page: Any, turn: _Turn) -> list[Glyph]:  # noqa: ANN401
    from pypdfium2 import raw

    text_page = page.get_textpage()
    count = text_page.count_chars()
    if count > _GLYPHS_MOST:
        text_page.close()
        raise _too_much("characters", count, _GLYPHS_MOST)
    handle = text_page.raw
    code_of, box_of = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox
    box = raw.FS_RECTF()
    glyphs = []
    is_spaced = False
    for index in range(count):
        text = _character(code_of(handle, index))
        if text == " ":
            is_spaced = is_spaced or not raw.FPDFText_IsGenerated(handle, index)
        if text.isspace() or text < " " or not box_of(handle, index, box):
            continue
        xa, ya = turn(box.left, box.bottom)
        xb, yb = turn(box.right, box.top)
        if xa > xb:
            xa, xb = xb, xa
        if ya > yb:
            ya, yb = yb, ya
        glyphs.append(Glyph(text, xa, ya, xb, yb, is_spaced))
        is_spaced = False
    text_page.close()
    return glyphs


def _character(code: int) -> str:
    """The character that a font's map names; half a surrogate pair and what is no code at all become U+FFFD."""
    return "\ufffd" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)


def picture_boxes(page: Any) -> list[tuple[float, float, float, float]]:  # noqa: ANN401
    """Left, bottom, right and top of the pictures of an open page, as it is seen."""
    from pypdfium2 import raw

    turn = _turn_of(page)
    boxes = []
    for item in _objects(page, raw.FPDF_PAGEOBJ_IMAGE):
        left, bottom, right, top = _in_page(item, item.get_bounds())
        (xa, ya), (xb, yb) = turn(left, bottom), turn(right, top)
        boxes.append((min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)))
        if len(boxes) > _PICTURES_MOST:
            raise _too_much("pictures", len(boxes), _PICTURES_MOST)
    return boxes


def _too_much(what: str, count: int, most: int) -> UnreadableDocument:
    return UnreadableDocument(
        f"A page of the PDF has {count} {what}, more than {most}, so it is not read.", ReadState.TOO_LARGE
    )


def _strokes(page: Any, turn: _Turn) -> list[Stroke]:  # noqa: ANN401
    from pypdfium2 import raw

    strokes: list[Stroke] = []
    for item in _objects(page, raw.FPDF_PAGEOBJ_PATH):
        fill, stroked = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(item, fill, stroked)
        if not (fill.value or stroked.value):
            continue
        if stroked.value:
            strokes += _segments(item, turn)
        else:
            xa, ya, xb, yb = _in_page(item, item.get_bounds())
            if min(xb - xa, yb - ya) <= _THIN:
                strokes += _stroke(turn(xa, ya), turn(xb, yb))
        if len(strokes) > _STROKES_MOST:
            raise _too_much("ruling lines", len(strokes), _STROKES_MOST)
    return strokes


def _objects(page: Any, kind: int, form: Any = None, depth: int = 1) -> Iterator[Any]:  # noqa: ANN401
    """Objects of one kind on a page and its forms. Most are text, which `get_objects` would wrap one by one."""
    from pypdfium2 import PdfObject, raw

    if form is None:
        handles = (raw.FPDFPage_GetObject(page, index) for index in range(raw.FPDFPage_CountObjects(page)))
    else:
        handles = (raw.FPDFFormObj_GetObject(form, index) for index in range(raw.FPDFFormObj_CountObjects(form)))
    for handle in handles:
        found = raw.FPDFPageObj_GetType(handle)
        if found == kind:
            yield PdfObject(handle, page=page, pdf=page.pdf, container=form)
        elif found == raw.FPDF_PAGEOBJ_FORM and depth < _FORMS_DEEP:
            yield from _objects(page, kind, PdfObject(handle, page=page, pdf=page.pdf, container=form), depth + 1)


def _matrices(item: Any) -> list[Any]:  # noqa: ANN401
    """Matrices that lead from an object inside forms to its page, the innermost first."""
    found = []
    container = item.container
    while container is not None:
        found.append(container.get_matrix())
        container = container.container
    return found


def _in_page(item: Any, bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:  # noqa: ANN401
    xa, ya, xb, yb = bounds
    for matrix in _matrices(item):
        (xa, ya), (xb, yb) = matrix.on_point(xa, ya), matrix.on_point(xb, yb)
    return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)


def _segments(item: Any, turn: _Turn) -> list[Stroke]:  # noqa: ANN401
    from pypdfium2 import raw

    matrices = [item.get_matrix(), *_matrices(item)]
    x, y = ctypes.c_float(), ctypes.c_float()
    strokes: list[Stroke] = []
    start = last = (0.0, 0.0)
    for index in range(min(raw.FPDFPath_CountSegments(item), _STROKES_MOST + 2)):
        segment = raw.FPDFPath_GetPathSegment(item, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = (x.value, y.value)
        for matrix in matrices:
            point = matrix.on_point(*point)
        point = turn(*point)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == raw.FPDF_SEGMENT_LINETO:
            strokes += _stroke(last, point)
        last = point
        if raw.FPDFPathSegment_GetClose(segment):
            strokes += _stroke(last, start)
            last = start
    return strokes


def _stroke(a: tuple[float, float], b: tuple[float, float]) -> list[Stroke]:
    across, up = abs(a[0] - b[0]), abs(a[1] - b[1])
    if across >= up and up <= _THIN and across > _THIN:
        return [Stroke(True, (a[1] + b[1]) / 2, min(a[0], b[0]), max(a[0], b[0]))]
    if up > across and across <= _THIN and up > _THIN:
        return [Stroke(False, (a[0] + b[0]) / 2, min(a[1], b[1]), max(a[1], b[1]))]
    return []
