"""Text that comes from other people's pages, made harmless for a line of a digest or a cell of a spreadsheet."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flows.terminal import UNSEEN, one_line

URL_CHARACTERS = 2000
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
FORMULA_STARTS = tuple("=+-@＝＋－＠'")
"""What makes a spreadsheet take a cell for a formula (full-width forms too), and the mark that we put before it."""


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
