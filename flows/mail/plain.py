"""Text that comes from other people's pages, made harmless for a line of a digest or a cell of a spreadsheet."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LINE_CHARACTERS = 500
URL_CHARACTERS = 2000
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
"""Controls, and characters that turn the reading direction or are not seen."""
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
FORMULA_STARTS = tuple("=+-@＝＋－＠'")
"""What makes a spreadsheet take a cell for a formula (full-width forms too), and the mark that we put before it."""


def one_line(text: str, characters: int = LINE_CHARACTERS) -> str:
    """Visible text on one line, at most `characters` long."""
    line = " ".join(UNSEEN.sub(" ", text).split())
    return line if len(line) <= characters else line[: characters - 1] + "…"


def safe_url(url: str) -> str:
    """The address when it is http or https with a host and nothing unprintable in it, else an empty string."""
    if len(url) > URL_CHARACTERS or UNSEEN.search(url) or any(character in url for character in " \"'<>\\`"):
        return ""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        return ""
    return url if is_web else ""


def spreadsheet_text(text: str) -> str:
    """One line that a spreadsheet shows as it is and never computes; plain numbers stay numbers."""
    line = one_line(text, URL_CHARACTERS)
    return f"'{line}" if line.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(line) else line
