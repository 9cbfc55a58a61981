"""Text that comes from other people's pages, made harmless for a line of a digest or a cell of a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal
from urllib.parse import urlsplit

from flows.quality.findings import Finding
from flows.quality.named_cells import Proposal, proposal_text
from flows.quality.proposal_words import number_text

LINE_CHARACTERS = 500
URL_CHARACTERS = 2000
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
"""Controls, and characters that turn the reading direction or are not seen."""
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
FORMULA_STARTS = tuple("=+-@＝＋－＠'")
"""What makes a spreadsheet take a cell for a formula (full-width forms too), and the mark that we put before it."""

CSV_COLUMNS = (
    "finding_id",
    "division_code",
    "division_name",
    "body_name",
    "report_year",
    "rule_id",
    "severity",
    "statement_zh",
    "statement_en",
    "instance_label",
    "formula",
    "formula_values",
    "difference",
    "verdict",
    "proposal",
    "advice_zh",
    "advice_en",
    "entry_url",
    "document_url",
)


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


def findings_csv(findings: Iterable[Finding]) -> bytes:
    """One row a finding, RFC 4180, UTF-8 with a byte order mark (without it spreadsheets guess another encoding)."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(CSV_COLUMNS)
    for finding in findings:
        values = (getattr(finding, column) for column in CSV_COLUMNS)
        writer.writerow([spreadsheet_text(_plain(value)) for value in values])
    return sheet.getvalue().encode("utf-8-sig")


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return number_text(value)
    return proposal_text(value) if isinstance(value, Proposal) else "" if value is None else str(value)
