"""The findings of one recipient as rows, for the CSV and the workbook that a digest carries."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flows.formats import rules
from flows.mail.news import News, NewsKind
from flows.mail.plain import URL_CHARACTERS, spreadsheet_text
from flows.outlet.workbook import CREATED, cell_formats, write_cell, write_head
from flows.quality.finding_states import FindingState, StoredFinding
from flows.quality.findings import Finding
from flows.quality.named_cells import proposal_text
from flows.quality.proposal_words import number_text
from flows.terminal import one_line

COLUMNS = (
    *("finding_id", "news", "state", "severity", "division_code", "division_name", "body_name", "report_year"),
    *("rule_id", "statement_zh", "statement_en", "instance_label", "formula", "formula_values", "difference"),
    *("verdict", "proposal", "advice_zh", "advice_en", "first_seen_at", "last_seen_at", "ended_reason"),
    *("entry_url", "document_url"),
)
ROWS_MOST = 20_000
"""Rows in one mail; `gongkai findings list --format json` has all."""
SHEET = "findings"

Row = dict[str, Any]


def rows(told: News, mine: Iterable[StoredFinding], shown: Mapping[str, Finding]) -> list[Row]:
    """What is told first, then what stands and was told before; acknowledged findings are none of them.

    Values keep their types: years `int`, differences `Decimal`, times with their zone. At most `ROWS_MOST` rows.
    """
    listed = [*_listed(told, mine)][:ROWS_MOST]
    statements = {rule.rule_id: rule for rule in rules()}
    return [_row(stored, kind, shown.get(stored.sighting.finding_id), statements) for stored, kind in listed]


def _listed(told: News, mine: Iterable[StoredFinding]) -> Iterator[tuple[StoredFinding, NewsKind | None]]:
    named = {item.stored.sighting.finding_id for item in told.items}
    yield from ((item.stored, item.kind) for item in told.items)
    for stored in mine:
        is_known = stored.is_standing and stored.state != FindingState.ACKNOWLEDGED
        if is_known and stored.sighting.finding_id not in named:
            yield stored, None


def _row(
    stored: StoredFinding, kind: NewsKind | None, finding: Finding | None, rules_by_id: Mapping[str, Any]
) -> Row:
    sighting = stored.sighting
    rule = rules_by_id.get(sighting.rule_id)
    seen = {name: getattr(sighting, name) for name in COLUMNS if hasattr(sighting, name)}
    told = {name: getattr(finding, name) for name in ("formula", "verdict") if finding is not None}
    words = {
        name: getattr(rule, name)
        for name in ("statement_zh", "statement_en", "advice_zh", "advice_en")
        if rule is not None
    }
    proposal = proposal_text(finding.proposal) if finding is not None and finding.proposal else None
    row = {**seen, **told, **words, "formula_values": sighting.told, "proposal": proposal, "news": kind}
    row |= {name: getattr(stored, name) for name in ("state", "first_seen_at", "last_seen_at", "ended_reason")}
    return {name: row.get(name) for name in COLUMNS}


def as_csv(listed: Sequence[Row]) -> bytes:
    """RFC 4180, UTF-8 with a byte order mark (without it spreadsheets guess another encoding)."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    writer.writerows([spreadsheet_text(_plain(value)) for value in row.values()] for row in listed)
    return sheet.getvalue().encode("utf-8-sig")


def as_workbook(listed: Sequence[Row]) -> bytes:
    """The same as an Excel workbook: numbers as numbers, times as times, text as text; nothing in it is computed."""
    import xlsxwriter

    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(made, options) as workbook:
        workbook.set_properties({"title": "gongkai", "created": CREATED})
        formats = cell_formats(workbook)
        sheet = workbook.add_worksheet(SHEET)
        write_head(sheet, COLUMNS, [max(12, len(name) + 3) for name in COLUMNS], formats)
        for number, row in enumerate(listed, 1):
            for column, value in enumerate(row.values()):
                write_cell(sheet, number, column, _shown(value), formats)
        sheet.autofilter(0, 0, max(1, len(listed)), len(COLUMNS) - 1)
    return made.getvalue()


def _shown(value: object) -> object:
    """A value as a workbook has it: text on one line, an empty cell for an empty text."""
    return one_line(value, URL_CHARACTERS) or None if isinstance(value, str) else value


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return number_text(value)
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
