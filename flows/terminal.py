"""Text for a terminal: tables of wide and narrow characters, and nothing that could steer it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but the end of a line, and the marks that turn the direction of what follows."""


def harmless(text: str) -> str:
    """A text as it may be printed: what portals wrote must not steer the terminal."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def harmless_json(text: str) -> str:
    """The same of JSON, with what could steer the terminal escaped, so that nothing of it is lost."""
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def padded(text: str, columns: int, *, to_the_right: bool = False) -> str:
    """A text with blanks up to so many columns; the blanks before it when it stands to the right."""
    blanks = " " * (columns - width(text))
    return blanks + text if to_the_right else text + blanks


def cut(text: str, columns: int) -> str:
    """A text on one line and without blanks, cut where it is too wide."""
    plain = "".join(text.split())
    if width(plain) <= columns:
        return plain
    while width(plain) > columns - 1:
        plain = plain[:-1]
    return plain + "…"


def table(lines: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """Lines of a table, indented, its columns as wide as they need; those in `right` stand to the right."""
    if not lines:
        return []
    widths = [max(width(line[index]) for line in lines) for index in range(len(lines[0]))]
    return [
        "  "
        + "  ".join(
            padded(text, columns, to_the_right=index in right)
            for index, (text, columns) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+")
"""Controls, what is not seen or turns the direction of what follows, and what XML does not allow."""
LINE_CHARACTERS = 500


def one_line(text: str, characters: int = LINE_CHARACTERS) -> str:
    """Text that a stranger wrote, visible, on one line and at most `characters` long."""
    line = " ".join(UNSEEN.sub(" ", text).split())
    return line if len(line) <= characters else line[: characters - 1] + "…"
