"""The words of a PDF page by the order in which they were written and by their places: ruling lines play no part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flows.documents.document import Word
from flows.documents.pdf_page import Glyph, PageContent

_SAME_LINE = 0.5
_GAP = 0.33
"""Both in heights of a character."""


def words_of(page: PageContent) -> Iterator[Word]:
    """Words of a page: characters written one after the other that stand side by side."""
    glyphs: list[Glyph] = []
    y = size = 0.0
    for glyph in page.glyphs:
        own_y, own_size = glyph.y, glyph.size
        if glyphs:
            before = glyphs[-1]
            least = min(size, own_size)
            is_beside = abs(own_y - y) < _SAME_LINE * least and -least < glyph.x0 - before.x1 <= _GAP * least
            # a space between two digits parts two numbers, however narrow it is
            if not is_beside or (glyph.is_spaced and before.text.isdigit() and glyph.text.isdigit()):
                yield _word(glyphs, page.number)
                glyphs = []
        glyphs.append(glyph)
        y, size = own_y, own_size
    if glyphs:
        yield _word(glyphs, page.number)


def _word(glyphs: Sequence[Glyph], page_number: int) -> Word:
    text = "".join([glyph.text for glyph in glyphs])
    size = max([glyph.size for glyph in glyphs])
    return Word(text, page_number, glyphs[0].x0, glyphs[-1].x1, glyphs[0].y, size)
