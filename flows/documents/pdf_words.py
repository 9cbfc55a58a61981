"""The words of a PDF page by the order in which they were written and by their places: ruling lines play no part."""

from __future__ import annotations

from collections.abc import Iterator

from flows.documents.document import Word
from flows.documents.pdf_page import Glyph, PageContent

_SAME_LINE = 0.5
_GAP = 0.33
"""Both in heights of a character."""


def words_of(page: PageContent) -> Iterator[Word]:
    """Words of a page: characters written one after the other that stand side by side."""
    glyphs: list[Glyph] = []
    for glyph in page.glyphs:
        if glyphs and not _goes_on(glyphs[-1], glyph):
            yield _word(glyphs, page.number)
            glyphs = []
        glyphs.append(glyph)
    if glyphs:
        yield _word(glyphs, page.number)


def _goes_on(before: Glyph, after: Glyph) -> bool:
    size = min(before.size, after.size)
    if after.is_spaced and before.text.isdigit() and after.text.isdigit():  # two numbers, not one
        return False
    return abs(after.y - before.y) < _SAME_LINE * size and -size < after.x0 - before.x1 <= _GAP * size


def _word(glyphs: list[Glyph], page_number: int) -> Word:
    text = "".join(glyph.text for glyph in glyphs)
    return Word(text, page_number, glyphs[0].x0, glyphs[-1].x1, glyphs[0].y, max(glyph.size for glyph in glyphs))
