"""What PDFium says of one page: characters with boxes and ruling lines, upright, in points from the lower left."""

from __future__ import annotations

import ctypes
import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from flows.documents.document import UnreadableDocument
from flows.records import ReadState

_GLYPHS_MOST = 60_000
_STROKES_MOST = 4_000
_PICTURES_MOST = 2_000
"""Beyond these a page is a drawing or an attack, and it is refused."""
_THIN = 3.0
"""A filled rectangle thinner than this is a ruling line."""


@dataclasses.dataclass(frozen=True, slots=True)
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

    @property
    def x(self) -> float:
        """Middle of the box."""
        return (self.x0 + self.x1) / 2

    @property
    def y(self) -> float:
        """Middle of the box."""
        return (self.y0 + self.y1) / 2

    @property
    def size(self) -> float:
        """Height of the box."""
        return max(self.y1 - self.y0, 1.0)


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

    @staticmethod
    def lines(glyphs: Sequence[Glyph]) -> list[Line]:
        """Lines from top to bottom; a gap wider than a third of the height becomes a space.

        So does a printed space between two digits, however narrow; elsewhere such spaces only spread the letters.
        """
        rows: list[list[Glyph]] = []
        for glyph in sorted(glyphs, key=lambda glyph: (-glyph.y, glyph.x)):
            row = rows[-1] if rows else None
            if row and abs(row[0].y - glyph.y) < 0.5 * min(row[0].size, glyph.size):
                row.append(glyph)
            else:
                rows.append([glyph])
        lines = []
        for row in rows:
            row.sort(key=lambda glyph: glyph.x)
            text = row[0].text
            for before, after in itertools.pairwise(row):
                gap = after.x0 - before.x1
                parts = after.is_spaced and before.text.isdigit() and after.text.isdigit()  # two numbers, not one
                text += (" " if parts or gap > 0.33 * min(before.size, after.size) else "") + after.text
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
    width, height = page.get_size()
    turn = _Turn(page.get_rotation() % 360, width, height)
    glyphs = _glyphs(page, turn)
    return PageContent(number, width, height, glyphs, _strokes(page, turn))


@dataclasses.dataclass(frozen=True, slots=True)
class _Turn:
    """Maps page coordinates to what is seen when the page is turned clockwise by `degrees`."""

    degrees: int
    width: float
    """Width and height as seen."""
    height: float

    def __call__(self, x: float, y: float) -> tuple[float, float]:
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
    box = raw.FS_RECTF()
    glyphs = []
    is_spaced = False
    for index in range(count):
        text = _character(raw.FPDFText_GetUnicode(text_page, index))
        if text == " ":
            is_spaced = is_spaced or not raw.FPDFText_IsGenerated(text_page, index)
        if not text.strip() or text < " " or not raw.FPDFText_GetLooseCharBox(text_page, index, box):
            continue
        xa, ya = turn(box.left, box.bottom)
        xb, yb = turn(box.right, box.top)
        glyphs.append(Glyph(text, min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb), is_spaced))
        is_spaced = False
    text_page.close()
    return glyphs


def _character(code: int) -> str:
    """The character that a font's map names; half a surrogate pair and what is no code at all become U+FFFD."""
    return "\ufffd" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)


def picture_boxes(page: Any) -> list[tuple[float, float, float, float]]:  # noqa: ANN401
    """Left, bottom, right and top of the pictures of an open page, as it is seen."""
    from pypdfium2 import raw

    turn = _Turn(page.get_rotation() % 360, *page.get_size())
    boxes = []
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
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
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=4):
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
